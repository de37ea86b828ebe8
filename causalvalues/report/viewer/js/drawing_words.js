/** What stands round an exported drawing: its title, its legend, and what a reader must know of it. */

/** Lines of text, one below the other: [{text, size, paint, bold}] → elements and where they end. */
function linesBelow(lines, top) {
  let end = top;
  const marks = lines.map(({ text, size, paint, bold }) => {
    end += 1.35 * size;
    return makeSvg("text", {
      x: PAPER.margin, y: short(end - 0.3 * size), "font-size": size, "font-weight": bold ? 600 : null,
      fill: colour(paint),
    }, xmlText(text));
  });
  return { marks, end };
}

function titleLines(width) {
  const room = width - 2 * PAPER.margin;
  return [
    ...wrapped(told.title, 0.94 * room, PAPER.title, 3) // bold is wider
      .map((text) => ({ text, size: PAPER.title, paint: "ink", bold: true })),
    ...wrapped(told.subtitle, room, PAPER.text, 3).map((text) => ({ text, size: PAPER.text, paint: "faint" })),
  ];
}

function footLines(now, width) {
  return captionLines(now).flatMap((line) => wrapped(line, width - 2 * PAPER.margin, PAPER.small, 4))
    .map((text) => ({ text, size: PAPER.small, paint: "faint" }));
}

/** A text in lines that fit; what is left over after the last of them is cut off, and shown to be. */
function wrapped(text, room, size, most) {
  const fits = (line) => widthOfText(line, size) <= room;
  const lines = [""];
  for (const word of text.split(/\s+/).filter(Boolean).flatMap((each) => piecesOf(each, fits))) {
    const line = lines[lines.length - 1], longer = line === "" ? word : `${line} ${word}`;
    if (fits(longer)) lines[lines.length - 1] = longer;
    else lines.push(word);
    if (lines.length > most) return [...lines.slice(0, most - 1), `${lines[most - 1]} …`];
  }
  return lines.filter(Boolean);
}

/** A word in as many pieces as it needs to fit a line. */
function piecesOf(word, fits) {
  if (fits(word)) return [word];
  const pieces = [];
  for (const letter of [...word].slice(0, 600)) {
    if (pieces.length && fits(pieces[pieces.length - 1] + letter)) pieces[pieces.length - 1] += letter;
    else pieces.push(letter);
  }
  return pieces;
}

function widthOfText(text, size) {
  ruler.font = `${size}px ${FACE}`;
  return ruler.measureText(text).width;
}

/** The legend, group by group: a heading, then its entries side by side. */
function legendMarks(now, width, top) {
  const entries = legendEntries(now), marks = [], indent = PAPER.margin + 96;
  let x = indent, y = top + 14, group = null;
  for (const entry of entries) {
    if (entry.group !== group) {
      if (group !== null) y += 22;
      [group, x] = [entry.group, indent];
      marks.push(legendText(wrapped(group, 90, PAPER.small, 1)[0] || "", PAPER.margin, y, "faint"));
    }
    const [label = ""] = wrapped(entry.label, width / 2, PAPER.small, 1);
    const wide = 48 + widthOfText(label, PAPER.small) + 18;
    if (x > indent && x + wide > width - PAPER.margin) [x, y] = [indent, y + 20];
    marks.push(legendSample(entry, x, y - 4), legendText(label, x + 44, y, "ink"));
    x += wide;
  }
  return { marks: [makeSvg("g", { "data-part": "legend" }, ...marks)], end: y + 10 };
}

function legendText(text, x, y, paint) {
  return makeSvg("text", { x: short(x), y: short(y), "font-size": PAPER.small, fill: colour(paint) }, xmlText(text));
}

/** A sample of a line or a dot, 38 wide. */
function legendSample({ paint, dash, width, opacity, shape }, x, y) {
  const fill = colour(paint), outline = { fill, stroke: colour("ink"), "stroke-width": 1.2 };
  if (shape === "square") return makeSvg("rect", { x: x + 26, y: y - 6, width: 12, height: 12, ...outline });
  if (shape === "dot" || shape === "ring") return makeSvg("circle", { cx: x + 32, cy: y, r: 6, ...outline });
  const ends = { arrow: [TAIL, ARROW], both: [ARROW, ARROW], circle: [TAIL, CIRCLE] }[shape] || [TAIL, TAIL];
  const [start, end] = [ends[0] === TAIL ? x : x + 9, ends[1] === TAIL ? x + 38 : x + 29];
  const head = (mark, tip, way) => headMark({ tip: { x: tip, y }, back: { x: tip - way, y }, long: 10 }, mark, fill);
  const stroke = { stroke: fill, "stroke-width": short(width), "stroke-dasharray": dash.join(" ") || null };
  return makeSvg("g", { opacity, "data-paint": paint },
    makeSvg("line", { x1: start, x2: end, y1: y, y2: y, ...stroke }), head(ends[0], x, -1), head(ends[1], x + 38, 1));
}
