/** Numbers as people read them: a sign where it is a change, two or three digits, a true minus. */

/** "+0.31", "−0.05", "0". */
function signed(number, digits = 2) {
  if (number === null || number === undefined || Number.isNaN(number)) return "—";
  const text = Math.abs(number).toFixed(digits);
  if (Number(text) === 0) return (0).toFixed(digits);
  return (number < 0 ? "−" : "+") + text;
}

/** "0.31". */
function plain(number, digits = 2) {
  if (number === null || number === undefined || Number.isNaN(number)) return "—";
  const text = Math.abs(number).toFixed(digits);
  return (number < 0 && Number(text) !== 0 ? "−" : "") + text;
}

/** "−0.10 to +0.20". */
function interval(low, high, digits = 2) {
  if (low === null || low === undefined || high === null || high === undefined) return "no interval";
  return `${signed(low, digits)} to ${signed(high, digits)}`;
}

/** "93 %". */
function percent(share) {
  return share === null || share === undefined ? "—" : `${Math.round(100 * share)} %`;
}
