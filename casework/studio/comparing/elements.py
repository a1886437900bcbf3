"""What stands in an element of an XML file, by path, up to the parts that are told on their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from lxml import etree

#: What is known by its name: another place in the file is no other thing.
_KEYED = {"property": "name", "parameter": "id"}


def local(element: etree._Element) -> str:
    """Return the name of an element without its namespace."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def facts(
    element: etree._Element, is_told: Callable[[etree._Element], bool], path: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield what an element says: path → text. `is_told` stops at what is told elsewhere."""
    said = False
    for name, value in element.attrib.items():
        if not path and name == "id":
            continue
        plain = str(name).rpartition("}")[2]
        if plain != _KEYED.get(local(element)):
            yield f"{path}@{plain}", str(value)
            said = True
    text = (element.text or "").strip()
    if text and path:
        yield path, text
        said = True
    times: Counter[str] = Counter()
    for child in element:
        if is_told(child):
            continue
        name = local(child)
        times[name] += 1
        key = child.get(_KEYED[name]) if name in _KEYED else None
        place = key or (str(times[name]) if times[name] > 1 else "")
        step = f"{name}[{place}]" if place else name
        yield from facts(child, is_told, f"{path}/{step}" if path else step)
        said = True
    if path and not said:
        yield path, ""
