/** (to be written) */
function startTables() {}
