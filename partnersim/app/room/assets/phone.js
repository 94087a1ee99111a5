/* A phone: the code, then whatever the room does now. Its token is all that it keeps. */
"use strict";

let code = decodeURIComponent(window.location.hash.slice(1)).toUpperCase() || stored("localStorage", "getItem", "code") || "";
let stays_out = "";
let tries = 0;
const MOST_TRIES = 100; /* one each three seconds: five minutes in which the program may be started again */

function act(message) {
  page_line.act(message);
}

function join() {
  stays_out = "";
  page_line = connect(
    "/room/phone",
    () => ({ code, token: stored("localStorage", "getItem", `phone ${code}`) || "" }),
    (view, message) => {
      tries = 0;
      if (message.token) {
        stored("localStorage", "setItem", `phone ${code}`, message.token);
        stored("localStorage", "setItem", "code", code);
      }
      if (view.kind === "gone") leave(view.why, view.forget);
      else show(view);
    },
    (why, said, again) => {
      /* A program that was started again knows the room as soon as the facilitator's page is back. */
      const is_known = stored("localStorage", "getItem", `phone ${code}`);
      if ((why === "wrong_code" || why === "full") && is_known && tries++ < MOST_TRIES) {
        again();
      } else if (why === "wrong_code") {
        leave("", true);
        code = "";
        ask();
      } else {
        say("");
        leave(said, why === "ended");
      }
    },
  );
}

function leave(said, forgets) {
  stays_out = said;
  if (forgets) stored("localStorage", "removeItem", `phone ${code}`);
  if (forgets) stored("localStorage", "removeItem", "code");
  draw(h("h1", {}, said));
}

function ask() {
  draw(
    h("h1", {}, document.title),
    h(
      "form",
      {
        onsubmit(event) {
          event.preventDefault();
          code = document.getElementById("code").value.trim().toUpperCase();
          if (code) join();
        },
      },
      h("label", { for: "code" }, LABELS.ask_code),
      h("input", { id: "code", maxlength: 4, autocomplete: "off", autocapitalize: "characters", spellcheck: "false" }),
      h("button", { class: "main" }, LABELS.go),
    ),
  );
}

function show(view) {
  if (stays_out) return;
  const shown = { welcome, bet, pledge, game, mirror }[view.kind](view);
  draw(...shown, h("p", { class: "quiet foot" }, view.number));
}

function welcome() {
  return [h("h1", {}, LABELS.in_title), h("p", {}, LABELS.in_text)];
}

function bet(view) {
  if (!view.bet) return [h("h1", {}, LABELS.bet_title), h("p", {}, LABELS.bet_nothing)];
  return [
    h("h1", {}, view.bet.question),
    view.bet.said ? h("p", { class: "said", role: "status" }, view.bet.said) : h("p", {}, LABELS.bet_open),
    view.bet.options.map((option, index) =>
      h(
        "button",
        {
          class: "choice",
          "aria-pressed": String(view.bet.mine === index),
          disabled: !view.bet.open,
          onclick: () => act({ do: "bet", option: index }),
        },
        option,
      ),
    ),
  ];
}

function pledge(view) {
  return [
    h("h1", {}, LABELS.pledge_title),
    h("p", {}, LABELS.pledge_text),
    view.pledge ? h("p", { class: "said", role: "status" }, `${view.pledge} — ${LABELS.pledge_sent}`) : null,
    h(
      "form",
      {
        key: "pledge",
        onsubmit(event) {
          event.preventDefault();
          const box = document.getElementById("pledge");
          if (box.value.trim()) act({ do: "pledge", text: box.value });
          box.value = "";
        },
      },
      h("textarea", { id: "pledge", rows: 4, maxlength: 200, "aria-label": LABELS.pledge_title }),
      h("button", { class: "main" }, LABELS.pledge_send),
    ),
  ];
}

/* One question at a time: `asked` is the one that this phone shows. */
let asked = 0;

function mirror(view) {
  const one = view.questions[asked];
  const chosen = view.answers[one.name] || [];
  const is_last = asked === view.questions.length - 1;
  const turn = (by) => () => {
    asked += by;
    window.scrollTo(0, 0);
    show(view);
  };
  return [
    h("p", { class: "seat" }, one.where),
    asked ? null : h("p", {}, LABELS.mirror_text),
    h(
      "fieldset",
      { key: one.name },
      h("legend", {}, h("h1", {}, one.title)),
      one.choices.map((choice) =>
        h(
          "button",
          {
            class: "choice",
            "aria-pressed": String(chosen.indexOf(choice[0]) >= 0),
            onclick: () => act({ do: "answer", question: one.name, choice: choice[0] }),
          },
          choice[1],
        ),
      ),
    ),
    is_last && chosen.length ? h("p", { class: "said", role: "status" }, LABELS.mirror_end) : null,
    h(
      "p",
      { class: "turn" },
      h("button", { disabled: !asked, onclick: turn(-1) }, LABELS.mirror_before),
      h("button", { class: "main", disabled: is_last, onclick: turn(1) }, LABELS.mirror_after),
    ),
  ];
}

function game(view) {
  const now = view.game;
  if (!now.seat) return now.phase === "over" || now.phase === "moves" ? over(now) : seats(now);
  return [
    h("p", { class: "seat" }, now.name, now.phase === "round" ? h("span", { id: "clock", key: "clock", role: "timer" }, clock(view)) : null),
    h("h1", {}, now.title),
    now.phase === "seats" ? h("p", {}, LABELS.lobby_text) : null,
    now.phase === "between" ? h("p", {}, LABELS.between_text) : null,
    now.phase === "over" || now.phase === "moves" ? h("p", {}, LABELS.over_text) : null,
    h("ul", { class: "private" }, now.private.map((line) => h("li", {}, line))),
    now.moves.map(move),
    now.phase === "round" ? round(now) : null,
    h("dl", { class: "card" }, now.card.map((part) => [h("dt", {}, part[0]), h("dd", {}, part[1])])),
    now.phase === "seats"
      ? h("button", { key: "up", onclick: () => act({ do: "sit", seat: "" }) }, LABELS.stand_up)
      : null,
  ];
}

function seats(now) {
  return [
    h("h1", {}, LABELS.seats_title),
    h("p", {}, LABELS.seats_text),
    now.seats.map((seat) =>
      h(
        "button",
        { class: "choice", disabled: seat.taken, onclick: () => act({ do: "sit", seat: seat.name }) },
        seat.title,
        seat.taken ? ` (${LABELS.seat_taken})` : "",
      ),
    ),
  ];
}

function over(now) {
  return [h("h1", {}, now.title), h("p", {}, LABELS.over_text)];
}

function move(one) {
  return h(
    "fieldset",
    { key: one.move, class: "move" },
    h("legend", {}, one.title),
    one.choices.map((choice) =>
      h(
        "button",
        {
          class: "choice",
          "aria-pressed": String(one.chosen === choice[0]),
          onclick: () => act({ do: "move", move: one.move, choice: choice[0] }),
        },
        choice[1],
      ),
    ),
  );
}

function round(now) {
  return h(
    "div",
    { key: "round" },
    h("p", { role: "status" }, now.done ? LABELS.is_done : LABELS.as_before),
    h("button", { class: "main", disabled: now.done, onclick: () => act({ do: "done" }) }, LABELS.done),
  );
}

if (code) join();
else ask();
