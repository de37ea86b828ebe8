/** What the pointer or the focus is on, in words. */
function inspectNode(node) {}
function inspectEdge(key) {}
function inspectChosen() {}
function startInspector() {}
