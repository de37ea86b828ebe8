/** The panels beside the drawing: one at a time, reached by arrow keys; an empty one says what it lacks. */
const TABS = [
  ["side-effects", "Side effects", null],
  ["what-if", "What if", () => told.influence === null && [
    "No effects are known for this graph. A page made from a study's folder has them: ", "causalvalues view RUN"]],
  ["trials", "Measured", () => told.trials.length === 0 && [
    "No intervention was measured yet. After ", "causalvalues evaluate RUN",
    ", show the study again with ", "causalvalues view RUN"]],
  ["plan", "Plan", () => told.plan === null && [
    "Nothing was planned yet. After ", "causalvalues plan RUN",
    ", show the study again with ", "causalvalues view RUN"]],
  ["comparison", "Compare", () => graphs.length < 2 && [
    "There is only one graph in this page. A second one stands beside it after ",
    "causalvalues view GRAPH --against OTHER"]],
];

/** A paragraph in which every other part is a command. */
function lackNote(parts) {
  return make("p", { class: "empty" }, ...parts.map((part, at) => at % 2 ? make("code", {}, part) : part), ".");
}

/** Go to the tab so many steps away, round the end. */
function stepTab(steps) {
  const at = TABS.findIndex(([key]) => key === state.tab);
  change({ tab: TABS[(at + steps + TABS.length) % TABS.length][0] });
  slot(`tab-${state.tab}`).focus();
}

function onTabKey(event) {
  const steps = { ArrowRight: 1, ArrowLeft: -1, Home: -TABS.findIndex(([key]) => key === state.tab) }[event.key];
  if (event.key === "End") change({ tab: TABS[TABS.length - 1][0] });
  else if (steps === undefined) return;
  event.preventDefault();
  stepTab(steps || 0);
}

function startTabs() {
  const buttons = TABS.map(([key, label, lack]) => {
    const parts = lack && lack();
    slot(key).setAttribute("aria-labelledby", `tab-${key}`);
    if (parts) fill(slot(key), lackNote(parts));
    return make("button", {
      type: "button", role: "tab", id: `tab-${key}`, "aria-controls": key, class: parts ? "lacking" : null,
      on: { click: () => change({ tab: key }) },
    }, label);
  });
  fill(slot("tabs"), buttons);
  slot("tabs").addEventListener("keydown", onTabKey);
  watch(["tab"], (now) => TABS.forEach(([key], at) => {
    const open = key === now.tab;
    buttons[at].setAttribute("aria-selected", String(open));
    buttons[at].tabIndex = open ? 0 : -1;
    slot(key).hidden = !open;
  }));
}
