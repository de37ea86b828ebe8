/**
 * What follows if a value is raised by 1: every other value, largest change first, and the ways.
 *
 * Numbers are the graph's own total effects where it has them; else what the draws of the influence
 * give. A row that is pointed at, focused or clicked brings its ways forward in the drawing.
 */
const FIRST_ROWS = 60;

/** What raising one value by 1 does to another; null where that is not known. @returns {?Spot} */
function sideEffectOf(value, node) {
  if (hasEffects(value)) return effectOf(value, node);
  if (influence === null || !isSettable(value) || !isSettable(node)) return null;
  const { mean, low, high } = whatIf({ [value]: 1 });
  return spotOf(mean[node], hasIntervals ? low[node] : null, hasIntervals ? high[node] : null);
}

function hasEffects(value) {
  return Boolean(told.effects) && told.effects.low[value].some((effect, node) => effect !== null && node !== value);
}

/** Whether "what if" can set a node: it is a value of the found graph. */
function isSettable(node) {
  return nodes[node].kind === "value" && !graphs[0].absent.includes(node);
}

/** The other values by size of change, largest first; those that nothing leads to stand apart. */
function sideEffectsOf(value) {
  const known = nodes.map((_, node) => ({ node, spot: node === value ? null : sideEffectOf(value, node) }));
  const rows = known.filter(({ spot }) => spot !== null);
  const reached = rows.filter(({ spot }) => numbersOf([spot]).some((number) => number));
  reached.sort((one, two) => Math.abs(two.spot.middle) - Math.abs(one.spot.middle) || one.node - two.node);
  return { reached, untouched: rows.filter((row) => !reached.includes(row)).map(({ node }) => node) };
}

function startSideEffects() {
  const entries = nodes.map((node, place) => [place, node.name]);
  const chooser = picker("Value", "choose one", (value) => change({ value, towards: null, edge: null }));
  const body = make("div", {}), ways = make("div", { class: "ways" }), list = make("div", {});
  list.addEventListener("pointerleave", () => pointTo(rowOf(document.activeElement)));
  fill(slot("side-effects"), chooser.element, body);
  watch(["value"], (now) => {
    chooser.show(now.value, entries);
    fill(body, now.value === null ? overviewPart() : sideEffectsPart(now.value, ways, list));
  });
  watch(["value", "towards"], (now) => {
    for (const row of list.querySelectorAll("button[data-node]")) {
      row.setAttribute("aria-pressed", String(rowOf(row) === now.towards));
    }
    if (now.value !== null) fill(ways, waysPart(now.value, now.towards));
  });
}

/** The value that a row stands for; null for anything else. */
function rowOf(element) {
  const row = element && element.closest ? element.closest("#side-effects button[data-node]") : null;
  return row === null ? null : Number(row.dataset.node);
}

function pointTo(node) {
  if (state.value !== null) change({ towards: node });
}

/** Everything that is told of one value. */
function sideEffectsPart(value, ways, list) {
  const { reached, untouched } = sideEffectsOf(value), { name } = nodes[value];
  const known = reached.length + untouched.length > 0, leads = reachableFrom(value);
  fillRows(list, reached, name, leads);
  return [
    make("h2", {}, `If ${name} is raised by 1`),
    para("summary", known ? inShort(reached, leads) : unknownEffects(value)),
    reached.length ? [ways, list] : null,
    known && untouched.length
      ? para("note", `No way leads from ${name} to ${andList(untouched.map((node) => nodes[node].name))}.`)
      : null,
    known ? para("note", whereFrom(value)) : null,
  ];
}

/** The rows, largest first; those behind the first ones can be unfolded. */
function fillRows(list, reached, name, leads) {
  const scale = scaleOf(numbersOf(reached.map(({ spot }) => spot)));
  const rows = reached.map((row) => sideEffectRow(row, scale, leads)), rest = rows.slice(FIRST_ROWS);
  fill(list,
    make("ul", { class: "bars", "aria-label": `Side effects of ${name}` }, rows.slice(0, FIRST_ROWS)),
    rest.length
      ? make("details", {}, make("summary", {}, `${rest.length} smaller ones`), make("ul", { class: "bars" }, rest))
      : null);
}

/** What happens, in one sentence. */
function inShort(reached, leads) {
  if (!reached.length) return "No other value follows.";
  const beyond = reached.filter(({ node, spot }) => isClear(spot) && !leads.has(node));
  const clear = reached.filter(({ node, spot }) => isClear(spot) && leads.has(node));
  const open = reached.length - clear.length - beyond.length;
  const astray = beyond.length ? ` Estimated too, though no arrow leads there: ${fewNames(beyond)}.` : "";
  if (!clear.length) {
    const most = nodes[reached[0].node].name;
    return `${reached.length} others may follow, ${most} most; none of the changes along the arrows is clear of zero.${astray}`;
  }
  const more = open === 0 ? "" : `; ${open} more ${open === 1 ? "change is" : "changes are"} not clear of zero`;
  return `That ${andList(raisedAndLowered(clear))}${more}.${astray}`;
}

/** "raises power", "lowers hedonism": what clear changes are. */
function raisedAndLowered(clear) {
  const up = clear.filter(({ spot }) => spot.middle > 0), down = clear.filter(({ spot }) => spot.middle < 0);
  return [["raises", up], ["lowers", down]].filter(([, rows]) => rows.length)
    .map(([word, rows]) => `${word} ${fewNames(rows)}`);
}

function fewNames(rows) {
  const names = rows.slice(0, 5).map(({ node }) => nodes[node].name);
  return andList(rows.length > 5 ? [...names, `${rows.length - 5} more`] : names);
}

function unknownEffects(value) {
  if (nodes[value].kind === "context") {
    return "This is an intervention, not a value: what it did stands under “Measured”, if it was measured.";
  }
  if (graphs[0].absent.includes(value)) return `The found graph does not have ${nodes[value].name}.`;
  return ["How much follows is not known. Edges that could pass a change on are drawn strong. ", howToGetInfluence()];
}

/** Where the numbers come from, and what the chart means. */
function whereFrom(value) {
  const unit = `Change per unit of ${nodes[value].name}, in ${told.unit}.`;
  const thin = "Dot: the change; thin line: its 95 % interval; hollow dot: the interval holds zero.";
  if (hasEffects(value)) {
    return `${unit} ${thin} Thick line: from the least to the most, where the graph leaves directions open. `
      + `Method: ${told.effects.method}.`;
  }
  return hasIntervals ? `${unit} ${thin} From ${influence.n} draws: ${told.influence.basis}.`
    : `${unit} There are no intervals: ${told.influence.basis}.`;
}

function sideEffectRow({ node, spot }, scale, leads) {
  const on = {
    pointerenter: () => pointTo(node),
    focus: () => pointTo(node),
    click: ({ currentTarget }) => currentTarget.focus(),
  };
  return make("li", {}, make("button", {
    class: "bar-row", type: "button", on, "aria-pressed": false, "data-node": node,
    "data-change": spot.middle, "data-low": spot.interval_low, "data-high": spot.interval_high,
  },
  bit("name", nodes[node].name),
  chart(scale, [{ spot, look: "" }]),
  bit("number", signed(spot.middle)),
  bit("muted", spotInWords(spot), isClear(spot) ? null : bit("tag", "not clear of zero"),
    leads.has(node) ? null : bit("tag", "no arrow leads there"))));
}

function spotInWords(spot) {
  if (spot.interval_low !== null) return interval(spot.interval_low, spot.interval_high);
  return spot.low === spot.high ? "no interval" : interval(spot.low, spot.high);
}

/** The ways to the row that is pointed at, or what to do to see them. */
function waysPart(value, towards) {
  if (towards === null) {
    return para("note", "Point at a row to see the ways that carry it. Until then, edges that carry most stand out.");
  }
  const ways = waysBetween(value, towards), [from, to] = [nodes[value].name, nodes[towards].name];
  if (!ways.length) {
    return para("note", `No way of at most ${MOST_STEPS} steps leads from ${from} to ${to} along the drawn edges.`);
  }
  const sentences = ways.map((way) => make("li", { "data-strength": way.strength }, waySentence(way)));
  return [
    make("h3", {}, ways.length === 1 ? `The way from ${from} to ${to}` : `The strongest ways from ${from} to ${to}`,
      hasIntervals ? bit("muted", ", mean over draws") : null),
    make("ul", { class: "way-list" }, sentences),
  ];
}
