"""What is said of a study.yaml that does not fit: where each fault stands, and what stands there.

Guarantee: one sentence part per place in the file, the first three places; known keys are listed
where a key is unknown.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ValidationError

__all__ = ["faults_in_words"]

N_SHOWN = 3
LONGEST = 60
NOT_THERE = ("missing", "extra_forbidden")
PLAINLY = {
    "Input should": "must",
    "String should": "must",
    "a valid tuple": "a list",
    "a valid dictionary": "a mapping",
}


def faults_in_words(error: ValidationError, document: object, whole: type[BaseModel]) -> str:
    """Return what a validation found, each place with what stands there."""
    said_by_place: dict[str, list[str]] = {}
    found_by_place: dict[str, str] = {}
    for fault in error.errors(include_url=False):
        path = _in_document(fault["loc"], document)
        place = ".".join(map(str, path)) or "the document"
        said = _said(fault["type"], fault["msg"], _at(path[:-1], document), _part(path[:-1], whole))
        said_by_place.setdefault(place, []).append(said)
        found = _at(path, document)
        if fault["type"] not in NOT_THERE and not isinstance(found, dict):
            found_by_place[place] = f", not {str(found)!r:.{LONGEST}}"
    parts = [
        f"{place}: {' or '.join(said)}{found_by_place.get(place, '')}"
        for place, said in said_by_place.items()
    ]
    more = len(parts) - N_SHOWN
    return "; ".join(parts[:N_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _said(kind: str, message: str, above: object, part: type[BaseModel] | None) -> str:
    """Return one fault in words."""
    if kind == "extra_forbidden" and part is not None:
        used = set(above) if isinstance(above, dict) else set()
        free = [name for name in part.model_fields if name not in used]
        return f"no such key; there are also {', '.join(free)}"
    if kind == "missing":
        return "must be given"
    for pydantic_words, words in PLAINLY.items():
        message = message.replace(pydantic_words, words)
    return message.partition(" or instance of ")[0]


def _in_document(places: Sequence[int | str], document: object) -> tuple[int | str, ...]:
    """Return the part of a path that leads through a document; the last step may be absent."""
    path: list[int | str] = []
    for number, place in enumerate(places):
        node = _at(path, document)
        last = number == len(places) - 1
        is_key = isinstance(node, dict) and (place in node or (last and "[" not in str(place)))
        if not is_key and not (isinstance(node, list) and isinstance(place, int)):
            break
        path.append(place)
    return tuple(path)


def _at(path: Sequence[int | str], document: object) -> object:
    """Return what stands at a path, None where nothing does."""
    node = document
    for place in path:
        if isinstance(node, dict):
            node = node.get(place)
        elif isinstance(node, list) and isinstance(place, int) and place < len(node):
            node = node[place]
    return node


def _part(path: Sequence[int | str], whole: type[BaseModel]) -> type[BaseModel] | None:
    """Return the model that describes what stands at a path."""
    part: type[BaseModel] | None = whole
    for place in path:
        field = None if part is None else part.model_fields.get(str(place))
        part = None if field is None else _model_in(field.annotation)
    return part


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the model in an annotation, also where None may stand instead."""
    for each in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None
