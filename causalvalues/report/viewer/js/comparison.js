/** Two graphs side by side: what is the same, added, removed, turned round or marked otherwise. */
const CHANGES = ["same", "added", "removed", "reversed", "remarked"];

/** One entry per pair that either graph joins, by the rules of `causalvalues compare --common`. */
function comparedEdges(found, against) {
  const lacking = new Set([...graphs[found].absent, ...graphs[against].absent]);
  const byPair = (place) => new Map(graphs[place].edges
    .filter((edge) => !lacking.has(edge.first) && !lacking.has(edge.second)).map((edge) => [pairOf(edge), edge]));
  const mine = byPair(found), theirs = byPair(against);
  return [...new Set([...mine.keys(), ...theirs.keys()])].map((pair) => {
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

/** A pair's change in words: "A → B; there B → A". */
function changeSentence({ edge, other, change }) {
  if (change === "reversed" || change === "remarked") return `${sentenceOf(edge)}; there ${sentenceOf(other)}`;
  return sentenceOf(edge || other);
}

/** How many pairs there are of every kind of change. */
function changeCounts(compared) {
  return Object.fromEntries(CHANGES.map((kind) => [kind, compared.filter((each) => each.change === kind).length]));
}

/** The list of graphs to compare the shown one with; the shown one is not in it. */
function drawAgainstPicker(select, now) {
  const choices = graphs.map((graph, place) => [place, graph.name]).filter(([place]) => place !== now.graph);
  const options = choices.map(([place, name]) => make("option", { value: String(place) }, name));
  fill(select, make("option", { value: "" }, "nothing"), options);
  select.value = now.against === null ? "" : String(now.against);
}

function countBox(kind, count) {
  const sample = sampleOf({ paint: kind, dash: DASHES[kind], width: 2.5, opacity: 1, shape: "line" });
  return make("div", { class: "count-box", "data-change": kind, "data-count": count },
    make("b", {}, String(count)), sample, CHANGE_NAMES[kind]);
}

/** The pairs of one kind of change, each a way into the drawing. */
function changeList(kind, compared) {
  const rows = compared.filter((each) => each.change === kind);
  if (!rows.length) return null;
  const choose = (each) => () => change({ edge: keyOf(each.edge || each.other) });
  return [
    make("h3", { class: "change-name" }, `${CHANGE_NAMES[kind]} (${rows.length})`),
    make("ul", { class: "changes", "data-change": kind }, ...rows.map((each) => make("li", {},
      make("button", { type: "button", class: "link", on: { click: choose(each) } }, changeSentence(each))))),
  ];
}

/** Values that one of the two does not have: their edges are not compared. */
function leftOutNote(now) {
  const lacking = [...new Set([...graphs[now.graph].absent, ...graphs[now.against].absent])];
  const names = lacking.sort((a, b) => a - b).map((node) => nodes[node].name).join(", ");
  return names ? make("p", { class: "note" }, `Left out, as only one of the graphs has them: ${names}.`) : null;
}

function drawComparison(now) {
  if (now.against === null) {
    const hint = "Choose a graph under “Compare with”, and the drawing shows what differs.";
    return fill(slot("comparison"), make("p", { class: "empty" }, hint));
  }
  const compared = comparedEdges(now.graph, now.against), counts = changeCounts(compared), there = graphs[now.against];
  return fill(slot("comparison"),
    make("p", {}, `${graphs[now.graph].name} (here) beside ${there.name} (there): `
      + `${counts.same} of ${compared.length} edges are the same.`),
    there.says ? make("p", { class: "note" }, `${there.name}: ${there.says}`) : null,
    make("div", { class: "counts" }, ...CHANGES.map((kind) => countBox(kind, counts[kind]))),
    leftOutNote(now),
    ...["reversed", "remarked", "added", "removed", "same"].map((kind) => changeList(kind, compared)));
}

function startComparison() {
  if (graphs.length < 2) return;
  const choose = (value) => change({ against: value === "" ? null : Number(value), edge: null, tab: "comparison" });
  const { element, select } = pickerOf("against", "Compare with", choose);
  slot("graph").parentElement.after(element);
  watch(["graph", "against"], (now) => {
    drawAgainstPicker(select, now);
    drawComparison(now);
  });
}
