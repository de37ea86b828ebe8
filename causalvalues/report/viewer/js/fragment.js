/**
 * The state in the URL fragment, so that a link or a bookmark brings back what was looked at:
 *
 *   #layout=circle&value=power&set=security:0.8,power:0
 *
 * Values, graphs and interventions go by their names, so that a link outlives a page that is made
 * anew. What is unknown, out of bounds or no sense at all is left out, piece by piece.
 */
const PAUSE = 300; // ms between two writes: browsers stop pages that write more often

/** A place in a list by its name; a name that is not the only one of its kind goes by number. */
function nameAt(list, place) {
  if (list[place] === undefined) return null;
  const { name } = list[place];
  const alone = list.filter((each) => each.name === name).length === 1;
  return encodeURIComponent(alone ? name : `#${place}`);
}

function placeNamed(list, text) {
  const name = decodeURIComponent(text), found = list.filter((each) => each.name === name);
  if (found.length === 1) return list.indexOf(found[0]);
  const [, number] = /^#(\d{1,6})$/.exec(name) || [];
  return number !== undefined && list[Number(number)] !== undefined ? Number(number) : undefined;
}

/** A finite number within bounds. */
function numberWithin(text, least, most) {
  if (!/^-?\d{1,9}(\.\d{1,17})?$/.test(text)) return undefined;
  const number = Number(text);
  return number >= least && number <= most ? number : undefined;
}

/** A number without an exponent. */
function numberText(number) {
  return number.toFixed(12).replace(/\.?0+$/, "");
}

/** Parts of a list in the order of what can be known; nothing if any is unknown. */
function knownParts(text, known) {
  const given = text === "" ? [] : text.split(",");
  if (!given.every((part) => known.includes(part))) return undefined;
  return Object.freeze(known.filter((part) => given.includes(part)));
}

const oneOf = (known) => [(chosen) => chosen, (text) => (known().includes(text) ? text : undefined)];
const named = (list) => [(place) => nameAt(list, place), (text) => placeNamed(list, text)];
const least = (most) => [numberText, (text) => numberWithin(text, 0, most)];
const some = (known) => [(chosen) => chosen.join(","), (text) => knownParts(text, known)];

/** By key of the state: its name in the fragment, how it is written, how it is read. */
const PIECES = {
  layout: ["layout", ...oneOf(() => ["layers", "circle"])],
  theme: ["theme", ...oneOf(() => ["auto", "light", "dark"])],
  graph: ["graph", ...named(graphs)],
  against: ["against", ...named(graphs)],
  search: ["search", encodeURIComponent, (text) => decodeURIComponent(text).slice(0, 200)],
  support: ["support", ...least(1)],
  size: ["size", ...least(1e6)],
  kinds: ["ends", ...some(initial.kinds)],
  signs: ["signs", ...some(initial.signs)],
  value: ["value", ...named(nodes)],
  towards: ["towards", ...named(nodes)],
  edge: ["edge", writeEdge, readEdge],
  settings: ["set", writeSettings, readSettings],
  trial: ["trial", ...named(told.trials)],
  misses: ["misses", () => "yes", (text) => (text === "yes" ? true : undefined)],
  tab: ["tab", ...oneOf(() => TABS.map(([key]) => key))],
  table: ["table", ...oneOf(() => Object.keys(TABLES))],
  sort: ["sort", writeSort, readSort],
};

function writeEdge(key) {
  return key.split("-").map((node) => nameAt(nodes, Number(node))).join("/");
}

function readEdge(text) {
  const ends = text.split("/").map((name) => placeNamed(nodes, name));
  const key = ends.length === 2 && !ends.includes(undefined) ? ends.join("-") : undefined;
  return graphs.some((graph) => graph.edges.some((edge) => keyOf(edge) === key)) ? key : undefined;
}

function writeSettings(settings) {
  return Object.entries(settings).map(([node, by]) => `${nameAt(nodes, Number(node))}:${numberText(by)}`).join(",");
}

function readSettings(text) {
  const pairs = text.split(",").map((part) => part.split(":")).filter((part) => part.length === 2)
    .map(([name, by]) => [placeNamed(nodes, name), numberWithin(by, -1e3, 1e3)])
    .filter(([node, by]) => node !== undefined && isSettable(node) && by !== undefined);
  return Object.freeze(Object.fromEntries(pairs));
}

function writeSort(sort) {
  return Object.entries(sort).map(([table, column]) => `${table}:${column}`).join(",");
}

function readSort(text) {
  const pairs = text.split(",").map((part) => part.split(":"))
    .filter(([table, column]) => Object.hasOwn(TABLES, table) && /^-?[a-z]{1,20}$/.test(column || ""));
  return Object.freeze(Object.fromEntries(pairs));
}

/** The fragment of a state: only what is not as it was at first. */
function fragmentOf(now) {
  const changed = (key) => now[key] !== null && JSON.stringify(now[key]) !== JSON.stringify(initial[key]);
  return Object.entries(PIECES).filter(([key]) => changed(key))
    .map(([key, [name, write]]) => [name, write(now[key])]).filter(([, text]) => text !== null)
    .map(([name, text]) => `${name}=${text}`).join("&");
}

/** What a fragment says of the state; never an error. */
function stateIn(fragment) {
  const patch = {};
  for (const part of fragment.replace(/^#/, "").slice(0, 20_000).split("&")) {
    const at = part.indexOf("="), name = part.slice(0, Math.max(at, 0));
    const [key, piece] = Object.entries(PIECES).find(([, [known]]) => known === name) || [];
    if (key === undefined) continue;
    try {
      const read = piece[2](part.slice(at + 1));
      if (read !== undefined) patch[key] = read;
    } catch {
      continue; // a broken escape
    }
  }
  if (patch.against === (patch.graph || 0)) delete patch.against;
  return patch;
}

/** Take the state from the fragment. */
function readFragment() {
  change({ ...initial, ...stateIn(location.hash) });
}

/** Write every change, a little later; frames without an address of their own do without. */
function startFragment() {
  let waiting = null;
  const write = () => {
    waiting = null;
    const text = fragmentOf(state), [page] = location.href.split("#");
    if (text === location.hash.replace(/^#/, "")) return;
    try {
      history.replaceState(null, "", text === "" ? page : `${page}#${text}`);
    } catch {
      window.removeEventListener("pagehide", write);
    }
  };
  watch(Object.keys(PIECES), () => {
    if (waiting === null) waiting = setTimeout(write, PAUSE);
  });
  window.addEventListener("pagehide", write);
  window.addEventListener("hashchange", readFragment);
}
