/* The facilitator's desk. It keeps what the game needs to go on if the program is started again. */
"use strict";

let key = stored("sessionStorage", "getItem", "desk key") || "";
let told = null; /* the session that the server was told of */
let sure = ""; /* the act that has been asked for once and is done when it is asked for again */

window.desk_key = () => key;

/* The workshop's page that opened this desk: its session's questions are those that phones bet on. */
function session() {
  try {
    const opener = window.opener && window.opener.door && window.opener.door.key();
    return opener || stored("sessionStorage", "getItem", "room") || "";
  } catch (error) {
    return stored("sessionStorage", "getItem", "room") || "";
  }
}

function kept() {
  const text = stored("sessionStorage", "getItem", "desk kept");
  return text ? JSON.parse(text) : null;
}

function act(message) {
  page_line.act(message);
}

page_line = connect(
  "/room/desk",
  () => {
    told = session();
    return { key, session: told, kept: kept() };
  },
  (view, message) => {
    if (message.key) key = message.key;
    stored("sessionStorage", "setItem", "desk key", key);
    if (view.kind === "ended") forget();
    else stored("sessionStorage", "setItem", "desk kept", view.kept);
    show(view);
  },
  (why, said, again) => again(),
);

setInterval(() => {
  if (session() !== told) page_line.open(); /* the workshop's page has another room by now */
}, 1000);

function forget() {
  stored("sessionStorage", "removeItem", "desk key");
  stored("sessionStorage", "removeItem", "desk kept");
  key = "";
}

function button(text, message, about) {
  return h("button", Object.assign({ onclick: () => act(message) }, about || {}), text);
}

/* A button that does what cannot be undone: it asks once more first. */
function grave(name, text, again, message, view) {
  const is_sure = sure === name;
  return h(
    "button",
    {
      class: is_sure ? "danger" : "",
      onclick() {
        sure = is_sure ? "" : name;
        if (is_sure) act(message);
        else show(view);
      },
    },
    is_sure ? again : text,
  );
}

function show(view) {
  if (view.kind === "ended") {
    draw(h("h1", {}, LABELS.ended), h("p", {}, h("button", { class: "main", onclick: () => window.location.reload() }, LABELS.another)));
    return;
  }
  draw(h("h1", {}, LABELS.title), h("div", { class: "desk-parts" }, left(view), right(view)));
}

function left(view) {
  return h(
    "div",
    {},
    section(LABELS.address, where(view)),
    section(
      LABELS.modes,
      h(
        "p",
        { class: "bar" },
        ["welcome", "bet", "pledge", "game", "mirror"].map((mode) =>
          button(LABELS[mode], { do: "mode", mode }, { "aria-pressed": String(view.mode === mode) }),
        ),
      ),
      !view.has_session && (view.mode === "bet" || view.mode === "pledge" || view.mode === "mirror") ? h("p", { class: "alert" }, LABELS.no_session) : null,
    ),
    { welcome: () => null, bet: bets, pledge: pledges, game, mirror }[view.mode](view),
    h("p", { class: "bar last" }, grave("end", LABELS.end, LABELS.end_sure, { do: "end" }, view)),
  );
}

function section(title, ...children) {
  return h("section", {}, h("h2", {}, title), children);
}

function where(view) {
  const screen = h("button", { class: "main", onclick: () => window.open("/screen", "partnersim-screen") }, LABELS.open_screen);
  return [
    view.addresses.length
      ? h("p", {}, h("b", {}, view.addresses[view.address]), " ", LABELS.code, " ", h("b", { class: "code" }, view.code))
      : h("p", { class: "alert" }, LABELS.no_address),
    view.addresses.length > 1 ? h("p", { class: "bar quiet" }, LABELS.other_addresses, view.addresses.map(other(view))) : null,
    h("p", { class: "bar" }, screen),
    h("p", { class: "quiet" }, LABELS.screen_how),
  ];
}

function other(view) {
  return (address, number) =>
    number === view.address ? null : button(address.replace("http://", ""), { do: "address", number }, { key: address });
}

function bets(view) {
  if (!view.question) return null;
  return section(
    LABELS.bets,
    h("p", {}, view.question),
    h("ul", { class: "counts" }, view.bets.map((pair) => h("li", {}, h("b", {}, String(pair[1])), " ", pair[0]))),
    h("p", { class: "bar" }, button(LABELS.reveal, { do: "close_bets" }, { class: "main", disabled: !view.is_open })),
  );
}

function pledges(view) {
  return section(
    LABELS.pledges,
    view.pledges.length ? null : h("p", {}, LABELS.no_pledges),
    view.pledges.map((pair) =>
      h(
        "p",
        { class: "bar", key: `pledge ${pair[0]}` },
        h("span", { class: "grow" }, pair[1]),
        button(LABELS.keep_pledge, { do: "take_pledge", number: pair[0], is_on: true }, { disabled: !view.has_session }),
        button(LABELS.drop_pledge, { do: "take_pledge", number: pair[0], is_on: false }),
      ),
    ),
  );
}

function mirror(view) {
  return section(
    LABELS.mirror,
    h("p", {}, LABELS.mirror_how),
    h("ul", {}, view.answered.map((line) => h("li", {}, line))),
    h("p", { class: "bar" }, button(LABELS.add_table, { do: "add_table" })),
    view.typed.map((pair) => typed(view, pair[0], pair[1])),
    h(
      "div",
      { class: "bar", key: "mirror" },
      button(LABELS.open_place, { do: "open_place" }, { class: "main", disabled: !view.has_session || !view.has_answers }),
      view.has_answers ? file("our-place", LABELS.place_file) : null,
    ),
  );
}

/* The questions for a table that has no phone. */
function typed(view, number, answers) {
  return h(
    "details",
    { key: `typed ${number}`, class: "typed" },
    h("summary", {}, `${LABELS.phone} ${number}: ${LABELS.typed}`),
    view.questions.map((one) =>
      h(
        "fieldset",
        { key: one.name },
        h("legend", {}, one.title),
        h(
          "p",
          { class: "bar" },
          one.choices.map((choice) =>
            button(choice[1], { do: "answer", number, question: one.name, choice: choice[0] }, {
              "aria-pressed": String((answers[one.name] || []).indexOf(choice[0]) >= 0),
            }),
          ),
        ),
      ),
    ),
  );
}

/* A file of the room: the key to it is in no address. */
function file(name, label) {
  return h("form", { action: `/room/${name}.toml`, method: "post" }, h("input", { type: "hidden", name: "key", value: key }), h("button", {}, label));
}

function game(view) {
  const is_over = view.phase === "over" || view.phase === "moves";
  return section(
    LABELS.game,
    h("p", { class: "bar" }, controls(view)),
    is_over ? h("p", {}, LABELS.debrief) : null,
    view.round[0] ? taking_home(view) : null,
  );
}

function controls(view) {
  switch (view.phase) {
    case "seats":
      return [button(LABELS.begin, { do: "begin_round" }, { class: "main", key: "begin" })];
    case "round":
      return [
        h("span", { id: "clock", key: "clock", role: "timer" }, clock(view)),
        button(view.clock.running ? LABELS.stop : LABELS.go_on, { do: "clock", is_on: !view.clock.running }, { key: "stop" }),
        button(LABELS.end_round, { do: "end_round" }, { class: "main", key: "end" }),
      ];
    case "between":
      return [
        button(LABELS.next, { do: "begin_round" }, { class: "main", key: "next" }),
        h("span", {}, `${view.round[0]} / ${view.round[1]}`),
      ];
    default:
      return [
        button(LABELS.look_over, { do: "look_back", phase: "over" }, { key: "over", "aria-pressed": String(view.phase === "over") }),
        button(LABELS.look_moves, { do: "look_back", phase: "moves" }, { key: "moves", "aria-pressed": String(view.phase === "moves") }),
        grave("anew", LABELS.anew, LABELS.anew_sure, { do: "begin_anew" }, view),
      ];
  }
}

function taking_home(view) {
  return h(
    "div",
    { class: "bar", key: "home" },
    file("game", LABELS.file),
    view.link ? h("a", { href: view.link, target: "_blank", rel: "noopener" }, LABELS.link) : null,
  );
}

function right(view) {
  return h(
    "div",
    {},
    section(
      LABELS.who,
      h("p", {}, view.in),
      h("p", { class: "bar" }, button(view.locked ? LABELS.unlock : LABELS.lock, { do: "lock", is_on: !view.locked })),
      view.phones.length ? table([LABELS.phone, LABELS.table, LABELS.state, ""], view.phones.map(phone)) : null,
    ),
    view.mode === "game" ? section(LABELS.seats, table([LABELS.table, LABELS.state, ""], view.tables.map(seat))) : null,
  );
}

function table(headings, body) {
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, headings.map((one) => h(one ? "th" : "td", one ? { scope: "col" } : {}, one)))),
    h("tbody", {}, body),
  );
}

function phone(one) {
  return h(
    "tr",
    { key: `phone ${one.number}` },
    h("th", { scope: "row" }, String(one.number)),
    h("td", {}, one.seat),
    h("td", {}, one.state),
    h("td", {}, button(LABELS.remove, { do: "remove", number: one.number }, { "aria-label": `${LABELS.remove}: ${LABELS.phone} ${one.number}` })),
  );
}

function seat(one) {
  return h(
    "tr",
    { key: `seat ${one.name}` },
    h("th", { scope: "row" }, one.title),
    h("td", {}, one.state),
    h("td", {}, one.is_in ? button(LABELS.free, { do: "free", seat: one.name }, { "aria-label": `${LABELS.free}: ${one.title}` }) : null),
  );
}
