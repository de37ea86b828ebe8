/** (to be written) */
function startTheme() {}
