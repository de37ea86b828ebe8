/**
 * The one state of the page. Panels read it, ask for a change, and are told what changed.
 *
 *   change({search: "pow"})             a new state; who watches `search` draws itself again
 *   watch(["search", "layout"], draw)   draw(state) now, and whenever one of these changes
 */
const initial = Object.freeze({
  layout: nodes.some((node) => node.group !== null) && told.graphs[0].edges.length === 0 ? "circle" : "layers",
  theme: "auto", // auto, light, dark
  graph: 0, // which of `graphs` is shown
  against: null, // which one it is compared with
  search: "",
  support: 0, // least share of resamples
  size: 0, // least |effect|
  kinds: Object.freeze(["directed", "undirected", "bidirected", "partial"]),
  signs: Object.freeze(["raises", "lowers", "unknown"]),
  value: null, // the chosen value
  towards: null, // the side effect whose ways are shown
  edge: null, // the chosen edge, by its key
  settings: Object.freeze({}), // what if: change by value; 0 holds one
  trial: null, // which intervention is shown
  misses: false, // only interventions with misses
  tab: "side-effects",
  table: "edges",
  sort: Object.freeze({}), // column by table; a "-" before it turns the order round
});

let state = initial;
const watchers = [];

/** Change some of the state, and tell who watches it. */
function change(patch) {
  const before = state;
  const changed = Object.keys(patch).filter((key) => !Object.is(before[key], patch[key]));
  if (!changed.length) return;
  state = Object.freeze({ ...before, ...patch });
  for (const each of watchers) {
    if (each.keys.some((key) => changed.includes(key))) each.draw(state, before);
  }
}

/** Draw now, and again whenever one of the keys changes. */
function watch(keys, draw) {
  watchers.push({ keys, draw });
  draw(state, state);
}
