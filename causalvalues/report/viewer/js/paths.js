/** Which ways carry an effect: edges and nodes between a cause and what follows it. */

/** The edges and nodes to bring forward now, or null where all stand alike. */
function shownWays(now) {
  return null;
}
