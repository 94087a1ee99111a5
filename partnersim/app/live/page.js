/* The page: what was chosen, and what it shows of that. Everything is drawn anew from `state`. */
"use strict";

(() => {
  const told = JSON.parse(document.getElementById("told").textContent);
  const answers = makeAnswers(told);
  const pictures = makePictures(told, answers);
  const { say } = answers;
  const MOST_KEPT = 30; /* hundreds that are kept, so that going back to one takes no time */
  const by = (id) => document.getElementById(id);
  const all = (what, root = document) => [...root.querySelectorAll(what)];

  const state = {
    levers: told.levers.map((lever) => lever.stands), /* the band chosen of each */
    coordinator: 0,
    view: "stage",
    deadline: Math.min(84, told.months),
    isSealed: false, /* whether what the changes do is kept back */
    isPlaced: false, /* whether bets are closed */
    isRevealed: false,
    bets: told.below.map(() => 0).concat(0),
    packages: [],
    budget: 0,
  };
  /* What is shown: the hundreds that were run, and with what changed; what is chosen may be ahead of it. */
  let shown = { without: null, with: null, changes: [] };

  /* --- what was chosen --- */

  const chosen = () => [
    ...told.levers.map((lever, at) => lever.bands[state.levers[at]]),
    told.coordinators[state.coordinator],
  ].filter((change) => change.who);

  function sideOf(changes) {
    if (changes.length === 1) return changes[0];
    return { who: say("side.bundle"), other: say("side.as_it_was") };
  }

  const isAsked = () => state.isSealed && shown.changes.length > 0;
  const isHidden = () => isAsked() && !state.isPlaced;
  /* Whether what came of it may be said on the stage: it was played to its end. */
  const isAnswered = () => shown.with !== null && !isHidden()
    && (isAsked() ? state.isRevealed : partnersim.month >= told.months);

  /* --- running it --- */

  const kept = new Map();
  let core = null;
  function hundredOf(changes) {
    const patches = changes.flatMap((change) => change.patch);
    const key = JSON.stringify(patches);
    if (!kept.has(key)) {
      if (kept.size > MOST_KEPT) kept.delete([...kept.keys()][1]); /* never the one without */
      kept.set(key, core.run(patches));
    }
    return kept.get(key);
  }

  /* Run what was chosen and show it, unless something else was chosen meanwhile. */
  let asked = 0;
  async function refresh() {
    asked += 1;
    const number = asked;
    const changes = chosen();
    document.querySelector("main").setAttribute("aria-busy", "true");
    try {
      core ||= makeCore(told);
      const found = await Promise.all([hundredOf([]), changes.length ? hundredOf(changes) : null]);
      if (number !== asked) return;
      shown = { without: found[0], with: found[1], changes };
      draw();
    } catch (error) {
      by("problem").textContent = `${say("live.cannot")} (${error.message})`;
      by("problem").hidden = false;
    }
    document.querySelector("main").setAttribute("aria-busy", "false");
  }

  /* Another choice: bets on the one before are no bets on this one. */
  function choose() {
    Object.assign(state, { isPlaced: false, isRevealed: false, bets: state.bets.map(() => 0) });
    all("#ask input").forEach((input) => { input.value = ""; });
    return refresh();
  }

  /* --- showing it --- */

  const arms = () => (shown.with && !isHidden() ? [shown.without, shown.with] : [shown.without]);
  const namesOf = () => (arms().length > 1 ? answers.names(sideOf(shown.changes)) : [say("page.as_it_is")]);
  let lines = {}; /* by series, the median line of each side, times 100 */

  function draw() {
    const { changes } = shown;
    all("[data-view]").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.view === state.view)));
    all("main > section").forEach((section) => { section.hidden = section.id !== state.view; });
    if (!shown.without) return; /* nothing has been run yet */
    const question = changes.length ? answers.between("question.text", sideOf(changes)) : say("live.title");
    by("title").textContent = question;
    lines = Object.fromEntries(Object.values(told.lines).map((name) => [
      name, arms().map((hundred) => answers.line(hundred, name).map((value) => 100 * value))]));
    all("[data-chart]").forEach(drawChart);
    drawNames();
    drawBet();
    drawCounts();
    drawPackages();
    all(".ps-lever").forEach((row) => {
      const [select] = all("select", row);
      row.classList.toggle("ps-moved", !select.selectedOptions[0].defaultSelected);
    });
    by("seal").setAttribute("aria-pressed", String(state.isSealed));
    by("rank").textContent = say(state.isSealed ? "page.rank" : "page.seal");
    by("enter").querySelector("[type=submit]").disabled = !changes.length;
    by("cost").textContent = arms().length > 1 ? answers.cost(arms()) : "";
    partnersim.show(partnersim.month);
  }

  function drawNames() {
    const names = namesOf();
    document.querySelector(".ps-lanes .ps-arm-1").hidden = names.length < 2;
    all(".ps-arm-0 .live-name").forEach((one) => { one.textContent = names[0]; });
    all(".ps-arm-1 .live-name").forEach((one) => { one.textContent = names[1] || ""; });
    by("lanes-note").textContent = say("page.lanes_note", { n: told.n });
    const side = sideOf(shown.changes);
    const answer = arms().length > 1 ? answers.faster(arms(), side)
      : say(isHidden() ? "page.kept_back" : "page.nothing_changed");
    all(".live-answer").forEach((one) => { one.textContent = answer; });
  }

  /* One of the charts, the numbers behind it, and the room's bet on it. */
  function drawChart(box) {
    const isSmall = box.dataset.chart === "small";
    const name = isSmall ? "change" : box.dataset.chart;
    const sides = lines[told.lines[name]];
    const scale = pictures.chart(box, sides);
    box.querySelector("h2").textContent = say(`live.line.${name}`);
    if (isSmall) return;
    pictures.bet(box, scale, name === "change" ? betPlaced() : null);
    const title = say(`page.line_title.${name}`, { n: told.n });
    const years = told.when.map((_, month) => month).filter((month) => month % 12 === 0);
    const columns = sides.map((side) => years.map((month) => side[month].toFixed(1)));
    const rows = years.map((month) => told.when[month]);
    pictures.table(box.querySelector(".ps-scroll"), title, [say("draw.by"), ...namesOf()], rows, columns);
    box.querySelector("summary span").textContent = `: ${title}`;
  }

  /* --- the room's bet --- */

  /* What most of the room bet, around the month in which half of the change is there without. */
  function betPlaced() {
    const total = state.bets.reduce((sum, bet) => sum + bet, 0);
    const half = lines.change_delivered[0].findIndex((value) => value >= 50);
    if (!isAsked() || !state.isPlaced || !total || half < 0) return null;
    const most = Math.max(...state.bets);
    const option = state.bets.indexOf(most);
    const bounds = [-Infinity, ...told.below, Infinity];
    return {
      months: [half + bounds[option], half + bounds[option + 1]], value: 50,
      words: say("page.bet", { n: most, total }),
    };
  }

  function drawBet() {
    by("ask").hidden = !isHidden();
    document.querySelector("[data-chart=trust]").hidden = isHidden();
    by("take-back").hidden = !(isAsked() && state.isPlaced);
    const isSaid = isAsked() && isAnswered();
    by("reply").hidden = !isSaid;
    if (isSaid) {
      const options = all("#ask .ps-option").map((option) => option.textContent.trim());
      by("reply").textContent = answers.reply(arms(), options, state.bets);
    }
    document.querySelector("#stage .live-answer").hidden = !isAnswered();
  }

  function place(isSkipped) {
    const counts = all("#ask input").map((input) => Math.min(999, Math.max(0, Math.round(Number(input.value)) || 0)));
    Object.assign(state, { isPlaced: true, isRevealed: isSkipped, bets: isSkipped ? counts.map(() => 0) : counts });
    partnersim.show(isSkipped ? told.months : 0);
    draw();
    by("play").focus();
  }

  /* --- our hundred, and packages --- */

  function drawCounts() {
    const pair = arms();
    const isThere = pair.length > 1;
    by("counts").hidden = !isThere;
    by("no-hundred").hidden = isThere;
    by("no-hundred").textContent = say(isHidden() ? "page.kept_back" : "page.hundred_empty");
    by("deadline-month").textContent = told.when[state.deadline];
    by("deadline").setAttribute("aria-valuetext", told.when[state.deadline]);
    if (!isThere) return;
    const sentence = answers.inTime(pair, sideOf(shown.changes), state.deadline);
    const counts = pair.map((hundred) => answers.reached(hundred, state.deadline));
    by("in-time").textContent = `${sentence}.`;
    all("#counts .ps-panel").forEach((panel, arm) => pictures.count(panel, counts[arm], namesOf()[arm]));
    const columns = [counts, counts.map((count) => told.n - count)];
    const headings = ["draw.partnerships", "draw.in_time", "draw.too_late"].map((key) => say(key));
    pictures.table(by("counts").querySelector(".ps-scroll"), sentence, headings, namesOf(), columns);
  }

  /* Packages in the order of what they bring; those over the budget last. While sealed, as entered. */
  function ranked() {
    const isOver = (one) => state.budget > 0 && answers.days(one.pair) > state.budget;
    const found = state.packages.map((one, at) => ({
      ...one, at, isOver: isOver(one), middle: answers.median(answers.monthsApart(one.pair)),
      less: -answers.apart(one.pair, "change_delivered"),
    }));
    const order = (a, b) => (a === b ? 0 : a < b ? -1 : 1);
    if (state.isSealed) return found;
    return found.sort((a, b) => a.isOver - b.isOver || order(a.middle, b.middle) || order(a.less, b.less));
  }

  function drawPackages() {
    by("no-packages").hidden = state.packages.length > 0;
    by("table").value ||= say("package.default", { n: state.packages.length + 1 });
    document.querySelector(".ps-ranked").replaceChildren(...ranked().map((one) => {
      const item = document.createElement("li");
      const put = (tag, text, name = "") => {
        const part = Object.assign(document.createElement(tag), { textContent: text, className: name });
        item.append(part, " ");
        return part;
      };
      put("strong", one.name);
      if (one.isOver) put("span", say("package.over"), "ps-over");
      put("span", answers.cost(one.pair), "ps-quiet");
      put("button", say("page.open_package")).onclick = () => openPackage(one);
      const remove = put("button", "×");
      remove.setAttribute("aria-label", say("page.remove_named", { name: one.name }));
      remove.onclick = () => { state.packages.splice(one.at, 1); draw(); by("table").focus(); };
      if (!state.isSealed) put("p", answers.faster(one.pair, { who: one.name, other: "" }), "ps-sentence");
      put("p", one.changes.map((change) => change.who).join(" · "), "ps-quiet");
      return item;
    }));
  }

  function openPackage(one) {
    Object.assign(state, { levers: [...one.levers], coordinator: one.coordinator, view: "stage" });
    showChosen();
    return choose();
  }

  async function enterPackage() {
    const [name, changes] = [by("table").value.trim(), chosen()];
    if (!name || !changes.length) return;
    const pair = await Promise.all([hundredOf([]), hundredOf(changes)]);
    const { levers, coordinator } = state;
    state.packages = [...state.packages.filter((one) => one.name !== name),
      { name, changes, pair, levers: [...levers], coordinator }];
    by("table").value = "";
    asItWas();
  }

  function asItWas() {
    Object.assign(state, { levers: told.levers.map((lever) => lever.stands), coordinator: 0 });
    showChosen();
    return choose();
  }

  function showChosen() {
    all("[data-lever]").forEach((select, at) => { select.value = String(state.levers[at]); });
    by("coordinator").value = String(state.coordinator);
  }

  /* --- the timeline, and what is done --- */

  partnersim.watch((month, isPlaying) => {
    if (!shown.without) return;
    by("month").value = String(month);
    by("month").setAttribute("aria-valuetext", told.when[month]);
    by("month-name").textContent = told.when[month];
    by("play").textContent = say(isPlaying ? "page.pause" : "page.play");
    by("faster").textContent = `×${partnersim.speed}`;
    by("faster").setAttribute("aria-label", `${say("page.speed")} ${partnersim.speed}`);
    all("clipPath[data-unit]").forEach((clip) => {
      clip.firstChild.setAttribute("width", 4 + month * Number(clip.dataset.unit));
    });
    all(".ps-lane").forEach((lane, arm) => {
      const values = lines.change_delivered[arm];
      const value = values ? Math.round(values[month]) : 0;
      lane.querySelector(".ps-track div").style.width = `${value}%`;
      lane.querySelector("output").textContent = values ? `${value}%` : "";
    });
    if (month >= told.months && isAsked() && state.isPlaced) state.isRevealed = true;
    drawBet();
  });

  all("[data-view]").forEach((one) => { one.onclick = () => { state.view = one.dataset.view; draw(); }; });
  all("[data-lever]").forEach((select, at) => {
    select.onchange = () => { state.levers[at] = Number(select.value); choose(); };
  });
  by("coordinator").onchange = () => { state.coordinator = Number(by("coordinator").value); choose(); };
  by("seal").onclick = () => { state.isSealed = !state.isSealed; choose(); };
  by("rank").onclick = () => { state.isSealed = !state.isSealed; choose(); };
  by("as-it-was").onclick = asItWas;
  by("ask").onsubmit = (event) => { event.preventDefault(); place(false); };
  by("skip").onclick = () => place(true);
  by("take-back").onclick = () => {
    Object.assign(state, { isPlaced: false, isRevealed: false, view: "stage" });
    partnersim.stop();
    partnersim.show(0);
    draw();
    document.querySelector("#ask input").focus();
  };
  by("enter").onsubmit = (event) => { event.preventDefault(); enterPackage(); };
  by("budget").onchange = () => { state.budget = Math.max(0, Math.round(Number(by("budget").value)) || 0); draw(); };
  by("deadline").oninput = () => { state.deadline = Number(by("deadline").value); drawCounts(); };
  by("play").onclick = () => partnersim.toggle();
  by("step").onclick = () => partnersim.step();
  by("faster").onclick = () => partnersim.faster();
  by("month").oninput = () => {
    const to = Number(by("month").value); /* before stopping, which puts the timeline where it stopped */
    partnersim.stop();
    partnersim.show(to);
  };
  document.addEventListener("keydown", (event) => {
    const views = ["stage", "change", "hundred", "packages"];
    const step = { PageDown: 1, PageUp: -1 }[event.key];
    const help = document.querySelector("#change:not([hidden]) .live-help[open]");
    if (event.key === "Escape" && help) {
      help.open = false;
      help.firstElementChild.focus();
    } else if (event.key === "Escape") state.view = "stage";
    else if (step) state.view = views[Math.max(0, Math.min(views.length - 1, views.indexOf(state.view) + step))];
    else return;
    event.preventDefault();
    draw();
  });

  by("deadline").value = String(state.deadline);
  partnersim.set(told.months, 0, [], told.pace);
  /* What was run, and what is made of it: for whoever wants to look, and for tests. */
  Object.assign(partnersim, { answers, shown: () => shown });
  refresh();
})();
