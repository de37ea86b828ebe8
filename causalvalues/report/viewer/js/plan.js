/** The plan: what was asked, what was chosen and why, what it should do, what it beat, what was left out. */
function startPlan() {
  if (!told.plan) return;
  const { plan } = told;
  const scale = scaleOfUsed(plan);
  fill(slot("plan"),
    make("h2", {}, "The plan"), para("summary", askedInWords(plan)),
    make("h3", {}, "What to use"), make("ul", { class: "used" }, plan.used.map((used) => usedPart(used, scale))),
    make("h3", {}, `What it should do${plan.predicted.some((row) => row.measured !== null) ? ", and did" : ""}`),
    besideEachOther(plan.predicted, "What the plan should do to every value"),
    make("h3", {}, "Why"), make("ul", { class: "why" }, plan.why.map((sentence) => make("li", {}, sentence))),
    ...beatPart(plan), ...leftOutPart(plan),
    para("note", `Predicted by: ${plan.method}. In ${told.unit}. The drawing shows the predicted change.`));
}

/** "Raise achievement by 0.30, and change nothing else, as far as that can be had." */
function askedInWords({ targets, hold }) {
  const asked = Object.entries(targets).map(([node, gain]) =>
    `${gain > 0 ? "raise" : "lower"} ${nodes[node].name} by ${plain(Math.abs(gain))}`);
  const held = andList(hold.map((node) => nodes[node].name));
  const rest = hold.length ? `hold ${held}` : "leave the other values where they are";
  return `Asked: ${andList(asked)}, and ${rest}, as far as that can be had.`;
}

/** One scale for what all parts change themselves. */
function scaleOfUsed({ used }) {
  return scaleOf(used.flatMap(({ direct }) => Object.values(direct)));
}

/** One intervention that is used: its dose, what it settles, and what it changes itself. */
function usedPart({ name, dose, settles, direct }, scale) {
  const spots = Object.entries(direct).map(([node, by]) => ({ node: Number(node), spot: spotOf(by, null, null) }));
  spots.sort((one, two) => Math.abs(two.spot.middle) - Math.abs(one.spot.middle));
  const large = spots.filter(({ spot }) => Math.abs(spot.middle) >= 0.005);
  return make("li", {},
    make("p", {}, make("b", {}, name), ` at dose ${signed(dose)}`,
      settles.length ? bit("tag", `settles ${andList(settles.map((node) => nodes[node].name))}`) : null),
    para("muted", large.length ? "What it changes itself:" : "It hardly changes anything itself."),
    make("ul", { class: "bars" }, large.map(({ node, spot }) => make("li", { class: "bar-row" },
      bit("name", nodes[node].name), chart(scale, [{ spot, look: "" }]),
      bit("number", signed(spot.middle))))));
}

/** The collateral of the plan beside that of other ways to the same gain, least first. */
function beatPart({ beat, collateral }) {
  const ways = [["this plan", collateral, true], ...Object.entries(beat).map(([name, size]) => [name, size, false])];
  ways.sort((one, two) => one[1] - two[1]);
  const most = Math.max(1e-9, ...ways.map(([, size]) => size));
  const row = ([name, size, chosen]) => make("li", { class: "bar-row", "data-collateral": size },
    bit("name", name), heap(size / most, chosen), bit("number", plain(size)));
  return [
    make("h3", {}, "What it beat"),
    para("muted", ways.length > 1
      ? "Collateral: how much all values change, taken together, that should not. Less is better."
      : `No single intervention reaches the same. Its own collateral is ${plain(collateral)}.`),
    ways.length > 1 ? make("ul", { class: "bars", "aria-label": "Collateral of each way" }, ways.map(row)) : null,
  ];
}

function heap(share, chosen) {
  const look = chosen ? "heap chosen" : "heap", width = `${(100 * share).toFixed(3)}%`;
  return makeSvg("svg", { class: "bar", width: "100%", height: 12, "aria-hidden": true, focusable: "false" },
    makeSvg("rect", { class: look, x: 0, y: 1, width, height: 10, rx: 2 }));
}

function leftOutPart({ left_out }) {
  const reasons = Object.entries(left_out).map(([name, reason]) => make("li", {}, make("b", {}, name), `: ${reason}`));
  return [
    make("h3", {}, "What was left out"),
    reasons.length ? make("ul", { class: "why" }, reasons) : para("muted", "Nothing: no candidate broke the model."),
  ];
}
