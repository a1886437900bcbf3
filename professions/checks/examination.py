"""The check of whole folders: every mistake once, at the file where it lies, with whom it concerns.

A mistake in a shared or inherited file is a mistake of one file, however many professions use it.
Needs no database and no office.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from jsonschema import Draft202012Validator

from engine.language.xml import MAX_BYTES
from pdfgen.trial import rehearsal
from pdfgen.trial.rehearsal import RehearsalFault
from pdfgen.trial.remembered import Remembered
from professions import documents, folders, manifests, operations, positions
from professions.checks import checker
from professions.checks.checker import Checker, Problem
from professions.manifests import MANIFEST, RegistrationType, RegistrationTypeRefused
from refusals import rules
from refusals.refusal import Refusal
from refusals.rules import insists
from registry import patterns
from registry.applications.statuses import Matter


class NothingToDeploy(Refusal):
    """文件夹 {folder} 中没有注册类型（没有含 type.toml 的子文件夹）。请核对文件夹后重新部署。"""

    code = "E_NOTHING_TO_DEPLOY"


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A problem with the professions that it concerns; the path is relative to the root."""

    problem: Problem
    concerns: tuple[str, ...]  #: keys of the professions, sorted


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What came of a check."""

    keys: tuple[str, ...]  #: of the professions that were checked, sorted
    mistakes: tuple[Mistake, ...]  #: by file


def examine(
    root: Path,
    fonts: Path,
    *,
    only: Collection[str] | None = None,
    remembered: Remembered | None = None,
) -> Iterator[tuple[str, list[Problem]]]:
    """Check every registration type below `root` without deploying: key and what is wrong.

    With `only`, those alone, still against the names and numbers of the others. What is
    `remembered` is not looked at again.
    Raises NothingToDeploy.
    """
    types, refused = read(folders_of(root))
    refused |= collisions(list(types.values()), {}, {})
    for key in sorted({*types, *refused} if only is None else only):
        problems = refused.get(key) or check(types[key].files, fonts, remembered=remembered)
        kind = None if problems else types[key]
        told = [*placed(root, key, problems), *_examples(root, key)]
        told += _demonstration(root, key, kind)
        yield key, [*told, *(_held_twice(root, kind, types) if kind else ())]


def once(told: Mapping[str, Sequence[Problem]], heirs: Mapping[str, str] | None = None) -> Examined:
    """Bring together what the checks of several professions told.

    `heirs` tells on which profession another one builds: what lacks to both is one mistake.
    """
    heirs = heirs or {}
    concerns: dict[Problem, list[str]] = {}
    for key, problems in sorted(told.items(), key=lambda item: item[0] in heirs):
        for problem in dict.fromkeys(problems):
            base = heirs.get(key)
            inherited = replace(problem, file=f"{base}/{MANIFEST}")
            is_manifest = problem.file == f"{key}/{MANIFEST}"
            same = inherited if is_manifest and inherited in concerns else problem
            concerns.setdefault(same, []).append(key)
    mistakes = [
        Mistake(problem=problem, concerns=tuple(sorted(keys))) for problem, keys in concerns.items()
    ]
    mistakes.sort(key=lambda mistake: mistake.problem.file)
    return Examined(keys=tuple(sorted(told)), mistakes=tuple(mistakes))


def chosen(path: Path) -> tuple[Path, list[str] | None]:
    """Return the root and the professions that a path on the command line means.

    A path is a root of professions (then all: None), one of them, or what some of them share.
    Raises NothingToDeploy.
    """
    root = path.resolve().parent
    if (path / MANIFEST).is_file():
        return root, [path.resolve().name]
    if path.is_dir() and not any(path.glob(f"*/{MANIFEST}")):
        users = [key for key in _keys(root) if path.resolve().name in _shared(root / key)]
        if users:
            return root, users
    folders_of(path)
    return path, None


def heirs(root: Path) -> dict[str, str]:
    """Return the professions below `root` that build on another one, with its key."""
    return {key: name for key in _keys(root) for name in _bases(root / key)}


def _bases(folder: Path) -> list[str]:
    try:
        return folders.bases(folder)
    except RegistrationTypeRefused:
        return []


def _keys(root: Path) -> list[str]:
    return sorted(manifest.parent.name for manifest in root.glob(f"*/{MANIFEST}"))


def _shared(folder: Path) -> list[str]:
    try:
        return folders.shared(folder)
    except RegistrationTypeRefused:
        return []


def placed(root: Path, key: str, problems: Sequence[Problem]) -> list[Problem]:
    """Say of each problem where its file really lies: in the folder, a shared one, or the base."""
    if not problems:
        return []
    folder = root / key
    try:
        places, bases = folders.origins(folder), folders.bases(folder)
    except RegistrationTypeRefused:
        places, bases = {}, []

    def place(file: str) -> str:
        if file in places:
            return places[file]
        if (root / file).is_file() and not (folder / file).exists():
            return file
        first, _, inner = file.partition("/")
        if inner and (root / first).is_dir() and not (folder / first).exists():
            return file  # of a folder that is shared or built on
        owner = bases[0] if bases and not (folder / file).exists() else key  # who should have it
        return f"{owner}/{file}"

    return [replace(problem, file=place(problem.file)) for problem in problems]


def _examples(root: Path, key: str) -> Iterator[Problem]:
    """Yield what is wrong with the files of the stories that a type tells."""
    told: dict[str, str] = {}  #: stories and titles, with the file that had them first
    for path in sorted((root / key / folders.EXAMPLES).rglob("*.json")):
        file = path.relative_to(root).as_posix()
        try:
            story = json.loads(path.read_text("utf-8-sig"))
        except UnicodeDecodeError:
            text, remedy = "不是 UTF-8 编码的文字", "请在编辑器中以 UTF-8 编码另存"
        except (OSError, ValueError, RecursionError) as error:
            text, remedy = positions.of_json(error), "请改正该文件"
        else:
            text, remedy = _told_before(path.parent, story, file, told)
            if not text:
                continue
        yield Problem(file=file, element="", text=rules.said("E_EXAMPLE", text), remedy=remedy)


def _told_before(folder: Path, story: Any, file: str, told: dict[str, str]) -> tuple[str, str]:
    """Say that another file of the folder tells the same, or under the same title; empty: none.

    A story that was copied to be changed, and was not, proves nothing twice.
    """
    if not isinstance(story, dict) or "title" not in story:  # what is usual; told by `zhuce try`
        return "", ""
    plain = {name: value for name, value in story.items() if name != "title"}
    whole = json.dumps([str(folder), plain], sort_keys=True)
    title = json.dumps([str(folder), "title", story["title"]])
    same, called = told.setdefault(whole, file), told.setdefault(title, file)
    if same != file:
        return f"与 {same} 讲的是同一件事", "请写另一种经过，或者删除一个"
    if called != file:
        return f"标题“{story['title']}”与 {called} 相同", "请写出各自讲的是什么"
    return "", ""


def _demonstration(root: Path, key: str, kind: RegistrationType | None) -> Iterator[Problem]:
    """Yield what is wrong with the file that says who holds the profession in the demonstration.

    `kind` is the profession, None where it has mistakes of its own.
    """
    path = root / key / folders.EXAMPLES / "demonstration.toml"
    if not path.is_file():
        return
    file = path.relative_to(root).as_posix()
    try:
        told = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        text = rules.said("E_EXAMPLE", positions.of_toml(error))
        yield Problem(file=file, element="", text=text, remedy="请改正该文件")
        return
    for element, wrong, remedy in _demonstrated(told, kind) if kind else ():
        yield Problem(file=file, element=element, text=wrong, remedy=remedy)


def _held_twice(
    root: Path, kind: RegistrationType, types: Mapping[str, RegistrationType]
) -> Iterator[Problem]:
    """Yield whom of the demonstration, and which numbers, a profession before this one has taken.

    A file that was copied would take them from the other profession, and nobody would hear of it.
    """
    own = _holders(root, kind.key)
    before = [
        other for other in types.values() if (other.order, other.key) < (kind.order, kind.key)
    ]
    for other in before:
        theirs = _holders(root, other.key)
        for name, what in (("number", "资格证书编号"), ("person", "有业务的演示人员")):
            known = {str(holder.get(name)) for holder in theirs if _counts(name, holder)}
            for holder in own:
                word = str(holder.get(name))
                if _counts(name, holder) and word in known:
                    text = f"{what} {word} 在注册类型 {other.key} 中已经写了"
                    file = f"{kind.key}/{folders.EXAMPLES}/demonstration.toml"
                    said, remedy = rules.said("E_EXAMPLE", text), "请换成没有用过的"
                    yield Problem(file=file, element=word, text=said, remedy=remedy)


def _counts(name: str, holder: Mapping[str, Any]) -> bool:
    """Tell whether somebody may stand in one file only: numbers, and whoever has a story."""
    return name in holder and (name == "number" or "plays" in holder)


def _holders(root: Path, key: str) -> list[Mapping[str, Any]]:
    path = root / key / folders.EXAMPLES / "demonstration.toml"
    try:
        holders = tomllib.loads(path.read_text("utf-8-sig")).get("holder", [])
    except (OSError, ValueError):  # told where it is
        return []
    return [holder for holder in holders if isinstance(holder, dict)]


@insists("E_EXAMPLE")
def _demonstrated(
    told: Mapping[str, Any], kind: RegistrationType
) -> Iterator[tuple[str, str, str]]:
    """Yield what the demonstration fills in and no applicant could, and numbers given twice."""
    known = {
        field.name: field
        for matter in kind.matters
        if matter.code == "INITIAL" and matter.form
        for field in kind.form(matter.form).fields_by_name()
    }
    for name, value in told.get("filled", {}).items():
        if name not in known:
            yield name, f"初始注册的表单没有字段 {name}", "请改正名称"
        elif not Draft202012Validator(known[name].schema).is_valid(value):
            text = f"{name} 填写的是 {json.dumps(value, ensure_ascii=False)}，表单不收"
            yield name, text, "请填写申请人能够填写的值"
    numbers = Counter(str(holder.get("number")) for holder in told.get("holder", ()))
    for number, count in numbers.items():
        if count > 1:
            text = f"资格证书编号 {number} 写了{count}次，持有人是不同的人"
            yield number, text, "请给每个人不同的编号"


def folders_of(root: Path) -> list[Path]:
    """Return the folders of the registration types below `root`; raise NothingToDeploy."""
    folders = sorted(path.parent for path in root.glob(f"*/{MANIFEST}"))
    if not folders:
        raise NothingToDeploy(folder=root)
    return folders


def read(
    folders: Sequence[Path],
) -> tuple[dict[str, RegistrationType], dict[str, list[Problem]]]:
    """Read what can be read; the name of a folder is the key of its type, readable or not."""
    readable, refused = {}, {}
    for folder in folders:
        try:
            read = manifests.load(folder)
        except RegistrationTypeRefused as error:
            refused[folder.name] = [_unreadable(folder, error)]
            continue
        readable[folder.name] = read
        if read.key != folder.name:
            refused[folder.name] = [
                Problem(
                    file=MANIFEST,
                    element="key",
                    text=rules.said(
                        "E_TYPE_NAME", f"key 是“{read.key}”，文件夹名称是“{folder.name}”"
                    ),
                    remedy="请改成同一个名称，以便两个注册类型不会混淆",
                )
            ]
    return {key: kind for key, kind in readable.items() if key not in refused}, refused


def _unreadable(folder: Path, error: RegistrationTypeRefused) -> Problem:
    """Return the problem of a folder that is no type, at the file that is to blame."""
    problem = checker.unreadable(error)
    blamed = str(error.facts["folder"])
    own = blamed in (folder.name, MANIFEST)
    return problem if own else replace(problem, file=f"{blamed}/{problem.file}")


def collisions(
    types: Sequence[RegistrationType],
    kept: Mapping[str, RegistrationType],
    offered: Mapping[str, str],
) -> dict[str, list[Problem]]:
    """Refuse whoever comes later with a name or with numbers that another one already gives."""
    accepted, refused = list(kept.values()), {}
    for kind in sorted(types, key=lambda kind: (kind.key not in offered, kind.order, kind.key)):
        told = (problem for other in accepted for problem in _between(kind, other))
        problems = [*dict.fromkeys(told)]
        if problems:
            refused[kind.key] = problems
        else:
            accepted.append(kind)
    return refused


def _between(newer: RegistrationType, other: RegistrationType) -> Iterator[Problem]:
    def problem(element: str, text: str, remedy: str) -> Problem:
        said = rules.said("E_TYPE_NAME", text)
        return Problem(file=MANIFEST, element=element, text=said, remedy=remedy)

    if newer.title == other.title:
        text = f"名称与注册类型 {other.key} 相同"
        yield problem("title", text, "请写成申请人能够区分的名称")
    if newer.face.type_code and newer.face.type_code == other.face.type_code:
        text = f"type_code 与注册类型 {other.key} 相同"
        yield problem("certificate.type_code", text, "请填写本证书自己的类型代码")
    known = {name for _, name in _organs(other)}
    for element, name in _organs(newer):
        close = get_close_matches(_plain(name), map(_plain, known), n=1, cutoff=_SAME_ORGAN)
        meant = next((one for one in known if close and _plain(one) == close[0]), name)
        if name not in known and meant != name:
            text = f"“{name}”与其他注册类型的“{meant}”写法不同"
            yield problem(element, text, "同一机关请写同一名称")
    yield from _left_away(newer, other)
    if newer.order == other.order and newer.order != manifests.LAST:
        text = f"order 与注册类型 {other.key} 相同"
        yield problem("order", text, "请填写别的数，注册类型按它排列")
    if newer.face.english and newer.face.english == other.face.english:
        text = f"english 与注册类型 {other.key} 相同"
        yield problem("certificate.english", text, "请填写本证书自己的英文名称")
    if newer.law.rule and newer.law.rule == other.law.rule and not _share(newer, other):
        text = f"rule 与注册类型 {other.key} 相同"
        remedy = f'请写本注册类型自己的规定；确实适用同一规定的，写明 same_as = ["{other.key}"]'
        yield problem("law.rule", text, remedy)
    yield from _naming(newer, other)
    for name, pattern in vars(newer.numbers).items():
        if patterns.may_meet(pattern, getattr(other.numbers, name)):
            yield problem(
                f"numbers.{name}",
                f"编号规则“{pattern}”可能产生与注册类型 {other.key} 相同的号码",
                "请换用不同的字母或者长度",
            )


def _left_away(newer: RegistrationType, other: RegistrationType) -> Iterator[Problem]:
    """Tell matters that the other profession offers and this one does not, without saying so."""
    offers = {matter.code for matter in newer.matters} | {*newer.without}
    known = {str(code) for code in Matter}
    is_whole = "INITIAL" in offers and offers <= known  # a misspelt code is told by itself
    for matter in other.matters if is_whole else ():
        if matter.code in known - offers:
            text = f"没有“{matter.title}”这一事项，其他注册类型有"
            remedy = f'请补上 [[matter]]；确实不办理的，写明 without = ["{matter.code}"]'
            said = rules.said("E_MATTER", text)
            yield Problem(file=MANIFEST, element="without", text=said, remedy=remedy)


_SAME_ORGAN = 0.8  #: from which likeness on two names are those of one authority, one misspelt


def _organs(kind: RegistrationType) -> list[tuple[str, str]]:
    bodies = (("law.review_bodies", body) for body in kind.law.review_bodies)
    return [("authority", kind.authority), *bodies]


def _plain(name: str) -> str:
    """Leave out of a name what is most easily written otherwise."""
    return "".join(character for character in name if character not in "和与及、· ")


def _share(newer: RegistrationType, other: RegistrationType) -> bool:
    """Tell whether one of two types says that the rule of the other is its own too."""
    return other.key in newer.law.same_as or newer.key in other.law.same_as


_SPEAKING = ("help/", "forms/", "documents/")
_NO_EMPLOYER = "type.toml 没有写 [employer]"


def _naming(newer: RegistrationType, other: RegistrationType) -> Iterator[Problem]:
    """Tell what names the other profession: inherited as it is, or copied and not rewritten."""
    names = [
        (other.title, newer.title),
        (other.qualification, newer.qualification or _NO_EMPLOYER),
        (other.law.rule.strip("《》"), newer.law.rule),
    ]
    strange = [(word, own) for word, own in names if word and word not in own and own not in word]
    for path, content in newer.files.items():
        speaks = path.startswith(_SPEAKING) or path == MANIFEST
        if not speaks or len(content) > MAX_BYTES:
            continue
        said = _said(path, content)
        for word, own in strange:
            if word in said:
                is_named = own != _NO_EMPLOYER
                meant = f"不是“{own.strip('《》')}”" if is_named else own
                text = rules.said("E_COPIED_NAME", f"写的是“{word}”，{meant}")
                remedy = "请在本文件夹的这个文件中改成本注册类型的内容，没有的先复制过来"
                yield Problem(file=path, element="", text=text, remedy=remedy)
                break


def _said(path: str, content: bytes) -> str:
    """Return a text without the notes that nobody but its author reads."""
    mark = {"toml": "#", "typ": "//"}.get(path.rpartition(".")[2])
    lines = content.decode("utf-8-sig", "replace").splitlines()
    return "\n".join(line for line in lines if not mark or not line.lstrip().startswith(mark))


class Checks(Protocol):
    """Who checks a type given as path → content, here or in a process of its own."""

    def check(self, files: Mapping[str, bytes]) -> list[Problem]:
        """Return every problem, see `Checker.check`."""


#: Of what is told of a text, what is printed wrong may follow.
_PRINTED = frozenset({"E_FIGURE_WRITTEN_OUT", "E_FIGURE_CONTRADICTED"})
CHECKER = Checker(operations.DECLARED)  #: what this process knows of the files that it has seen


def check(
    files: Mapping[str, bytes],
    fonts: Path,
    by: Checks = CHECKER,
    remembered: Remembered | None = None,
) -> list[Problem]:
    """Return all that is wrong with a type, each document set with sample values.

    What the checker knows already, and documents or a whole type that are `remembered`, cost
    nothing.
    """
    mark = _mark(files)
    if remembered is not None and remembered.holds(mark, fonts):
        return []
    given_to = documents.given_to(files)
    told = rehearsal.check(files, fonts=fonts, given_to=given_to, remembered=remembered)
    problems = by.check(files)
    read = {problem.file for problem in problems if problem.code in _PRINTED}
    is_known = not any(problem.text.startswith("没有事项“") for problem in problems)
    in_print = (_of_document(fault, files) for fault in told if is_known)
    problems = [*problems, *(problem for problem in in_print if problem.file not in read)]
    if remembered is not None and not problems:
        remembered.add([mark], fonts)
    return problems


def memory(path: Path) -> Remembered:
    """Return what is remembered at `path` of earlier checks by these programs and libraries."""
    house = Path(__file__).parents[2]
    return Remembered(
        path,
        programs=[house / name for name in _PROGRAMS],
        libraries=("typst", "lxml", "SpiffWorkflow", "jsonschema"),
    )


_PROGRAMS = ("professions", "engine", "pdfgen", "pdf", "refusals", "registry", "storage")


def _mark(files: Mapping[str, bytes]) -> bytes:
    """Return a digest of a type: the names and contents of all its files."""
    told = (f"{path}\0{sha256(data).hexdigest()}" for path, data in sorted(files.items()))
    return sha256("\0".join(("type", *told)).encode()).digest()


def _of_document(fault: RehearsalFault, files: Mapping[str, bytes]) -> Problem:
    """Say where a document is at fault, and under which rule."""
    code = "E_LETTER_SAYS_OTHERWISE" if fault.misleads else "E_DOCUMENT_TEMPLATE"
    own = f"documents/{fault.file}"
    shared = (path for path in files if path.endswith(f"/{own}"))
    return Problem(
        file=own if own in files else next(shared, own),
        element=f"第 {fault.line} 行" if fault.line else "",
        text=rules.said(code, fault.text),
        remedy="请改正标题、结论或者条文" if fault.misleads else "请修改模板后重新部署",
    )
