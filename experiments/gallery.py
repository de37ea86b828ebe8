"""The gallery: every figure of every study with the one line that it shows.

The lines stand in gallery.yaml. Guarantee: a figure without a line, or a line without a figure, is
a fault, not a gap in the page.
"""

from pathlib import Path

import yaml

from causalvalues.errors import Fault
from causalvalues.provenance import write_atomically
from causalvalues.report.figure_manifest import Source

__all__ = ["told_figures", "write_gallery"]

MARK, LINES = "gallery", "gallery.yaml"


def told_figures(experiments: Path) -> dict[str, dict[str, str]]:
    """Return, by study and figure, what each shows."""
    found: dict[str, dict[str, str]] = yaml.safe_load((experiments / LINES).read_text("utf-8"))
    return found


def write_gallery(experiments: Path) -> Path:
    """Return the page after its gallery is replaced, and its manifest is written."""
    figures = [
        path.relative_to(experiments).as_posix() for path in experiments.glob("*/results/*.png")
    ]
    findings = told_figures(experiments)
    told = {f"{study}/results/{stem}.png" for study, own in findings.items() for stem in own}
    if told != set(figures):
        odd = sorted(told ^ set(figures))
        raise Fault("Every figure has a line in the gallery", found=f"not so: {', '.join(odd)}")
    lines = [""]
    for study, own in findings.items():
        lines += [f"### [{study}]({study}/README.md)", ""]
        for stem, finding in own.items():
            place = f"{study}/results/{stem}"
            lines += [finding, "", f"![{study}: {stem.replace('_', ' ')}]({place}.png)", ""]
            lines += [f"[PDF]({place}.pdf) · [SVG]({place}.svg) · [numbers]({place}.csv) · "
                      f"[how it was made]({place}.manifest.json)", ""]  # fmt: skip
    page = experiments / "README.md"
    before, begin, rest = page.read_text(encoding="utf-8").partition(f"<!-- {MARK}: begin -->")
    _, end, after = rest.partition(f"<!-- {MARK}: end -->")
    write_atomically(page, before + begin + "\n".join(lines) + end + after)
    inputs = (experiments / LINES, *(experiments / name for name in sorted(figures)))
    source = Source(experiments / "gallery.py", experiments.parent, inputs)
    source.write(experiments / "gallery.manifest.json", [experiments / f"README.md#{MARK}"])
    return page
