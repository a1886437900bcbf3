"""Draws a page from the package alone, as SVG: outlines come from the fonts that lie in it.

Written apart from the product's writer, after GB/T 33190; it knows what our files hold.
"""

from __future__ import annotations

import posixpath
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

import uharfbuzz as hb
from lxml import etree

from ofd.package import Parts

_IMAGES = {"png": "image/png", "jpg": "image/jpeg"}
_SIGNS = {"M": ("M", 2), "L": ("L", 2), "B": ("C", 6), "Q": ("Q", 4), "C": ("Z", 0)}


def _name(node: Any) -> str:
    return str(etree.QName(node).localname)


def _below(node: Any, name: str) -> list[Any]:
    return [child for child in node.iter() if isinstance(child.tag, str) and _name(child) == name]


def _first(node: Any, name: str) -> Any:
    return next((child for child in node if _name(child) == name), None)


def _numbers(text: str) -> list[float]:
    return [float(word) for word in text.split()]


@dataclass
class Drawer:
    """Draws the pages of a package."""

    parts: Parts
    fonts: dict[str, Any] = field(default_factory=dict)
    media: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read fonts and pictures."""
        for name in ("Doc_0/PublicRes.xml", "Doc_0/DocumentRes.xml"):
            if name not in self.parts:
                continue
            root = etree.fromstring(self.parts[name])
            base = posixpath.join("Doc_0", root.get("BaseLoc"))
            for font in _below(root, "Font"):
                data = self.parts[posixpath.join(base, _first(font, "FontFile").text)]
                self.fonts[font.get("ID")] = hb.Font(hb.Face(data))
            for media in _below(root, "MultiMedia"):
                file = _first(media, "MediaFile").text
                kind = _IMAGES[file.rpartition(".")[2]]
                data = b64encode(self.parts[posixpath.join(base, file)]).decode()
                self.media[media.get("ID")] = f"data:{kind};base64,{data}"

    def page(self, index: int) -> str:
        """Give the page as SVG, one unit a millimetre."""
        root = etree.fromstring(self.parts[f"Doc_0/Pages/Page_{index}/Content.xml"])
        box = _below(root, "PhysicalBox")[0].text
        width, height = _numbers(box)[2:]
        inside = "".join(self._drawn(node) for layer in _below(root, "Layer") for node in layer)
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="{box}" width="{width}mm" height="{height}mm">'
            f'<rect width="{width}" height="{height}" fill="#fff"/>{inside}</svg>'
        )

    def _drawn(self, node: Any) -> str:
        left, top, _, _ = _numbers(node.get("Boundary"))
        draw = {"TextObject": self._text, "PathObject": self._path, "ImageObject": self._image}
        clip = self._clip(node)
        turned = node.get("CTM")
        matrix = f' transform="matrix({",".join(turned.split())})"' if turned else ""
        opacity = f' opacity="{int(node.get("Alpha")) / 255:.4f}"' if node.get("Alpha") else ""
        inside = draw[_name(node)](node)
        return f'<g transform="translate({left} {top})"{opacity}{clip}><g{matrix}>{inside}</g></g>'

    def _clip(self, node: Any) -> str:
        clips = _first(node, "Clips")
        if clips is None:
            return ""
        own = f"c{node.get('ID')}"
        paths = "".join(self._outline(path) for path in _below(clips, "AbbreviatedData"))
        return f' clip-path="url(#{own})"><clipPath id="{own}">{paths}</clipPath'

    @staticmethod
    def _outline(data: Any) -> str:
        words, said = data.text.split(), []
        while words:
            sign, count = _SIGNS[words.pop(0)]
            said.append(sign + " ".join(words[:count]))
            del words[:count]
        return f'<path d="{" ".join(said)}"/>'

    @staticmethod
    def _colour(node: Any, name: str) -> str:
        colour = _first(node, name)
        return f"rgb({','.join(colour.get('Value').split())})" if colour is not None else "#000"

    def _path(self, node: Any) -> str:
        fill = self._colour(node, "FillColor") if node.get("Fill") == "true" else "none"
        stroke = self._colour(node, "StrokeColor") if node.get("Stroke") != "false" else "none"
        rule = "evenodd" if node.get("Rule") == "Even-Odd" else "nonzero"
        outline = self._outline(_first(node, "AbbreviatedData"))
        dashes = node.get("DashPattern")
        more = f' stroke-dasharray="{dashes}"' if dashes else ""
        for attribute, name in (("Cap", "stroke-linecap"), ("Join", "stroke-linejoin")):
            if node.get(attribute):
                more += f' {name}="{node.get(attribute).lower()}"'
        style = (
            f'<path fill="{fill}" fill-rule="{rule}" stroke="{stroke}" '
            f'stroke-width="{node.get("LineWidth", "0.353")}"{more}'
        )
        return outline.replace("<path", style, 1)

    def _image(self, node: Any) -> str:
        data = self.media[node.get("ResourceID")]
        return f'<image width="1" height="1" preserveAspectRatio="none" xlink:href="{data}"/>'

    def _text(self, node: Any) -> str:
        font, size = self.fonts[node.get("Font")], float(node.get("Size"))
        ratio = size / font.face.upem
        colour, drawn = self._colour(node, "FillColor"), []
        for code in _below(node, "TextCode"):
            x, y = float(code.get("X")), float(code.get("Y"))
            steps = self._steps(code.get("DeltaX") or "")
            for sign, step in zip(code.text, [*steps, 0.0], strict=True):
                pen = _Pen()
                font.draw_glyph_with_pen(font.get_nominal_glyph(ord(sign)), pen)
                drawn.append(
                    f'<path transform="matrix({ratio:.6f},0,0,{-ratio:.6f},{x:.4f},{y:.4f})" '
                    f'd="{" ".join(pen.said)}"/>'
                )
                x += step
        return f'<g fill="{colour}">{"".join(drawn)}</g>'

    @staticmethod
    def _steps(text: str) -> list[float]:
        words, steps = text.split(), []
        while words:
            word = words.pop(0)
            if word == "g":
                count, step = int(words.pop(0)), float(words.pop(0))
                steps += [step] * count
            else:
                steps.append(float(word))
        return steps


class _Pen:
    """Writes what HarfBuzz draws; the names are those of fontTools' pens."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def _add(self, sign: str, *points: tuple[float, float]) -> None:
        self.said.append(sign + " ".join(f"{x:g} {y:g}" for x, y in points))

    def moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802
        self._add("M", point)

    def lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802
        self._add("L", point)

    def qCurveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802
        self._add("Q", *points)

    def curveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802
        self._add("C", *points)

    def closePath(self) -> None:  # noqa: N802
        self._add("Z")

    def endPath(self) -> None:  # noqa: N802
        pass
