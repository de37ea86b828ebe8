"""Published questionnaires: their keys, and items read from the user's own licensed text.

The texts of the PVQ and the SVS are under copyright and are not part of this package; which item
belongs to which value is a fact and is. The user's file has one item a line, in the published
order, or as `number<TAB>text`.

ValueBench's CSV mixes licensed scales, so it too is read from the user's copy.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from causalvalues.errors import FileError, OptionError
from causalvalues.survey.columns import read_csv
from causalvalues.survey.inventory import Form, Inventory, Item
from causalvalues.values import Value, ValueSystem, value_system

__all__ = ["KEYS", "Questionnaire", "read_generic", "read_questionnaire", "read_valuebench"]

Questionnaire = Literal["pvq21", "pvq40", "pvq-rr", "svs57"]
LICENSED = "licensed text, read from the user's own file"

TEN = {
    "CO": "conformity",
    "TR": "tradition",
    "BE": "benevolence",
    "UN": "universalism",
    "SD": "self-direction",
    "ST": "stimulation",
    "HE": "hedonism",
    "AC": "achievement",
    "PO": "power",
    "SE": "security",
}
NINETEEN = {
    "SDT": "self-direction of thought",
    "SDA": "self-direction of action",
    "ST": "stimulation",
    "HE": "hedonism",
    "AC": "achievement",
    "POD": "power over people",
    "POR": "power through means",
    "FAC": "face",
    "SEP": "personal security",
    "SES": "societal security",
    "TR": "tradition",
    "COR": "conformity to rules",
    "COI": "conformity to people",
    "HUM": "humility",
    "UNN": "care for nature",
    "UNC": "universal concern",
    "UNT": "tolerance",
    "BEC": "caring",
    "BED": "dependability",
}
PUBLISHED = {
    "pvq21": "CO 7,16 TR 9,20 BE 12,18 UN 3,8,19 SD 1,11 ST 6,15 HE 10,21 AC 4,13 PO 2,17 SE 5,14",
    "pvq40": "CO 7,16,28,36 TR 9,20,25,38 BE 12,18,27,33 UN 3,8,19,23,29,40 SD 1,11,22,34 "
    "ST 6,15,30 HE 10,26,37 AC 4,13,24,32 PO 2,17,39 SE 5,14,21,31,35",
    "pvq-rr": "SDT 1,23,39 SDA 16,30,56 ST 10,28,43 HE 3,36,46 AC 17,32,48 POD 6,29,41 "
    "POR 12,20,44 FAC 9,24,49 SEP 13,26,53 SES 2,35,50 TR 18,33,40 COR 15,31,42 COI 4,22,51 "
    "HUM 7,38,54 UNN 8,21,45 UNC 5,37,52 UNT 14,34,57 BEC 11,25,47 BED 19,27,55",
    "svs57": "CO 11,20,40,47 TR 18,32,36,44,51 BE 33,45,49,52,54 UN 1,17,24,26,29,30,35,38 "
    "SD 5,16,31,41,53 ST 9,25,37 HE 4,50,57 AC 34,39,43,55 PO 3,12,27,46 SE 8,13,15,22,56",
}
N_ITEMS = {"pvq21": 21, "pvq40": 40, "pvq-rr": 57, "svs57": 57}


def _keys(published: str, names: Mapping[str, str]) -> dict[int, str]:
    """Return the value of each item number."""
    pairs = re.findall(r"([A-Z]+) ([\d,]+)", published)
    return {int(n): names[short] for short, numbers in pairs for n in numbers.split(",")}


KEYS: Mapping[str, Mapping[int, str]] = {
    name: _keys(published, NINETEEN if name == "pvq-rr" else TEN)
    for name, published in PUBLISHED.items()
}


def read_questionnaire(path: str | Path, name: Questionnaire) -> Inventory:
    """Return the inventory of a published questionnaire from the user's text of its items.

    Items of the SVS that belong to no value are left out.
    """
    if name not in get_args(Questionnaire):
        raise OptionError(
            f"A questionnaire must be one of {', '.join(get_args(Questionnaire))}", found=repr(name)
        )
    text_by_number = _numbered_lines(Path(path), N_ITEMS[name])
    items = tuple(
        _item(f"{name}/{number}", value, 1, text_by_number[number])
        for number, value in sorted(KEYS[name].items())
    )
    system = value_system("schwartz19:pvq-rr" if name == "pvq-rr" else "schwartz10")
    return Inventory(name, system, items, source=f"{name}, published keys", licence=LICENSED)


def read_valuebench(path: str | Path, *, fewest_items: int = 20) -> Inventory:
    """Return the inventory of ValueBench's CSV: its values with at least that many items."""
    frame = read_csv(Path(path))
    return _from_table(
        frame.rename(columns={"question": "text", "agreement": "key"}),
        Path(path),
        name="valuebench",
        fewest_items=fewest_items,
    )


def read_generic(path: str | Path, *, name: str = "own") -> Inventory:
    """Return the inventory of a CSV with the columns `value`, `key` (1 or −1) and `text`."""
    return _from_table(read_csv(Path(path)), Path(path), name=name, fewest_items=1)


def _from_table(frame: pd.DataFrame, path: Path, *, name: str, fewest_items: int) -> Inventory:
    """Return an inventory of a table of items; its values become a system of their own."""
    if not {"value", "key", "text"} <= set(frame.columns):
        raise FileError(
            f"A table of items was expected at {path}",
            found=f"columns {', '.join(map(str, frame.columns))}",
            remedy="it needs the value, the key (1 or -1) and the text of every item",
        )
    frame = frame.dropna(subset=["value", "text"])
    keys = pd.to_numeric(frame["key"], errors="coerce")
    if not keys.isin([-1, 1]).all():
        odd = frame.loc[~keys.isin([-1, 1]), "key"].iloc[0]
        raise FileError(f"A key is 1 or -1 in {path}", found=repr(odd))
    sizes = frame["value"].value_counts()
    kept = sorted(str(value) for value, size in sizes.items() if size >= fewest_items)
    if not kept:
        raise FileError(
            f"No value of {path} has {fewest_items} items", found=f"{sizes.max()} at most"
        )
    system = ValueSystem(
        name=name,
        values=tuple(Value(name=value, definition=f"As {name} asks it.") for value in kept),
    )
    items = tuple(
        _item(f"{name}/{place + 1}", str(value), int(key), str(text).strip())
        for place, (value, key, text) in enumerate(
            zip(frame["value"], keys, frame["text"], strict=True)
        )
        if str(value) in set(kept)
    )
    return Inventory(name, system, items, source=path.name, licence=LICENSED)


def _item(item_id: str, value: str, key: int, text: str) -> Item:
    """Return an item with one wording: a question where it asks, else a portrait."""
    form: Form = "ask" if text.endswith("?") else "portrait"
    return Item(id=item_id, value=value, key=key, wordings={form: (text,)})


def _numbered_lines(path: Path, n_items: int) -> dict[int, str]:
    """Return the text of each item number."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as fault:
        raise FileError(f"Items were expected at {path}", found=str(fault)) from fault
    lines = [line for line in lines if line]
    numbered = [re.match(r"(\d+)[.)]?\s+(.*)", line) for line in lines]
    if all(numbered):
        found = {int(match[1]): match[2] for match in numbered if match}
    else:
        found = dict(enumerate(lines, start=1))
    if len(lines) != n_items or set(found) != set(range(1, n_items + 1)):
        raise FileError(
            f"{path} must hold {n_items} items, one a line",
            found=f"{len(lines)} lines, {len(found)} numbers",
            remedy="keep the published order, or number every line",
        )
    return found
