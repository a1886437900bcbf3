"""What a request brings, read before any page sees it: whatever page, whatever field.

Every text of a form or an address passes `registry.readings.text`; a page that knows more of its
field (a number, a day, a name) reads it further with the function of that kind.
"""

from __future__ import annotations

from typing import Any

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from registry import readings


class Entries(ImmutableMultiDict[str, Any]):
    """The entries of a form or an address, each text read as what people write; files as sent."""

    def __init__(self, mapping: Any = None) -> None:
        sent = MultiDict(mapping) if mapping is not None else MultiDict[str, Any]()
        super().__init__([(name, _read(value)) for name, value in sent.items(multi=True)])


def _read(value: Any) -> Any:
    return readings.text(value) if isinstance(value, str) else value


class ReadRequest(Request):
    """A request whose texts are read."""

    parameter_storage_class = Entries
