/**
 * The document (document.py holds the contract), and what follows from it once. Nothing here changes.
 *
 * @typedef {{name: string, kind: "value"|"context", definition: string, group: ?string,
 *   on_circle: [number, number], in_layers: [number, number], items: {text: string, key: 1|-1}[],
 *   n_items: ?number, reliability: Object<string, number>, mean: ?number, spread: ?number}} Node
 * @typedef {{adjacent: number, directed: number, reversed: number, undirected: number,
 *   bidirected: number}} Support
 * @typedef {{first: number, second: number, mark_first: -1|1|2, mark_second: -1|1|2,
 *   support: ?Support}} Edge
 * @typedef {{low: number, high: number, middle: number, interval_low: ?number,
 *   interval_high: ?number}} Effect
 */
const told = JSON.parse(document.getElementById("document").textContent);
const drawn = JSON.parse(document.getElementById("drawing").textContent);

const TAIL = -1, ARROW = 1, CIRCLE = 2;

/** @type {Node[]} */
const nodes = told.nodes;
const graphs = told.graphs;
const values = nodes.map((node, place) => place).filter((place) => nodes[place].kind === "value");
const others = graphs.map((graph, place) => place).filter((place) => graphs[place].kind === "other");

/** What an edge is known by in the state and in the drawing. @param {Edge} edge */
function keyOf(edge) {
  return `${edge.first}-${edge.second}`;
}

/** The same for both directions. @param {Edge} edge */
function pairOf(edge) {
  return `${Math.min(edge.first, edge.second)}-${Math.max(edge.first, edge.second)}`;
}

/** What the two marks say together. @param {Edge} edge */
function kindOf(edge) {
  if (edge.mark_first === CIRCLE || edge.mark_second === CIRCLE) return "partial";
  if (edge.mark_first === edge.mark_second) return edge.mark_first === TAIL ? "undirected" : "bidirected";
  return "directed";
}

/** The sign between two names: A → B, A — B, A ↔ B, A o→ B. @param {Edge} edge */
function arrowOf(edge) {
  const kind = kindOf(edge);
  if (kind === "directed") return edge.mark_second === ARROW ? "→" : "←";
  if (kind === "undirected") return "—";
  if (kind === "bidirected") return "↔";
  const left = { "-1": "—", 1: "←", 2: "o" }[edge.mark_first];
  const right = { "-1": "—", 1: "→", 2: "o" }[edge.mark_second];
  return left + right;
}

/** "security → stimulation". @param {Edge} edge */
function sentenceOf(edge) {
  return `${nodes[edge.first].name} ${arrowOf(edge)} ${nodes[edge.second].name}`;
}

/** The total effect of one value on another as the graph holds it. @returns {?Effect} */
function effectOf(cause, effect) {
  const held = told.effects;
  if (!held || held.low[cause][effect] === null) return null;
  const low = held.low[cause][effect], high = held.high[cause][effect];
  return {
    low, high, middle: (low + high) / 2,
    interval_low: held.interval_low[cause][effect], interval_high: held.interval_high[cause][effect],
  };
}

/** The effect along an edge; where the direction is open, the larger of the two. @returns {?Effect} */
function effectAlong(edge) {
  const there = effectOf(edge.first, edge.second);
  if (kindOf(edge) === "directed") return there;
  const back = effectOf(edge.second, edge.first);
  if (there === null || back === null) return there || back;
  return Math.abs(back.middle) > Math.abs(there.middle) ? back : there;
}

const largestEffect = Math.max(
  1e-9, ...graphs.flatMap((graph) => graph.edges.map((edge) => Math.abs((effectAlong(edge) || { middle: 0 }).middle))),
);
