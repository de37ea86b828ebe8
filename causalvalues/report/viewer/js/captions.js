/** What is said beside a drawing or a table: which filters are in force, and where the numbers are from. */

/** The filters and settings in force, a short phrase each; nothing where all is shown. */
function filtersInWords(now) {
  const words = [];
  if (now.support > 0) words.push(`found in at least ${percent(now.support)} of resamples`);
  if (now.size > 0) words.push(`an effect of at least ${plain(now.size)}`);
  if (now.kinds.length < initial.kinds.length) words.push(`ends: only ${listed(now.kinds, KIND_NAMES)}`);
  if (now.signs.length < initial.signs.length) words.push(`effects: only ${listed(now.signs, SIGN_NAMES)}`);
  if (now.search !== "") words.push(`search for “${now.search}”`);
  return words;
}

/** What is set in "what if", or nothing. */
function settingsInWords(now) {
  return Object.entries(now.settings).map(([node, by]) =>
    by === 0 ? `${nodes[node].name} held` : `${nodes[node].name} ${signed(by)}`);
}

/** Which graph is shown, beside which, through which filters: the lines under an exported drawing. */
function captionLines(now) {
  const graph = graphs[now.graph];
  const lines = [`Graph: ${graph.name}${graph.says ? ` (${graph.says})` : ""}`];
  if (now.against !== null) lines[0] += `, compared with ${graphs[now.against].name}`;
  const words = filtersInWords(now), settings = settingsInWords(now);
  lines.push(words.length ? `Shown: ${words.join("; ")}` : "Shown: every edge, no filter");
  if (settings.length) lines.push(`What if: ${settings.join(", ")}`);
  if (now.value !== null && !settings.length) lines.push(`Chosen: ${nodes[now.value].name}`);
  return [...lines, provenanceLine()];
}

/** In one line what made the graph. */
function provenanceLine() {
  const made = told.provenance.manifest;
  const digests = Object.entries(made.digests || {}).map(([of, digest]) => `${of} ${String(digest).slice(0, 12)}`);
  const parts = [
    made.command && `command ${made.command}`, made.revision && `revision ${made.revision}`, ...digests.slice(0, 4),
  ];
  return [versionLine(), ...parts.filter(Boolean)].join(" · ");
}

/** "causalvalues 0.1.0". */
function versionLine() {
  return document.querySelector("meta[name=generator]").content;
}

/** Some things by their names: "one, two, three", or "none". */
function listed(chosen, names) {
  return chosen.length ? chosen.map((each) => names[each]).join(", ") : "none";
}
