/* What the page does by itself: it plays months, and moves what is dragged. A frame changes what is
   there already; nothing is built anew, so nothing flashes and what has the focus keeps it. */
window.partnersim = (() => {
  const boards = new Map(); // element -> {marks: [element], frames: ["0123-..."], shown: []}
  const watchers = new Set(); // functions of the month and of whether it plays
  let month = 0;
  let last = 0;
  let timer = 0;
  let stops = []; // months at which play stops
  let pace = 160; // milliseconds a month
  let speed = 1;
  let lit = ["", ""]; // ends of the relationship that is lit, and how it went
  let has_letters = true; // whether letters alone are keys

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
    const [ids, values] = board.rings || [[], []];
    const now = ids.length ? values[Math.min(month, values.length - 1)].split(",") : [];
    ids.forEach((id, index) => {
      const ring = document.getElementById(id);
      if (!ring) return;
      const around = Number(ring.dataset.around);
      ring.setAttribute("stroke-dasharray", `${(now[index] / 100) * around} ${around}`);
    });
  }

  function shine() {
    document.querySelectorAll("[data-link]").forEach((link) => {
      if (link.dataset.link === lit[0]) link.setAttribute("data-lit", lit[1]);
      else link.removeAttribute("data-lit");
    });
  }

  /* What has come of the lines of our hundred: the rest is behind a clip. */
  function uncover() {
    const clip = document.getElementById("ps-now");
    if (clip) clip.firstChild.setAttribute("width", 4 + month * Number(clip.dataset.unit));
  }

  function begin() {
    const stop_at = stops.find((stop) => stop > month) || last;
    clearInterval(timer);
    timer = setInterval(() => {
      show(month + 1);
      if (month >= stop_at) stop();
    }, pace / speed);
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
    uncover();
    shine();
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
    get speed() { return speed; },
    get has_letters() { return has_letters; },
    set has_letters(now) { has_letters = now; },
    show,
    stop,
    /* How many months there are, which to show where nothing plays, and where play stops. */
    set(months, at, stops_now = [], pace_now = pace) {
      last = months;
      stops = stops_now;
      pace = pace_now;
      show(timer ? month : at);
    },
    /* Light one relationship, whose ends are as in `data-link`, in the colour of how it went. */
    light(ends, tone) {
      lit = [ends, tone];
      shine();
    },
    /* A picture that plays: ids of its lines or cells, and for each month a sign for each, the
       numbers in the cells, and how full rings are. */
    board(element, ids, frames, numbers, rings) {
      const marks = ids.map((id) => document.getElementById(id));
      const board = { marks, frames, numbers, rings, shown: [] };
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
    play() {
      if (timer) return;
      if (month >= last) month = 0;
      begin();
      show(month);
    },
    toggle() {
      if (timer) stop();
      else this.play();
    },
    step() {
      stop();
      show(month + 1);
      document.dispatchEvent(new Event("partnersim-step"));
    },
    /* To the next stop at once. */
    skip() {
      month = stops.find((stop_at) => stop_at > month) || last;
      stop();
    },
    faster() {
      speed = speed === 4 ? 1 : 2 * speed;
      if (timer) begin();
      show(month);
    },
  };
})();
