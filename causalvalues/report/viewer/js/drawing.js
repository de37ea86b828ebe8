/**
 * The drawing as it is shown now, as a picture that stands alone: values where they were dragged to,
 * edges as they are coloured, the legend, which filters are in force, and where it all came from.
 *
 * It is built from elements and only then turned into text, so that names are text there as well.
 */
const PAPER = { margin: 24, least: 660, most: 4000, title: 20, text: 13, small: 11 };
const FACE = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif";
const ruler = document.createElement("canvas").getContext("2d");

/** The picture as a file's text. */
function svgOf(now) {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(pictureOf(now))}\n`;
}

/** The picture as an element: words above, the drawing, words below; words are larger in a large one. */
function pictureOf(now) {
  const frame = frameOf(), wide = frame.right - frame.left, high = frame.bottom - frame.top;
  const width = Math.ceil(Math.min(Math.max(wide + 2 * PAPER.margin, PAPER.least), PAPER.most));
  const zoom = Math.min(Math.max(width / 900, 1), 2), room = width / zoom;
  const scale = Math.min(1, (width - 2 * PAPER.margin) / wide);
  const head = linesBelow(titleLines(room), PAPER.margin), top = zoom * head.end + 12;
  const legend = legendMarks(now, room, 24), foot = linesBelow(footLines(now, room), legend.end + 8);
  const height = Math.ceil(top + scale * high + zoom * (foot.end + PAPER.margin));
  const left = (width - scale * wide) / 2;
  return makeSvg("svg", {
    xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "font-family": FACE,
  },
  makeSvg("title", {}, xmlText(told.title)), makeSvg("desc", {}, xmlText(captionLines(now).join("\n"))),
  makeSvg("rect", { width: "100%", height: "100%", fill: colour("card") }),
  movedGroup(0, 0, zoom, ...head.marks),
  movedGroup(left - scale * frame.left, top - scale * frame.top, scale, ...edgeMarks(now), ...nodeMarks(now)),
  movedGroup(0, top + scale * high, zoom, ...legend.marks, ...foot.marks));
}

/** A group of marks, moved and made larger or smaller. */
function movedGroup(x, y, scale, ...marks) {
  return makeSvg("g", { transform: `translate(${short(x)} ${short(y)}) scale(${short(scale)})` }, ...marks);
}

/** What every node covers, with its label. */
function frameOf() {
  const boxes = nodes.map((_, node) => network.getBoundingBox(node)).filter(Boolean);
  const least = (side) => Math.min(...boxes.map((box) => box[side]));
  const most = (side) => Math.max(...boxes.map((box) => box[side]));
  if (!boxes.length) return { left: 0, top: 0, right: 10, bottom: 10 };
  return { left: least("left") - 20, top: least("top") - 20, right: most("right") + 20, bottom: most("bottom") + 12 };
}

/** Edges with their heads. */
function edgeMarks(now) {
  const ways = shownWays(now), places = network.getPositions();
  return shownEdges(now).map((each) => edgeMark(each, edgeLook(each, now, ways), places));
}

function edgeMark({ edge, dash }, { width, color, background }, places) {
  const { first, second, mark_first, mark_second } = edge, paint = color.color;
  const curve = curveBetween(places[first], places[second]);
  const from = endOf(curve, first, mark_first, false, width), to = endOf(curve, second, mark_second, true, width);
  const [start, via, end] = between(curve, from.leave, to.leave);
  const line = { d: `M${point(start)}Q${point(via)} ${point(end)}`, fill: "none" };
  const stroke = { stroke: paint, "stroke-width": short(width), "stroke-dasharray": dash.join(" ") || null };
  const glow = { ...line, stroke: background.color, "stroke-width": short(background.size) };
  return makeSvg("g", { opacity: short(color.opacity), "data-edge": xmlText(sentenceOf(edge)) },
    background.enabled ? makeSvg("path", glow) : null,
    makeSvg("path", { ...line, ...stroke }), headMark(from, mark_first, paint), headMark(to, mark_second, paint));
}

/** The curve that vis-network draws ("curvedCW"): start, control point, end. */
function curveBetween(from, to) {
  const roundness = drawn.options.edges.smooth.roundness;
  const across = to.x - from.x, down = to.y - from.y;
  const far = 0.5 * (1 + roundness) * Math.hypot(across, down);
  const angle = Math.atan2(-down, across) + (0.5 * roundness + 0.5) * Math.PI;
  return [from, { x: from.x + far * Math.sin(angle), y: from.y + far * Math.cos(angle) }, to];
}

/** Where a curve is after a share of it. */
function along([from, via, to], share) {
  const rest = 1 - share;
  const mixed = (axis) => rest * rest * from[axis] + 2 * rest * share * via[axis] + share * share * to[axis];
  return { x: mixed("x"), y: mixed("y") };
}

/** The part of a curve between two shares, as a curve. */
function between([from, via, to], start, end) {
  const shares = [(1 - start) * (1 - end), start + end - 2 * start * end, start * end];
  const mixed = (axis) => shares[0] * from[axis] + shares[1] * via[axis] + shares[2] * to[axis];
  return [along([from, via, to], start), { x: mixed("x"), y: mixed("y") }, along([from, via, to], end)];
}

/** Where a line meets a node (`tip`), where its head begins (`leave`), and the way the head points. */
function endOf(curve, node, mark, atEnd, width) {
  const centre = curve[atEnd ? 2 : 0], look = nodeData.get(node);
  const long = mark === TAIL ? 0 : mark === CIRCLE ? 9 : 10 + 2 * width;
  const border = look.size + 1 + (look.shape === "square" ? 0.2 * look.size : 0);
  const tip = shareAt(curve, centre, border, atEnd), leave = shareAt(curve, centre, border + 0.9 * long, atEnd);
  return { tip: along(curve, tip), back: along(curve, leave), leave, long };
}

/** The share of a curve at which it is so far from one of its ends. */
function shareAt(curve, centre, far, atEnd) {
  let near = atEnd ? 1 : 0, away = 0.5;
  for (let round = 0; round < 24; round += 1) {
    const middle = (near + away) / 2, { x, y } = along(curve, middle);
    if (Math.hypot(x - centre.x, y - centre.y) < far) near = middle;
    else away = middle;
  }
  return (near + away) / 2;
}

/** An arrow's head, or the circle of an open end. */
function headMark({ tip, back, long }, mark, paint) {
  if (mark === TAIL) return null;
  const far = Math.hypot(tip.x - back.x, tip.y - back.y) || 1;
  const x = (tip.x - back.x) / far, y = (tip.y - back.y) / far;
  if (mark === CIRCLE) {
    const middle = { cx: short(tip.x - x * long / 2), cy: short(tip.y - y * long / 2), r: short(long / 2 - 0.8) };
    return makeSvg("circle", { ...middle, fill: colour("card"), stroke: paint, "stroke-width": 1.6 });
  }
  const corner = (side) => ({ x: tip.x - long * (x + side * 0.32 * y), y: tip.y - long * (y - side * 0.32 * x) });
  return makeSvg("path", { d: `M${point(tip)}L${point(corner(1))}L${point(corner(-1))}z`, fill: paint });
}

/** Dots and their names. */
function nodeMarks(now) {
  const places = network.getPositions();
  return nodes.map(({ name }, node) => {
    const look = nodeData.get(node), lines = look.label.split("\n");
    return makeSvg("g", { opacity: look.opacity, "data-node": xmlText(name) },
      dotMark(look, places[node]), ...lines.map((line, row) => nameMark(line, row, look, places[node])));
  });
}

function dotMark({ shape, size: r, color, borderWidth, shapeProperties }, { x, y }) {
  const outline = {
    fill: color.background, stroke: color.border, "stroke-width": borderWidth,
    "stroke-dasharray": (shapeProperties.borderDashes || []).join(" ") || null,
  };
  if (shape !== "square") return makeSvg("circle", { cx: short(x), cy: short(y), r: short(r), ...outline });
  return makeSvg("rect", { x: short(x - r), y: short(y - r), width: short(2 * r), height: short(2 * r), ...outline });
}

function nameMark(line, row, { font, size: r }, { x, y }) {
  return makeSvg("text", {
    x: short(x), y: short(y + r + 4 + font.size * (row + 0.95)), "text-anchor": "middle",
    "font-size": font.size, "font-weight": font.mod || null, fill: font.color,
    stroke: colour("card"), "stroke-width": 4, "stroke-linejoin": "round", "paint-order": "stroke",
  }, xmlText(line));
}

function point({ x, y }) {
  return `${short(x)} ${short(y)}`;
}

/** A number with as many digits as a drawing needs. */
function short(number) {
  return Math.round(100 * number) / 100;
}

/** A text that XML can hold; what it cannot becomes the sign for that. */
function xmlText(text) {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd");
}
