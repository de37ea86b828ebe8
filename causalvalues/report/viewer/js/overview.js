/**
 * All values at a glance, before one is chosen: what each drags along if it is raised by 1, most first.
 *
 * Only changes that arrows may carry, and whose interval leaves out zero, are told and added up.
 */
const MOST_SUMMED = 40; // values, where the sums must first be made from draws

/** Every value with its clear side effects; null where that is not known or would take long. */
function overview() {
  if (told.effects === null && (influence === null || values.length > MOST_SUMMED)) return null;
  const rows = values.filter(isSettable).map((value) => {
    const leads = reachableFrom(value);
    const clear = sideEffectsOf(value).reached.filter(({ node, spot }) => isClear(spot) && leads.has(node));
    return { value, clear, moved: clear.reduce((sum, { spot }) => sum + Math.abs(spot.middle), 0) };
  });
  return rows.sort((one, two) => two.moved - one.moved || one.value - two.value);
}

/** The panel while no value is chosen. */
function overviewPart() {
  const hint = "Choose a value here or in the drawing, to see what happens to the others if it is raised.";
  const rows = overview();
  if (rows === null) return para("note", hint);
  const dragging = rows.filter(({ clear }) => clear.length), alone = rows.filter(({ clear }) => !clear.length);
  return [
    make("h2", {}, "If one value is raised by 1"),
    para("note", hint),
    make("ul", { class: "bars overview", "aria-label": "What each value drags along" }, dragging.map(overviewRow)),
    alone.length
      ? para("note", `No arrow carries a change that is clear of zero from ${andList(alone.map(({ value }) => nodes[value].name))}.`)
      : null,
    dragging.length ? para("note", "Right: the sizes of these changes, added up.") : null,
  ];
}

function overviewRow({ value, clear, moved }) {
  const words = raisedAndLowered(clear);
  const on = { click: () => change({ value, towards: null, edge: null }) };
  return make("li", {}, make("button", { class: "overview-row", type: "button", on, "data-moved": moved },
    bit("name", nodes[value].name), bit("muted", andList(words)), bit("number", plain(moved))));
}
