"""One page from a document: a template, styles and scripts from real files, vis-network inlined.

    Content-Security-Policy   default-src 'none'; scripts and styles by their SHA-256, nothing else
    data                      JSON in a script element that no browser runs; `<`, `>`, `&`, U+2028
                              and U+2029 are escaped in it, so that no text can end the element

Guarantee: the template escapes whatever it is given; the page makes no request; the same document
gives the same bytes.
"""

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from causalvalues import __version__
from causalvalues.report.viewer.document import ViewerDocument
from causalvalues.report.viewer.network import network_of

__all__ = ["SCRIPTS", "STYLES", "page_of", "script_safe"]

HERE = files("causalvalues.report.viewer")
VIS = "lib/vis-9.1.2/vis-network.min.js"  # Apache-2.0 or MIT, its notice is in the file
STYLES = ("colours", "layout", "controls", "panels", "charts", "tables", "exports", "print")
SCRIPTS = (
    "contract",  # the document and what is derived from it once
    "state",  # the one state object
    "elements",  # elements with text in them, never markup
    "numbers",  # numbers as people read them
    "charts",  # dots with intervals
    "influence",  # what if
    "paths",  # which ways carry an effect
    "shown",  # which edges are shown, and how each is drawn
    "groups",  # of the theory, inside its circle
    "network",
    "filters",
    "inspector",
    "side_effects",
    "overview",
    "what_if",
    "trials",
    "comparison",
    "plan",
    "legend",
    "captions",  # filters in force and provenance, in words
    "drawing",  # the drawing as a picture that stands alone
    "drawing_words",
    "formats",
    "exports",
    "table_rows",
    "tables",
    "printing",
    "provenance",
    "theme",
    "tabs",
    "keyboard",
    "fragment",
    "start",
)
ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def page_of(document: ViewerDocument) -> str:
    """Return the page of a document, as one HTML file."""
    vis, script, style = _vis(), _joined("js", SCRIPTS), _joined("css", STYLES)
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(
        (HERE / "viewer.html.jinja").read_text("utf-8")
    )
    network = network_of(document.nodes, document.graphs[0])
    drawn = {"nodes": network.nodes, "options": network.options}  # edges change with the state
    return template.render(
        document=document,
        policy=_policy((vis, script), (style,)),
        style=Markup(style),
        vis=Markup(vis),
        script=Markup(script),
        data=Markup(script_safe(document.model_dump_json(by_alias=True))),
        network=Markup(script_safe(json.dumps(drawn, allow_nan=False, separators=(",", ":")))),
        version=__version__,
    )


def script_safe(text: str) -> str:
    """Return JSON in which nothing can end the script element that holds it."""
    return "".join(ESCAPES.get(letter, letter) for letter in text)


def _policy(scripts: tuple[str, ...], styles: tuple[str, ...]) -> str:
    """Return the policy that lets our own scripts and styles in, and nothing else."""
    allowed = {"script-src": scripts, "style-src": styles}
    parts = [f"{name} {' '.join(map(_digest, texts))}" for name, texts in allowed.items()]
    rest = ("img-src data: blob:", "base-uri 'none'", "form-action 'none'")
    return "; ".join(("default-src 'none'", *parts, *rest))


def _digest(text: str) -> str:
    """Return what a policy knows a text by."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@cache
def _joined(kind: str, names: tuple[str, ...]) -> str:
    """Return our files of one kind, one after the other; scripts share a scope of their own."""
    parts = [f"/* {name} */\n{_text(HERE / kind / f'{name}.{kind}')}" for name in names]
    whole = "\n".join(parts)
    return f'(function () {{\n"use strict";\n{whole}\n}})();\n' if kind == "js" else whole


@cache
def _vis() -> str:
    """Return vis-network, as pyvis ships it."""
    return _text(files("pyvis") / VIS).replace("</script", "<\\/script")


def _text(file: Traversable) -> str:
    """Return the text of a file with line ends as browsers count them in a digest."""
    return file.read_text("utf-8").replace("\r\n", "\n")
