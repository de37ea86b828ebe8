/**
 * The drawing: vis-network with every place given and nothing moving by itself. Values can be
 * dragged; "Reset" puts them back.
 *
 * A layout is given in −1 … 1. It is stretched to the room there is, and further where labels
 * would stand on each other; then the whole is shown smaller.
 */
const LAYOUTS = [["layers", "Causes above"], ["circle", "Circle"]];
const MARGIN = [64, 44]; // half of what is kept free for labels at the border
const DOT = 12, LABEL_GAP = 12, ROW = 58;
const network = new vis.Network(
  slot("network"),
  { nodes: new vis.DataSet(drawn.nodes), edges: new vis.DataSet([]) },
  drawn.options,
);
const nodeData = network.body.data.nodes, edgeData = network.body.data.edges;
const looks = new Map(); // as last drawn, so that only what differs is drawn anew
const fontSize = nodes.length > 80 ? 11 : 14;
const labelWidths = widthsOfLabels();
const stretch = { now: [1, 1] }; // half the width and height that places are stretched to

function widthsOfLabels() {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `${fontSize}px system-ui, sans-serif`;
  return nodes.map(({ name }) => pen.measureText(name).width);
}

/** Where a node stands in a layout, in −1 … 1. */
function unitPlace(node, layout) {
  return layout === "circle" ? nodes[node].on_circle : nodes[node].in_layers;
}

/** How far a layout is stretched, so that no label stands on another: half the width, half the height. */
function stretchOf(layout) {
  const room = slot("network");
  const width = Math.max(room.clientWidth / 2 - MARGIN[0], 60), height = Math.max(room.clientHeight / 2 - MARGIN[1], 60);
  if (layout === "layers") return [Math.max(width, leastWidth()), Math.max(height, leastHeight())];
  let radius = Math.min(Math.max(width, 100), Math.max(height, 100));
  while (crowded(radius)) radius *= 1.05;
  return [radius, radius];
}

/** The places of a layout, from top to bottom. */
function placesDown(layout) {
  return nodes.map((_, node) => [...unitPlace(node, layout), labelWidths[node]]).sort((a, b) => a[1] - b[1] || a[0] - b[0]);
}

/** The least half width at which labels of one layer stand apart. */
function leastWidth() {
  const places = placesDown("layers");
  return Math.max(0, ...places.map(([x, y, label], at) => {
    const next = places[at + 1];
    if (!next || next[1] !== y) return 0;
    return Math.max((label + next[2]) / 2 + LABEL_GAP, 3 * DOT) / Math.max(next[0] - x, 1e-3);
  }));
}

/** The least half height at which layers stand apart. */
function leastHeight() {
  const places = placesDown("layers");
  return Math.max(0, ...places.map(([, y], at) => (at > 0 && y > places[at - 1][1] ? ROW / (y - places[at - 1][1]) : 0)));
}

/** Whether any two nodes on the circle, with their labels, stand on each other. */
function crowded(radius) {
  const places = placesDown("circle");
  return places.some(([x, y, label], at) => {
    for (let next = at + 1; next < places.length && radius * (places[next][1] - y) < ROW * 0.7; next += 1) {
      if (radius * Math.abs(places[next][0] - x) < (label + places[next][2]) / 2 + LABEL_GAP / 2) return true;
    }
    return false;
  });
}

/** Put every node where its layout has it, and show all of them. */
function resetPlaces() {
  stretch.now = stretchOf(state.layout);
  nodeData.update(nodes.map((_, node) => {
    const [x, y] = unitPlace(node, state.layout);
    return { id: node, x: stretch.now[0] * x, y: stretch.now[1] * y };
  }));
  network.fit({ animation: false });
}

/** Another room: all places stretch alike, dragged ones too. */
function resizePlaces() {
  const [width, height] = stretchOf(state.layout), [before, above] = stretch.now;
  stretch.now = [width, height];
  const places = network.getPositions();
  nodeData.update(nodes.map((_, node) => ({ id: node, x: places[node].x * width / before, y: places[node].y * height / above })));
  network.fit({ animation: false });
}

/** How a node is drawn now. */
function nodeLook(node, now, change, ways) {
  const found = now.search !== "" && matches(node, now), chosen = now.value === node;
  const dim = (now.search !== "" && !found) || graphs[now.graph].absent.includes(node);
  const paint = change === null || change === 0 ? colour("node") : colour(change > 0 ? "raises" : "lowers");
  const held = Object.hasOwn(now.settings, node);
  const border = colour(chosen ? "focus" : "ink");
  return {
    id: node,
    label: nodes[node].name,
    shape: nodes[node].kind === "context" ? "square" : "dot",
    size: change === null ? DOT : DOT - 2 + 12 * Math.min(Math.abs(change) / largestChange(), 1),
    borderWidth: chosen || held ? 4 : 1.5,
    borderWidthSelected: chosen || held ? 4 : 2.5,
    shapeProperties: { borderDashes: held && now.settings[node] === 0 ? [4, 3] : false },
    opacity: dim ? 0.25 : 1,
    color: {
      background: paint, border, highlight: { background: paint, border }, hover: { background: paint, border: colour("focus") },
    },
    font: {
      color: colour(dim ? "faint" : "ink"), face: "system-ui, sans-serif", size: fontSize, vadjust: -2,
      strokeWidth: 4, strokeColor: colour("card"), mod: chosen || (ways !== null && ways.nodes.has(node)) ? "bold" : "",
    },
  };
}

/** How an edge is drawn now; when ways are shown, the other edges step back. */
function edgeLook(each, now, ways) {
  const { edge } = each, paint = colour(each.paint), chosen = now.edge === each.key;
  const back = ways !== null && !ways.edges.has(each.key) && !chosen;
  const end = (mark) => ({ enabled: mark !== TAIL, type: mark === CIRCLE ? "circle" : "arrow", scaleFactor: 0.75 });
  return {
    id: each.key, from: edge.first, to: edge.second,
    arrows: { from: end(edge.mark_first), to: end(edge.mark_second) },
    dashes: each.dash.length ? each.dash : false,
    width: each.width,
    background: { enabled: chosen, color: colour("chosen-edge"), size: each.width + 9 },
    color: { color: paint, highlight: paint, hover: paint, opacity: back ? 0.08 : each.opacity, inherit: false },
  };
}

/** Give vis-network those looks that are not what it has. */
function renew(data, wanted) {
  const other = wanted.filter((each) => {
    const text = JSON.stringify(each), key = `${data === nodeData} ${each.id}`;
    return looks.get(key) !== text && looks.set(key, text);
  });
  if (other.length) data.update(other);
}

function drawNetwork(now) {
  const ways = shownWays(now), change = shownChange(now), edges = shownEdges(now);
  renew(nodeData, nodes.map((_, node) => nodeLook(node, now, change === null ? null : change[node], ways)));
  const keep = new Set(edges.map((each) => each.key));
  const gone = edgeData.getIds().filter((id) => !keep.has(id));
  for (const id of gone) looks.delete(`false ${id}`);
  if (gone.length) edgeData.remove(gone);
  renew(edgeData, edges.map((each) => edgeLook(each, now, ways)));
}

/** Choose a value, and show what follows from it. */
function chooseNode(node) {
  change({ value: node, towards: null, edge: null, tab: state.tab === "what-if" ? "what-if" : "side-effects" });
}

/** Choose what was clicked; nothing lets go of what was chosen. */
function chooseClicked({ nodes: [node], edges: [edge] }) {
  slot("network").focus({ preventScroll: true });
  if (node !== undefined) chooseNode(node);
  else if (edge !== undefined) change({ edge: String(edge) });
  else change({ value: null, towards: null, edge: null });
}

/** The choice of layout and the way back to it, for the row of tools. */
function layoutTools() {
  const { element, press } = switchOf("Layout", LAYOUTS, (layout) => change({ layout }));
  const reset = make("button", { type: "button", id: "reset-view", title: "Put dragged values back and show all", on: { click: resetPlaces } }, "Reset view");
  slot("toolbar").append(element, reset);
  watch(["layout"], (now) => press(now.layout));
}

/** The wheel scrolls the page until the drawing is what one works with. */
function letWheelThrough(event) {
  const own = slot("network").contains(document.activeElement) || event.ctrlKey || event.metaKey;
  if (!own) event.stopPropagation();
}

function startNetwork() {
  layoutTools();
  slot("network").querySelector(".vis-network").removeAttribute("tabindex"); // the room itself takes the focus
  slot("network").addEventListener("wheel", letWheelThrough, { capture: true, passive: true });
  if (matchMedia("(pointer: coarse)").matches) network.setOptions({ interaction: { dragView: false } });
  watch(["layout"], resetPlaces);
  watch(
    ["graph", "against", "search", "support", "size", "kinds", "signs", "value", "towards", "edge", "settings", "theme", "tab"],
    drawNetwork,
  );
  network.on("click", chooseClicked);
  network.on("hoverNode", ({ node }) => inspectNode(node));
  network.on("hoverEdge", ({ edge }) => inspectEdge(String(edge)));
  network.on("blurNode", inspectChosen);
  network.on("blurEdge", inspectChosen);
  new ResizeObserver(resizePlaces).observe(slot("network"));
}
