/**
 * Which ways carry an effect: edges and nodes between a cause and what follows it.
 *
 *   strength of a way   the product of the mean coefficients along it
 *   flow of an edge     mean over draws of (change of its cause × its coefficient)
 *
 * An edge without a direction counts in the direction that the influence draws for it.
 *
 * @typedef {{nodes: number[], strength: number}} Way
 */
const MOST_STEPS = 6, MOST_WAYS = 5, BEAM = 300;
const NOTICEABLE = 0.05; // share of the largest flow, or of the strongest way
const coefficients = influence === null ? null : meanCoefficients();

/** The mean coefficient of every pair, by cause: a list of [effect, coefficient, pair]. */
function meanCoefficients() {
  const { n, causes, effects, weights } = influence;
  const out = nodes.map(() => []);
  for (let pair = 0; pair < causes.length; pair++) {
    let sum = 0;
    for (let draw = 0; draw < n; draw++) sum += weights[draw * causes.length + pair];
    if (sum !== 0) out[causes[pair]].push([effects[pair], sum / n]);
  }
  return out;
}

/** Both keys by which the drawing may know the edge between two nodes. */
function keysBetween(first, second) {
  return [`${first}-${second}`, `${second}-${first}`];
}

/** Whether a pair is joined in the found graph: only there can a way be pointed at. */
const joinedPairs = new Set(graphs[0].edges.map(pairOf));
function isJoined(first, second) {
  return joinedPairs.has(pairOf({ first, second }));
}

/** The nodes that arrows of the found graph may lead to from one, open ends taken either way. */
function reachableFrom(node) {
  const found = new Set([node]), waiting = [node];
  while (waiting.length) {
    const from = waiting.pop();
    for (const edge of graphs[0].edges) {
      const [next, mark] = edge.first === from ? [edge.second, edge.mark_first] : [edge.first, edge.mark_second];
      if ((edge.first !== from && edge.second !== from) || mark === ARROW || found.has(next)) continue;
      found.add(next);
      waiting.push(next);
    }
  }
  return found;
}

/** The strongest directed ways from one node to another, strongest first. @returns {Way[]} */
function waysBetween(cause, effect) {
  if (coefficients === null || cause === effect) return [];
  const leads = stepsTo(effect), found = [];
  let open = [{ nodes: [cause], strength: 1 }];
  for (let step = 1; step <= MOST_STEPS && open.length; step++) {
    const longer = [];
    for (const way of open) {
      for (const [next, coefficient] of coefficients[way.nodes[way.nodes.length - 1]]) {
        if (!(leads[next] <= MOST_STEPS - step) || way.nodes.includes(next)) continue;
        if (!isJoined(way.nodes[way.nodes.length - 1], next)) continue;
        const taken = { nodes: [...way.nodes, next], strength: way.strength * coefficient };
        (next === effect ? found : longer).push(taken);
      }
    }
    open = strongest(longer, BEAM);
  }
  const best = strongest(found, MOST_WAYS);
  return best.filter((way) => Math.abs(way.strength) >= NOTICEABLE * Math.abs(best[0].strength));
}

function strongest(ways, most) {
  return ways.sort((one, two) => Math.abs(two.strength) - Math.abs(one.strength)).slice(0, most);
}

/** The least number of steps from every node to one of them; Infinity where no way leads there. */
function stepsTo(effect) {
  const into = nodes.map(() => []), steps = nodes.map(() => Infinity);
  coefficients.forEach((out, cause) => out.forEach(([next]) => isJoined(cause, next) && into[next].push(cause)));
  const open = [effect];
  steps[effect] = 0;
  for (let place = 0; place < open.length; place++) {
    for (const cause of into[open[place]]) {
      if (steps[cause] !== Infinity) continue;
      steps[cause] = steps[open[place]] + 1;
      open.push(cause);
    }
  }
  return steps;
}

/** "security → conformity → tradition: +0.21". @param {Way} way */
function waySentence(way) {
  const digits = Math.abs(way.strength) < 0.01 ? 3 : 2;
  return `${way.nodes.map((node) => nodes[node].name).join(" → ")}: ${signed(way.strength, digits)}`;
}

/** The edges and nodes to bring forward now, or null where all stand alike. */
function shownWays(now) {
  if (now.tab === "what-if") return Object.keys(now.settings).length ? flowing(now.settings) : null;
  if (now.tab !== "side-effects" || now.value === null) return null;
  if (now.towards === null) return influence === null ? following(now.value) : flowing({ [now.value]: 1 });
  const ways = waysBetween(now.value, now.towards);
  const shown = { edges: new Set(), nodes: new Set([now.value, now.towards]) };
  for (const way of ways) {
    way.nodes.forEach((node, place) => {
      shown.nodes.add(node);
      if (place > 0) keysBetween(way.nodes[place - 1], node).forEach((key) => shown.edges.add(key));
    });
  }
  return shown;
}

/** The edges along which a noticeable part of a change flows. */
function flowing(settings) {
  const flows = flowsOf(settings);
  if (flows === null) return null;
  const shown = { edges: new Set(), nodes: new Set(Object.keys(settings).map(Number)) };
  const least = NOTICEABLE * flows.reduce((most, flow) => Math.max(most, Math.abs(flow)), 0);
  flows.forEach((flow, pair) => {
    if (flow === 0 || Math.abs(flow) < least) return;
    keysBetween(influence.causes[pair], influence.effects[pair]).forEach((key) => shown.edges.add(key));
    shown.nodes.add(influence.effects[pair]);
  });
  return shown;
}

/** Where no sizes are known: all edges that could pass a change on, as their marks allow. */
function following(value) {
  const shown = { edges: new Set(), nodes: new Set([value]) }, open = [value];
  for (let place = 0; place < open.length; place++) {
    for (const edge of graphs[0].edges) {
      const there = [edge.first, edge.second, edge.mark_first], back = [edge.second, edge.first, edge.mark_second];
      for (const [from, to, mark] of [there, back]) {
        if (from !== open[place] || mark === ARROW) continue;
        shown.edges.add(keyOf(edge));
        if (!shown.nodes.has(to)) open.push(to);
        shown.nodes.add(to);
      }
    }
  }
  return shown;
}
