"""What an estimate assumes of devices, each number with where it comes from and what replaces it.

    peak       operations a second            --hardware
    share      of the peak, of a survey       --share, --measured
    price      dollars for an hour            --price
    reading    gigabytes of weights a second  --reading

Guarantee: a number that an option replaced names that option as its source.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from causalvalues.scale.hardware import Hardware, Sources

__all__ = ["Assumption", "as_told", "assumptions"]

Shown = Callable[[Hardware], str]

NUMBERS: Mapping[str, tuple[str, Shown]] = MappingProxyType(
    {
        "peak": ("--hardware", lambda each: f"{each.operations_per_second / 1e12:.3g} TFLOP/s"),
        "share": ("--share, --measured", lambda each: f"{each.share:.2f}"),
        "price": ("--price", lambda each: f"${each.price_per_hour:.2f} an hour"),
        "reading": ("--reading", lambda each: f"{each.bytes_read_per_second / 1e9:.2g} GB/s"),
    }
)


@dataclass(frozen=True)
class Assumption:
    """A number that some devices share a source of."""

    what: str
    numbers: tuple[str, ...]  # by device, each once
    hardware: tuple[str, ...]
    source: str
    option: str


def as_told(
    machine: Hardware,
    *,
    share: float | None = None,
    price: float | None = None,
    reading: float | None = None,
) -> Hardware:
    """Return a device with the numbers that were told; `reading` is in gigabytes a second."""
    own = machine.sources
    sources = Sources(
        own.peak,
        own.share if share is None else "--share",
        own.price if price is None else "--price",
        own.reading if reading is None else "--reading",
    )
    return replace(
        machine,
        share=machine.share if share is None else share,
        price_per_hour=machine.price_per_hour if price is None else price,
        bytes_read_per_second=machine.bytes_read_per_second if reading is None else reading * 1e9,
        sources=sources,
    )


def assumptions(machines: Sequence[Hardware]) -> list[Assumption]:
    """Return what is assumed of some devices, those together whose number has one source."""
    found = []
    for what, (option, shown) in NUMBERS.items():
        sources = {each.name: str(getattr(each.sources, what)) for each in machines}
        for source in dict.fromkeys(sources.values()):
            alike = [each for each in machines if sources[each.name] == source]
            numbers = tuple(dict.fromkeys(map(shown, alike)))
            names = tuple(each.name for each in alike)
            found.append(Assumption(what, numbers, names, source, option))
    return found
