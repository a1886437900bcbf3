"""What officers and enterprises write into letters, decisions and returns: one rule for all."""

from __future__ import annotations

from collections.abc import Sequence

from casework.office import Office
from pdfgen import charset
from refusals.refusal import Refusal


class TextTooLong(Refusal):
    """文字过长：最多{items}项，每项不超过{characters}字，请精简后再提交。"""

    code = "E_TEXT_TOO_LONG"


class Unprintable(Refusal):
    """文字中有无法打印的字符（{characters}），文书无法生成，请更正后再提交。"""

    code = "E_UNPRINTABLE"


LEAST_REASON = 5  #: characters of a reason or an item that a person can act upon
MOST_ITEMS, LONGEST = 30, 500  #: of a letter: items, and characters of one


def said(
    office: Office, texts: Sequence[str], *, field: str | None = None, most: int = MOST_ITEMS
) -> list[str]:
    """Give what was written, without blanks, line ends as line feeds (browsers send CR LF).

    Raises `TextTooLong` and `Unprintable` for what no letter could hold, named after `field`.
    """
    kept = [line for text in texts if (line := text.replace("\r\n", "\n").strip())]
    if len(kept) > most or any(len(text) > LONGEST for text in kept):
        raise TextTooLong(field, items=most, characters=LONGEST)
    if lost := charset.missing("".join(kept), office.fonts):
        raise Unprintable(
            field, characters="、".join(f"U+{ord(character):04X}" for character in lost)
        )
    return kept
