"""The picture of the viewer that the README shows, taken of a page by Chromium.

    python docs/making/picture.py demo/viewer.html      writes docs/pictures/viewer.png

Guarantee: what is seen is the page as it opens, with one value chosen; the network is off.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

__all__ = ["PICTURE", "take"]

PICTURE = Path(__file__).parents[1] / "pictures" / "viewer.png"
CHROMIUM = "/usr/bin/chromium"
SHOWN = "value=achievement"
WIDTH, HEIGHT = 1440, 960


def take(page: Path, picture: Path = PICTURE) -> Path:
    """Return the picture of a viewer."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        seen = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, offline=True)
        tab = seen.new_page()
        tab.goto(f"{page.resolve().as_uri()}#{SHOWN}")
        tab.wait_for_selector("#network canvas")
        tab.wait_for_timeout(1000)  # until all is drawn
        tab.screenshot(path=str(picture))
        browser.close()
    return picture


if __name__ == "__main__":
    take(Path(sys.argv[1]))
