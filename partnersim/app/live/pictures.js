/* Draw numbers into the pictures that Python has painted: axes, empty lines and circles are there. */
"use strict";

function makePictures(told, answers) {
  const { say } = answers;
  const all = (what, root) => [...root.querySelectorAll(what)];
  const CEILINGS = [10, 20, 40, 60, 80, 100, 120, 150, 200];

  /* A chart of lines, one for each side; its scale is the first that is high enough for all of them.
     Returned is where months and values stand in it. */
  function chart(box, sides) {
    const highest = Math.max(...sides.flat().filter(Number.isFinite));
    const ceiling = CEILINGS.find((top) => top >= highest) || 100 * Math.ceil(highest / 100);
    const group = box.querySelector(".live-lines");
    const [left, top, width, height] = ["left", "top", "width", "height"].map((key) => Number(group.dataset[key]));
    const x = (month) => left + (width * Math.max(0, Math.min(told.months, month))) / told.months;
    const y = (value) => top + height * (1 - value / ceiling);
    all(".live-tick", box).forEach((tick, at) => { tick.textContent = String((ceiling * at) / 2); });
    all(".live-line", group).forEach((line, arm) => {
      const months = [...(sides[arm] || []).keys()].filter((month) => Number.isFinite(sides[arm][month]));
      const way = months.map((month) => `${x(month).toFixed(1)} ${y(sides[arm][month]).toFixed(1)}`).join("L");
      line.setAttribute("d", way ? `M${way}` : "");
    });
    return { x, y, middle: left + width / 2 };
  }

  /* The room's bet, waiting ahead: between which months it lies, how high, and its words; or none. */
  function bet(box, scale, placed) {
    const group = box.querySelector(".ps-bet");
    group.setAttribute("visibility", placed ? "visible" : "hidden");
    if (!placed) return;
    const [begin, end] = placed.months.map(scale.x);
    const isRight = begin > scale.middle;
    const [bar, text] = group.children;
    const set = (mark, values) => Object.entries(values).forEach(([key, value]) => mark.setAttribute(key, value));
    set(bar, { x: begin, y: scale.y(placed.value) - 5, width: Math.max(10, end - begin) });
    set(text, { x: isRight ? end : begin, y: scale.y(placed.value) - 17, "text-anchor": isRight ? "end" : "start" });
    text.textContent = placed.words;
  }

  /* Circles for our hundred, of which so many are full. */
  function count(panel, number, name) {
    all(".live-icons circle", panel).forEach((circle, at) => {
      circle.setAttribute("fill", at < number ? circle.getAttribute("stroke") : "#FFFFFF");
    });
    panel.querySelector(".live-count").textContent = String(number);
    const said = `${name}: ${number} ${say("draw.out_of", { total: told.n })}`;
    panel.querySelector("svg").setAttribute("aria-label", said);
  }

  /* The numbers behind a picture: a column of names, and then columns of numbers. */
  function table(scroll, title, headings, rows, columns) {
    const make = (tag, text, scope) => {
      const cell = document.createElement(tag);
      cell.textContent = text;
      if (scope) cell.scope = scope;
      return cell;
    };
    const whole = document.createElement("table");
    whole.append(make("caption", title));
    whole.createTHead().insertRow().append(...headings.map((heading) => make("th", heading, "col")));
    const body = whole.createTBody();
    rows.forEach((row, at) => {
      body.insertRow().append(make("th", row, "row"), ...columns.map((column) => make("td", column[at])));
    });
    scroll.setAttribute("aria-label", title);
    scroll.replaceChildren(whole);
  }

  return { chart, bet, count, table };
}
