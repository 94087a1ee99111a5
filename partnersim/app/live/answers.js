/* What our hundred say: the measures and sentences of the app, by its rules and in its words.
   A hundred is, by name of series, an array of months for each partnership; a pair of hundreds is the
   one without and the one with what is changed, of which the same partnerships have the same luck. */
"use strict";

function makeAnswers(told) {
  const { texts, months, n } = told;
  const HALF = 0.5;

  /* --- words --- */

  const say = (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);
  /* As Python rounds: a half goes to the even number. */
  const round = (value) => {
    const low = Math.floor(value);
    if (value - low === 0.5) return low % 2 === 0 ? low : low + 1;
    return Math.round(value);
  };
  const count = (noun, number) => say(`count.${noun}.${number === 1 ? "one" : "other"}`, { n: number });
  const withWhat = (who) => say("draw.with", { who });
  const than = (side) => (side.other ? withWhat(side.other) : say("draw.without"));
  const names = (side) => (
    side.other ? [side.other, side.who] : [say("draw.without"), withWhat(side.who)]).map(capital);
  /* A sentence about both sides, in its form for two names where both have one. */
  const between = (key, side, values = {}) => say(side.other ? `between.${key}` : key, { ...side, ...values });

  /* --- numbers --- */

  const sorted = (values) => [...values].filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const median = (values) => {
    const ordered = sorted(values);
    const middle = ordered.length >> 1;
    if (!ordered.length) return NaN;
    return ordered.length % 2 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2;
  };
  const over = (series, month) => median(series.map((run) => run[month]));
  /* The median of a series over our hundred, month by month. */
  const line = (hundred, name) => Array.from({ length: months + 1 }, (_, month) => over(hundred[name], month));

  /* The first month with this share of the change, in each; infinite for never. */
  const monthsTo = (hundred, share = HALF) => hundred.change_delivered.map((run) => {
    const first = run.findIndex((value) => value >= share);
    return first < 0 ? Infinity : first;
  });
  const monthsApart = ([without, with_]) => {
    const before = monthsTo(without);
    return monthsTo(with_).map((after, r) => (after === before[r] ? 0 : after - before[r]));
  };
  const apart = ([without, with_], name) => median(
    with_[name].map((run, r) => run[months] - without[name][r][months]));
  const reached = (hundred, month) => monthsTo(hundred).filter((first) => first <= month).length;

  /* --- how much faster: the one answer to that question --- */

  function distance(value) {
    if (!Number.isFinite(value)) return say("faster.beyond");
    if (round(value) === 0) return say("faster.at_once");
    return say(value > 0 ? "faster.later" : "faster.earlier", { span: count("month", Math.abs(round(value))) });
  }

  function range(low, high) {
    const [near, far] = Math.abs(high) < Math.abs(low) ? [high, low] : [low, high];
    if (near === far) return distance(far);
    const isOneWay = near * far > 0 && Number.isFinite(far);
    return say("faster.range", { near: isOneWay ? Math.abs(round(near)) : distance(near), far: distance(far) });
  }

  function faster(pair, side) {
    const all = monthsApart(pair);
    const [middle, ordered] = [median(all), sorted(all)];
    const said = {
      what: say("measure.half"), who: side.who, than: than(side), n, years: told.years,
      sure: range(...told.interval.map((at) => ordered[at])),
      earlier: all.filter((value) => value < 0).length, later: all.filter((value) => value > 0).length,
    };
    const [before, after] = pair.map((hundred) => monthsTo(hundred));
    const neither = before.filter((first, r) => first === Infinity && after[r] === Infinity).length;
    if (2 * neither > n) {
      const points = round(100 * apart(pair, "change_delivered"));
      const key = points > 0 ? "more" : points < 0 ? "less" : "as_much";
      return say("faster.neither", { ...said, more: say(`faster.${key}`, { points: Math.abs(points) }) });
    }
    if (!Number.isFinite(middle)) return say(middle < 0 ? "faster.only_with" : "faster.only_without", said);
    if (middle === 0) return capital(say("faster.same", said));
    return capital(say("faster.moved", { ...said, span: distance(middle) }));
  }

  const days = (pair) => round(apart(pair, "cost"));
  const cost = (pair) => say(days(pair) >= 0 ? "package.cost" : "package.cost_less", {
    days: Math.abs(days(pair)).toLocaleString("en"), years: told.years,
  });
  const inTime = ([without, with_], side, month) => capital(between("draw.icons", side, {
    what: say("measure.half"), when: told.when[month], total: n,
    without: reached(without, month), with: reached(with_, month),
  }));

  /* --- the room's bet --- */

  /* What came, for each answer that could be bet on: in how many of our hundred. */
  function came(pair) {
    const counts = [...told.below, Infinity].map(() => 0);
    for (const value of monthsApart(pair)) counts[told.below.filter((bound) => value >= bound).length] += 1;
    return counts;
  }

  /* First what came most often, then what was thought. */
  function reply(pair, options, bets) {
    const counts = came(pair);
    const often = counts.indexOf(Math.max(...counts));
    const [most, total] = [Math.max(...bets), bets.reduce((sum, bet) => sum + bet, 0)];
    const key = counts[often] === n ? "hundred.in_all" : "hundred.in_n";
    const said = [capital(say("guess.most", {
      hundred: say(key, { n: counts[often], total: n }), option: options[often],
    }))];
    if (total && bets.filter((bet) => bet === most).length > 1) said.push(say("guess.split"));
    else if (total) {
      const thought = bets.indexOf(most);
      const room = { n: most, total, option: options[thought] };
      said.push(say(2 * most > total ? "guess.room" : "guess.largest", room));
      said.push(say(thought === often ? "guess.right" : "guess.wrong"));
    }
    return said.join(" ");
  }

  return {
    say, names, between, line, monthsTo, apart, median, monthsApart, reached, faster, days, cost, inTime, reply,
  };
}
