/**
 * What if: some values are set, the others follow. The same arithmetic as influence.py.
 *
 *   do(S = s)   Δ_v = s_v for v in S;  Δ_v = Σ_u Δ_u B_uv for all others, causes before effects
 *
 * in every draw of B, each acyclic; told are the mean over draws and their 2.5 and 97.5 % quantiles.
 */

/** What every value changes by, as it is shown now: by "what if", or by the chosen value; or null. */
function shownChange(now) {
  return null;
}

/** The change that is drawn largest. */
function largestChange() {
  return 1;
}
