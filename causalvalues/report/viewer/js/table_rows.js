/**
 * What the tables hold: for each its columns, its rows as they are shown now, and what choosing a row does.
 *
 *   column   [key, heading, cell(row, now) → text, number(row, now) → what it is sorted by, if a number]
 *   row      {key, choose: patch of the state, …}
 */
const edgeRow = (each) => ({ ...each, key: each.key, title: sentenceOf(each.edge), choose: { edge: each.key } });

const TABLES = {
  edges: {
    label: "Edges",
    about: "Arrows of the shown graph. Effects are changes per unit of the cause.",
    rows: (now) => shownEdges(now).map(edgeRow),
    chosen: (row, now) => row.key === now.edge,
    columns: (now) => [
      ["edge", "Edge", (row) => row.title],
      ["ends", "Ends", (row) => KIND_NAMES[row.kind]],
      ["effect", "Effect", (row) => (row.effect ? signed(row.effect.middle) : "not known"), (row) => row.effect && row.effect.middle],
      ["interval", "Could be", (row) => (row.effect ? interval(row.effect.interval_low, row.effect.interval_high) : ""),
        (row) => row.effect && row.effect.interval_low],
      ["support", "Found in", (row) => percent(row.support), (row) => row.support],
      ["directed", "This direction in", (row) => percent(row.edge.support && row.edge.support.directed),
        (row) => row.edge.support && row.edge.support.directed],
      ...(now.against === null ? [] : [["change", "Beside the other", (row) => CHANGE_NAMES[row.change]]]),
    ],
  },
  effects: {
    label: "Effects",
    about: "What raising one value by a unit does to another along all ways together, by the effects of the found graph.",
    lack: () => told.effects === null && (nodes.length > 120 ? "Too many values for a table of every effect on every other."
      : "No effects were computed for this graph."),
    rows: shownEffects,
    chosen: (row, now) => row.cause === now.value && (row.on === now.towards || now.towards === null),
    columns: () => [
      ["cause", "Raising", (row) => row.title],
      ["on", "does to", (row) => nodes[row.on].name],
      ["effect", "Effect", (row) => signed(row.effect.middle), (row) => row.effect.middle],
      ["range", "Over the class", (row) => interval(row.effect.low, row.effect.high), (row) => row.effect.low],
      ["interval", "Could be", (row) => interval(row.effect.interval_low, row.effect.interval_high), (row) => row.effect.interval_low],
    ],
  },
  values: {
    label: "Values",
    about: "What was asked about. The change is what the chosen value or “what if” leads to.",
    rows: valueRows,
    chosen: (row, now) => row.node === now.value,
    columns: (now) => {
      const changes = shownChange(now);
      return [
        ["value", "Value", (row) => row.title],
        ["group", "Group", (row) => nodes[row.node].group || (nodes[row.node].kind === "context" ? "context" : "")],
        ["causes", "Arrows in", (row) => String(row.into), (row) => row.into],
        ["effects", "Arrows out", (row) => String(row.from), (row) => row.from],
        ["mean", "Mean", (row) => plain(nodes[row.node].mean), (row) => nodes[row.node].mean],
        ["spread", "Spread", (row) => plain(nodes[row.node].spread), (row) => nodes[row.node].spread],
        ["items", "Items", (row) => (nodes[row.node].n_items === null ? "—" : String(nodes[row.node].n_items)), (row) => nodes[row.node].n_items],
        ["reliability", "Reliability", (row) => reliabilityInWords(nodes[row.node].reliability)],
        ...(changes === null ? [] : [["change", "Change now", (row) => signed(changes[row.node]), (row) => changes[row.node]]]),
        ["definition", "Meaning", (row) => nodes[row.node].definition],
      ];
    },
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
      ["support", "Found in, here", (row) => supportCell(row.here), (row) => row.here && row.here.support && row.here.support.adjacent],
      ["other", "Found in, there", (row) => supportCell(row.there), (row) => row.there && row.there.support && row.there.support.adjacent],
    ],
  },
};

/** Values that the search finds, with how many shown arrows come in and leave. */
function valueRows(now) {
  const arrows = shownEdges(now).filter((each) => each.kind === "directed").map((each) => each.edge);
  const into = nodes.map(() => 0), from = nodes.map(() => 0);
  for (const { first, second } of arrows) {
    into[second] += 1;
    from[first] += 1;
  }
  return nodes.map((_, node) => node).filter((node) => now.search === "" || matches(node, now)).map((node) => ({
    key: String(node), node, title: nodes[node].name, into: into[node], from: from[node],
    choose: { value: node, towards: null, edge: null },
  }));
}

/** Effects that pass the filters for search, size and sign, the largest first. */
function shownEffects(now) {
  if (told.effects === null) return [];
  const rows = [];
  for (let cause = 0; cause < nodes.length; cause += 1) {
    for (let on = 0; on < nodes.length; on += 1) {
      const effect = cause === on ? null : effectOf(cause, on);
      if (effect === null || Math.abs(effect.middle) < now.size || !now.signs.includes(signOf(effect))) continue;
      if (now.search !== "" && !matches(cause, now) && !matches(on, now)) continue;
      rows.push({ key: `${cause} ${on}`, cause, on, effect, title: nodes[cause].name, choose: { value: cause, towards: on, edge: null, tab: "side-effects" } });
    }
  }
  return rows.sort((one, other) => Math.abs(other.effect.middle) - Math.abs(one.effect.middle));
}

/** Pairs of two graphs that pass the filters. */
function comparedRows(now) {
  const shown = new Map(shownEdges(now).map((each) => [each.key, each]));
  return comparedEdges(now.graph, now.against).map(({ edge, other, change }) => ({ edge: edge || other, here: edge, there: other, change }))
    .filter((each) => shown.has(keyOf(each.edge)))
    .map((each) => ({
      ...each, key: keyOf(each.edge), choose: { edge: keyOf(each.edge) },
      title: `${nodes[each.edge.first].name} and ${nodes[each.edge.second].name}`,
    }));
}

function supportCell(edge) {
  return edge ? percent(edge.support && edge.support.adjacent) : "";
}

function reliabilityInWords(reliability) {
  return Object.entries(reliability).map(([name, number]) => `${name} ${plain(number)}`).join(", ");
}
