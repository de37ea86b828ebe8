"""The viewer: one HTML file that answers what happens to the other values if one is raised.

view(graph)                     a `Viewer`: shows itself in Jupyter
view(graph).write("viewer.html")

document.py   the contract with the browser      page.py   template + styles + scripts
js/           one state object, one file per panel         css/   one file per concern
"""

from causalvalues.report.viewer.building import Background, document_of
from causalvalues.report.viewer.document import ViewerDocument, viewer_schema
from causalvalues.report.viewer.influence import Influence, WhatIf
from causalvalues.report.viewer.page import page_of
from causalvalues.report.viewer.viewer import Viewer, view

__all__ = [
    "Background",
    "Influence",
    "Viewer",
    "ViewerDocument",
    "WhatIf",
    "document_of",
    "page_of",
    "view",
    "viewer_schema",
]
