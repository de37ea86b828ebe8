/** The groups of the theory inside its circle: an arc and a name each, behind everything else. */
const ARC = 0.72, NAME = 0.53; // of the circle's radius
const GROUP_GAP = 0.12; // between arcs, in radians

/** Neighbours on the circle that are of one group: {group, from, to} in radians, clockwise from the right. */
function groupArcs() {
  const around = nodes.map(({ group, on_circle: [x, y] }) => ({ group, turn: Math.atan2(y, x) }))
    .sort((a, b) => a.turn - b.turn);
  const half = Math.PI / Math.max(around.length, 1);
  const start = around.findIndex(({ group }, at) => group !== around[(at + around.length - 1) % around.length].group);
  if (start < 0) return [];
  const arcs = [];
  const again = around.slice(0, start).map(({ group, turn }) => ({ group, turn: turn + 2 * Math.PI }));
  for (const { group, turn } of [...around.slice(start), ...again]) {
    const last = arcs[arcs.length - 1];
    if (last && last.group === group) last.to = turn + half;
    else arcs.push({ group, from: turn - half, to: turn + half });
  }
  return arcs.filter(({ group }) => group !== null);
}

/** Draw the arcs with a canvas' pen, round the origin. */
function drawGroups(pen, radius) {
  if (state.layout !== "circle" || radius < 150) return; // no room for names
  pen.save();
  Object.assign(pen, {
    strokeStyle: colour("line"), fillStyle: colour("faint"), lineWidth: 2,
    textAlign: "center", textBaseline: "middle", font: "italic 13px system-ui, sans-serif",
  });
  for (const { group, from, to } of groupArcs()) {
    const middle = (from + to) / 2;
    pen.beginPath();
    pen.arc(0, 0, ARC * radius, from + GROUP_GAP / 2, to - GROUP_GAP / 2);
    pen.stroke();
    pen.fillText(group, NAME * radius * Math.cos(middle), NAME * radius * Math.sin(middle));
  }
  pen.restore();
}
