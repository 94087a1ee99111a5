/* What the benchmark of the app does within a page: it acts as a visitor does, and looks at the
   clock. Put into every page before anything else runs there. */
window.bench = (() => {
  const EVERYTHING = { attributes: true, characterData: true, childList: true, subtree: true };
  const PATIENCE = 30_000;
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);

  /* How many acts the server has not yet answered: it says 'idle' after each. When the page last told
     it of one, and last heard what has changed. */
  let open = 0;
  let told = 0;
  let heard = 0;
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        const is_idle = typeof data === "string" && data.includes('"execution_state": "idle"');
        if (is_idle && open > 0) open -= 1;
        if (typeof data === "string" && data.includes('"method": "update"')) heard = performance.now();
      });
    }

    send(data) {
      if (typeof data === "string" && data.includes('"comm_msg"')) {
        open += 1;
        told = performance.now();
      }
      super.send(data);
    }
  };

  /* When the first picture was there, and painted, since the page was asked for. */
  let ready = 0;
  let shift = 0;
  new MutationObserver(async (_, watch) => {
    if (ready || !one("main .ps-panel")) return;
    watch.disconnect();
    await painted();
    ready = performance.now();
  }).observe(document, EVERYTHING);
  new PerformanceObserver((found) => found.getEntries().forEach((entry) => {
    if (!entry.hadRecentInput) shift += entry.value;
  })).observe({ type: "layout-shift", buffered: true });

  /* Milliseconds from an act until the page has changed as it should, and is painted; null where
     the server answers and nothing had to change. */
  async function time(act, is_done) {
    const begun = performance.now();
    let is_found = false;
    const found = new Promise((resolve) => {
      const watch = new MutationObserver((changes) => {
        if (!is_done(changes)) return;
        is_found = true;
        watch.disconnect();
        resolve();
      });
      watch.observe(document.body, EVERYTHING);
      setTimeout(() => watch.disconnect(), PATIENCE);
      act();
    });
    await Promise.race([found, settle().then(() => wait(50))]);
    await painted();
    return is_found ? performance.now() - begun : null;
  }

  /* Whether a picture was drawn anew. Where only the cursor moved, it was not. */
  function is_drawn(changes) {
    return changes.some(({ target, type, addedNodes, attributeName }) => (
      type === "childList"
        ? target.closest?.(".ps-picture") || [...addedNodes].some(
          (node) => node.matches?.(".ps-picture") || node.querySelector?.(".ps-picture svg"))
        : target.closest?.(".ps-picture svg") && !/^(class|transform)$/.test(attributeName)));
  }

  function choose(control, value) {
    control.value = value;
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /* Another band of a lever: an index, and by how many bands from the present one. */
  function pull([index, by]) {
    const levers = all("[id^='ps-lever-']");
    const lever = levers[index % levers.length];
    const n = lever.options.length;
    choose(lever, lever.options[(lever.selectedIndex + 1 + (by % (n - 1))) % n].value);
  }

  /* From each lever to its picture, and how much of it was spent in the page. */
  async function levers(moves) {
    const times = [];
    for (const move of moves) {
      const all_of_it = await time(() => pull(move), is_drawn);
      if (all_of_it !== null) times.push([all_of_it, all_of_it - (heard - told)]);
      await wait(100);
    }
    return times;
  }

  /* All pages of a machine pull a lever at the same moment. */
  async function lever_at(moment, move) {
    await wait(moment - Date.now());
    return time(() => pull(move), is_drawn);
  }

  async function slide(selector, values) {
    const times = [];
    for (const value of values) {
      times.push(await time(() => {
        one(selector).value = value;
        one(selector).dispatchEvent(new Event("input", { bubbles: true }));
      }, is_drawn));
      await wait(100);
    }
    return times;
  }

  /* From a click to a picture and a certain control. */
  function click(button, selector) {
    return time(button, () => one(selector) && one("main .ps-picture svg"));
  }

  const press = (words, within = "body") => all(`${within} button`).find(
    (button) => button.innerText.trim() === words)?.click();

  function key(name, more = {}) {
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, ...more }));
    return true;
  }

  /* What happens on the whole page while so many months play. */
  function record(months) {
    const pictures = () => all(".ps-picture, .ps-picture *");
    const before = pictures();
    const begun = shift;
    const changed = { built_in_pictures: 0, built_elsewhere: 0, attributes: 0 };
    const watch = new MutationObserver((changes) => changes.forEach((change) => {
      const n = change.addedNodes.length + change.removedNodes.length;
      if (change.type === "attributes") changed.attributes += 1;
      else if (change.target.closest?.(".ps-picture")) changed.built_in_pictures += n;
      else changed.built_elsewhere += n;
    }));
    watch.observe(document.body, { attributes: true, childList: true, subtree: true });
    const shown = [];
    const frames = [];
    let is_over = false;
    const look = (now) => { frames.push(now); if (!is_over) requestAnimationFrame(look); };
    requestAnimationFrame(look);
    return new Promise((resolve) => {
      const stop = partnersim.watch((month) => {
        if (is_over || shown[month]) return;
        shown[month] = performance.now();
        if (month < months) return;
        is_over = true;
        stop();
        setTimeout(() => {
          watch.disconnect();
          const after = pictures();
          resolve({
            ...changed,
            is_same: before.length === after.length && before.every((x, i) => x === after[i]),
            n_elements: before.length,
            months: gaps(shown.slice(0, months + 1)),
            frames: gaps(frames),
            shift: shift - begun,
          });
        });
      });
    });
  }

  const gaps = (times) => times.slice(1).map((time, index) => time - times[index]);

  /* What a month costs the page, drawn one after the other as fast as it goes. */
  async function rush(months) {
    const costs = [];
    for (let month = 1; month <= months; month += 1) {
      const begun = performance.now();
      partnersim.show(month);
      document.body.getBoundingClientRect();
      costs.push(performance.now() - begun);
      await painted();
    }
    return costs;
  }

  /* The same numbers each time: acts are drawn at random, but the benchmark is no lottery. */
  function numbers(seed) {
    let state = seed;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
  }

  /* Everything that a visitor does in an hour, each act as soon as the one before is answered. */
  const ACTS = (chance) => {
    const any = (selector) => {
      const found = all(selector).filter((node) => !node.disabled && node.checkVisibility());
      return found[Math.floor(chance() * found.length)];
    };
    const choose_any = (selector) => {
      const select = any(selector);
      if (select) choose(select, select.options[Math.floor(chance() * select.options.length)].value);
      return Boolean(select);
    };
    const push = (selector) => {
      const button = any(selector);
      button?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
      return Boolean(button);
    };
    const drag = (selector) => {
      const slider = any(selector);
      if (!slider) return false;
      for (let move = 0; move < 5; move += 1) {
        slider.value = Number(slider.min) + Math.floor(chance() * (slider.max - slider.min));
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      }
      slider.dispatchEvent(new Event("change", { bubbles: true }));
      return true;
    };
    return [
      [20, "lever", () => choose_any("[id^='ps-lever-']")],
      [12, "sheet", () => key("othwcrd"[Math.floor(chance() * 7)])],
      [8, "close", () => key("Escape")],
      [10, "picture", () => push("main [role=group] button[aria-pressed=false]")],
      [14, "timeline", () => drag(".ps-player input[type=range]")],
      [10, "deadline", () => drag("#ps-deadline")],
      [10, "bet", () => push("form.ps-ask button") || key("1")],
      [3, "package", () => push("main.ps-main-packages button")],
      [6, "why", () => choose_any("#ps-trustor, #ps-trustee") || push("main [data-link]")],
      [4, "coordinator", () => choose_any("#ps-coordinator")],
      [4, "event", () => choose_any("#ps-event") && push("main form button[type=submit]")],
      [3, "remove", () => push(".ps-flags button, .ps-moved button")],
      [5, "undo", () => key("z", { ctrlKey: true })],
      [3, "redo", () => key("y", { ctrlKey: true })],
      [4, "next", () => key("PageDown")],
      [2, "back", () => key("PageUp")],
      [1, "story", () => { press("Menu"); return open_any(); }],
    ];

    async function open_any() {
      await wait(50);
      const done = push(".ps-menu .ps-cards button");
      if (one(".ps-menu")) press("Menu");
      return done;
    }
  };

  async function settle() {
    const begun = performance.now();
    await wait(5);
    while (open > 0) {
      if (performance.now() - begun > PATIENCE) throw new Error("the server does not answer");
      await wait(5);
    }
    await painted();
  }

  /* So many interactions; what there is nothing for on the page is left for something else. */
  async function hour(seed, n) {
    const chance = numbers(seed);
    const acts = ACTS(chance);
    const total = acts.reduce((sum, [weight]) => sum + weight, 0);
    const done = {};
    for (let count = 0; count < n;) {
      let left = chance() * total;
      const [, name, act] = acts.find(([weight]) => (left -= weight) < 0);
      if (!await act()) continue;
      await settle();
      done[name] = (done[name] || 0) + 1;
      count += 1;
    }
    return done;
  }

  return {
    get ready() { return ready; },
    levers, lever_at, slide, click, press, key, record, rush, hour, settle, time, is_drawn,
  };
})();
