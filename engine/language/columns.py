"""The columns of a decision table: what each is called, of which type, and which values it allows.

The type is the `typeRef` of DMN, the values are `inputValues` and `outputValues`. What cannot be
used is kept as a fault for the check; a table that was deployed before the check knew it goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from lxml import etree

from engine.language import feel

STRING, NUMBER, BOOLEAN, DATE = "string", "number", "boolean", "date"
#: Types as FEEL names them, and as older editors do; "Any" says nothing.
_TYPES = {
    **{name: name for name in (STRING, NUMBER, BOOLEAN, DATE)},
    **dict.fromkeys(("integer", "long", "double", "decimal"), NUMBER),
}
TITLES = {STRING: "文字", NUMBER: "数", BOOLEAN: "真假", DATE: "日期"}
_MEMBERS: dict[str, tuple[type, ...]] = {
    STRING: (str,),
    NUMBER: (int, float),
    BOOLEAN: (bool,),
    DATE: (date,),
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column, as declared."""

    heading: str  #: as people read it
    type: str | None = None  #: one of the four; None: not said
    named: tuple[feel.Value, ...] = ()  #: the values that stand in the list of allowed ones
    allows: feel.Test | None = None  #: None: everything
    fault: tuple[str, str] | None = None  #: what is wrong with the declaration, what to do

    def is_of_type(self, value: object) -> bool:
        """Tell whether a value is of the column's type; null is of each, a day of a case is text.

        >>> Column(heading="x", type=NUMBER).is_of_type(True)
        False
        """
        if value is None or self.type is None:
            return True
        if self.type == DATE and type(value) is str:
            return _is_day(value)
        return type(value) in _MEMBERS[self.type]

    def refusal(self, value: object) -> str | None:
        """Say why `value` may not stand in the column, or give None."""
        if value is None:
            return None
        if self.type is not None and not self.is_of_type(value):
            return f"{shown(value)}不是{TITLES[self.type]}"
        if self.allows is not None and not _says(self.allows, value):
            return f"{shown(value)}不在允许的值之内"
        return None


def _says(test: feel.Test, value: object) -> bool:
    try:
        return test(value)
    except feel.FeelError:
        return False


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def shown(value: object) -> str:
    """Write a value as a cell has it.

    >>> shown("OK"), shown(True), shown(None), shown(5)
    ('"OK"', 'true', 'null', '5')
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f'"{value[:40]}"' if isinstance(value, str) else str(value)[:40]


def read(item: etree._Element, text: Callable[[etree._Element, str], str]) -> Column:
    """Read the declaration of an `input` or `output`; `text` gives the text of a child."""
    expression = item.find("{*}inputExpression")
    tag = "outputValues" if expression is None else "inputValues"
    told = (item if expression is None else expression).get("typeRef") or ""
    heading = item.get("label") or item.get("name") or text(item, "inputExpression")
    kind, fault = _type(told)
    named: list[feel.Value] = []
    allows, listed = None, text(item, tag)
    if listed:
        try:
            allows, named = feel.unary_test(listed), feel.literals(listed)
        except feel.FeelError as error:
            fault = fault or (f"允许的值：{error}", '请写成 "A","B" 或者 [0..100] 这样的值')
    return Column(heading=heading, type=kind, named=tuple(named), allows=allows, fault=fault)


def _type(told: str) -> tuple[str | None, tuple[str, str] | None]:
    name = told.rpartition(":")[2]
    if not name or name == "Any":
        return None, None
    if name.lower() in _TYPES:
        return _TYPES[name.lower()], None
    return None, (f"不认识类型“{told}”", f"请用：{'、'.join(TITLES)}")
