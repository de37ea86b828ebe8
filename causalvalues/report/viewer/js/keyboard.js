/** (to be written) */
function startKeyboard() {}
