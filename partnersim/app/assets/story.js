/* A story that was written to a file: screens, the timeline, and answers to the questions. */
(() => {
  const story = JSON.parse(document.getElementById("story").textContent);
  const screens = [...document.querySelectorAll(".screen")];
  const play = document.getElementById("play");
  const month = document.getElementById("month");
  const output = document.querySelector("output");
  const back = document.getElementById("back");
  const next = document.getElementById("next");
  let shown = 0;

  function open(number) {
    shown = Math.max(0, Math.min(screens.length - 1, number));
    partnersim.stop();
    const focused = document.activeElement;
    screens.forEach((screen, index) => { screen.hidden = index !== shown; });
    back.disabled = shown === 0;
    next.disabled = shown === screens.length - 1;
    /* A button that is of no use any more does not keep the focus, nor lose it. */
    if (back.disabled && focused === back) next.focus();
    if (next.disabled && focused === next) back.focus();
    screens[shown].querySelectorAll(".board").forEach((board) => {
      const { marks, frames } = JSON.parse(board.dataset.board);
      partnersim.board(board, marks, frames);
    });
    partnersim.set(story.months.length - 1, Number(screens[shown].dataset.month), [], story.pace);
    scrollTo(0, 0);
  }

  function toggle() {
    partnersim.toggle();
  }

  back.onclick = () => open(shown - 1);
  next.onclick = () => open(shown + 1);
  play.onclick = toggle;
  document.addEventListener("keydown", (event) => {
    if (event.key === "PageDown") open(shown + 1);
    else if (event.key === "PageUp") open(shown - 1);
    else if (event.key.toLowerCase() === "p") toggle();
    else return;
    event.preventDefault();
  });
  /* Whoever is clicked, the answer is that of the screen. */
  document.querySelectorAll("[data-organisation], [data-link]").forEach((found) => {
    found.addEventListener("click", (event) => {
      event.preventDefault();
      const why = found.closest(".screen").querySelector(".why");
      why.open = true;
      why.querySelector("summary").focus();
    });
  });
  month.oninput = () => {
    const to = Number(month.value); /* before stopping, which puts the timeline where it stopped */
    partnersim.stop();
    partnersim.show(to);
  };
  partnersim.watch((now, is_playing) => {
    month.value = now;
    month.setAttribute("aria-valuetext", story.months[now]);
    output.textContent = story.months[now];
    play.textContent = is_playing ? story.labels.pause : story.labels.play;
  });
  document.querySelectorAll(".answer").forEach((answer) => {
    answer.onclick = () => {
      const screen = answer.closest(".screen");
      const reply = screen.querySelector(".reply");
      reply.textContent = answer.dataset.reply;
      reply.hidden = false;
      screen.querySelector(".shown").hidden = false;
      screen.querySelectorAll(".answer").forEach(
        (one) => one.setAttribute("aria-pressed", String(one === answer)));
    };
  });
  open(0);
})();
