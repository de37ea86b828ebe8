/**
 * What if: some values are set, the others follow. The same arithmetic as influence.py.
 *
 *   do(S = s)   Δ_v = s_v for v in S;  Δ_v = Σ_u Δ_u B_uv for all others, causes before effects
 *
 * in every draw of B, each acyclic; told are the mean over draws and their 2.5 and 97.5 % quantiles.
 * The pairs of a draw are put in causal order once, so that a change runs through it in one pass.
 *
 * @typedef {{n: number, causes: Int32Array, effects: Int32Array, weights: Float64Array,
 *   order: Int32Array, used: Int32Array}} Draws
 * @typedef {{mean: Float64Array, low: Float64Array, high: Float64Array}} Told
 */
const LEVEL = 0.95;
const UNSEEN = 0.02; // a smaller share of the largest change is drawn as none

/** @type {?Draws} */
const influence = told.influence === null ? null : drawsOf(told.influence);
const hasIntervals = influence !== null && influence.n > 1;
const lastSums = new Map(); // the sums of the last few settings, by what they are
const changesByState = new WeakMap(); // what is drawn in a state, worked out once

/** The draws as numbers, each with its pairs in causal order. @returns {Draws} */
function drawsOf({ n_draws, pairs, weights }) {
  const bytes = Uint8Array.from(atob(weights), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const draws = {
    n: n_draws,
    causes: Int32Array.from(pairs, ([cause]) => cause),
    effects: Int32Array.from(pairs, ([, effect]) => effect),
    weights: Float64Array.from({ length: n_draws * pairs.length }, (_, place) => view.getFloat32(4 * place, true)),
    order: new Int32Array(n_draws * pairs.length),
    used: new Int32Array(n_draws),
  };
  for (let draw = 0; draw < n_draws; draw++) draws.used[draw] = putInOrder(draws, draw);
  return draws;
}

/** Put a draw's pairs in the causal order of their causes (Kahn); how many there are. */
function putInOrder({ causes, effects, weights, order }, draw) {
  const start = draw * causes.length, awaited = new Int32Array(nodes.length), out = nodes.map(() => []);
  for (let pair = 0; pair < causes.length; pair++) {
    if (weights[start + pair] === 0) continue;
    out[causes[pair]].push(pair);
    awaited[effects[pair]] += 1;
  }
  const ready = nodes.map((_, node) => node).filter((node) => awaited[node] === 0);
  let used = 0;
  for (let next = 0; next < ready.length; next++) {
    for (const pair of out[ready[next]]) {
      order[start + used++] = pair;
      if (--awaited[effects[pair]] === 0) ready.push(effects[pair]);
    }
  }
  return used;
}

/** Let settings run through one draw; `changes` (node) and, if wanted, `flows` (pair) take it up. */
function runThrough(draw, settings, isSet, changes, flows) {
  const { causes, effects, weights, order, used } = influence;
  const start = draw * causes.length;
  changes.fill(0);
  for (const node of Object.keys(settings)) changes[node] = settings[node];
  for (let place = start; place < start + used[draw]; place++) {
    const pair = order[place], effect = effects[pair];
    if (isSet[effect]) continue;
    const flow = changes[causes[pair]] * weights[start + pair];
    changes[effect] += flow;
    if (flows) flows[pair] += flow / influence.n;
  }
}

/** The sums over draws: what is told of every node, and what flows along every pair on average. */
function sumsOf(settings) {
  const key = JSON.stringify(settings);
  if (!lastSums.has(key)) {
    if (lastSums.size > 8) lastSums.clear();
    lastSums.set(key, summed(settings));
  }
  return lastSums.get(key);
}

function summed(settings) {
  const { n } = influence, count = nodes.length;
  const isSet = new Uint8Array(count), changes = new Float64Array(count);
  const flows = new Float64Array(influence.causes.length);
  for (const node of Object.keys(settings)) isSet[node] = 1;
  const drawn = Array.from({ length: count }, () => new Float64Array(n)); // (node, draw)
  for (let draw = 0; draw < n; draw++) {
    runThrough(draw, settings, isSet, changes, flows);
    for (let node = 0; node < count; node++) drawn[node][draw] = changes[node];
  }
  const mean = new Float64Array(count), low = new Float64Array(count), high = new Float64Array(count);
  for (let node = 0; node < count; node++) {
    mean[node] = drawn[node].reduce((sum, change) => sum + change, 0) / n;
    drawn[node].sort();
    low[node] = quantileOf(drawn[node], (1 - LEVEL) / 2);
    high[node] = quantileOf(drawn[node], (1 + LEVEL) / 2);
  }
  return { told: { mean, low, high }, flows };
}

/** The quantile of sorted numbers, straight lines between them. */
function quantileOf(sorted, share) {
  const at = (sorted.length - 1) * share, below = Math.floor(at), above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

/** What every node changes by when some are set (0 holds one); null where nothing is known. @returns {?Told} */
function whatIf(settings) {
  return influence === null ? null : sumsOf(settings).told;
}

/** What flows along every pair of the influence; null where nothing is known. @returns {?Float64Array} */
function flowsOf(settings) {
  return influence === null ? null : sumsOf(settings).flows;
}

/** What every value changes by, as it is shown now: by the panel that is open; or null. */
function shownChange(now) {
  const { changes, largest } = changesOf(now);
  return changes && changes.map((change) => (Math.abs(change) < UNSEEN * largest ? 0 : change));
}

/** The same in words, for legends; null where nothing is shown. */
function shownChangeSays(now) {
  if (changesOf(now).changes === null) return null;
  if (now.tab === "side-effects") return `Change if ${nodes[now.value].name} is raised by 1`;
  if (now.tab === "what-if") return "Change under “what if”";
  return now.tab === "plan" ? "Change that the plan predicts" : `Change measured under ${told.trials[now.trial].name}`;
}

/** The change that is drawn largest. */
function largestChange() {
  return changesOf(state).largest;
}

function changesOf(now) {
  if (!changesByState.has(now)) {
    const changes = changesIn(now);
    changesByState.set(now, { changes, largest: Math.max(1e-9, ...(changes || []).map(Math.abs)) });
  }
  return changesByState.get(now);
}

function changesIn(now) {
  if (now.tab === "side-effects" && now.value !== null) return unitChanges(now.value);
  if (now.tab === "what-if" && influence !== null && Object.keys(now.settings).length) {
    return Array.from(whatIf(now.settings).mean);
  }
  if (now.tab === "plan" && told.plan) return byNode(told.plan.predicted, "predicted");
  if (now.tab === "trials" && told.trials[now.trial]) return byNode(told.trials[now.trial].rows, "measured");
  return null;
}

/** What every node changes by when one is raised by 1. */
function unitChanges(value) {
  const effects = nodes.map((_, node) => sideEffectOf(value, node));
  if (effects.every((effect) => effect === null)) return null;
  return effects.map((effect, node) => (node === value ? 1 : effect === null ? 0 : effect.middle));
}

function byNode(rows, column) {
  const changes = nodes.map(() => 0);
  for (const row of rows) changes[row.node] = row[column] === null ? 0 : row[column];
  return changes;
}
