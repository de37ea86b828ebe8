/**
 * What is shown, as text for other programs. DOT and DAGitty read letter by letter as
 * causalvalues.discovery.formats writes them; JSON is the document that `ValueGraph.from_json` reads.
 *
 * Guarantee: no name changes the structure of the file that it stands in. Without filters JSON holds
 * the whole graph: marks and shares exactly, effects in the seven digits that the page has.
 */
const OTHER_CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/g; // all but the line feed

/** The shown graph as Python iterates over it: pairs in the order of the nodes, causes first. */
function shownGraph(now) {
  const absent = new Set(graphs[now.graph].absent);
  const own = nodes.map((_, place) => place).filter((place) => !absent.has(place));
  const edges = shownEdges(now).filter((each) => each.change !== "removed").map((each) => inOrder(each.edge));
  const rank = (edge) => Math.min(edge.first, edge.second) * nodes.length + Math.max(edge.first, edge.second);
  return { own, edges: edges.sort((one, other) => rank(one) - rank(other)) };
}

/** An edge as Python gives it: from the earlier node, or from cause to effect. */
function inOrder(edge) {
  const upwards = edge.first < edge.second ? edge : turnedRound(edge);
  return upwards.mark_first === ARROW && upwards.mark_second !== ARROW ? turnedRound(upwards) : upwards;
}

/** The same edge, told from its other end. */
function turnedRound({ first, second, mark_first, mark_second, support }) {
  const back = support && { ...support, directed: support.reversed, reversed: support.directed };
  return { first: second, second: first, mark_first: mark_second, mark_second: mark_first, support: back };
}

/** The graph document (docs/schema/graph.schema.json). */
function toJson(now) {
  const { own, edges } = shownGraph(now), graph = graphs[now.graph], found = now.graph === 0;
  const made = told.provenance.manifest;
  const whole = edges.length === graph.edges.length;
  const partly = {
    name: "every edge of the graph is in this file", passed: false,
    detail: `${edges.length} of ${graph.edges.length}; shown: ${filtersInWords(now).join("; ")}`,
  };
  const unheld = graph.resamples !== null || !graph.edges.some((edge) => edge.support) ? []
    : [{ name: "the support of every pair is in this file", passed: false, detail: "it is too large for a page" }];
  return JSON.stringify({
    schema: 1,
    nodes: own.map((place) => ({ name: nodes[place].name, kind: nodes[place].kind })),
    edges: edges.map(({ first, second, mark_first, mark_second }) => (
      { first: nodes[first].name, second: nodes[second].name, mark_first, mark_second }
    )),
    support: supportTables(graph, own),
    effects: found ? effectEntries() : [], // of other graphs the page holds none
    checks: [...(whole ? (found ? told.provenance.checks : []) : [partly]), ...unheld],
    manifest: found && made.command !== undefined ? made : null,
  }, null, 1) + "\n";
}

/** Shares of resamples for all pairs, in the order of the graph's nodes; null where the page has none. */
function supportTables(graph, own) {
  if (graph.resamples === null) return null;
  const { n_resamples: n, unit, pairs } = told.resamples[graph.resamples];
  const place = new Map(own.map((node, row) => [node, row]));
  const empty = () => own.map(() => own.map(() => 0));
  const shares = { adjacent: empty(), directed: empty(), undirected: empty(), bidirected: empty() };
  for (const [first, second, adjacent, directed, reversed, undirected, bidirected] of pairs) {
    const i = place.get(first), j = place.get(second);
    shares.directed[i][j] = directed / n;
    shares.directed[j][i] = reversed / n;
    for (const [name, count] of Object.entries({ adjacent, undirected, bidirected })) {
      shares[name][i][j] = shares[name][j][i] = count / n;
    }
  }
  return { unit, n_resamples: n, ...shares };
}

/** Every total effect that the page holds. */
function effectEntries() {
  if (!told.effects) return [];
  const entries = [];
  for (const [i, cause] of nodes.entries()) {
    for (const [j, effect] of nodes.entries()) {
      const held = effectOf(i, j);
      if (held === null) continue;
      const { low, high, interval_low, interval_high } = held;
      entries.push({
        cause: cause.name, effect: effect.name, low, high, interval_low, interval_high, method: told.effects.method,
      });
    }
  }
  return entries;
}

/** Graphviz. */
function toDot(now) {
  const { own, edges } = shownGraph(now);
  const statements = own.map((place) => {
    const { name, kind } = nodes[place];
    return `  ${dotQuoted(name)} [label=${dotLabel(name)}, shape=${kind === "value" ? "ellipse" : "box"}];`;
  });
  const head = ["digraph values {", '  node [fontname="Helvetica"];'];
  return [...head, ...statements, ...edges.map(dotEdge), "}"].join("\n") + "\n";
}

function dotEdge(edge) {
  const head = { [TAIL]: "none", [ARROW]: "normal", [CIRCLE]: "odot" };
  const attributes = kindOf(edge) === "directed" ? []
    : ["dir=both", `arrowtail=${head[edge.mark_first]}`, `arrowhead=${head[edge.mark_second]}`];
  if (edge.support) attributes.push(`label="${twoDigits(edge.support.adjacent)}"`);
  const said = attributes.length ? ` [${attributes.join(", ")}]` : "";
  return `  ${dotQuoted(nodes[edge.first].name)} -> ${dotQuoted(nodes[edge.second].name)}${said};`;
}

/** Two digits as Python rounds them: halves to the even one; of shares, eighths alone are halves. */
function twoDigits(share) {
  return { 0.125: "0.12", 0.625: "0.62" }[share] || share.toFixed(2);
}

function dotQuoted(name) {
  const escaped = name.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `"${escaped.replace(OTHER_CONTROL, (found) => `\\x${found.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`;
}

function dotLabel(name) {
  return dotQuoted(name.replace(OTHER_CONTROL, "\ufffd").replaceAll("&", "&amp;"));
}

/** The syntax of dagitty.net and of the R package of that name. */
function toDagitty(now) {
  const { own, edges } = shownGraph(now);
  const names = dagittyNames(own.map((place) => nodes[place].name));
  const quoted = (place) => `"${names.get(nodes[place].name).replaceAll('"', '\\"')}"`;
  const lines = edges.map((edge) => `${quoted(edge.first)} ${dagittyArrow(edge)} ${quoted(edge.second)}`);
  return [`${dagittyClass(edges)} {`, ...own.map(quoted), ...lines, "}"].join("\n") + "\n";
}

/** The smallest class of graphs that has room for every edge. */
function dagittyClass(edges) {
  const kinds = new Set(edges.map(kindOf));
  if (kinds.has("partial")) return "pag";
  if (kinds.has("bidirected")) return "mag";
  if (hasCircle(edges)) return "digraph";
  return kinds.has("undirected") ? "pdag" : "dag";
}

/** Whether directed edges lead back to where they began. */
function hasCircle(edges) {
  let left = edges.filter((edge) => kindOf(edge) === "directed");
  for (let before = -1; before !== left.length;) {
    before = left.length;
    const causes = new Set(left.map((edge) => edge.first));
    left = left.filter((edge) => causes.has(edge.second));
  }
  return left.length > 0;
}

function dagittyArrow(edge) {
  const left = { [TAIL]: "-", [ARROW]: "<", [CIRCLE]: "@" }[edge.mark_first];
  const right = { [TAIL]: "-", [ARROW]: ">", [CIRCLE]: "@" }[edge.mark_second];
  return left === "-" && right !== "@" ? left + right : `${left}-${right}`;
}

/** Names without what DAGitty's strings cannot hold; those that become equal are numbered. */
function dagittyNames(names) {
  const simple = (name) => name.replaceAll("\\", "/").replace(/[\x00-\x1f\x7f]/g, " ") || "no name";
  const taken = new Set(names.filter((name) => simple(name) === name));
  const given = new Map();
  for (const name of names) {
    let form = simple(name);
    for (let count = 2; form !== name && taken.has(form); count += 1) form = `${simple(name)} ${count}`;
    taken.add(form);
    given.set(name, form);
  }
  return given;
}

/** A table for spreadsheets (RFC 4180); a text that one would run as a formula gets a quote before it. */
function toCsv(rows) {
  return rows.map((row) => row.map(csvCell).join(",") + "\r\n").join("");
}

function csvCell(cell) {
  if (cell === null || cell === undefined) return "";
  const text = typeof cell === "string" && /^[=+\-@\t\r\n＝＋－＠]/.test(cell) ? `'${cell}` : String(cell);
  return /[",;\r\n\t']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The shown edges, one per row, as the table of edges has them. */
function edgesCsv(now) {
  const head = [
    "first", "second", "mark_first", "mark_second", "kind", "sign", "effect_low", "effect_high", "effect_interval_low",
    "effect_interval_high", "support_adjacent", "support_directed", "support_reversed", "support_undirected",
    "support_bidirected", ...(now.against === null ? [] : ["change"]),
  ];
  const rows = shownEdges(now).map(({ edge, effect, kind, sign, change }) => {
    const e = effect || {}, s = edge.support || {};
    return [
      nodes[edge.first].name, nodes[edge.second].name, edge.mark_first, edge.mark_second, kind, sign, e.low, e.high,
      e.interval_low, e.interval_high, s.adjacent, s.directed, s.reversed, s.undirected, s.bidirected,
      ...(now.against === null ? [] : [change]),
    ];
  });
  return toCsv([head, ...rows]);
}
