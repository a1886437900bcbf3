"""What kinds of files a package holds, as analysts call them, and how each is edited."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from professions.folders import EXAMPLES, MANIFEST


class Editor(StrEnum):
    """How a file is edited where scripts run; without them every file is text."""

    DIAGRAM = "diagram"
    TABLE = "table"
    TEXT = "text"


@dataclass(frozen=True, kw_only=True)
class FileKind:
    """A kind of file."""

    title: str
    editor: Editor = Editor.TEXT


_DIAGRAM = FileKind(title="流程图", editor=Editor.DIAGRAM)
_TABLE = FileKind(title="决策表", editor=Editor.TABLE)
_FORM = FileKind(title="表单")
_DOCUMENT = FileKind(title="文书")
_HELP = FileKind(title="说明")
_MANIFEST = FileKind(title="清单")
_SCENARIO = FileKind(title="情景")
_OTHER = FileKind(title="其他")
KINDS = (_MANIFEST, _DIAGRAM, _TABLE, _FORM, _DOCUMENT, _HELP, _SCENARIO, _OTHER)


def kind_of(path: str) -> FileKind:
    """Say what kind of file stands at a path.

    >>> kind_of("common-parts/decision.bpmn").title, kind_of("examples/usual.json").title
    ('流程图', '情景')
    """
    if path == MANIFEST:
        return _MANIFEST
    if path.startswith(f"{EXAMPLES}/"):
        return _SCENARIO
    suffix = path.rpartition(".")[2]
    by_suffix = {"bpmn": _DIAGRAM, "dmn": _TABLE, "typ": _DOCUMENT, "md": _HELP}
    if suffix in by_suffix:
        return by_suffix[suffix]
    return _FORM if path.startswith("forms/") or "/forms/" in path else _OTHER
