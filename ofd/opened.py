"""A file of anybody, opened: what it says of itself, and where its signatures lie.

The work for one file is bounded whatever it holds: each part is parsed and digested once, all XML
together has its limit, and names are looked up, never searched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ofd import markup, package, sm2
from ofd.findings import Finding, Problem
from ofd.markup import Node
from ofd.package import Parts

LARGEST_XML = 2 * 1024 * 1024  #: bytes of all parts that are parsed of one file
_MOST_SEALS = 16
_MOST_FACTS = 200  #: custom data that are told
_LONGEST_DETAIL = 120
#: What a signature says once: readers differ in which of two they take.
_ONCE = (
    "SignedInfo",
    "SignedValue",
    "SignedInfo/SignatureMethod",
    "SignedInfo/SignatureDateTime",
    "SignedInfo/Seal",
    "SignedInfo/Seal/BaseLoc",
)


class Refused(Exception):
    """The file cannot be judged any further."""

    def __init__(self, problem: Problem, detail: str = "") -> None:
        """Say what is wrong."""
        super().__init__(problem)
        self.finding = Finding(problem, short(detail))


def short(detail: str) -> str:
    """Keep what a file says short and printable."""
    said = "".join(sign if sign.isprintable() else "·" for sign in detail[: 2 * _LONGEST_DETAIL])
    return said if len(said) <= _LONGEST_DETAIL else said[: _LONGEST_DETAIL - 1] + "…"


@dataclass(frozen=True, kw_only=True)
class Head:
    """What a file says of itself."""

    title: str = ""
    creator: str = ""
    pages: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)  #: custom data


@dataclass
class Opened:
    """The parts of a package, each parsed and digested once, whoever names it how often."""

    parts: Parts
    _roots: dict[str, Node] = field(default_factory=dict)
    _digests: dict[str, bytes] = field(default_factory=dict)
    _parsed: int = 0

    def part(self, name: str) -> str:
        """Give the name of the part that is meant. Raises: Refused when there is none."""
        found = package.found(self.parts, name)
        if found is None:
            raise Refused(Problem.MISSING, name)
        return found

    def read(self, name: str) -> Node:
        """Parse a part. Raises: Refused."""
        found = self.part(name)
        if found not in self._roots:
            self._parsed += len(self.parts[found])
            if self._parsed > LARGEST_XML:
                raise Refused(Problem.UNREADABLE, "文件的XML过大")
            try:
                self._roots[found] = markup.read(self.parts[found])
            except markup.BadXml as error:
                raise Refused(Problem.UNREADABLE, f"“{name}”不是规范的XML") from error
        return self._roots[found]

    def digest(self, name: str) -> bytes:
        """Give the SM3 digest of a part."""
        if name not in self._digests:
            self._digests[name] = sm2.sm3(self.parts[name])
        return self._digests[name]

    def head(self) -> Head:
        """Give what the file says of itself. Raises: Refused."""
        bodies = self._bodies()
        info = markup.children(bodies[0], "DocInfo")
        said = info[0] if info else bodies[0]
        custom = markup.children(said, "CustomDatas/CustomData")[:_MOST_FACTS]
        facts = {str(datum.get("Name", "")): (datum.text or "").strip() for datum in custom}
        return Head(
            title=short(markup.content(said, "Title")),
            creator=short(markup.content(said, "Creator")),
            pages=self._pages(markup.content(bodies[0], "DocRoot")),
            facts={short(name): short(value) for name, value in facts.items()},
        )

    def _bodies(self) -> list[Node]:
        if package.found(self.parts, "OFD.xml") is None:
            raise Refused(Problem.UNREADABLE, "没有OFD.xml")
        root = self.read("OFD.xml")
        bodies = markup.children(root, "DocBody")
        if markup.name_of(root) != "OFD" or not bodies:
            raise Refused(Problem.UNREADABLE, "没有文档")
        return bodies

    def _pages(self, name: str) -> int:
        place = package.found(self.parts, package.locate("OFD.xml", name))
        return 0 if place is None else len(markup.children(self.read(place), "Pages/Page"))

    def signatures(self) -> list[str]:
        """Name the parts that describe the signatures. Raises: Refused when none are judged."""
        bodies = self._bodies()
        if len(bodies) > 1 or markup.children(bodies[0], "Versions"):
            raise Refused(Problem.SEVERAL)
        place = markup.content(bodies[0], "Signatures")
        if not place:
            raise Refused(Problem.NOT_SEALED)
        listed = self.part(package.locate("OFD.xml", place))
        entries = markup.children(self.read(listed), "Signature")
        if not entries:
            raise Refused(Problem.NOT_SEALED)
        if len(entries) > _MOST_SEALS:
            raise Refused(Problem.SEVERAL)
        places = (str(entry.get("BaseLoc", "")) for entry in entries)
        names = [self.part(package.locate(listed, place)) for place in places]
        if len(set(names)) != len(names):
            raise Refused(Problem.SEVERAL)
        return names

    def own(self, name: str) -> tuple[str, str | None]:
        """Name the value of a signature, and its seal where it lies beside. Raises: Refused."""
        root = self.read(name)
        if any(len(markup.children(root, path)) > 1 for path in _ONCE):
            raise Refused(Problem.SEVERAL)
        value = self.part(package.locate(name, markup.content(root, "SignedValue")))
        seal = markup.content(root, "SignedInfo/Seal/BaseLoc")
        return value, self.part(package.locate(name, seal)) if seal else None
