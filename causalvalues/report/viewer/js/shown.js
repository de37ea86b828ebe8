/**
 * Which edges are shown, and how each is drawn: the drawing, the exports and the tables all ask here.
 *
 *   sign      colour and dash: raises solid blue, lowers dashed orange, unknown grey
 *   effect    width            support   opacity
 *   compared  colour and dash: same, other mark, turned round, added, removed
 */
const DASHES = {
  raises: [], lowers: [7, 5], unknown: [],
  same: [], remarked: [10, 4], reversed: [10, 4, 2, 4], added: [7, 5], removed: [2, 4],
};

/** The sign of an edge's effect. */
function signOf(effect) {
  if (effect === null || effect.middle === 0) return "unknown";
  return effect.middle > 0 ? "raises" : "lowers";
}

/** Every edge of the shown graph that passes the filters; beside another graph, also what is gone. */
function shownEdges(now) {
  const edges = now.against === null ? graphs[now.graph].edges.map((edge) => ({ edge, change: null }))
    : comparedEdges(now.graph, now.against).map(({ edge, other, change }) => ({ edge: edge || other, change }));
  return edges.map(({ edge, change }) => look(edge, change)).filter((each) => passes(each, now));
}

/** How an edge is drawn. */
function look(edge, change) {
  const effect = effectAlong(edge), sign = signOf(effect);
  const support = edge.support === null ? null : edge.support.adjacent;
  const paint = change === null ? sign : change;
  return {
    edge, effect, sign, support, change, key: keyOf(edge), kind: kindOf(edge), paint,
    dash: DASHES[paint],
    width: effect === null ? 1.5 : 1.2 + 5 * Math.abs(effect.middle) / largestEffect,
    opacity: support === null ? 0.9 : 0.25 + 0.75 * Math.min(support, 1),
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
  const { name, definition, group } = nodes[node];
  const text = `${name} ${definition} ${group || ""}`.toLowerCase();
  return now.search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** The colour of a part, as the style sheet has it in this theme. */
function colour(part) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${part}`).trim();
}
