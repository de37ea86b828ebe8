/** (to be written) */
function startExports() {}
