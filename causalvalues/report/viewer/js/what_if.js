/**
 * What if: raise or lower values, hold others; all that are not set follow at once.
 *
 *   a slider away from 0   do(value = change)        "hold"   do(value = 0)
 *   a slider back at 0     the value is free again
 *
 * Controls are made once and never replaced, so that nobody loses the slider under the finger.
 */
const SPREADS = 2; // how far a slider goes, in standard deviations
const MOST_TYPED = 1e6;
const NAMED = 4; // how many changes the sentence names

/** Which command or call gives a page numbers to compute with. */
function howToGetInfluence() {
  return [
    "This page holds neither the graph's effects nor draws from scores. ",
    make("code", {}, "causalvalues view RUN"), " on the folder of a run, ",
    make("code", {}, "causalvalues view graph.json --scores scores.csv"), ", or ",
    make("code", {}, "view(graph, scores=table)"), " in Python give a page that does.",
  ];
}

/** How far a value's slider goes, and in which steps: fine ones, of 1, 2 or 5. */
function rangeOf(node) {
  const { spread } = nodes[node];
  const wanted = spread ? SPREADS * spread : 1;
  const power = 10 ** Math.floor(Math.log10(wanted / 100));
  const step = power * [1, 2, 5].find((times) => times * power * 200 >= wanted || times === 5);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return { most: Number((Math.ceil(wanted / step - 1e-9) * step).toFixed(digits)), step: Number(step.toFixed(digits)) };
}

/** Set a value, hold it (0) or let it go (null). */
function setValue(node, by) {
  const settings = { ...state.settings };
  if (by === null) delete settings[node];
  else settings[node] = by;
  change({ settings: Object.freeze(settings) });
}

function startWhatIf() {
  const panel = slot("what-if");
  if (influence === null) {
    fill(panel, make("h2", {}, "What if"), para("empty", howToGetInfluence()));
    return;
  }
  const sentence = make("p", { class: "summary", role: "status", "aria-live": "polite" });
  const letAllGo = () => change({ settings: Object.freeze({}) });
  const clear = make("button", { type: "button", on: { click: letAllGo } }, "Clear all");
  const rows = [];
  watch(["value"], (now) => {
    rows.forEach(({ node, element }) => { element.dataset.chosen = node === now.value ? "yes" : "no"; });
    const chosen = rows.find(({ node }) => node === now.value);
    if (chosen && now.tab === "what-if") chosen.element.scrollIntoView({ block: "nearest" });
  });
  watch(["tab", "settings", "search"], (now) => {
    if (now.tab !== "what-if") return;
    if (!rows.length) {
      rows.push(...nodes.map((_, node) => node).filter(isSettable).map(whatIfRow));
      fill(panel,
        make("div", { class: "panel-head" }, make("h2", {}, "What if"), clear), sentence,
        make("ul", { class: "bars" }, rows.map((row) => row.element)), para("note", basisOfWhatIf()));
    }
    clear.disabled = !Object.keys(now.settings).length;
    fill(sentence, whatIfInWords(now.settings));
    showRows(rows, now);
  });
}

/** One value: its controls, and what becomes of it. */
function whatIfRow(node) {
  const { name } = nodes[node], { most, step } = rangeOf(node);
  const pull = ({ target }) => setValue(node, Number(target.value) === 0 ? null : Number(target.value));
  const type = ({ target }) => {
    const typed = target.value.trim() === "" ? 0 : Number(target.value);
    if (Math.abs(typed) <= MOST_TYPED) setValue(node, typed === 0 ? null : typed);
  };
  const press = () => setValue(node, state.settings[node] === 0 ? null : 0);
  const slider = make("input", {
    type: "range", min: -most, max: most, step, value: "0", "aria-label": `Change ${name} by`, on: { input: pull },
  });
  const number = make("input", {
    type: "number", step: "any", "aria-label": `Change ${name} by, as a number`, on: { input: type },
  });
  const hold = make("button", {
    type: "button", class: "hold", "aria-label": `Hold ${name}`, on: { click: press },
  }, "hold");
  const told = make("div", { class: "outcome" });
  const element = make("li", { class: "what-if-row", "data-node": node },
    bit("name", name), slider, number, hold, told);
  return { node, element, slider, number, hold, told };
}

/** Show what is set, and what follows. */
function showRows(rows, now) {
  const { mean, low, high } = whatIf(now.settings);
  const spots = nodes.map((_, node) =>
    spotOf(mean[node], hasIntervals ? low[node] : null, hasIntervals ? high[node] : null));
  const free = rows.filter(({ node }) => !Object.hasOwn(now.settings, node));
  const scale = scaleOf(numbersOf(free.map(({ node }) => spots[node])));
  for (const row of rows) showRow(row, now, spots[row.node], scale);
}

function showRow({ node, element, slider, number, hold, told }, now, spot, scale) {
  const isSet = Object.hasOwn(now.settings, node), by = isSet ? now.settings[node] : 0;
  element.hidden = now.search !== "" && !isSet && !matches(node, now);
  element.dataset.change = spot.middle;
  element.dataset.low = hasIntervals ? spot.interval_low : "";
  element.dataset.high = hasIntervals ? spot.interval_high : "";
  element.dataset.set = isSet ? "yes" : "no";
  slider.value = String(by);
  slider.setAttribute("aria-valuetext", isSet ? (by === 0 ? "held" : signed(by)) : "free");
  if (number !== document.activeElement) number.value = isSet ? String(by) : "";
  hold.setAttribute("aria-pressed", String(isSet && by === 0));
  if (isSet) fill(told, bit("muted", by === 0 ? "held where it is" : `set to ${signed(by)}`));
  else if (spot.middle === 0 && spot.interval_low === spot.interval_high) {
    fill(told, bit("muted", "no change"));
  } else {
    fill(told, chart(scale, [{ spot, look: "" }]), bit("number", signed(spot.middle)),
      bit("muted", spotInWords(spot)));
  }
}

/** "Setting security 0.80 higher and holding power: conformity rises by 0.44 (…)." */
function whatIfInWords(settings) {
  const set = Object.keys(settings).map(Number);
  if (!set.length) return "Move a slider, type a number or hold a value: all the others follow at once.";
  const { mean, low, high } = whatIf(settings);
  const moved = set.filter((node) => settings[node] !== 0), held = set.filter((node) => settings[node] === 0);
  const setting = moved.map((node) =>
    `${nodes[node].name} ${plain(Math.abs(settings[node]))} ${settings[node] > 0 ? "higher" : "lower"}`);
  const parts = [
    moved.length ? `setting ${andList(setting)}` : null,
    held.length ? `holding ${andList(held.map((node) => nodes[node].name))}` : null,
  ].filter(Boolean).join(" and ");
  const follows = nodes.map((_, node) => node)
    .filter((node) => isSettable(node) && !Object.hasOwn(settings, node) && Math.abs(mean[node]) >= 0.005)
    .sort((one, two) => Math.abs(mean[two]) - Math.abs(mean[one]));
  const said = follows.slice(0, NAMED).map((node) =>
    `${nodes[node].name} ${movesBy(mean[node])}${hasIntervals ? ` (${interval(low[node], high[node])})` : ""}`);
  const more = follows.length > NAMED ? `, and ${follows.length - NAMED} more change` : "";
  const begin = parts.charAt(0).toUpperCase() + parts.slice(1);
  return `${begin}: ${said.length ? said.join(", ") + more : "no other value changes"}.`;
}

function basisOfWhatIf() {
  const { basis } = told.influence;
  const draws = hasIntervals ? `Numbers are means over ${influence.n} draws, with 95 % intervals: ${basis}.`
    : `There is a single draw, so there are no intervals: ${basis}.`;
  const beside = told.effects === null ? "" : " Side effects are told from the graph's file, with the middle of all "
    + "directions that it leaves open; here every draw takes one direction, so that numbers may differ.";
  return `${draws} A value that is set or held no longer follows its causes.${beside} In ${told.unit}.`;
}
