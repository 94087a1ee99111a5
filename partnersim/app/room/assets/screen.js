/* The shared screen: it follows the room and can be asked nothing. Its key is that of the desk which
   opened it, and stands in no address. */
"use strict";

function key() {
  try {
    const opener = window.opener && window.opener.desk_key && window.opener.desk_key();
    return opener || stored("sessionStorage", "getItem", "desk key") || "";
  } catch (error) {
    return stored("sessionStorage", "getItem", "desk key") || "";
  }
}

page_line = connect(
  "/room/screen",
  () => ({ key: key() }),
  (view) => {
    stored("sessionStorage", "setItem", "desk key", key());
    show(view);
  },
  (why, said, again) => again(),
);

function show(view) {
  const has_room = view.kind === "welcome" || view.kind === "seats";
  draw(
    h("header", {}, h("h1", {}, view.title), view.kind === "round" ? running(view) : null),
    h(
      "div",
      { class: `body ${view.kind}`, key: view.kind },
      has_room ? join(view.join, view.code) : null,
      view.lines.length || view.rows.length
        ? h("div", { class: "told" }, view.lines.map((line) => h("p", {}, line)), rows(view))
        : null,
      view.pictures.length ? h("div", { class: "pictures" }, view.pictures.map((one) => figure(one, view))) : null,
      view.table ? h("div", { class: "table", html: view.table }) : null,
    ),
    h("footer", {}, has_room || !view.join ? null : where(view), numbers(view), h("span", { class: "in" }, view.in), view.locked),
  );
}

function running(view) {
  return h(
    "p",
    { class: "running" },
    h("span", { id: "clock", key: "clock", role: "timer" }, clock(view)),
    view.clock.running ? null : h("span", { class: "quiet" }, ` ${LABELS.stopped}`),
  );
}

function where(view) {
  return h("span", {}, `${view.join.address} · ${LABELS.code} `, h("b", {}, view.code));
}

/* The numbers behind the pictures, above the foot of the screen. */
function numbers(view) {
  const written = view.pictures.map((one) => one.table).concat(view.numbers || []);
  if (!written.length) return null;
  const tables = written.map((one) => h("div", { html: one }));
  return h("details", { key: "numbers" }, h("summary", {}, LABELS.table), h("div", { class: "numbers", tabindex: 0 }, tables));
}

function figure(one, view) {
  return h("figure", {}, view.kind === "over" ? h("figcaption", {}, one.title) : null, h("div", { html: one.svg }));
}

function join(how, code) {
  if (!how) return null;
  return h(
    "div",
    { class: "join" },
    h("div", { class: "qr", role: "img", "aria-label": how.address, html: how.qr }),
    h("p", {}, LABELS.join_how),
    h("p", { class: "address" }, how.address),
    h("p", { class: "code" }, `${LABELS.code} `, h("b", {}, code)),
  );
}

function rows(view) {
  if (!view.rows.length) return null;
  if (view.kind === "bet") return h("ul", { class: "bars" }, view.rows.map(bar));
  if (view.kind === "mirror") return h("ul", { class: "spreads" }, view.rows.map(spread));
  if (view.kind === "moves") return h("ul", { class: "effects" }, view.rows.map(moved));
  return h(
    "ul",
    { class: "tables" },
    view.rows.map((row) =>
      h("li", { class: row.is_in ? "is-in" : "" }, h("b", {}, row.title), h("span", {}, row.state)),
    ),
  );
}

function bar(row) {
  return h(
    "li",
    { class: row.came ? "came" : "" },
    h("span", { class: "name" }, row.title),
    h("span", { class: "track" }, h("span", { class: "fill", style: `width:${100 * row.share}%` })),
    h("b", {}, String(row.n)),
  );
}

function spread(row) {
  return h(
    "li",
    {},
    h("p", { class: "name" }, h("b", {}, row.title), h("span", { class: "quiet" }, row.said)),
    row.counts.map((pair) =>
      h("p", { class: "answer" }, h("span", {}, pair[0]), h("span", { class: "discs", "aria-hidden": "true" }, pair[1] > 8 ? "" : "●".repeat(pair[1])), h("b", {}, String(pair[1]))),
    ),
  );
}

function moved(row) {
  const from = row.share < 0 ? 50 + 50 * row.share : 50;
  return h(
    "li",
    {},
    h("span", { class: "name" }, row.title, " ", h("small", {}, row.times)),
    h("span", { class: "track" }, h("span", { class: row.share < 0 ? "fill loss" : "fill", style: `left:${from}%;width:${50 * Math.abs(row.share)}%` })),
    h("b", {}, row.said),
    h("span", { class: "quiet" }, row.through),
  );
}
