/** On paper: the drawing in ink that prints, its legend, every table, and what to keep in mind. */
const MOST_PRINTED = { edges: 400, values: 400, compared: 400, effects: 60 }; // tables in this order, rows

/** What stands on paper in place of the page. */
function sheetOf(now) {
  const filled = Object.entries(MOST_PRINTED).filter(([name]) => !(TABLES[name].lack && TABLES[name].lack(now)));
  return make("div", { id: "sheet" },
    pictureOf(now), ...filled.map(([name, most]) => tableOf(name, now, { most, printed: true })));
}

/** Before printing everything is light; afterwards as it was. */
function startPrinting() {
  const root = document.documentElement;
  window.addEventListener("beforeprint", () => {
    const { theme } = state;
    if (slot("sheet")) return;
    change({ theme: "light" });
    slot("main").append(sheetOf(state));
    root.dataset.printing = theme;
  });
  window.addEventListener("afterprint", () => {
    if (!slot("sheet")) return;
    slot("sheet").remove();
    change({ theme: root.dataset.printing });
    delete root.dataset.printing;
  });
}
