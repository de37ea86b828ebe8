/**
 * The drawing: vis-network with every place given and nothing moving by itself. Values can be
 * dragged; "Reset" puts them back.
 */
const SCALE = [460, 360]; // as in network.py
const network = new vis.Network(
  slot("network"),
  { nodes: new vis.DataSet(drawn.nodes), edges: new vis.DataSet([]) },
  drawn.options,
);
const nodeData = network.body.data.nodes, edgeData = network.body.data.edges;

/** Where a node stands in a layout. */
function placeOf(node, layout) {
  const [x, y] = layout === "circle" ? nodes[node].on_circle : nodes[node].in_layers;
  return { x: SCALE[0] * x, y: SCALE[1] * y };
}

/** Put every node where its layout has it, and show all of them. */
function resetPlaces() {
  nodeData.update(nodes.map((_, node) => ({ id: node, ...placeOf(node, state.layout) })));
  network.fit({ animation: false });
}

/** How a node is drawn now. */
function nodeLook(node, now, change, ways) {
  const found = now.search !== "" && matches(node, now);
  const dim = (now.search !== "" && !found) || graphs[now.graph].absent.includes(node);
  const fill = change === null || change === 0 ? colour("node") : colour(change > 0 ? "raises" : "lowers");
  const held = Object.hasOwn(now.settings, node);
  return {
    id: node,
    label: nodes[node].name,
    shape: nodes[node].kind === "context" ? "square" : "dot",
    size: change === null ? 13 : 11 + 14 * Math.min(Math.abs(change) / largestChange(), 1),
    borderWidth: now.value === node || held ? 4 : 1.5,
    shapeProperties: { borderDashes: held && now.settings[node] === 0 ? [4, 3] : false },
    opacity: dim ? 0.25 : 1,
    color: {
      background: fill, border: colour(now.value === node ? "focus" : "ink"),
      highlight: { background: fill, border: colour("focus") }, hover: { background: fill, border: colour("focus") },
    },
    font: {
      color: colour(dim ? "faint" : "ink"), face: "system-ui, sans-serif", size: nodes.length > 80 ? 11 : 15,
      strokeWidth: 4, strokeColor: colour("card"), bold: ways !== null && ways.nodes.has(node),
    },
  };
}

/** How an edge is drawn now; when ways are shown, the other edges step back. */
function edgeLook(each, now, ways) {
  const { edge } = each;
  const back = ways !== null && !ways.edges.has(each.key);
  const end = (mark) => ({ enabled: mark !== TAIL, type: mark === CIRCLE ? "circle" : "arrow", scaleFactor: 0.8 });
  return {
    id: each.key, from: edge.first, to: edge.second,
    arrows: { from: end(edge.mark_first), to: end(edge.mark_second) },
    dashes: each.dash.length ? each.dash : false,
    width: each.width + (now.edge === each.key ? 2 : 0),
    color: { color: colour(each.paint), highlight: colour(each.paint), hover: colour(each.paint), opacity: back ? 0.08 : each.opacity, inherit: false },
  };
}

function drawNetwork(now) {
  const ways = shownWays(now), change = shownChange(now), edges = shownEdges(now);
  nodeData.update(nodes.map((_, node) => nodeLook(node, now, change === null ? null : change[node], ways)));
  const keep = new Set(edges.map((each) => each.key));
  edgeData.remove(edgeData.getIds().filter((id) => !keep.has(id)));
  edgeData.update(edges.map((each) => edgeLook(each, now, ways)));
}

function startNetwork() {
  watch(["layout"], resetPlaces);
  watch(
    ["graph", "against", "search", "support", "size", "kinds", "signs", "value", "towards", "edge", "settings", "theme", "tab"],
    drawNetwork,
  );
  network.on("click", ({ nodes: [node], edges: [edge] }) => {
    if (node !== undefined) change({ value: node, towards: null, edge: null, tab: state.tab === "what-if" ? "what-if" : "side-effects" });
    else if (edge !== undefined) change({ edge: String(edge) });
    else change({ value: null, towards: null, edge: null });
  });
  network.on("hoverNode", ({ node }) => inspectNode(node));
  network.on("hoverEdge", ({ edge }) => inspectEdge(String(edge)));
  network.on("blurNode", inspectChosen);
  network.on("blurEdge", inspectChosen);
  new ResizeObserver(() => network.fit({ animation: false })).observe(slot("network"));
}
