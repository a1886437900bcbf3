"""Builders of fictitious persons, enterprises and officers: valid check digits, no real holder.

Rules of the builders (domain, demo data): identity numbers use the municipality itself (310000) and
sequence 991/992; the ninth character of an enterprise's organisation code fails GB 11714 on purpose
while the whole code is a valid USCC; telephones are 1990000nnnn and 021-0000nnnn.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date

import pikepdf
from PIL import Image, ImageDraw

_SURNAMES = "陶温柏凌简阮裴卓伏宓"
_GIVEN = ("示例", "样本", "演示", "测试", "范例")
_TRADES = ("示例结构设计", "样本建筑工程咨询", "演示市政设计", "范例幕墙结构")
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I O S V Z


@dataclass(frozen=True, kw_only=True)
class PersonFacts:
    """What the real-name system tells about one fictitious person."""

    name: str
    sex: str  #: "M" or "F"
    birth: date
    id_type: str
    id_no: str
    mobile: str


@dataclass(frozen=True, kw_only=True)
class EnterpriseFacts:
    """What the enterprise register tells about one fictitious enterprise."""

    name: str
    uscc: str
    phone: str


def resident_id(born: date, *, male: bool, region: str = "310000") -> str:
    """Build an 18-character identity number with a right check digit (GB 11643, MOD 11-2)."""
    body = f"{region}{born:%Y%m%d}99{1 if male else 2}"
    remainder = sum(int(digit) * (1 << (17 - at)) for at, digit in enumerate(body)) % 11
    return body + "10X98765432"[remainder]


def person(number: int) -> PersonFacts:
    """Build the person with this number; numbers below 50 have distinct names."""
    male = number % 2 == 1
    born = date(1970 + number % 25, 1 + number % 12, 1 + number % 28)
    return PersonFacts(
        name=_SURNAMES[number % 10] + _GIVEN[number // 10 % 5],
        sex="M" if male else "F",
        birth=born,
        id_type="RESIDENT_ID",
        id_no=resident_id(born, male=male),
        mobile=f"1990000{number:04d}",
    )


def uscc(number: int) -> str:
    """Build a unified social credit code that passes GB 32100 and belongs to nobody."""
    organisation = f"MADE{number:04d}"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(
        (int(c) if c.isdigit() else ord(c) - 55) * w
        for c, w in zip(organisation, weights, strict=True)
    )
    right = 11 - total % 11
    wrong = (right + 1) % 10 if right < 10 else 0
    body = f"91310100{organisation}{wrong}"
    check = sum(_ALPHABET.index(c) * pow(3, at, 31) for at, c in enumerate(body))
    return body + _ALPHABET[-check % 31]


def enterprise(number: int) -> EnterpriseFacts:
    """Build the enterprise with this number; numbers below 100 have distinct names."""
    trade = _TRADES[number % 4]
    return EnterpriseFacts(
        name=f"上海{trade}（虚构{number:02d}）有限公司",
        uscc=uscc(number),
        phone=f"021-0000{number:04d}",
    )


def photo(*, width: int = 590, height: int = 826, picture_format: str = "JPEG") -> bytes:
    """Draw a portrait silhouette (no face of anybody)."""
    picture = Image.new("RGB", (width, height), "#dbe9f4")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((width * 0.3, height * 0.18, width * 0.7, height * 0.55), fill="#8b8f95")
    draw.ellipse((width * 0.1, height * 0.6, width * 0.9, height * 1.4), fill="#5f6670")
    out = io.BytesIO()
    picture.save(out, picture_format)
    return out.getvalue()


def pdf(pages: int = 1, *, size: int = 0, marker: str = "") -> bytes:
    """Make a plain PDF of so many pages, padded to exactly `size` bytes when that is larger."""
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page()
    document.docinfo["/Title"] = pikepdf.String(f"样本文件{marker}")
    out = io.BytesIO()
    document.save(out, deterministic_id=True)
    plain = out.getvalue()
    if len(plain) < size:
        head, tail = plain[: plain.rindex(b"startxref")], plain[plain.rindex(b"startxref") :]
        return head + b"%" + b" " * (size - len(plain) - 2) + b"\n" + tail
    return plain


def signature_picture() -> bytes:
    """Draw a stroke on a transparent ground: somebody's signature image."""
    picture = Image.new("RGBA", (400, 160), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.line([(20, 120), (120, 30), (200, 130), (300, 40), (380, 110)], fill="#101010", width=8)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
