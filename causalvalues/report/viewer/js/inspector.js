/** What the pointer or the focus is on, in words: one value with what it was asked by, or one edge. */
const FEW_ITEMS = 2;
const HINT = "Point at a value or an arrow to read about it; click a value to see what happens if it is raised.";
const KEY_WORDS = { "1": "for", "-1": "against" };
const inspected = { subject: null }; // so that the same is not told twice

/** "security lowers stimulation". @param {Edge} edge */
function edgeInWords(edge) {
  const kind = kindOf(edge), first = nodes[edge.first].name, second = nodes[edge.second].name;
  if (kind === "undirected") return `${first} and ${second}: which acts on which is open`;
  if (kind === "bidirected") return `${first} and ${second}: a hidden cause stands behind both`;
  if (kind === "partial") return `${first} ${arrowOf(edge)} ${second}: an end is open`;
  const [cause, effect] = edge.mark_second === ARROW ? [first, second] : [second, first];
  return `${cause} ${{ raises: "raises", lowers: "lowers", unknown: "acts on" }[signOf(effectAlong(edge))]} ${effect}`;
}

/** How often resamples found an edge, and which way round. @param {Edge} edge */
function supportInWords(edge) {
  const { support } = edge;
  if (support === null) return ["no support from resamples"];
  const first = nodes[edge.first].name, second = nodes[edge.second].name, clear = kindOf(edge) === "directed";
  return [
    ["found in ", percent(support.adjacent), " of resamples"],
    [clear ? "this direction in " : `${first} → ${second} in `, percent(support.directed)],
    [clear ? "the other in " : `${second} → ${first} in `, percent(support.reversed)],
    ["direction open in ", percent(support.undirected)],
    support.bidirected > 0 ? ["hidden cause in ", percent(support.bidirected)] : null,
  ].filter((part) => part !== null);
}

/** An effect with how far it could be off. */
function effectInWords(effect) {
  if (effect === null) return ["effect not known"];
  const origin = `per unit, ${told.effects.method}`;
  if (effect.interval_low === null) return ["effect ", signed(effect.middle), ` (no interval) ${origin}`];
  const range = [" (could be ", signed(effect.interval_low), " to ", signed(effect.interval_high)];
  return ["effect ", signed(effect.middle), ...range, `) ${origin}`];
}

/** A line of facts; every other part stands out. */
function factLine(parts) {
  const whole = typeof parts === "string" ? [parts] : parts;
  return make("span", {}, ...whole.map((part, at) => (at % 2 ? make("b", {}, part) : part)));
}

function edgeTold({ edge, change: changed }) {
  return [
    make("h2", {}, edgeInWords(edge), make("span", { class: "tag" }, sentenceOf(edge)), changed === null ? null
      : make("span", { class: "tag" }, CHANGE_NAMES[changed])),
    make("p", { class: "facts" }, ...supportInWords(edge).map(factLine)),
    make("p", { class: "facts" }, factLine(effectInWords(effectAlong(edge)))),
  ];
}

/** What is known of a value besides the graph. */
function nodeFacts({ reliability, mean, spread, n_items: count }) {
  const facts = Object.entries(reliability)
    .map(([name, number]) => [`reliability (${name.replaceAll("_", "-")}) `, plain(number)]);
  if (mean !== null) facts.push(["mean ", plain(mean), ...(spread === null ? [] : [" ± ", plain(spread)])]);
  if (count !== null) facts.push(["asked by ", String(count), count === 1 ? " item" : " items"]);
  return facts;
}

/** A short word in a frame. */
function tagOf(text) {
  return make("span", { class: "tag" }, text);
}

/** What stands for items that are not unfolded. */
function summaryOf(items) {
  return `${items.length} items: “${items[0].text}” (${KEY_WORDS[items[0].key]}), …`;
}

function itemList(items) {
  return make("ul", {}, ...items.map(({ text, key }) => make("li", {}, `${text} `, tagOf(KEY_WORDS[key]))));
}

function nodeTold(node) {
  const { name, kind, definition, group, items } = nodes[node];
  const facts = nodeFacts(nodes[node]);
  return [
    make("h2", {}, name, group ? tagOf(group) : null, kind === "context" ? tagOf("context") : null),
    definition ? make("p", {}, definition) : null,
    facts.length ? make("p", { class: "facts" }, ...facts.map(factLine)) : null,
    items.length && items.length <= FEW_ITEMS ? itemList(items) : null,
    items.length > FEW_ITEMS ? make("details", {}, make("summary", {}, summaryOf(items)), itemList(items)) : null,
  ];
}

/** Show something, unless it stands there already. */
function tell(subject, ...children) {
  if (inspected.subject === subject) return;
  inspected.subject = subject;
  fill(slot("inspector"), children);
}

function inspectNode(node) {
  tell(`node ${node}`, nodeTold(Number(node)));
}

function inspectEdge(key) {
  const each = allEdges(state).find((known) => known.key === key);
  if (each) tell(`edge ${key} ${state.graph} ${state.against}`, edgeTold(each));
}

/** What is chosen, when nothing is pointed at. */
function inspectChosen() {
  const { name, says } = graphs[state.graph];
  const each = state.edge === null ? undefined : allEdges(state).find((known) => known.key === state.edge);
  if (each) inspectEdge(state.edge);
  else if (state.value !== null) inspectNode(state.value);
  else tell("nothing", make("p", { class: "hint" }, HINT),
    says ? make("p", { class: "hint" }, `${name}: ${says}`) : null);
}

function startInspector() {
  watch(["value", "edge", "graph", "against"], () => {
    inspected.subject = null;
    inspectChosen();
  });
}
