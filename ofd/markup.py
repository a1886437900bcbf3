"""XML of the parts: written as GB/T 33190 has it, read from anybody without trust.

Lengths are millimetres, the origin is the upper left corner, y runs downwards. Readers find
elements by their local names: files of others also use the namespace without the year.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

Node = etree._Element
NAMESPACE = "http://www.ofdspec.org/2016"
LARGEST = 1024 * 1024  #: bytes of a part that is read: trees take a hundred times the room
_SPECIAL = re.compile(r"[^ !#$%'-;=?-~]")  #: needs more than quotes around it
_ENCODINGS = ("UTF-8", "ASCII", "US-ASCII", "GB2312", "GBK", "GB18030")  #: of real writers
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


class BadXml(ValueError):
    """A part is not XML that is read here."""


def number(value: float) -> str:
    """Write a length: to a micrometre, without idle zeros.

    >>> number(12.3456), number(-0.0001), number(210)
    ('12.346', '0', '210')
    """
    return f"{round(value, 3) + 0.0:.9g}"  # no -0


def numbers(values: Iterable[float]) -> str:
    """Write several lengths."""
    return " ".join(map(number, values))


def text(value: str) -> str:
    """Write characters that stand between tags."""
    return escape(value)


def element(tag: str, content: str = "", /, **attributes: object) -> str:
    """Write an element; attributes that are None are left out."""
    inside = ""
    for name, value in attributes.items():
        if value is not None:
            said = str(value)
            inside += f" {name}={quoteattr(said)}" if _SPECIAL.search(said) else f' {name}="{said}"'
    if not content:
        return f"<ofd:{tag}{inside}/>"
    return f"<ofd:{tag}{inside}>{content}</ofd:{tag}>"


def part(tag: str, content: str, /, **attributes: object) -> bytes:
    """Write a whole part with its root element."""
    opened, rest = f"<ofd:{tag}", element(tag, content, **attributes)
    return f'{_HEAD}{opened} xmlns:ofd="{NAMESPACE}"{rest.removeprefix(opened)}'.encode()


def deltas(steps: Iterable[float]) -> str:
    """Write DeltaX: three and more equal steps as `g count step`.

    >>> deltas([5, 5, 5, 2.5])
    'g 3 5 2.5'
    """
    written: list[str] = []
    run: list[str] = []
    for step in [*map(number, steps), ""]:
        if run and step != run[0]:
            written += ["g", str(len(run)), run[0]] if len(run) > 2 else run
            run = []
        run.append(step)
    return " ".join(written)


def read(data: bytes) -> Node:
    """Parse a part of anybody. Raises: BadXml, also for a document type or another encoding."""
    if len(data) > LARGEST:
        raise BadXml("too large")
    if b"<!DOCTYPE" in data or b"\0" in data[:64]:
        raise BadXml("a document type, or not UTF-8")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError) as error:
        raise BadXml(str(error)[:80]) from error
    about = root.getroottree().docinfo
    if about.internalDTD is not None or about.encoding.upper() not in _ENCODINGS:
        raise BadXml("a document type, or an encoding that hides one")
    return root


def children(node: Node, path: str) -> list[Node]:
    """Find the elements at `path` (local names, `/` between) below a node."""
    level = [node]
    for step in path.split("/"):
        wanted = f"{{*}}{step}"  # whatever the namespace; sought in C: a part may hold 100,000
        level = [child for parent in level for child in parent.iterchildren(wanted)]
    return level


def content(node: Node, path: str, default: str = "") -> str:
    """Give the characters of the first element at `path`, trimmed."""
    texts = [(child.text or "").strip() for child in children(node, path)]
    return texts[0] if texts else default


def name_of(node: Node) -> str:
    """Give the local name of an element."""
    return etree.QName(node).localname
