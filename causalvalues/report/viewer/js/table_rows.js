/**
 * What the tables hold: for each its columns, its rows as they are shown now, and what choosing a row does.
 *
 *   column   [key, heading, cell(row) → text, number(row) → what it is sorted by, if a number]
 *   row      {key, title, choose: patch of the state, …}
 */
const TABLES = {
  edges: {
    label: "Edges",
    about: "Arrows of the shown graph. Effects are changes per unit of the cause.",
    rows: (now) => shownEdges(now).map(edgeRow),
    chosen: (row, now) => row.key === now.edge,
    columns: (now) => [
      ["edge", "Edge", (row) => row.title],
      ["ends", "Ends", (row) => KIND_NAMES[row.kind]],
      numberColumn("effect", "Effect", (row) => row.middle, signed),
      spanColumn("interval", "Could be", (row) => row.interval_low, (row) => row.interval_high),
      numberColumn("support", "Found in", (row) => row.support, percent),
      numberColumn("directed", "This direction in", (row) => row.directed, percent),
      ...(now.against === null ? [] : [["change", "Beside the other", (row) => CHANGE_NAMES[row.change]]]),
    ],
  },
  effects: {
    label: "Effects",
    about: "What raising one value by a unit does to another along all ways together, in the found graph.",
    lack: () => told.effects === null && "No effects are known, or too many for a page.",
    rows: effectRows,
    chosen: (row, now) => row.cause === now.value && (row.on === now.towards || now.towards === null),
    columns: () => [
      ["cause", "Raising", (row) => row.title],
      ["on", "does to", (row) => nodes[row.on].name],
      numberColumn("effect", "Effect", (row) => row.middle, signed),
      spanColumn("range", "Over the class", (row) => row.low, (row) => row.high),
      spanColumn("interval", "Could be", (row) => row.interval_low, (row) => row.interval_high),
    ],
  },
  values: {
    label: "Values",
    about: "What was asked about. The change is what the chosen value or “what if” leads to.",
    rows: valueRows,
    chosen: (row, now) => row.place === now.value,
    columns: (now) => [
      ["value", "Value", (row) => row.title],
      ["group", "Group", (row) => row.group || (row.kind === "context" ? "context" : "")],
      numberColumn("causes", "Arrows in", (row) => row.into, String),
      numberColumn("effects", "Arrows out", (row) => row.from, String),
      numberColumn("mean", "Mean", (row) => row.mean, plain),
      numberColumn("spread", "Spread", (row) => row.spread, plain),
      numberColumn("items", "Items", (row) => row.n_items, (count) => (count === null ? "—" : String(count))),
      ["reliability", "Reliability", (row) => reliabilityInWords(row.reliability)],
      ...(shownChange(now) === null ? [] : [numberColumn("change", "Change now", (row) => row.change, signed)]),
      ["definition", "Meaning", (row) => row.definition],
    ],
  },
  compared: {
    label: "Graphs compared",
    about: "Every pair of values that either graph joins.",
    lack: (now) => now.against === null && (graphs.length < 2 ? "There is only one graph in this page."
      : "Choose a graph to compare with, above the drawing."),
    rows: (now) => (now.against === null ? [] : comparedRows(now)),
    chosen: (row, now) => row.key === now.edge,
    columns: (now) => [
      ["pair", "Pair", (row) => row.title],
      ["change", "Change", (row) => CHANGE_NAMES[row.change]],
      ["here", `In ${graphs[now.graph].name}`, (row) => (row.here ? sentenceOf(row.here) : "no edge")],
      ["there", `In ${graphs[now.against].name}`, (row) => (row.there ? sentenceOf(row.there) : "no edge")],
      numberColumn("support", "Found in, here", (row) => adjacentOf(row.here), percent),
      numberColumn("other", "Found in, there", (row) => adjacentOf(row.there), percent),
    ],
  },
};

/** A column of numbers, each written in one way. */
function numberColumn(key, heading, number, write) {
  return [key, heading, (row) => write(number(row)), number];
}

/** A column of intervals, sorted by where they begin. */
function spanColumn(key, heading, low, high) {
  return [key, heading, (row) => (low(row) === undefined ? "" : interval(low(row), high(row))), low];
}

function edgeRow(each) {
  const { edge, effect, key, kind, support, change: changed } = each, title = sentenceOf(edge);
  const directed = edge.support && edge.support.directed;
  return { ...effect, key, kind, support, directed, change: changed, title, choose: { edge: key } };
}

/** Effects that pass the filters for search, size and sign, the largest first. */
function effectRows(now) {
  const places = told.effects === null ? [] : nodes.map((_, node) => node);
  const rows = places.flatMap((cause) => places.filter((on) => on !== cause).map((on) => effectRow(cause, on, now)));
  return rows.filter((row) => row !== null).sort((one, other) => Math.abs(other.middle) - Math.abs(one.middle));
}

function effectRow(cause, on, now) {
  const effect = effectOf(cause, on);
  if (effect === null || Math.abs(effect.middle) < now.size || !now.signs.includes(signOf(effect))) return null;
  if (now.search !== "" && !matches(cause, now) && !matches(on, now)) return null;
  const choose = { value: cause, towards: on, edge: null, tab: "side-effects" };
  return { ...effect, key: `${cause} ${on}`, cause, on, title: nodes[cause].name, choose };
}

/** Values that the search finds, with how many shown arrows come in and leave, and what they change by. */
function valueRows(now) {
  const changes = shownChange(now), into = nodes.map(() => 0), from = nodes.map(() => 0);
  for (const { edge, kind } of shownEdges(now)) {
    if (kind !== "directed") continue;
    into[edge.second] += 1;
    from[edge.first] += 1;
  }
  const found = nodes.map((_, place) => place).filter((place) => now.search === "" || matches(place, now));
  return found.map((place) => ({
    ...nodes[place], key: String(place), place, title: nodes[place].name, into: into[place], from: from[place],
    change: changes && changes[place], choose: { value: place, towards: null, edge: null },
  }));
}

/** Pairs of two graphs that pass the filters. */
function comparedRows(now) {
  const shown = new Set(shownEdges(now).map((each) => each.key));
  const rows = comparedEdges(now.graph, now.against).map(({ edge: here, other: there, change: changed }) => {
    const edge = here || there, key = keyOf(edge);
    const title = `${nodes[edge.first].name} and ${nodes[edge.second].name}`;
    return { here, there, change: changed, key, title, choose: { edge: key } };
  });
  return rows.filter((row) => shown.has(row.key));
}

/** The share of resamples that have an edge; null where there is none to have. */
function adjacentOf(edge) {
  return edge && edge.support && edge.support.adjacent;
}

function reliabilityInWords(reliability) {
  return Object.entries(reliability).map(([name, number]) => `${name} ${plain(number)}`).join(", ");
}
