/**
 * Dots with intervals on a scale that all rows of a list share.
 *
 *   dot, filled   the interval leaves out zero       thick line   from low to high: directions are open
 *   dot, hollow   it does not                        thin line    the 95 % interval
 *
 * Places are in percent, so that a chart is as wide as there is room.
 *
 * @typedef {{middle: number, low: number, high: number, interval_low: ?number, interval_high: ?number}} Spot
 * @typedef {{from: number, to: number}} Scale
 */

/** A scale that holds zero and all of some numbers; what is null is left out. @returns {Scale} */
function scaleOf(numbers) {
  const known = numbers.filter((number) => number !== null && number !== undefined);
  const from = known.reduce((least, number) => Math.min(least, number), 0);
  const to = known.reduce((most, number) => Math.max(most, number), 0);
  const room = 0.06 * (to - from) || 1;
  return { from: from - room, to: to + room };
}

/** All numbers of spots, for a scale. @param {Spot[]} spots */
function numbersOf(spots) {
  return spots.flatMap((spot) => [spot.middle, spot.low, spot.high, spot.interval_low, spot.interval_high]);
}

/** Where a number stands, in percent of the width. */
function percentAt(scale, number) {
  return `${Math.min(100, Math.max(0, (100 * (number - scale.from)) / (scale.to - scale.from))).toFixed(3)}%`;
}

/** Whether an interval leaves out zero; where there is none, whether the number does. @param {Spot} spot */
function isClear({ middle, low, high, interval_low, interval_high }) {
  const [least, most] = interval_low === null ? [low, high] : [interval_low, interval_high];
  return least > 0 || most < 0;
}

/** A number that is known as one, with its interval. @returns {Spot} */
function spotOf(middle, interval_low, interval_high) {
  return { middle, low: middle, high: middle, interval_low, interval_high };
}

/** One row's chart: dots with intervals, one below the other. @param {{spot: ?Spot, look: string}[]} marks */
function chart(scale, marks) {
  const tall = 6 + 12 * marks.length;
  const drawn = marks.map(({ spot, look }, row) => (spot === null ? null : markOf(scale, spot, look, 9 + 12 * row)));
  return makeSvg(
    "svg", { class: "bar", width: "100%", height: tall, "aria-hidden": true, focusable: "false" },
    makeSvg("line", { class: "zero", x1: percentAt(scale, 0), x2: percentAt(scale, 0), y1: 0, y2: tall }),
    drawn,
  );
}

function markOf(scale, spot, look, y) {
  const sign = spot.middle > 0 ? "raises" : spot.middle < 0 ? "lowers" : "unknown";
  const name = `${look || sign}${isClear(spot) ? "" : " unclear"}`;
  const line = (from, to, part) =>
    makeSvg("line", { class: `${part} ${name}`, x1: percentAt(scale, from), x2: percentAt(scale, to), y1: y, y2: y });
  return [
    spot.interval_low === null ? null : line(spot.interval_low, spot.interval_high, "whisker"),
    spot.low === spot.high ? null : line(spot.low, spot.high, "span"),
    makeSvg("circle", { class: `dot ${name}`, cx: percentAt(scale, spot.middle), cy: y, r: 4 }),
  ];
}

/** A paragraph, and a piece of a line. */
function para(look, ...children) {
  return make("p", { class: look }, ...children);
}
function bit(look, ...children) {
  return make("span", { class: look }, ...children);
}

/** "rises by 0.31" or "falls by 0.05"; "hardly changes" where two digits show nothing. */
function movesBy(number) {
  if (Math.abs(number) < 0.005) return "hardly changes";
  return `${number > 0 ? "rises" : "falls"} by ${plain(Math.abs(number))}`;
}

/** "a", "a and b", "a, b and c". */
function andList(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

/** A picker of one of some things; `show` says which is chosen, and what there is. */
function picker(label, none, pick) {
  const on = { change: ({ target }) => pick(target.value === "" ? null : Number(target.value)) };
  const select = make("select", { on });
  const show = (chosen, entries) => {
    const options = entries.map(([key, text]) => make("option", { value: String(key) }, text));
    fill(select, make("option", { value: "" }, none), options);
    select.value = chosen === null ? "" : String(chosen);
  };
  return { element: make("label", { class: "picker" }, bit("label", label), select), show };
}
