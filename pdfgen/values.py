"""Values on their way into a document: JSON beside the source, so that none of them is source.

Typst prints a text that it has read from JSON literally, whatever stands in it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from pdfgen.charset import describe, hidden
from pdfgen.errors import CharacterMissing
from pdfgen.pictures import Qr, picture_svg, qr_svg

SHANGHAI = ZoneInfo("Asia/Shanghai")


def to_json(data: Mapping[str, object]) -> str:
    r"""Return the data of a document as templates get it.

    A day becomes ISO text, a moment the day in Shanghai; bytes (JPEG or PNG) and `Qr` become SVG.
    Raises CharacterMissing where a text holds a control or direction character, ValueError for a
    picture that is none.

    >>> to_json({"day": dt.date(2026, 2, 3), "answers": ({"text": '#"'}, None)})
    '{"day": "2026-02-03", "answers": [{"text": "#\\""}, null]}'
    """
    return json.dumps(_plain(data), ensure_ascii=False)


def texts(value: object) -> Iterator[str]:
    """Yield every text that a document may print."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for inner in value:
            yield from texts(inner)


def _plain(value: object) -> object:
    if isinstance(value, Qr):
        return qr_svg(value)
    if isinstance(value, str):
        for character in hidden(value):
            raise CharacterMissing(character="", code_point=describe(character))
        return value
    if isinstance(value, bytes):
        return picture_svg(value)
    if isinstance(value, dt.datetime):
        return value.astimezone(SHANGHAI).date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [_plain(inner) for inner in value]
    return value
