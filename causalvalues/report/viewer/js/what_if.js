/** (to be written) */
function startWhatIf() {}
