/** Two graphs side by side: what is the same, added, removed, turned round or marked otherwise. */

/** One entry per pair that either graph joins, by the rules of `causalvalues compare`. */
function comparedEdges(found, against) {
  const mine = new Map(graphs[found].edges.map((edge) => [pairOf(edge), edge]));
  const theirs = new Map(graphs[against].edges.map((edge) => [pairOf(edge), edge]));
  const pairs = [...new Set([...mine.keys(), ...theirs.keys()])];
  return pairs.map((pair) => {
    const edge = mine.get(pair) || null, other = theirs.get(pair) || null;
    return { edge, other, change: changeOf(edge, other) };
  });
}

/** What happened to a pair's edge. */
function changeOf(edge, other) {
  if (edge === null) return "removed";
  if (other === null) return "added";
  const turned = edge.first === other.first ? other : {
    first: other.second, second: other.first, mark_first: other.mark_second, mark_second: other.mark_first,
  };
  if (edge.mark_first === turned.mark_first && edge.mark_second === turned.mark_second) return "same";
  return kindOf(edge) === "directed" && kindOf(other) === "directed" ? "reversed" : "remarked";
}

/** The panel. */
function startComparison() {}
