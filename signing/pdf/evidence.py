"""The revision that holds long-term evidence under a time stamp, and the same read back.

Source: ETSI EN 319 142-1, 5.4 (document security store, document time stamp).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pdf.revisions import OtherForm, Revision, only, put_in
from signing.pdf.signature import (
    EXTENSION,
    FIELDS,
    FORM,
    RANGES_BYTES,
    Written,
    covered,
    placed,
)

FIELD = "timestamp"
_TITLE = rb"(\376\377\133Xhce\366\225\364b3)"  # 存档时间戳
_PAGES = re.compile(rb"/Pages (\d+) 0 R\b")
_KIDS = re.compile(rb"/Kids ?\[ ?(\d+) 0 R")
_NOTES = re.compile(rb"/Annots ?\[( ?(?:\d+ 0 R ?)*)\]")
_MOST_LEVELS = 8  #: of the tree of pages
_BODY = (
    b"<<\n/Contents <%b>\n/ByteRange %b\n/Type /DocTimeStamp\n/Filter /Adobe.PPKLite\n"
    b"/SubFilter /ETSI.RFC3161\n>>"
)
_WIDGET = (
    b"<<\n/FT /Sig\n/T (timestamp)\n/Type /Annot\n/Subtype /Widget\n/F 132\n/Rect [ 0 0 0 0 ]\n"
    b"/P %d 0 R\n/TU %b\n/V %d 0 R\n>>"
)
_STAMPED = re.compile(
    rb"<<\n/Contents <([0-9A-F]++)>\n/ByteRange \[[\d ]+\] *\n/Type /DocTimeStamp\n"
    rb"/Filter /Adobe\.PPKLite\n/SubFilter /ETSI\.RFC3161\n>>"
)
_REFERENCES = rb" \[ ((?:\d+ 0 R )+)\]\n"
_STORE = re.compile(
    rb"<<\n/Certs"
    + _REFERENCES
    + rb"(?:/OCSPs"
    + _REFERENCES
    + rb")?(?:/CRLs"
    + _REFERENCES
    + rb")?>>"
)
_DATA = re.compile(rb"<<\n/Length (\d+)\n>>\nstream\n")
_END = b"\nendstream"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a verifier needs in later years, DER."""

    certificates: Sequence[bytes]
    answers: Sequence[bytes]
    lists: Sequence[bytes]
    responders: Sequence[bytes]  #: further certificates, of those who gave the answers


@dataclass(frozen=True, kw_only=True)
class Stamped:
    """A revision of evidence, as it was read: nothing else is in it."""

    content: bytes  #: the time stamp, with the zeros that fill its place
    covered: bytes  #: SHA-256 of the file up to the end of the revision, but the time stamp


def write(last: Revision, evidence: Evidence, *, contents: bytes, name: bytes) -> Written:
    """Write the first revision of evidence; `contents` are hex digits. Raises: OtherForm."""
    first = last.size + 1
    # 1. The store: each thing a stream, in this order.
    parts = [evidence.certificates, evidence.answers, evidence.lists, evidence.responders]
    streams = [data for part in parts for data in part]
    bodies = {
        number: b"<<\n/Length %d\n>>\nstream\n%b\nendstream" % (len(data), data)
        for number, data in enumerate(streams, first)
    }
    store, field, value = (first + len(streams) + place for place in range(3))
    bodies[store] = _store(parts, first)
    # 2. A field for the time stamp, on the first page, that shows nothing.
    page = _first_page(last)
    bodies[page] = _noted(last.body(page), field)
    bodies[field] = _WIDGET % (page, _TITLE, value)
    bodies[value] = _BODY % (contents, bytes(RANGES_BYTES))
    # 3. The catalogue and the form name them.
    catalogue = last.body(last.catalogue)
    form = int(only(FORM, catalogue)[1])
    if b"/DSS" in catalogue or EXTENSION not in catalogue:
        raise OtherForm("evidence is there already, or an extension is not declared")
    bodies[last.catalogue] = put_in(catalogue, b"/DSS %d 0 R" % store)
    only(FIELDS, last.body(form))
    bodies[form] = FIELDS.sub(rb"\n/Fields [ \g<1>%d 0 R ]\n" % field, last.body(form))
    return placed(last, last.appended(bodies, name), contents)


def read(revision: Revision) -> Stamped | None:
    """Read evidence back; None when there is none in the revision.

    Raises: OtherForm unless it is, byte for byte, as `write` writes it.
    """
    number = revision.numbers[-1]
    value = _STAMPED.fullmatch(revision.body(number))
    if value is None:
        return None
    before, store = revision.before, _STORE.fullmatch(revision.body(number - 2))
    if store is None:
        raise OtherForm("another store")
    certificates, answers, lists = (_numbers(group) for group in store.groups(default=b""))
    after = max([*answers, *lists], default=before.size)
    evidence = Evidence(
        certificates=[_data(revision, number) for number in certificates if number < after],
        answers=[_data(revision, number) for number in answers],
        lists=[_data(revision, number) for number in lists],
        responders=[_data(revision, number) for number in certificates if number > after],
    )
    written = write(before, evidence, contents=value[1], name=revision.name)
    content = bytes.fromhex(value[1].decode())
    return Stamped(content=content, covered=covered(revision, written))


def _store(parts: Sequence[Sequence[bytes]], first: int) -> bytes:
    numbers = iter(range(first, first + sum(map(len, parts))))
    certificates, answers, lists, responders = (
        b"".join(b"%d 0 R " % next(numbers) for _ in part) for part in parts
    )
    named = ((b"Certs", certificates + responders), (b"OCSPs", answers), (b"CRLs", lists))
    entries = [b"/%b [ %b]\n" % (key, references) for key, references in named if references]
    return b"<<\n%b>>" % b"".join(entries)


def _first_page(last: Revision) -> int:
    number = int(only(_PAGES, last.body(last.catalogue))[1])
    for _ in range(_MOST_LEVELS):
        kids = _KIDS.search(last.body(number))
        if kids is None:
            return number
        number = int(kids[1])
    raise OtherForm("a deep tree of pages")


def _noted(page: bytes, field: int) -> bytes:
    """Add a widget to the annotations of a page."""
    if b"/Annots" not in page:
        return put_in(page, b"/Annots [ %d 0 R ]" % field)
    notes = only(_NOTES, page)
    return page[: notes.end() - 1] + b" %d 0 R" % field + page[notes.end() - 1 :]


def _numbers(references: bytes) -> list[int]:
    return [int(number) for number in references.split(b" 0 R ")[:-1]]


def _data(revision: Revision, number: int) -> bytes:
    body = revision.body(number)
    head = _DATA.match(body)
    if head is None or len(body) != head.end() + int(head[1]) + len(_END):
        raise OtherForm("another stream")
    return body[head.end() : -len(_END)]
