/** What can be taken along: a picture for a talk or a paper, a table, and the graph for other programs. */
const EXPORTS = [
  ["svg", "Picture (SVG)", "for papers: sharp at any size", "image/svg+xml", svgOf],
  ["png", "Picture (PNG)", "for slides and mail", "image/png", pngOf],
  ["csv", "Table of edges (CSV)", "for spreadsheets and R", "text/csv", edgesCsv],
  ["json", "Graph (JSON)", "ValueGraph.from_json reads it", "application/json", toJson],
  ["dot", "Graphviz (DOT)", "for graphviz", "text/vnd.graphviz", toDot],
  ["dagitty", "DAGitty", "for dagitty.net and R", "text/plain", toDagitty],
];
const MOST_PIXELS = 16_000; // along one side of a picture

/** The picture in dots, two for one. @returns {Promise<Blob>} */
async function pngOf(now) {
  const picture = pictureOf(now), wide = picture.width.baseVal.value, high = picture.height.baseVal.value;
  const scale = Math.min(2, MOST_PIXELS / Math.max(wide, high));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(picture))}`;
  await image.decode();
  const canvas = make("canvas", { width: Math.round(scale * wide), height: Math.round(scale * high) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
}

/** A file's name from the title, in letters that every system takes. */
function fileName(ending) {
  const plainLetters = told.title.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const name = plainLetters.slice(0, 60).replace(/^-+|-+$/g, "");
  return `${name === "" || /^(con|prn|aux|nul|com\d|lpt\d)$/.test(name) ? "value-graph" : name}.${ending}`;
}

/** Hand a file over, as if a link to it had been followed. */
function download(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function exportAs(ending) {
  const [, , , type, write] = EXPORTS.find(([known]) => known === ending);
  const made = await write(state);
  download(new Blob([made], { type }), fileName(ending));
  announce(`${fileName(ending)} is saved.`);
}

/** The menu: a button that opens a list of buttons; Escape, or going elsewhere, closes it. */
function startExports() {
  const buttons = EXPORTS.map(([ending, label, use]) => make("button", {
    type: "button", class: "export", "data-format": ending, on: { click: () => { close(true); exportAs(ending); } },
  }, make("span", {}, label), make("span", { class: "note" }, use)));
  const summary = make("summary", {}, "Export");
  const menu = make("details", { class: "menu", id: "exports" }, summary,
    make("div", { class: "menu-list", role: "group", "aria-label": "Export what is shown as" }, ...buttons));
  const close = (back) => {
    menu.open = false;
    if (back) summary.focus();
  };
  menu.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && menu.open) close(true);
    else if (steps && menu.open) {
      const at = buttons.indexOf(document.activeElement);
      buttons[at < 0 ? 0 : (at + steps + buttons.length) % buttons.length].focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const closeOutside = (place) => { if (place && !menu.contains(place)) close(false); };
  document.addEventListener("pointerdown", (event) => closeOutside(event.target));
  menu.addEventListener("focusout", (event) => closeOutside(event.relatedTarget));
  slot("toolbar").append(menu);
}
