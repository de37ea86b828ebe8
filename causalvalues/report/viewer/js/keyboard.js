/** Everything without a mouse: walking in the drawing, keys for search and help, Escape to let go. */
const KEYS = [
  ["/", "Find a value"],
  ["← ↑ → ↓", "In the drawing: to the next value that way"],
  ["Home End", "To the first or last value"],
  ["PgUp PgDn", "To the value before or after, in the order of the tables"],
  ["Enter", "Choose the value: what happens if it is raised"],
  ["e E", "Through the edges of the value, forth and back"],
  ["+ − 0", "Nearer, farther, all of it"],
  ["Esc", "Let go: of the edge, the value, the search"],
  ["?", "This list"],
];
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const walk = { node: null }; // where the focus stands in the drawing

/** The nearest node in a direction; what lies aside counts twice. */
function nodeTowards(from, [x, y]) {
  const places = network.getPositions();
  const far = nodes.map((_, node) => {
    const across = places[node].x - places[from].x, down = places[node].y - places[from].y;
    const along = across * x + down * y, aside = Math.abs(across * y) + Math.abs(down * x);
    return node === from || along < 1 ? Infinity : along + 2 * aside;
  });
  const least = Math.min(...far);
  return least === Infinity ? from : far.indexOf(least);
}

/** A value as it is read out: its name, and how it is joined. */
function spokenNode(node) {
  const edges = shownEdges(state).map((each) => each.edge);
  const from = edges.filter((edge) => kindOf(edge) === "directed" && edge.first === node).length;
  const to = edges.filter((edge) => kindOf(edge) === "directed" && edge.second === node).length;
  const open = edgesOf(node).length - from - to;
  const chosen = state.value === node ? ", chosen" : "";
  const rest = open ? `, ${open} with an open direction` : "";
  return `${nodes[node].name}${chosen}. Acts on ${from}, is acted on by ${to}${rest}.`;
}

/** The keys of the shown edges at a node. */
function edgesOf(node) {
  return shownEdges(state).filter(({ edge }) => edge.first === node || edge.second === node).map((each) => each.key);
}

/** Put the focus on a node: a ring around it, its name read out, its facts below. */
function walkTo(node) {
  walk.node = node;
  placeRing();
  inspectNode(node);
  announce(spokenNode(node));
}

/** The ring around the node that has the focus. */
function placeRing() {
  const ring = slot("focus-ring"), focused = document.activeElement === slot("network");
  ring.hidden = walk.node === null || !focused;
  if (ring.hidden) return;
  const { x, y } = network.canvasToDOM(network.getPosition(walk.node));
  const radius = 8 + network.body.nodes[walk.node].shape.radius * network.getScale() || 20;
  const box = { left: x - radius, top: y - radius, width: 2 * radius, height: 2 * radius };
  for (const [name, size] of Object.entries(box)) {
    ring.style.setProperty(name, `${size}px`);
  }
  ring.dataset.node = nodes[walk.node].name;
}

/** Through the edges of the value that has the focus, or is chosen. */
function stepEdge(steps) {
  const node = walk.node === null ? state.value : walk.node;
  const keys = node === null ? [] : edgesOf(node);
  const lack = node === null ? "Choose a value first." : `${nodes[node].name} has no edge that is shown.`;
  if (!keys.length) return announce(lack);
  const at = keys.indexOf(state.edge);
  const next = at < 0 ? (steps > 0 ? 0 : keys.length - 1) : (at + steps + keys.length) % keys.length;
  change({ edge: keys[next] });
  return announce(`${next + 1} of ${keys.length}: ${slot("inspector").innerText.replace(/\s*\n\s*/g, ". ")}`);
}

function zoomBy(factor) {
  network.moveTo({ scale: Math.min(Math.max(network.getScale() * factor, 0.05), 5), animation: false });
}

function chooseWalked() {
  if (walk.node === null) return;
  chooseNode(walk.node);
  announce(`${nodes[walk.node].name} chosen.`);
}

/** What a key does in the drawing; null where it does nothing. */
function actOf(key) {
  const start = walk.node === null ? (state.value === null ? 0 : state.value) : walk.node;
  if (WAYS[key]) return () => walkTo(walk.node === null ? start : nodeTowards(start, WAYS[key]));
  return {
    Home: () => walkTo(0), End: () => walkTo(nodes.length - 1),
    PageDown: () => walkTo(walk.node === null ? start : (start + 1) % nodes.length),
    PageUp: () => walkTo(walk.node === null ? start : (start + nodes.length - 1) % nodes.length),
    Enter: chooseWalked, " ": chooseWalked,
    e: () => stepEdge(1), E: () => stepEdge(-1),
    "+": () => zoomBy(1.25), "-": () => zoomBy(0.8), 0: resetPlaces,
  }[key] || null;
}

function onDrawingKey(event) {
  const act = event.ctrlKey || event.metaKey || event.altKey ? null : actOf(event.key);
  if (act === null) return;
  event.preventDefault();
  act();
}

/** Let go of one thing at a time: the edge, then the value, then the search. */
function letGo() {
  if (state.edge !== null) return change({ edge: null });
  if (state.value !== null || state.towards !== null) return change({ value: null, towards: null });
  return change({ search: "" });
}

function onPageKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || slot("keys").open) return;
  const typing = event.target.closest("input:not([type=range]):not([type=checkbox]), textarea, select") !== null;
  if (event.key === "Escape" && event.target.id === "search") return change({ search: "" });
  if (event.key === "Escape" && !typing) return letGo();
  if (typing || (event.key !== "/" && event.key !== "?")) return undefined;
  event.preventDefault();
  return event.key === "/" ? focusSearch() : slot("keys").showModal();
}

function focusSearch() {
  slot("filters").querySelector("details").open = true;
  slot("search").focus();
}

/** The list of keys, in a dialog. */
function keyDialog() {
  const rows = KEYS.flatMap(([keys, says]) => [
    make("dt", {}, ...keys.split(" ").map((key) => make("kbd", {}, key))), make("dd", {}, says),
  ]);
  const dialog = make("dialog", { id: "keys", "aria-labelledby": "keys-title" },
    make("h2", { id: "keys-title" }, "Keys"), make("dl", { class: "keys" }, ...rows),
    make("button", { type: "button", on: { click: () => dialog.close() } }, "Close"));
  return dialog;
}

function startKeyboard() {
  const room = slot("network");
  document.body.append(keyDialog());
  slot("toolbar").append(slot("toolbar").querySelector(".themes"), make("button", {
    type: "button", id: "help", title: "Keys", "aria-label": "List of keys",
    on: { click: () => slot("keys").showModal() },
  }, "?"));
  room.append(make("div", { id: "focus-ring", hidden: true, "aria-hidden": "true" }));
  room.addEventListener("keydown", onDrawingKey);
  room.addEventListener("focus", () => {
    const node = walk.node === null ? state.value : walk.node;
    if (node !== null) walkTo(node);
  });
  room.addEventListener("blur", () => { placeRing(); inspectChosen(); });
  network.on("afterDrawing", placeRing);
  document.addEventListener("keydown", onPageKey);
}
