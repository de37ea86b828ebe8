/**
 * The twin of the drawing for readers without a mouse or without eyes: the same edges and values as
 * tables, filtered alike. A row's button chooses what it is about, a heading's button sorts.
 */
const MOST_ROWS = 300; // at once; a button shows the rest

/** The rows as they are sorted now. */
function sortedRows(name, now) {
  const table = TABLES[name], rows = table.rows(now), given = now.sort[name];
  if (given === undefined) return rows;
  const [key, sign] = given.startsWith("-") ? [given.slice(1), -1] : [given, 1];
  const column = table.columns(now).find(([known]) => known === key);
  if (!column) return rows;
  const [, , cell, number] = column, order = new Intl.Collator("en", { numeric: true });
  const keyed = rows.map((row) => [number ? number(row) : cell(row), row]);
  const none = (at) => at === null || at === undefined;
  keyed.sort(([one], [other]) => {
    if (none(one) || none(other)) return none(one) - none(other); // what is not known comes last
    return sign * (number ? one - other : order.compare(one, other));
  });
  return keyed.map(([, row]) => row);
}

/** Sort by a column, or the other way round. */
function sortBy(name, key) {
  const turned = state.sort[name] === key ? `-${key}` : key;
  change({ sort: Object.freeze({ ...state.sort, [name]: turned }) });
}

/** One heading: a button, and which way it sorts. */
function headCell(name, [key, heading, , number], now) {
  const given = now.sort[name], way = { [key]: "ascending", [`-${key}`]: "descending" }[given];
  return make("th", { scope: "col", class: number ? "number" : null, "aria-sort": way || "none" },
    make("button", { type: "button", class: "sort", "data-sort": key, on: { click: () => sortBy(name, key) } }, heading,
      make("span", { class: "way", "aria-hidden": "true" }, { ascending: "▲", descending: "▼" }[way] || "")));
}

/** One row; its first cell is a button, where rows can be chosen. */
function bodyRow(row, columns, printed) {
  const cells = columns.map(([, , cell, number], at) => {
    const text = cell(row);
    const look = number ? { class: "number", "data-value": number(row) } : { class: text.length > 60 ? "words" : null };
    if (at > 0) return make("td", look, text);
    const choose = { type: "button", class: "link", "data-row": row.key, on: { click: () => change(row.choose) } };
    return make("th", { scope: "row" }, printed ? text : make("button", choose, text));
  });
  return make("tr", { "data-key": row.key }, ...cells);
}

/** "12 of 30 edges …". */
function tableCaption(name, rows, shown) {
  const { label, about } = TABLES[name];
  return `${label}: ${rows.length}${shown < rows.length ? `, the first ${shown} of them here` : ""}. ${about}`;
}

/** Columns in which something is known. */
function filledColumns(name, rows, now) {
  const isKnown = (text) => text !== "" && text !== "—";
  return TABLES[name].columns(now)
    .filter(([, , cell], at) => at === 0 || !rows.length || rows.some((row) => isKnown(cell(row))));
}

/** A whole table; printed it has no buttons. */
function tableOf(name, now, { most = MOST_ROWS, printed = false } = {}) {
  const rows = sortedRows(name, now), shown = rows.slice(0, most), columns = filledColumns(name, rows, now);
  const head = (column) => (printed ? make("th", { scope: "col" }, column[1]) : headCell(name, column, now));
  return make("table", { "data-table": name },
    make("caption", {}, make("span", {}, tableCaption(name, rows, shown.length))),
    make("thead", {}, make("tr", {}, ...columns.map(head))),
    make("tbody", {}, ...shown.map((row) => bodyRow(row, columns, printed))));
}

/** The chosen row stands out, and says so. */
function markChosen(panel, now) {
  const table = TABLES[now.table], known = new Map(table.rows(now).map((row) => [row.key, row]));
  for (const row of panel.querySelectorAll("tr[data-key]")) {
    const about = known.get(row.dataset.key), chosen = about !== undefined && table.chosen(about, now);
    if (chosen) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

/** Draw a panel anew, and leave the focus where it was. */
function drawTable(panel, now) {
  const { lack, rows } = TABLES[now.table], missing = lack && lack(now);
  const { sort, row } = panel.contains(document.activeElement) ? document.activeElement.dataset : {};
  if (missing) {
    fill(panel, make("p", { class: "empty" }, missing));
    return;
  }
  const most = panel.dataset.whole === now.table ? Infinity : MOST_ROWS, count = rows(now).length;
  fill(panel, tableOf(now.table, now, { most }), count > most ? allRowsButton(panel, count) : null);
  markChosen(panel, now);
  const isSame = ({ dataset }) => (sort ? dataset.sort === sort : row !== undefined && dataset.row === row);
  const again = [...panel.querySelectorAll("button")].find(isSame);
  if (again) again.focus({ preventScroll: true });
}

function allRowsButton(panel, count) {
  const showAll = () => {
    panel.dataset.whole = state.table;
    drawTable(panel, state);
  };
  return make("button", { type: "button", class: "all", on: { click: showAll } }, `Show all ${count} rows`);
}

/** Which table: one of a few tabs, reached by arrow keys. */
function tableTabs() {
  const names = Object.keys(TABLES);
  const buttons = names.map((name) => make("button", {
    type: "button", role: "tab", id: `table-tab-${name}`, "aria-controls": "table",
    on: { click: () => change({ table: name }) },
  }, TABLES[name].label));
  const list = make("div", { class: "tabs", role: "tablist", "aria-label": "Tables" }, ...buttons);
  list.addEventListener("keydown", (event) => {
    const at = names.indexOf(state.table), last = names.length - 1;
    const next = at === last ? 0 : at + 1, before = at === 0 ? last : at - 1;
    const to = { ArrowRight: next, ArrowLeft: before, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    change({ table: names[to] });
    buttons[to].focus();
  });
  watch(["table"], (now) => buttons.forEach((button, at) => {
    button.setAttribute("aria-selected", String(names[at] === now.table));
    button.tabIndex = names[at] === now.table ? 0 : -1;
  }));
  return list;
}

function startTables() {
  const panel = make("div", { id: "table", role: "tabpanel", tabindex: 0, class: "scroll" });
  fill(slot("tables"), make("h2", {}, "Tables"), tableTabs(), panel);
  watch(["table", "graph", "against", "search", "support", "size", "kinds", "signs", "sort"], (now) => {
    panel.setAttribute("aria-labelledby", `table-tab-${now.table}`);
    drawTable(panel, now);
  });
  watch(["value", "towards", "edge", "settings", "tab", "trial"], (now) => {
    if (now.table === "values") drawTable(panel, now);
    else markChosen(panel, now);
  });
  slot("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the fragment holds the state
    slot("tables").scrollIntoView();
    slot("tables").focus();
  });
}
