"""What the house gives to documents, and whether a template asks for anything else.

The one list is `given.toml`: names, kinds, which may be none. Casework gives them, templates ask
for them, and a test holds what is given against it.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from pdfgen.source import ELEMENT, AskedValue

#: a kind ("text"), a list of something, or a record: name → shape, `name?` where it may be none
Shape = str | list[Any] | dict[str, Any]
ONE_OF = "one of: "
KINDS = ("text", "number", "day", "yes", "picture", "code")


@lru_cache(maxsize=1)
def _declared() -> dict[str, Any]:
    return tomllib.loads(resources.files("pdfgen").joinpath("given.toml").read_text("utf-8"))


def kinds() -> set[tuple[str, str]]:
    """Return the documents that the house prints itself, with the kind of data they are given."""
    declared = _declared().items()
    return {(name, kind) for kind, table in declared for name in table.get("documents", ())}


def must(kind: str, document: str) -> Mapping[str, str]:
    """Return what a document may not do without: path of the value, and what it is in Chinese.

    >>> must("letter", "decision")["reasons"]
    '理由（行政许可法第38条）'
    """
    named: Mapping[str, Mapping[str, str]] = _declared()[kind].get("must", {})
    return named.get(document, {})


def signed(kind: str, document: str) -> tuple[str, ...]:
    """Return whose signatures a document has places for: applicant, enterprise, agency.

    >>> signed("form", "application"), signed("letter", "of-a-type")
    (('applicant', 'enterprise'), ())
    """
    named: Mapping[str, Sequence[str]] = _declared()[kind].get("signed", {})
    return tuple(named.get(document, ()))


def labels() -> Mapping[str, Sequence[str]]:
    """Return what may stand after a label: its words, and paths of values."""
    told: Mapping[str, Sequence[str]] = _declared()["labels"]
    return told


def beside() -> Mapping[str, Sequence[str]]:
    """Return what stands before a value, one of these words: by the path of the value."""
    told: Mapping[str, Sequence[str]] = _declared()["beside"]
    return told


def behind() -> Mapping[str, str]:
    """Return what is printed behind the text, however pale: path of the value, and what it is."""
    told: Mapping[str, str] = _declared()["behind"]
    return told


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a document must say, and never say, where the data are so."""

    when: Mapping[str, bool | str]  #: values of the data; empty: always
    must: tuple[str, ...]  #: each in one of the ways that stand between bars, 不收费|免费
    never: tuple[str, ...]

    def concerns(self, data: Mapping[str, Any]) -> bool:
        """Tell whether this holds of data; what a document does not ask for may be either."""
        return all(_at(data, name, value) == value for name, value in self.when.items())


def _at(data: Mapping[str, Any], path: str, otherwise: Any) -> Any:
    for name in path.split("."):
        if name not in data:
            return otherwise
        data = data[name]
    return data


def says(kind: str, document: str) -> list[Said]:
    """Return what a document says by what its data are: a refusal must not read as a grant."""
    return [
        Said(
            when=told.get("when", {}),
            must=tuple(told.get("must", ())),
            never=tuple(told.get("never", ())),
        )
        for told in _declared()[kind].get("says", ())
        if told["document"] == document
    ]


def root(kind: str) -> str:
    """Return the kind that a kind of data is like, or the kind itself.

    >>> root("cancellation"), root("letter")
    ('form', 'letter')
    """
    return str(_declared()[kind].get("like", kind))


def shape(kind: str) -> dict[str, Any]:
    """Return the shape of a kind of data, such as `letter`."""
    table = _declared()[kind]
    own = table["data"]
    taken = shape(table["like"]) if "like" in table else {}
    replaced = {name.rstrip("?") for name in own}
    return {
        **{key: value for key, value in taken.items() if key.rstrip("?") not in replaced},
        **own,
    }


def lacks(kind: str, data: Mapping[str, Any]) -> list[str]:
    """Return what `data` should hold and does not, as paths; it may hold more.

    >>> lacks("rename", {})[:2]
    ['profession', 'uscc']
    """
    return list(_lacking(shape(kind), data, ""))


def _lacking(wanted: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(wanted, list):
        for number, element in enumerate(value):
            yield from _lacking(wanted[0], element, f"{path}[{number}]")
    elif isinstance(wanted, dict):
        for name, inner in wanted.items():
            key = name.rstrip("?")
            place = f"{path}.{key}".lstrip(".")
            if key not in value or (value[key] is None and key == name):
                yield place
            elif value[key] is not None:
                yield from _lacking(inner, value[key], place)


def refusal(kind: str, asked: AskedValue) -> str | None:
    """Return why a value cannot be asked for, in Chinese, or None when it can."""
    here: Shape = shape(kind)
    said = "data"
    for place, name in enumerate(asked.path):
        is_method = asked.is_called and place == len(asked.path) - 1
        if name == ELEMENT:
            if not isinstance(here, list):
                return f"{said} 不是列表，不能逐项列出"
            here, said = here[0], f"{said} 的一项"
        elif isinstance(here, dict):
            names = {key.rstrip("?"): inner for key, inner in here.items()}
            if name not in names:
                return _unknown(said, name, list(names))
            here, said = names[name], f"{said}.{name}"
        elif is_method and not (isinstance(here, list) and isinstance(here[0], dict)):
            return None
        else:
            return f"{said} 没有“{name}”"
    if asked.compared is not None and isinstance(here, str) and here.startswith(ONE_OF):
        words = here.removeprefix(ONE_OF).split(", ")
        if asked.compared not in words:
            near = difflib.get_close_matches(asked.compared, words, n=1, cutoff=0.5)
            hint = f"，是不是“{near[0]}”？" if near else f"，有：{'、'.join(words)}"
            return f"{said} 不会是“{asked.compared}”{hint}"
    holds_names = isinstance(here, dict) or (isinstance(here, list) and isinstance(here[0], dict))
    if isinstance(here, list) and asked.is_looped:
        return None
    if asked.is_looped:
        return f"{said} 不是列表，不能逐项列出"
    if holds_names and not asked.is_tested:
        return f"{said} 含有若干值，请写到其中的一个，列表请用 for 逐项列出"
    return None


def _unknown(said: str, name: str, names: list[str]) -> str:
    glued = [known for known in names if name.startswith(known) and not name[len(known)].isascii()]
    if glued:
        known = max(glued, key=len)
        return f"“{said}.{known}”之后紧接文字时，请用分号分开：#{said}.{known};"
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"，是不是“{near[0]}”？" if near else f"，有：{'、'.join(sorted(names))}"
    return f"{said} 没有“{name}”{hint}"
