/** (to be written) */
function startTabs() {}
