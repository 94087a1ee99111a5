/* What the page does by itself: it plays months, and moves what is dragged. A frame changes what is
   there already; nothing is built anew, so nothing flashes and what has the focus keeps it. */
window.partnersim = (() => {
  const boards = new Map(); // element -> {marks: [element], frames: ["0123-..."], shown: []}
  const watchers = new Set(); // functions of the month and of whether it plays
  let month = 0;
  let last = 0;
  let timer = 0;

  function draw(board) {
    const at = Math.min(month, board.frames.length - 1);
    const frame = board.frames[at] || "";
    const numbers = board.numbers ? board.numbers[at].split(",") : [];
    board.marks.forEach((mark, index) => {
      const now = frame[index] + (numbers[index] || "");
      if (!mark || board.shown[index] === now) return;
      board.shown[index] = now;
      const step = frame[index] === "-" ? "none" : frame[index];
      if (board.numbers) fill(mark, step, numbers[index]);
      else mark.setAttribute("class", `ps-step-${step}`);
    });
  }

  function fill(cell, step, number) {
    const text = cell.querySelector("text");
    cell.querySelector("rect").setAttribute("class", `ps-fill-${step}`);
    text.setAttribute("class", `ps-ink-${step}`);
    if (text.firstChild) text.firstChild.data = number;
    else text.textContent = number;
  }

  /* What moves along months says where it was drawn, and how wide a month is. */
  function move(mover, to, part = mover) {
    const apart = (to - Number(mover.dataset.month)) * Number(mover.dataset.unit);
    part.setAttribute("transform", `translate(${apart} 0)`);
  }

  function show(value) {
    month = Math.max(0, Math.min(last, Math.round(Number(value) || 0)));
    boards.forEach((board, element) => {
      if (element.isConnected) draw(board);
      else boards.delete(element);
    });
    document.querySelectorAll(".ps-cursor").forEach((cursor) => move(cursor, month));
    watchers.forEach((watch) => watch(month, timer !== 0));
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    show(month);
  }

  /* Make an old picture into a new one: what is the same stays, with its focus. */
  function change(old, now) {
    if (old.nodeName !== now.nodeName) {
      old.replaceWith(now);
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== now.data) old.data = now.data;
      return;
    }
    [...old.attributes].forEach(({ name }) => {
      if (!now.hasAttribute(name)) old.removeAttribute(name);
    });
    [...now.attributes].forEach(({ name, value }) => {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    });
    const [before, after] = [[...old.childNodes], [...now.childNodes]];
    after.forEach((child, index) => {
      if (before[index]) change(before[index], child);
      else old.append(child);
    });
    before.slice(after.length).forEach((child) => child.remove());
  }

  return {
    get month() { return month; },
    get is_playing() { return timer !== 0; },
    show,
    stop,
    /* How many months there are, and which to show where nothing plays. */
    set(months, at) {
      last = months;
      show(timer ? month : at);
    },
    /* A picture that plays: ids of its lines or cells, and for each month a sign for each, and
       the numbers in the cells. */
    board(element, ids, frames, numbers) {
      const marks = ids.map((id) => document.getElementById(id));
      const board = { marks, frames, numbers, shown: [] };
      boards.set(element, board);
      draw(board);
    },
    forget(element) {
      boards.delete(element);
    },
    /* Put a picture into a box, in place of the one that is there. */
    picture(box, svg) {
      const fresh = document.createElement("div");
      fresh.innerHTML = svg;
      if (box.firstChild && fresh.firstChild) change(box.firstChild, fresh.firstChild);
      else box.replaceChildren(...fresh.childNodes);
    },
    /* The month at a place of the screen, along what moves. */
    month_at(mover, x) {
      const svg = mover.ownerSVGElement;
      const frame = svg.getBoundingClientRect();
      const across = ((x - frame.left) * svg.viewBox.baseVal.width) / frame.width;
      const found = Math.round((across - mover.dataset.left) / mover.dataset.unit);
      return Math.max(0, Math.min(Number(mover.dataset.months), found));
    },
    /* The deadline on the dots at another month, until the server has said what that means. */
    hold(mover, to) {
      move(mover, to, mover.querySelector(".ps-moves"));
      mover.ownerSVGElement.querySelectorAll(".ps-dot").forEach((dot) => {
        const is_in_time = dot.dataset.month && Number(dot.dataset.month) <= to;
        dot.setAttribute("fill", is_in_time ? dot.getAttribute("stroke") : "#FFFFFF");
      });
    },
    watch(callback) {
      watchers.add(callback);
      return () => watchers.delete(callback);
    },
    play(milliseconds) {
      if (timer) return;
      if (month >= last) month = 0;
      timer = setInterval(() => {
        show(month + 1);
        if (month >= last) stop();
      }, milliseconds);
      show(month);
    },
  };
})();
