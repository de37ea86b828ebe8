/** (to be written) */
function startPlan() {}
