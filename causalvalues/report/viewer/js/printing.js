/** On paper: the drawing in ink that prints, its legend, every table, and what to keep in mind. */
const MOST_PRINTED = 400; // rows of one table

/** What stands on paper in place of the page. */
function sheetOf(now) {
  const filled = Object.keys(TABLES).filter((name) => !(TABLES[name].lack && TABLES[name].lack(now)));
  return make("div", { id: "sheet" },
    pictureOf(now), ...filled.map((name) => tableOf(name, now, { most: MOST_PRINTED, printed: true })));
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
