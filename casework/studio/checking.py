"""What is wrong with a draft: what the check before deployment says, in a process apart."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from threading import Lock

from casework import deployment
from casework.office import Office
from casework.studio import confined
from casework.studio.drafts import Draft, DraftFile, insist_path, mark_of
from pdfgen.trial import rehearsal
from professions import documents, manifests, positions
from professions.checks import examination
from professions.checks.checker import Problem
from professions.folders import MANIFEST
from professions.manifests import RegistrationType, RegistrationTypeRefused
from refusals import rules

_KEPT = 64  #: packages as they stood whose problems are remembered
_told: OrderedDict[str, list[Problem]] = OrderedDict()
_trusted = set[str]()  #: versions whose documents are known to be well
_lock = Lock()


class _Apart:
    """Checks in the process apart."""

    def check(self, files: Mapping[str, bytes]) -> list[Problem]:
        return [
            Problem(
                file=told["file"],
                element=told["element"],
                text=rules.said(told["code"], told["text"]) if told["code"] else told["text"],
                remedy=told["remedy"],
            )
            for told in confined.check(files)
        ]


def problems(office: Office, draft: Draft) -> list[Problem]:
    """Return everything that is wrong with a draft; none: it may be published.

    Only what changed is found out again; a package that did not change costs nothing, and its
    scenarios are read each time. Raises DraftTooMuch.
    """
    mark = mark_of(draft.package)
    with _lock:
        known = _told.get(mark)
    if known is None:
        _trust(office, draft.row.base)
        known = examination.check(draft.package, office.fonts, _Apart())
        with _lock:
            _told[mark] = known
            while len(_told) > _KEPT:
                _told.popitem(last=False)
    return [*known, *_besides(office, draft)]


def known(office: Office, draft: Draft) -> list[Problem] | None:
    """Return what is known to be wrong with a draft as it stands; None: it was not asked yet."""
    with _lock:
        told = _told.get(mark_of(draft.package))
    return None if told is None else [*told, *_besides(office, draft)]


def _besides(office: Office, draft: Draft) -> list[Problem]:
    """Return what a package does not say by itself: its draft, its scenarios, other types."""
    of_draft = [*_told_of_manifest(draft), *_scenarios(draft)]
    return [*of_draft, *_beside_others(office, draft)]


def _trust(office: Office, base: str | None) -> None:
    """Let the documents of the version below not be set again: they were, when it was deployed."""
    with _lock:
        if base is None or base in _trusted:
            return
        _trusted.add(base)
    files = office.definitions.get(base).files
    rehearsal.trust(files, fonts=office.fonts, given_to=documents.given_to(files))


def with_file(office: Office, draft: Draft, path: str, content: bytes) -> list[Problem]:
    """Return what would be wrong if a file were like this. Raises DraftTooMuch, PathRefused."""
    insist_path(path)
    file = DraftFile(path=path, content=content, number=0, saved_by=None, saved_at=None)
    files = {**draft.files, path: file}
    return problems(office, replace(draft, files=files))


def _told_of_manifest(draft: Draft) -> Iterator[Problem]:
    """Tell of a key that is not that of the draft."""
    kind = _kind(draft)
    if kind is not None and kind.key != draft.row.type_key:
        text = f"key 是“{kind.key}”，草稿的注册类型是“{draft.row.type_key}”"
        said = rules.said("E_TYPE_NAME", text)
        yield Problem(file=MANIFEST, element="key", text=said, remedy="请改成同一个名称")


def _kind(draft: Draft) -> RegistrationType | None:
    try:
        return manifests.read(draft.package)
    except RegistrationTypeRefused:
        return None


def _beside_others(office: Office, draft: Draft) -> list[Problem]:
    """Return what other types have taken already, and codes that are no real ones."""
    kind = _kind(draft)
    if kind is None:
        return []
    offered = office.definitions.offered()
    others = {key: office.type_of(name) for key, name in offered.items() if key != kind.key}
    taken = examination.collisions([kind], others, offered).get(kind.key, [])
    return [*taken, *deployment.national(office, kind)]


def _scenarios(draft: Draft) -> Iterator[Problem]:
    for path, content in draft.scenarios.items():
        if path.endswith(".json"):
            try:
                json.loads(content)
            except (ValueError, RecursionError) as error:
                said = rules.said("E_EXAMPLE", positions.of_json(error))
                yield Problem(file=path, element="", text=said, remedy="请改正该文件")
