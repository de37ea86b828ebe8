/** Search and filters: which graph, which values, which edges. What is hidden is counted. */
const KIND_LABELS = {
  directed: "Direction found", undirected: "Direction open",
  bidirected: "Hidden common cause", partial: "An end open",
};
const SIGN_LABELS = { raises: "Raises", lowers: "Lowers", unknown: "Effect not known" };
const MOST_FOUND = 6; // search results in the list
const FILTERS = ["search", "support", "size", "kinds", "signs"];
const KIND_GROUPS = { found: "This graph", search: "Other searches", agreement: "Agreement", other: "Other graphs" };

/** The choice of graph, for the row of tools. */
function graphPicker() {
  const { element, select } = pickerOf("graph", "Graph", (value) => {
    const graph = Number(value);
    change({ graph, against: state.against === graph ? null : state.against, edge: null });
  });
  for (const [kind, label] of Object.entries(KIND_GROUPS)) {
    const own = graphs.map((graph, place) => [graph, place]).filter(([graph]) => graph.kind === kind);
    const options = own.map(([graph, place]) => make("option", { value: String(place) }, graph.name));
    if (own.length) select.append(make("optgroup", { label }, ...options));
  }
  watch(["graph"], (now) => { select.value = String(now.graph); });
  return element;
}

/** Values that the search finds, the first of them chosen by Enter. */
function foundValues(now) {
  return now.search.trim() === "" ? [] : nodes.map((_, node) => node).filter((node) => matches(node, now));
}

function searchField() {
  const list = make("ul", { class: "found", id: "found" });
  const input = make("input", {
    type: "search", id: "search", placeholder: "Name, meaning or group", autocomplete: "off", spellcheck: "false",
    "aria-keyshortcuts": "/",
    on: {
      input: () => change({ search: input.value.trimStart() }),
      keydown: (event) => {
        const [first] = foundValues(state);
        if (event.key === "Enter" && first !== undefined) change({ value: first, towards: null, edge: null });
      },
    },
  });
  watch(["search", "value"], (now) => {
    if (input.value.trimStart() !== now.search) input.value = now.search;
    const found = foundValues(now);
    fill(list, found.slice(0, MOST_FOUND).map((node) => make("li", {}, make("button", {
      type: "button", class: "link", "aria-pressed": String(now.value === node),
      on: { click: () => change({ value: node, towards: null, edge: null }) },
    }, nodes[node].name))),
    found.length > MOST_FOUND ? make("li", { class: "note" }, `and ${found.length - MOST_FOUND} more`) : null,
    now.search.trim() !== "" && !found.length ? make("li", { class: "note" }, "No value has these words.") : null);
  });
  const label = make("label", { class: "name", for: "search" },
    make("span", {}, "Find a value"), make("kbd", { "aria-hidden": "true" }, "/"));
  return make("div", { class: "filter" }, label, input, list);
}

/** A slider for a least number. */
function leastSlider(key, label, most, step, told, known, lack) {
  const output = make("output", { for: `least-${key}` });
  const input = make("input", {
    type: "range", id: `least-${key}`, min: 0, max: most, step, disabled: !known,
    on: { input: () => change({ [key]: Number(input.value) }) },
  });
  watch([key], (now) => {
    input.value = String(now[key]);
    fill(output, now[key] === 0 ? "all" : told(now[key]));
    input.setAttribute("aria-valuetext", now[key] === 0 ? "all" : told(now[key]));
  });
  return make("div", { class: "filter" },
    make("div", { class: "name" }, make("label", { for: `least-${key}` }, label), output), input,
    known ? null : make("p", { class: "note" }, lack));
}

/** Boxes to tick, one per kind or sign, each with how many edges are of it. */
function tickBoxes(key, title, labels, partOf) {
  const counts = {}, boxes = {};
  const toggle = (name) => {
    const ticked = (each) => (each === name ? boxes[each].checked : state[key].includes(each));
    change({ [key]: Object.freeze(Object.keys(labels).filter(ticked)) });
  };
  const rows = Object.entries(labels).map(([name, label]) => {
    boxes[name] = make("input", { type: "checkbox", name: key, value: name, on: { change: () => toggle(name) } });
    counts[name] = make("span", { class: "count" });
    return make("label", { class: "check" }, boxes[name], label, counts[name]);
  });
  watch([key, "graph", "against"], (now) => {
    const all = allEdges(now);
    Object.keys(labels).forEach((name, at) => {
      const count = all.filter((each) => each[partOf] === name).length;
      boxes[name].checked = now[key].includes(name);
      rows[at].hidden = count === 0 && now[key].includes(name);
      fill(counts[name], String(count));
    });
  });
  return make("fieldset", { class: "filter" }, make("legend", {}, title), ...rows);
}

/** How many edges are shown, and the way back to all of them. */
function shownNote() {
  const note = make("p", { class: "note", id: "shown-count", role: "status" });
  const clear = make("button", { type: "button", id: "clear-filters", on: { click: clearFilters } }, "Show all");
  watch([...FILTERS, "graph", "against"], (now) => {
    const all = allEdges(now).length, shown = shownEdges(now).length;
    fill(note, `${shown} of ${all} edges shown`);
    clear.disabled = FILTERS.every((key) => String(now[key]) === String(initial[key]));
  });
  return make("div", { class: "filter" }, note, clear);
}

function clearFilters() {
  change(Object.fromEntries(FILTERS.map((key) => [key, initial[key]])));
}

function startFilters() {
  const supported = graphs.some((graph) => graph.edges.some((edge) => edge.support !== null));
  const sized = graphs.some((graph) => graph.edges.some((edge) => effectAlong(edge) !== null));
  const details = make("details", { open: matchMedia("(min-width: 821px)").matches || null },
    make("summary", {}, "Search and filters"),
    searchField(),
    leastSlider("support", "Found in at least", 1, 0.01, percent, supported,
      "This graph carries no support from resamples."),
    leastSlider("size", "Effect at least", Math.ceil(largestEffect * 100) / 100, 0.01, (size) => `±${plain(size)}`,
      sized, "This graph carries no effects."),
    tickBoxes("signs", "Effect", SIGN_LABELS, "sign"),
    tickBoxes("kinds", "Ends", KIND_LABELS, "kind"),
    shownNote());
  fill(slot("filters"), details);
  slot("toolbar").append(graphPicker());
  matchMedia("(min-width: 821px)").addEventListener("change", (wide) => { if (wide.matches) details.open = true; });
}
