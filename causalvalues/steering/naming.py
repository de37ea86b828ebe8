"""What an intervention is called in a table or a figure: short, for people, not unique.

organism-gemma:17 ×+1.5 max          a feature
told: settles power=-0.4             a role prompt
told: settles power=-0.4 + vector achievement ×+2 raw
"""

from causalvalues.steering.intervention import (
    Intervention,
    ProbeEdit,
    RolePrompt,
    SaeFeature,
    Scope,
    Simple,
    Strength,
    ValueVector,
    parts_of,
)

__all__ = ["name_of"]

SHORT = {"raw": "raw", "residual norm": "norm", "feature maximum": "max"}
LONGEST = 40  # characters of a line that settles nothing


def name_of(intervention: Intervention) -> str:
    """Return the short name of an intervention, its parts joined by " + "."""
    return " + ".join(_name(part) for part in parts_of(intervention))


def _name(part: Simple) -> str:
    """Return the name of one part."""
    if isinstance(part, RolePrompt):
        return _name_of_prompt(part)
    if isinstance(part, SaeFeature):
        return _name_of_feature(part)
    if isinstance(part, ValueVector):
        return f"vector {part.name} ×{_much(part.strength, part.share)}{_where(part.scope)}"
    share = "" if part.share == 1 else f" ×{part.share:g}"
    if isinstance(part, ProbeEdit):
        aims = ", ".join(f"{probe.value} to P {probe.probability:g}" for probe in part.probes)
        return f"{part.name}: {aims}{share}{_where(part.scope)}"
    return f"neurons {part.name} {part.mode}{share}{_where(part.scope)}"


def _name_of_prompt(part: RolePrompt) -> str:
    """Return what a role prompt settles, or how it begins."""
    levels = " ".join(f"{value}={level:g}" for value, level in part.settles.items())
    line = " ".join(part.text.split())
    short = line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
    return f"{'told' if part.share else 'not told'}: {f'settles {levels}' if levels else short}"


def _name_of_feature(part: SaeFeature) -> str:
    """Return a feature and what is done with it."""
    name, where = f"{part.sae}:{part.feature}", _where(part.scope)
    share = "" if part.share == 1 else f" ×{part.share:g}"
    if part.mode == "ablate":
        return f"{name} ablated{share}{where}"
    if part.mode == "clamp":
        return f"{name} clamped at {_much(part.strength, 1)}{share}{where}"
    return f"{name} ×{_much(part.strength, part.share)}{where}"


def _much(strength: Strength, share: float) -> str:
    """Return a strength with its sign and its unit."""
    return f"{strength.amount * share:+g} {SHORT[strength.unit]}"


def _where(scope: Scope) -> str:
    """Return where an intervention works, unless everywhere."""
    if scope.where == "all":
        return ""
    return f" at {scope.phrase.strip()!r}" if scope.where == "phrase" else f" ({scope.where})"
