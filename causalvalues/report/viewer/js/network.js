/**
 * The drawing: vis-network with every place given and nothing moving by itself. Values can be
 * dragged; "Reset" puts them back.
 *
 * A layout is given in −1 … 1. It is stretched to the room there is, and further where labels
 * would stand on each other: then the whole is shown smaller.
 */
const LAYOUTS = [["layers", "Causes above"], ["circle", "Circle"]];
const MARGIN = [64, 40]; // half of what is kept free at the border
const ABOVE = 32, BELOW = 48; // room for a large dot, and for a label
const DOT = 12, LABEL_GAP = 12, ROW = 58, LOWER = 40;
const network = new vis.Network(
  slot("network"),
  { nodes: new vis.DataSet(drawn.nodes), edges: new vis.DataSet([]) },
  drawn.options,
);
const nodeData = network.body.data.nodes, edgeData = network.body.data.edges;
const looks = new Map(); // as last drawn, so that only what differs is drawn anew
const fontSize = nodes.length > 80 ? 11 : 14;
const labelWidths = widthsOfLabels();
const room = { wide: 0, high: 0, radius: 0 }; // as places were last put into it
const moved = new Map(); // where dragged nodes stand, as shares of the room

function widthsOfLabels() {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `${fontSize}px system-ui, sans-serif`;
  return nodes.map((_, node) => pen.measureText(labelOf(node)).width);
}

/** Where a node stands in a layout, in −1 … 1. */
function unitPlace(node, layout) {
  return layout === "circle" ? nodes[node].on_circle : nodes[node].in_layers;
}

/** Where all nodes stand in the room there is: labels never on each other, the circle round. */
function placesOf(layout) {
  const { clientWidth: wide, clientHeight: high } = slot("network");
  const width = Math.max(wide / 2 - MARGIN[0], 60), height = Math.max(high / 2 - MARGIN[1], 60);
  const down = nodes.map((_, node) => node).sort((a, b) => unitPlace(a, layout)[1] - unitPlace(b, layout)[1]
    || unitPlace(a, layout)[0] - unitPlace(b, layout)[0]);
  if (layout === "circle") {
    room.radius = leastRadius(down, Math.max(Math.min(width, height), 100));
    return nodes.map((_, node) => {
      const [x, y] = unitPlace(node, layout);
      return { x: room.radius * x, y: room.radius * y };
    });
  }
  return rowPlaces(down, width, height);
}

/** Layers in a room; where labels of a layer would touch, every other node stands a little lower. */
function rowPlaces(down, width, height) {
  const rows = [...rowsOf(down).values()];
  const close = leastWidth(rows, 1) > width, step = ROW + (close ? LOWER : 0);
  const larger = Math.max(1, leastWidth(rows, close ? 2 : 1) / width, (rows.length - 1) * step / 2 / height);
  const places = [];
  for (const row of rows) {
    row.forEach((node, at) => {
      const [x, y] = unitPlace(node, "layers"), lower = close && row.length > 1 ? (at % 2 - 0.5) * LOWER : 0;
      places[node] = { x: larger * width * x, y: larger * height * y + lower };
    });
  }
  return places;
}

/** Nodes of the same height, from left to right. */
function rowsOf(down) {
  const rows = new Map();
  for (const node of down) {
    const [, y] = unitPlace(node, "layers");
    if (!rows.has(y)) rows.set(y, []);
    rows.get(y).push(node);
  }
  return rows;
}

/** The least half width at which labels so many steps apart in a row do not touch. */
function leastWidth(rows, steps) {
  return Math.max(0, ...rows.flatMap((row) => row.slice(steps).map((node, at) => {
    const apart = Math.max((labelWidths[node] + labelWidths[row[at]]) / 2 + LABEL_GAP, 3 * DOT);
    return apart / Math.max(unitPlace(node, "layers")[0] - unitPlace(row[at], "layers")[0], 1e-3);
  })));
}

/** The least radius, from one on, at which no two nodes on the circle touch, labels included. */
function leastRadius(down, radius) {
  const crowded = down.some((node, at) => {
    const [x, y] = unitPlace(node, "circle");
    for (let next = at + 1; next < down.length; next += 1) {
      const [across, below] = unitPlace(down[next], "circle");
      if (radius * (below - y) >= ROW * 0.7) return false;
      const apart = (labelWidths[node] + labelWidths[down[next]]) / 2 + LABEL_GAP / 2;
      if (radius * Math.abs(across - x) < apart) return true;
    }
    return false;
  });
  return crowded ? leastRadius(down, 1.05 * radius) : radius;
}

/** Put every node where its layout has it, and show all of them. */
function resetPlaces() {
  moved.clear();
  putPlaces();
}

/** In another room, dragged values stay where they are, as shares of the room. */
function putPlaces() {
  const { clientWidth: wide, clientHeight: high } = slot("network");
  if (wide === 0 || high === 0) return; // a frame that is not laid out yet: its size will be told
  const places = placesOf(state.layout);
  Object.assign(room, { wide, high });
  for (const [node, [x, y]] of moved) places[node] = { x: x * wide, y: y * high };
  nodeData.update(nodes.map((_, node) => ({ id: node, ...places[node] })));
  network.setSize("100%", "100%"); // vis-network learns late that its room is another one
  frame(places, wide, high);
}

/** Show all places with their labels in a room, as large as they are or smaller. */
function frame(places, wide, high) {
  const left = Math.min(...places.map(({ x }, node) => x - labelWidths[node] / 2)) - LABEL_GAP / 2;
  const right = Math.max(...places.map(({ x }, node) => x + labelWidths[node] / 2)) + LABEL_GAP / 2;
  const top = Math.min(...places.map(({ y }) => y)) - ABOVE, bottom = Math.max(...places.map(({ y }) => y)) + BELOW;
  const scale = Math.min(1, wide / (right - left), high / (bottom - top));
  network.moveTo({ position: { x: (left + right) / 2, y: (top + bottom) / 2 }, scale, animation: false });
}

/** Only where the room is really another one. */
function onResize() {
  const { clientWidth: wide, clientHeight: high } = slot("network");
  if (wide !== room.wide || high !== room.high) putPlaces();
}

/** Remember where a value was dragged to. */
function rememberMoved({ nodes: dragged }) {
  const { clientWidth: wide, clientHeight: high } = slot("network");
  for (const node of dragged) {
    const { x, y } = network.getPosition(node);
    moved.set(node, [x / wide, y / high]);
  }
}

/** How a node is drawn now. */
function nodeLook(node, now, change, ways) {
  const found = now.search !== "" && matches(node, now), chosen = now.value === node;
  const dim = (now.search !== "" && !found) || graphs[now.graph].absent.includes(node);
  const paint = change === null || change === 0 ? colour("node") : colour(change > 0 ? "raises" : "lowers");
  const held = now.tab === "what-if" && Object.hasOwn(now.settings, node);
  const border = colour(chosen ? "focus" : "ink");
  return {
    id: node,
    label: labelOf(node),
    shape: nodes[node].kind === "context" ? "square" : "dot",
    size: change === null ? DOT : DOT - 2 + 12 * Math.min(Math.abs(change) / largestChange(), 1),
    borderWidth: chosen || held ? 4 : 1.5,
    borderWidthSelected: chosen || held ? 4 : 2.5,
    shapeProperties: { borderDashes: held && now.settings[node] === 0 ? [4, 3] : false },
    opacity: dim ? 0.25 : 1,
    color: {
      background: paint, border,
      highlight: { background: paint, border }, hover: { background: paint, border: colour("focus") },
    },
    font: {
      color: colour(dim ? "faint" : "ink"), face: "system-ui, sans-serif", size: fontSize, vadjust: -2,
      strokeWidth: 4, strokeColor: colour("card"), mod: chosen || (ways !== null && ways.nodes.has(node)) ? "bold" : "",
    },
  };
}

/** A dash for vis-network, which rounds the ends of each and so makes it longer. */
function roundedDash(width) {
  return (part, at) => (at % 2 ? part + width : Math.max(0.5, part - width));
}

/** How an edge is drawn now; when ways are shown, the other edges step back. */
function edgeLook(each, now, ways) {
  const { edge } = each, paint = colour(each.paint), chosen = now.edge === each.key;
  const back = ways !== null && !ways.edges.has(each.key) && !chosen;
  const end = (mark) => ({ enabled: mark !== TAIL, type: mark === CIRCLE ? "circle" : "arrow", scaleFactor: 0.75 });
  return {
    id: each.key, from: edge.first, to: edge.second,
    arrows: { from: end(edge.mark_first), to: end(edge.mark_second) },
    dashes: each.dash.length ? each.dash.map(roundedDash(each.width)) : false,
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
  const reset = make("button", {
    type: "button", id: "reset-view", title: "Put dragged values back and show all", on: { click: resetPlaces },
  }, "Reset view");
  element.classList.add("layouts");
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
    ["graph", "against", "search", "support", "size", "kinds", "signs", "value", "towards", "edge", "settings", "trial",
      "theme", "tab"],
    drawNetwork,
  );
  network.on("click", chooseClicked);
  network.on("dragEnd", rememberMoved);
  network.on("beforeDrawing", (pen) => drawGroups(pen, room.radius));
  network.on("hoverNode", ({ node }) => inspectNode(node));
  network.on("hoverEdge", ({ edge }) => inspectEdge(String(edge)));
  network.on("blurNode", inspectChosen);
  network.on("blurEdge", inspectChosen);
  new ResizeObserver(onResize).observe(slot("network"));
}
