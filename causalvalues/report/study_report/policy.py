"""What a page may load: nothing but its own style, and the scripts of a viewer that stands in it.

A frame filled by `srcdoc` obeys the policy of the page around it, so the page allows what the
viewer's own policy names by digest. Guarantee: only digests are taken over, and `data:` and `blob:`
for pictures; a viewer that asks for more gets no more.
"""

import base64
import hashlib
import re
from html.parser import HTMLParser

__all__ = ["digests_of", "policy"]

DIGEST = re.compile(r"'sha(?:256|384|512)-[A-Za-z0-9+/=_-]+'")
PICTURES = ("data:", "blob:")


def policy(style: str, viewer_html: str | None = None) -> str:
    """Return the content security policy of a page with one style sheet, and maybe a viewer."""
    asked = {} if viewer_html is None else _directives(viewer_html)
    scripts = digests_of(asked, "script-src")
    styles = (f"'sha256-{_digest(style)}'", *digests_of(asked, "style-src"))
    pictures = ("data:", *(each for each in PICTURES if each in asked.get("img-src", [])))
    parts = {
        "default-src": ("'none'",),
        "style-src": styles,
        "script-src": scripts or ("'none'",),
        "img-src": pictures,
        "base-uri": ("'none'",),
        "form-action": ("'none'",),
    }
    return "; ".join(f"{name} {' '.join(dict.fromkeys(own))}" for name, own in parts.items())


def digests_of(directives: dict[str, list[str]], name: str) -> tuple[str, ...]:
    """Return the digests that a directive allows, or else the default."""
    found = directives.get(name, directives.get("default-src", []))
    return tuple(each for each in found if DIGEST.fullmatch(each))


def _directives(html: str) -> dict[str, list[str]]:
    """Return the directives of the policy that a page carries in itself."""
    finder = _Finder()
    finder.feed(html)
    parts = (part.split() for part in finder.found.split(";"))
    return {part[0].lower(): part[1:] for part in parts if part}


class _Finder(HTMLParser):
    """Finds the first policy of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the content of a policy's meta element."""
        own = dict(attrs)
        kind = (own.get("http-equiv") or "").lower()
        if tag == "meta" and kind == "content-security-policy" and not self.found:
            self.found = own.get("content") or ""


def _digest(text: str) -> str:
    """Return the SHA-256 of a text, as policies write it."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
