/**
 * Which edges are shown, and how each is drawn: the drawing, the exports and the tables all ask here.
 *
 *   sign      colour and dash: raises solid blue, lowers dashed orange, unknown grey
 *   effect    width            support   opacity
 *   compared  colour and dash: same, other mark, turned round, added, removed
 */
const DASHES = {
  raises: [], lowers: [7, 5], unknown: [],
  same: [], remarked: [16, 5], reversed: [10, 4, 2, 4], added: [7, 5], removed: [2, 4],
};
const MOST_LETTERS = 32; // of a name in the drawing; panels and tables have all of it
const PLAIN_WIDTH = 1.6; // of an edge whose effect is not known
const searched = nodes.map(({ name, definition, group }) => `${name} ${definition} ${group || ""}`.toLowerCase());
const palette = new Map();

/** The sign of an edge's effect. */
function signOf(effect) {
  if (effect === null || effect.middle === 0) return "unknown";
  return effect.middle > 0 ? "raises" : "lowers";
}

/** The width of a line, for an effect as a share of the largest one. */
function widthOf(share) {
  return 1.2 + 4.8 * Math.min(Math.max(share, 0), 1);
}

/** How much of a line's colour is left, for a share of resamples. */
function opacityOf(share) {
  return 0.25 + 0.75 * Math.min(Math.max(share, 0), 1);
}

/** Every edge that could be shown now: of the graph, or of both that are compared. */
function allEdges(now) {
  if (now.against === null) return graphs[now.graph].edges.map((edge) => look(edge, null));
  return comparedEdges(now.graph, now.against).map(({ edge, other, change }) => look(edge || other, change));
}

/** Every edge of the shown graph that passes the filters; beside another graph, also what is gone. */
function shownEdges(now) {
  return allEdges(now).filter((each) => passes(each, now));
}

/** The dash of a paint; thick lines have longer ones, so that they are seen as dashes. */
function dashOf(paint, width) {
  return DASHES[paint].map((part) => Math.round(part * Math.max(1, width / 3)));
}

/** How an edge is drawn. */
function look(edge, change) {
  const effect = effectAlong(edge), sign = signOf(effect);
  const support = edge.support === null ? null : edge.support.adjacent;
  const paint = change === null ? sign : change;
  const width = effect === null ? PLAIN_WIDTH : widthOf(Math.abs(effect.middle) / largestEffect);
  return {
    edge, effect, sign, support, change, key: keyOf(edge), kind: kindOf(edge), paint,
    dash: dashOf(paint, width),
    width,
    opacity: support === null ? 0.9 : opacityOf(support),
  };
}

function passes(each, now) {
  const sized = now.size === 0 || (each.effect !== null && Math.abs(each.effect.middle) >= now.size);
  const supported = now.support === 0 || (each.support !== null && each.support >= now.support);
  const found = now.search === "" || matches(each.edge.first, now) || matches(each.edge.second, now);
  return sized && supported && found && now.kinds.includes(each.kind) && now.signs.includes(each.sign);
}

/** Whether a node's name, definition or group has the searched words in it. */
function matches(node, now) {
  return now.search.toLowerCase().split(/\s+/).every((word) => searched[node].includes(word));
}

/** A node's name as it stands in the drawing: one line, no longer than there is room for. */
function labelOf(node) {
  const letters = [...nodes[node].name.replace(/\s+/g, " ")];
  return letters.length > MOST_LETTERS ? `${letters.slice(0, MOST_LETTERS - 1).join("")}…` : letters.join("");
}

/** The colour of a part, as the style sheet has it in this theme. */
function colour(part) {
  if (!palette.has(part)) {
    palette.set(part, getComputedStyle(document.documentElement).getPropertyValue(`--${part}`).trim());
  }
  return palette.get(part);
}

/** Colours are asked for anew, as the theme is another one. */
function forgetColours() {
  palette.clear();
}
