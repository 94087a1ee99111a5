/* What the page does by itself: it plays months. A frame changes the classes of what is there
   already; nothing is built anew, so nothing flashes and a chosen link keeps its focus. */
window.partnersim = (() => {
  const boards = new Map(); // element -> {marks: [element], frames: ["0123-..."], shown: []}
  const watchers = new Set(); // functions of the month and of whether it plays
  let month = 0;
  let last = 0;
  let timer = 0;

  function draw(board) {
    const frame = board.frames[Math.min(month, board.frames.length - 1)] || "";
    board.marks.forEach((mark, index) => {
      const step = frame[index];
      if (!mark || board.shown[index] === step) return;
      board.shown[index] = step;
      mark.setAttribute("class", `ps-step-${step === "-" ? "none" : step}`);
    });
  }

  function move(cursor) {
    const apart = (month - Number(cursor.dataset.month)) * Number(cursor.dataset.unit);
    cursor.setAttribute("transform", `translate(${apart} 0)`);
  }

  function show(value) {
    month = Math.max(0, Math.min(last, Math.round(Number(value) || 0)));
    boards.forEach((board, element) => {
      if (element.isConnected) draw(board);
      else boards.delete(element);
    });
    document.querySelectorAll(".ps-cursor").forEach(move);
    watchers.forEach((watch) => watch(month, timer !== 0));
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    show(month);
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
    /* A picture that plays: ids of its lines, and for each month a sign for each line. */
    board(element, ids, frames) {
      const marks = ids.map((id) => document.getElementById(id));
      const board = { marks, frames, shown: [] };
      boards.set(element, board);
      draw(board);
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
