/**
 * What lines and dots mean, for the page and for everything that leaves it. Only what this graph
 * can show is told.
 *
 *   shape   line, arrow, both, circle (an open end), dot, square, ring
 */
const SIGN_NAMES = { raises: "raises", lowers: "lowers", unknown: "effect not known" };
const KIND_NAMES = {
  directed: "cause to effect", undirected: "direction open",
  bidirected: "hidden common cause", partial: "this end is open",
};
const KIND_SHAPES = { directed: "arrow", undirected: "line", bidirected: "both", partial: "circle" };
const CHANGE_NAMES = {
  same: "same in both", added: "only here", removed: "only there",
  reversed: "turned round", remarked: "marked otherwise",
};

/** Every entry of the legend: {group, label, paint, dash, width, opacity, shape}. */
function legendEntries(now) {
  const entry = (group, label, given) =>
    ({ group, label, paint: "ink", dash: [], width: 2, opacity: 1, shape: "line", ...given });
  const edges = graphs[now.graph].edges.concat(now.against === null ? [] : graphs[now.against].edges);
  const coloured = (names, group) => Object.entries(names)
    .map(([paint, label]) => entry(group, label, { paint, dash: DASHES[paint], width: 2.5 }));
  const signs = new Set(edges.map((edge) => signOf(effectAlong(edge))));
  const known = signs.has("raises") || signs.has("lowers");
  const isShown = ([sign]) => (sign === "unknown" ? signs.has(sign) : known);
  const signNames = Object.fromEntries(Object.entries(SIGN_NAMES).filter(isShown));
  const sizes = known ? [["small", 0.2], ["large", 1]] : [];
  const shares = edges.some((edge) => edge.support) ? [0.25, 1] : [];
  const kinds = Object.keys(KIND_NAMES).filter((kind) => edges.some((edge) => kindOf(edge) === kind));
  return [
    ...(now.against === null ? coloured(signNames, "Effect")
      : coloured(CHANGE_NAMES, `Beside ${graphs[now.against].name}`)),
    ...sizes.map(([label, share]) => entry("Size", label, { width: widthOf(share) })),
    ...shares.map((share) => entry("Found in", percent(share), { width: 3, opacity: opacityOf(share) })),
    ...kinds.map((kind) => entry("Ends", KIND_NAMES[kind], { shape: KIND_SHAPES[kind] })),
    ...nodeEntries(now, entry),
  ];
}

/** What the dots mean now. */
function nodeEntries(now, entry) {
  const dots = [["value", { paint: "node", shape: "dot" }]];
  if (values.length < nodes.length) dots.push(["context", { paint: "node", shape: "square" }]);
  if (shownChange(now) !== null) {
    dots.push(["would rise", { paint: "raises", shape: "dot" }], ["would fall", { paint: "lowers", shape: "dot" }]);
  }
  return dots.map(([label, given]) => entry("Dots", label, given));
}

/** A sample of a line or a dot, as the drawing has it. */
function sampleOf({ paint, dash, width, opacity, shape }) {
  const tone = `var(--${paint})`;
  const round = { dot: "50%", ring: "50%" }[shape];
  if (round || shape === "square") {
    return makeSvg("svg", { width: 14, height: 14, "aria-hidden": "true" },
      makeSvg(shape === "square" ? "rect" : "circle", {
        ...(shape === "square" ? { x: 2, y: 2, width: 10, height: 10 } : { cx: 7, cy: 7, r: 5 }),
        fill: tone, stroke: "var(--ink)", "stroke-width": 1,
      }));
  }
  const head = (x, way) => makeSvg("path", { d: `M${x} 7l${-5 * way} -3.5v7z`, fill: tone });
  const ends = [shape === "both" ? 5 : 1, { arrow: 29, both: 29, circle: 26 }[shape] || 33];
  return makeSvg("svg", {
    width: 34, height: 14, "aria-hidden": "true", "data-paint": paint, "data-dash": dash.join(" "), opacity,
  },
    makeSvg("line", {
      x1: ends[0], x2: ends[1], y1: 7, y2: 7, stroke: tone, "stroke-width": width,
      "stroke-dasharray": dash.join(" ") || null,
    }),
    shape === "arrow" || shape === "both" ? head(33, 1) : null,
    shape === "both" ? head(1, -1) : null,
    shape === "circle"
      ? makeSvg("circle", { cx: 29, cy: 7, r: 3, fill: "none", stroke: tone, "stroke-width": 1.5 }) : null);
}

function drawLegend(now) {
  const entries = legendEntries(now), titles = [...new Set(entries.map((each) => each.group))];
  fill(slot("legend"), titles.map((title) => make("div", { class: "part" },
    make("span", { class: "title" }, title),
    ...entries.filter((each) => each.group === title)
      .map((each) => make("span", { class: "entry" }, sampleOf(each), each.label)))));
}

function startLegend() {
  watch(["graph", "against", "value", "settings", "tab", "trial"], drawLegend);
}
