/** (to be written) */
function startFilters() {}
