/** (to be written) */
function startTrials() {}
