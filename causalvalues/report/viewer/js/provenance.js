/** Where the numbers come from, after what a reader must know before trusting them. */
const ANSWERS = [
  [true, "passed", "✓", "passed"], [false, "failed", "✗", "failed"], [null, "not asked", "?", "unasked"],
];

/** A named check with its answer, in a sign and in words. */
function checkLine({ name, passed, detail }) {
  const [, word, sign, look] = ANSWERS.find(([answer]) => answer === passed);
  return make("li", { class: `answer ${look}` },
    make("span", { class: "sign", "aria-hidden": "true" }, sign), " ", make("b", {}, word), `: ${name}`,
    detail ? make("span", { class: "note" }, ` — ${detail}`) : null);
}

/** "2 passed, 1 failed". */
function checkCounts(checks) {
  return ANSWERS.map(([answer, word]) => [checks.filter((check) => check.passed === answer).length, word])
    .filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`).join(", ");
}

/** A value of the manifest as text. */
function manifestText(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Part of the manifest as a list of names and values; nothing where it is empty. */
function manifestPart(title, content) {
  const entries = content !== null && typeof content === "object" ? Object.entries(content) : [[title, content]];
  const known = entries.filter(([, value]) => value !== null && value !== undefined);
  if (!known.length) return null;
  const line = ([name, value]) => [make("dt", {}, name), make("dd", {}, make("code", {}, manifestText(value)))];
  return make("div", { class: "part" }, make("h3", {}, title), make("dl", {}, ...known.flatMap(line)));
}

/** How to cite the page: what it is, what made it, and by which digest it is known again. */
function citation() {
  const made = told.provenance.manifest, [digest] = Object.values(made.digests || {});
  const parts = [`“${told.title}”.`, `Value graph made with ${versionLine()}`];
  if (made.command) parts.push(`by the command ${made.command}`);
  if (made.revision) parts.push(`at revision ${made.revision}`);
  return `${parts.join(" ")}${digest ? `, from data with the SHA-256 ${digest}` : ""}.`;
}

function startProvenance() {
  const { caveats, checks, manifest } = told.provenance;
  const parts = [
    ["Command", manifest.command], ["Parameters", manifest.parameters], ["Seeds", manifest.seeds],
    ["Versions", manifest.versions], ["Revision", manifest.revision], ["Digests (SHA-256)", manifest.digests],
  ];
  const made = parts.map(([title, content]) => manifestPart(title, content || null)).filter(Boolean);
  fill(slot("provenance"),
    make("section", { class: "caveats", "aria-labelledby": "caveats-title" },
      make("h2", { id: "caveats-title" }, "What to keep in mind"),
      make("ul", {}, ...caveats.map((caveat) => make("li", {}, caveat)))),
    checks.length ? make("section", { class: "checks", "aria-labelledby": "checks-title" },
      make("h2", { id: "checks-title" }, `Checks: ${checkCounts(checks)}`),
      make("ul", {}, ...checks.map(checkLine))) : null,
    make("details", { class: "made", id: "made" },
      make("summary", {}, `How this was made: ${versionLine()}${manifest.command ? `, ${manifest.command}` : ""}`),
      made.length ? made : make("p", { class: "note" }, "The graph does not say how it was made.")),
    make("p", { class: "cite" }, make("b", {}, "To cite: "), citation()));
}
