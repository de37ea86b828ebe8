/** The state in the URL fragment. */
function readFragment() {}
function startFragment() {}
