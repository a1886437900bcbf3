"""A document on its way: pages of objects, fonts and pictures, and the parts they become.

Elements stand in the order that GB/T 33190 fixes, every object has an ID of its own, and
MaxUnitID is the greatest. The same document gives the same parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ofd.fonts import Face, Shelf
from ofd.markup import NAMESPACE, element, number, part, text

DOCUMENT = "Doc_0/Document.xml"
SIGNATURES = "Doc_0/Signs/Signatures.xml"
TAGS = "urn:zhuce:document:1"


class Last(str):
    """A value whose last place on the pages counts, as the day under a seal."""

    __slots__ = ()


@dataclass
class Page:
    """One page, in millimetres."""

    id: int
    layer: int
    width: float
    height: float
    objects: list[str] = field(default_factory=list)
    texts: list[tuple[int, str]] = field(default_factory=list)  #: IDs of text objects, in order


class Document:
    """Pages with what they share."""

    def __init__(self, fonts: Shelf) -> None:
        """Begin a document that is set in these fonts."""
        self.fonts = fonts
        self.pages: list[Page] = []
        self._last_id = 0
        self._font_ids: dict[str, int] = {}
        self._media: dict[str, tuple[int, bytes]] = {}  #: by file name

    def new_id(self) -> int:
        """Give the next ID."""
        self._last_id += 1
        return self._last_id

    def add_page(self, width: float, height: float) -> Page:
        """Begin the next page."""
        page = Page(id=self.new_id(), layer=self.new_id(), width=width, height=height)
        self.pages.append(page)
        return page

    def font_id(self, face: Face) -> int:
        """Give the ID of a font."""
        if face.name not in self._font_ids:
            self._font_ids[face.name] = self.new_id()
        return self._font_ids[face.name]

    def media_id(self, data: bytes, suffix: str) -> int:
        """Give the ID of a picture (png or jpg); the same picture has one."""
        name = f"{hashlib.sha256(data).hexdigest()[:16]}.{suffix}"
        if name not in self._media:
            self._media[name] = (self.new_id(), data)
        return self._media[name][0]

    def parts(
        self,
        *,
        number_of_document: str,
        title: str,
        author: str,
        day: date,
        facts: Mapping[str, str],
        tags: Mapping[str, str],
    ) -> dict[str, bytes]:
        """Give all parts, unsealed, in the order in which they are stored.

        `number_of_document` has 32 hexadecimal digits; `facts` become custom data; `tags` name
        what stands on the pages: each is found there and tagged where it first is whole (`Last`:
        where it is for the last time).
        """
        facts = {name: value for name, value in facts.items() if value}
        parts: dict[str, bytes] = {}
        custom = "".join(
            element("CustomData", text(value), Name=name) for name, value in facts.items()
        )
        info = (
            element("DocID", number_of_document)
            + element("Title", text(title))
            + element("Author", text(author))
            + element("CreationDate", day.isoformat())
            + element("Creator", "Zhuce")
            + element("CreatorVersion", "1")
            + (element("CustomDatas", custom) if custom else "")
        )
        body = (
            element("DocInfo", info)
            + element("DocRoot", DOCUMENT)
            + element("Signatures", SIGNATURES)
        )
        parts["OFD.xml"] = part("OFD", element("DocBody", body), Version="1.0", DocType="OFD")
        for index, page in enumerate(self.pages):
            parts[f"Doc_0/Pages/Page_{index}/Content.xml"] = _content(page)
        parts |= self._resources()
        tagged = self._tags(tags)
        parts |= tagged
        parts[DOCUMENT] = self._root(is_tagged=bool(tagged))
        return parts

    def _root(self, *, is_tagged: bool) -> bytes:
        first = self.pages[0]
        common = (
            element("MaxUnitID", str(self._last_id))
            + element("PageArea", _box(first))
            + element("PublicRes", "PublicRes.xml")
            + (element("DocumentRes", "DocumentRes.xml") if self._media else "")
        )
        pages = "".join(
            element("Page", ID=page.id, BaseLoc=f"Pages/Page_{index}/Content.xml")
            for index, page in enumerate(self.pages)
        )
        return part(
            "Document",
            element("CommonData", common)
            + element("Pages", pages)
            + (element("CustomTags", "Tags/CustomTags.xml") if is_tagged else ""),
        )

    def _resources(self) -> dict[str, bytes]:
        parts, fonts = {}, []
        for face in self.fonts.used():
            file = f"font_{self.font_id(face)}.{face.suffix}"
            parts[f"Doc_0/Res/{file}"] = face.subset()
            fonts.append(
                element(
                    "Font",
                    element("FontFile", file),
                    ID=self.font_id(face),
                    FontName=face.name,
                    FamilyName=face.family,
                    Bold="true" if face.is_bold else None,
                )
            )
        media = "".join(
            element(
                "MultiMedia",
                element("MediaFile", name),
                ID=own,
                Type="Image",
                Format=name.rpartition(".")[2].upper(),
            )
            for name, (own, _) in self._media.items()
        )
        parts |= {f"Doc_0/Res/{name}": data for name, (_, data) in self._media.items()}
        listed = element("Fonts", "".join(fonts)) if fonts else ""
        parts["Doc_0/PublicRes.xml"] = part("Res", listed, BaseLoc="Res")
        if media:
            parts["Doc_0/DocumentRes.xml"] = part(
                "Res", element("MultiMedias", media), BaseLoc="Res"
            )
        return parts

    def _tags(self, tags: Mapping[str, str]) -> dict[str, bytes]:
        """Tag the objects in which a value stands; what stands nowhere is left out."""
        said = []
        for name, value in tags.items():
            pages = reversed(self.pages) if isinstance(value, Last) else self.pages
            refs = next(filter(None, (_refs(page, value) for page in pages)), "")
            if refs:
                said.append(f"<d:{name}>{refs}</d:{name}>")
        if not said:
            return {}
        tree = f'<d:Document xmlns:d="{TAGS}" xmlns:ofd="{NAMESPACE}">{"".join(said)}</d:Document>'
        # The text of the standard calls the attribute TypeID, its schema NameSpace.
        tag = element("CustomTag", element("FileLoc", "Tag_0.xml"), TypeID=TAGS, NameSpace=TAGS)
        return {
            "Doc_0/Tags/Tag_0.xml": f'<?xml version="1.0" encoding="UTF-8"?>\n{tree}'.encode(),
            "Doc_0/Tags/CustomTags.xml": part("CustomTags", tag),
        }


def _box(page: Page) -> str:
    return element("PhysicalBox", f"0 0 {number(page.width)} {number(page.height)}")


def _content(page: Page) -> bytes:
    layer = element("Layer", "".join(page.objects), ID=page.layer, Type="Body")
    return part("Page", element("Area", _box(page)) + element("Content", layer))


def _refs(page: Page, value: str) -> str:
    """Name the text objects of a page that hold a value, white space aside."""
    owners = [(own, sign) for own, said in page.texts for sign in said if not sign.isspace()]
    wanted = "".join(value.split())
    said = "".join(sign for _, sign in owners)
    find = said.rfind if isinstance(value, Last) else said.find
    start = find(wanted) if wanted else -1
    if start < 0:
        return ""
    ids = dict.fromkeys(own for own, _ in owners[start : start + len(wanted)])
    return "".join(element("ObjectRef", str(own), PageRef=page.id) for own in ids)
