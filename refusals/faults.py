"""What is wrong with one field of a form: a text for people, with the code of the refusal."""

from __future__ import annotations

from typing import Self

from refusals.refusal import Refusal


class Fault(str):
    """The Chinese text of a fault (cause and remedy), which also knows its code.

    >>> Fault("请填写姓名", "E_REQUIRED").code
    'E_REQUIRED'
    """

    __slots__ = ("code",)

    code: str

    def __new__(cls, text: str, code: str) -> Self:
        """Make the fault of a text and a code such as ``E_REQUIRED``."""
        made = super().__new__(cls, text)
        made.code = code
        return made

    @classmethod
    def of(cls, refusal: Refusal, *, about: str = "") -> Self:
        """Make the fault of a refusal; `about` names what it speaks of."""
        return cls(f"{about}：{refusal}" if about else str(refusal), refusal.code)

    @classmethod
    def by_field(cls, refusal: Refusal) -> dict[str, str]:
        """Give what a page shows beside a field: one fault, under "" when it concerns none."""
        return {refusal.field or "": cls.of(refusal)}
