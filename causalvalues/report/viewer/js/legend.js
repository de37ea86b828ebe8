/** (to be written) */
function startLegend() {}
