"""A model spread over devices: `auto` over all GPUs, or a map from modules to devices.

    device_map="auto"                          layers fill GPU after GPU, by the room they have
    device_map={"": "cuda:1"}                  all of it on one device
    device_map={"model.layers.0": 0, …}        each module where it is to be

Between layers on two devices the residual is carried over; one device computes at a time.
Guarantee: a model of which a part would lie on a disk, or be carried to a GPU anew for every batch,
is refused by name: hooks and readers of its weights would find no numbers there.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Literal, get_args

import torch
from transformers import PreTrainedModel

from causalvalues.errors import OptionError

__all__ = ["Spread", "check_map", "device_of", "devices_of", "refuse_elsewhere"]

Spread = Literal["auto", "balanced", "balanced_low_0", "sequential"]

REMEDY = (
    "use more or larger GPUs, quantize int8 or nf4, dtype bfloat16, or device cpu for all of it"
)


def check_map(device_map: Spread | Mapping[str, int | str], device: str) -> None:
    """Raise unless a map can be followed, as far as that is known before weights are read."""
    if device != "auto":
        raise OptionError("`device` and `device_map` say the same thing: give one", found=device)
    if isinstance(device_map, str) and device_map not in get_args(Spread):
        raise OptionError(
            f"`device_map` must be one of {', '.join(get_args(Spread))}, or map modules to devices",
            found=repr(device_map),
            remedy="for one device say `device`",
        )
    if isinstance(device_map, Mapping):
        if not device_map:
            raise OptionError("`device_map` must map some module to a device", found="nothing")
        away = [name for name, place in device_map.items() if place in ("disk", "meta")]
        if away:
            raise _elsewhere(f"{len(away)} in `device_map`, such as {away[0]!r}")
        devices_of(device_map, torch.device("cpu"))
    if find_spec("accelerate") is None:
        raise OptionError(
            "`device_map` needs the package accelerate",
            found="none",
            remedy="pip install accelerate, or say `device` instead",
        )


def device_of(device: str) -> torch.device:
    """Return the device asked for, if this machine has it."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
        torch.empty(1, device=found)
    except (RuntimeError, AssertionError) as fault:
        raise OptionError(
            "`device` must be auto, cpu, or an accelerator of this machine such as cuda",
            found=f"{device} ({str(fault).splitlines()[0]})",
        ) from fault
    return found


def devices_of(
    device_map: Spread | Mapping[str, int | str] | None, device: torch.device
) -> tuple[torch.device, ...]:
    """Return the devices that a model may come to lie on, each once."""
    if not isinstance(device_map, Mapping):
        return (device,)
    places = dict.fromkeys(device_map.values())
    return tuple(device_of(f"cuda:{p}" if isinstance(p, int) else str(p)) for p in places)


def refuse_elsewhere(model: PreTrainedModel) -> None:
    """Raise where weights are not held on a device that computes."""
    away = [name for name, weight in model.named_parameters() if weight.device.type == "meta"]
    if away:
        raise _elsewhere(f"{len(away)}, such as {away[0]}")


def _elsewhere(found: str) -> OptionError:
    """Return the error for weights that lie elsewhere between batches."""
    return OptionError(
        "Every weight must be held on a device that computes",
        found=f"on a disk, or in main memory for a GPU: {found}",
        remedy=REMEDY,
    )
