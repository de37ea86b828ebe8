/**
 * Interventions of a study: what was predicted of each beside what was measured, misses flagged.
 *
 *   hollow grey dot   predicted, with the interval that the measured mean should lie in
 *   filled dot        measured, with its interval; in the warning colour where it was missed
 *
 * What a prediction was given counts for nothing, and neither does an intervention that broke the
 * model: it is shown with its faults.
 */
const INSIDE_SHARE = 0.95; // of measured means that should lie in their intervals

/** How many changes were predicted and measured, and how many of them were missed. */
function missesOf(trial) {
  const judged = trial.rows.filter(({ verdict }) => verdict === "as predicted" || verdict === "missed");
  return { judged: judged.length, missed: judged.filter(({ verdict }) => verdict === "missed").length };
}

/** The same over all interventions that left the model whole. */
function allMisses(trials) {
  const counts = trials.filter(({ healthy }) => healthy).map(missesOf);
  const sum = (part) => counts.reduce((total, each) => total + each[part], 0);
  return { judged: sum("judged"), missed: sum("missed") };
}

/** Places of the interventions that are listed. */
function listedTrials(now) {
  const places = told.trials.map((_, place) => place);
  return now.misses ? places.filter((place) => missesOf(told.trials[place]).missed > 0) : places;
}

function startTrials() {
  if (!told.trials.length) return;
  const chooser = picker("Intervention", "choose one", (trial) => change({ trial }));
  const only = make("input", { type: "checkbox", on: { change: ({ target }) => change({ misses: target.checked }) } });
  const one = make("div", {}), overview = make("div", { class: "scroll" }), rows = overviewRows();
  fill(slot("trials"),
    make("h2", {}, "Predicted and measured"),
    para("summary", overallInWords(allMisses(told.trials))),
    para("muted", kindsInWords()),
    make("label", { class: "check" }, only, "Only interventions with misses"),
    chooser.element, one, make("h3", {}, "All interventions"), overview, para("note", howToReadTrials()));
  watch(["misses"], (now) => {
    only.checked = now.misses;
    fill(overview, overviewTable(listedTrials(now).map((place) => rows[place])));
  });
  watch(["misses", "trial"], (now) => {
    const trial = told.trials[now.trial], places = listedTrials(now);
    const shown = trial && !places.includes(now.trial) ? [...places, now.trial] : places;
    chooser.show(trial ? now.trial : null, shown.map((place) => [place, trialInShort(told.trials[place])]));
    rows.forEach((row, place) => row.setAttribute("aria-selected", String(place === now.trial)));
    fill(one, trial ? trialPart(trial) : para("note", "Choose an intervention here or in the table below."));
  });
}

function trialInShort(trial) {
  const { missed, judged } = missesOf(trial);
  return `${trial.name} (${trial.healthy ? `${missed} of ${judged} missed` : "broke the model"})`;
}

/** "Of 816 changes that were predicted and measured, 812 (99.5 %) lie in their 95 % intervals …". */
function overallInWords({ judged, missed }) {
  if (!judged) return "No change was both predicted and measured.";
  const expected = (1 - INSIDE_SHARE) * judged, share = (100 * (judged - missed)) / judged;
  const chance = 2 * Math.sqrt(expected * INSIDE_SHARE);
  const said = missed > expected + chance ? "more misses than such intervals should have"
    : missed < expected - chance ? "fewer misses than such intervals should have: they are wider than they need to be"
      : "about as many misses as such intervals should have";
  return `Of ${judged} changes that were predicted and measured, ${judged - missed} (${share.toFixed(1)} %) lie in `
    + `their 95 % intervals: ${missed} missed, where ${Math.round(expected)} would be expected. That is ${said}.`;
}

/** "Missed by kind: feature 1 of 351, line 3 of 450." */
function kindsInWords() {
  const kinds = [...new Set(told.trials.map(({ kind }) => kind))];
  const said = kinds.map((kind) => {
    const { missed, judged } = allMisses(told.trials.filter((trial) => trial.kind === kind));
    return `${kind} ${missed} of ${judged}`;
  });
  const broken = told.trials.filter(({ healthy }) => !healthy).length;
  return `Missed by kind: ${said.join(", ")}.${broken ? ` Not counted: ${broken} that broke the model.` : ""}`;
}

/** One intervention: what was predicted of every value, and what came. */
function trialPart(trial) {
  const { missed, judged } = missesOf(trial);
  const roles = trial.n_roles === null ? "" : ` Measured in ${trial.n_roles} roles.`;
  return [
    make("h3", {}, trial.name, bit("tag", trial.kind)),
    para("summary", `${missed} of ${judged} predicted changes were missed. ${trial.says}${roles}`),
    trial.healthy ? null : para("miss", `It broke the model: ${trial.faults.join("; ")}`),
    besideEachOther(trial.rows, `Predicted and measured under ${trial.name}`),
  ];
}

/** Rows with predicted and measured one below the other, on one scale. */
function besideEachOther(rows, label) {
  const pairs = rowsInOrder(rows).map((row) => ({
    row, predicted: rowSpot(row, "predicted"), measured: rowSpot(row, "measured"),
  }));
  const spots = pairs.flatMap(({ predicted, measured }) => [predicted, measured]).filter((spot) => spot !== null);
  const scale = scaleOf(numbersOf(spots));
  const isMeasured = rows.some(({ measured }) => measured !== null);
  return make("ul", { class: "bars", "aria-label": label }, pairs.map((pair) => verdictRow(pair, scale, isMeasured)));
}

/** Targets first, then what is held, then the others, largest change first. */
function rowsInOrder(rows) {
  const rank = { target: 0, held: 1, other: 2 };
  const size = ({ measured, predicted }) => Math.abs(measured === null ? predicted : measured);
  return [...rows].sort((one, two) => rank[one.role] - rank[two.role] || size(two) - size(one));
}

/** A column of a row with its interval; null where there is no number. @returns {?Spot} */
function rowSpot(row, column) {
  return row[column] === null ? null : spotOf(row[column], row[`${column}_low`], row[`${column}_high`]);
}

function verdictRow({ row, predicted, measured }, scale, isMeasured) {
  const missed = row.verdict === "missed";
  const marks = [{ spot: predicted, look: "predicted" }];
  if (isMeasured) marks.push({ spot: measured, look: missed ? "outside" : "measured" });
  const words = [["predicted", predicted], ["measured", measured]].filter(([, spot]) => spot !== null)
    .map(([word, spot]) => `${word} ${signed(spot.middle)} (${interval(spot.interval_low, spot.interval_high)})`);
  return make("li", { class: "bar-row verdict-row", "data-node": row.node, "data-verdict": row.verdict },
    bit("name", nodes[row.node].name, row.role === "other" ? null : bit("tag", row.role)),
    chart(scale, marks),
    make("span", { class: missed ? "verdict miss" : "verdict" }, isMeasured ? verdictInWords(row) : ""),
    (words.length ? words : ["neither predicted nor measured"]).map((text) => bit("muted", text)));
}

/** The verdict, as it reads beside a row; what was given to the prediction is said to be given. */
function verdictInWords({ verdict, role }) {
  if (verdict === "not predicted" && role === "target") return "given";
  return { missed: "✗ missed", "as predicted": "✓ as predicted" }[verdict] || verdict;
}

/** One row per intervention; its name chooses it. */
function overviewRows() {
  return told.trials.map((trial, place) => {
    const { missed, judged } = missesOf(trial);
    const choose = () => change({ trial: place }), faults = trial.faults.join("; ");
    const pick = make("button", { type: "button", class: "link", on: { click: choose } }, trial.name);
    return make("tr", { "aria-selected": false, "data-trial": place },
      make("td", {}, pick), make("td", {}, trial.kind),
      make("td", { class: missed ? "number miss" : "number" }, `${missed} of ${judged}`),
      make("td", {}, trial.healthy ? "healthy" : bit("miss", faults)));
  });
}

function overviewTable(rows) {
  const heads = [["Intervention"], ["Kind"], ["Missed", "number"], ["Model"]];
  return rows.length ? make("table", { class: "overview" },
    make("thead", {}, make("tr", {}, heads.map(([text, look]) => make("th", { scope: "col", class: look }, text)))),
    make("tbody", {}, rows)) : para("note", "None.");
}

function howToReadTrials() {
  return "Hollow dot: predicted, with the interval that the measured mean should lie in, its own error counted in. "
    + "Filled dot: measured, with its 95 % interval. “Given” is what the prediction was made from. "
    + "Interventions that broke the model are not counted.";
}
