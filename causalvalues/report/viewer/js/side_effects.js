/** (to be written) */
function startSideEffects() {}
