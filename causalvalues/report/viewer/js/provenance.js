/** (to be written) */
function startProvenance() {}
