/* A story that was written to a file: screens, the timeline, and answers to the questions. */
(() => {
  const story = JSON.parse(document.getElementById("story").textContent);
  const screens = [...document.querySelectorAll(".screen")];
  const play = document.getElementById("play");
  const month = document.getElementById("month");
  const output = document.querySelector("output");
  let shown = 0;

  function open(number) {
    shown = Math.max(0, Math.min(screens.length - 1, number));
    partnersim.stop();
    screens.forEach((screen, index) => { screen.hidden = index !== shown; });
    document.getElementById("back").disabled = shown === 0;
    document.getElementById("next").disabled = shown === screens.length - 1;
    screens[shown].querySelectorAll(".board").forEach((board) => {
      const { marks, frames } = JSON.parse(board.dataset.board);
      partnersim.board(board, marks, frames);
    });
    partnersim.set(story.months.length - 1, Number(screens[shown].dataset.month));
    scrollTo(0, 0);
  }

  document.getElementById("back").onclick = () => open(shown - 1);
  document.getElementById("next").onclick = () => open(shown + 1);
  play.onclick = () => {
    if (partnersim.is_playing) partnersim.stop();
    else partnersim.play(story.pace);
  };
  month.oninput = () => {
    partnersim.stop();
    partnersim.show(Number(month.value));
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
