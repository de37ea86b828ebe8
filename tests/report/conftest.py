"""A real browser: Chromium, driven by Playwright, with the network off.

Where either is missing, tests that need it skip, and say so. An opened page notes every request
that it makes and everything that it says on the console: a test ends red if there is any of either.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WIDE, NARROW = (1440, 900), (390, 844)


@dataclass
class Noise:
    """What pages did that they must not do."""

    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    def listen(self, page: Any) -> None:
        """Note requests, messages and errors of a page."""
        page.on("request", lambda request: self._note_request(str(request.url)))
        page.on("console", lambda said: self.console.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda fault: self.console.append(f"error: {fault}"))
        page.on("dialog", lambda dialog: (self.console.append("dialog"), dialog.dismiss()))

    def _note_request(self, url: str) -> None:
        own = url.startswith("file:") and url.split("#")[0].endswith(".html")
        if not own and not url.startswith(("blob:", "data:", "about:")):
            self.requests.append(url)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium: install Debian's package `chromium`")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """A function that opens HTML from a file, offline; the test fails on any noise."""
    noise, contexts = Noise(), []

    def opened(
        html: str, *, size: tuple[int, int] = WIDE, dark: bool = False, fragment: str = ""
    ) -> Any:
        path = tmp_path / f"page-{len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        width, height = size
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            offline=True,
            accept_downloads=True,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        noise.listen(page)
        page.goto(path.as_uri() + fragment)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert noise.requests == []
    assert noise.console == []
