"""Everything that is wrong with a registration type, in words an analyst can act on.

`engine.lint.linter` checks what the engine can run; the other modules of this folder check what a
type needs beside that. Each looks at few files: what it found out of them is kept by their content,
so that the check of one changed file costs what that file has to do with.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from hashlib import sha256

from engine.language import parsing
from engine.language.parsing import Sources
from engine.lint import linter, nodes
from engine.lint.knowledge import Knowledge
from engine.lint.linter import Problem
from engine.operations import Vocabulary
from pdfgen import given
from pdfgen.source import SUFFIX
from professions import documents, manifests, tasks, variables
from professions.checks import (
    answers,
    conditions,
    drawing,
    following,
    form_checker,
    invariants,
    needs,
    offers,
    parameters,
    shapes,
    timers,
)
from professions.checks.said import citations, drawn, fixed, names, promises, rows, texts
from professions.checks.ways import branches
from professions.kinds import Kind
from professions.manifests import (
    CLOCKS,
    MANIFEST,
    MatterOffer,
    RegistrationType,
    RegistrationTypeRefused,
)
from refusals import rules
from registry.law import figures

__all__ = ["Checker", "Problem", "check"]

READ_ON = "请按 bpmn/README.md 填写 type.toml"
_SCHEMA = ".schema.json"

Finding = tuple[str, str, str]  #: element, what is wrong, what to do
Placed = tuple[str, str, str, str]  #: the same after its file


class Checker:
    """Checks types and remembers: of a second look, only what has changed is found out again.

    One serves a command, a process that deploys, or whoever edits a folder and asks after each
    change. Safe for threads.
    """

    def __init__(self, operations: Vocabulary | None = None) -> None:
        self._operations = operations
        self.known = Knowledge()  #: its `work` counts what had to be found out

    def check(self, files: Mapping[str, bytes]) -> list[Problem]:
        """Return every problem of a type given as path → content; none: it may be deployed.

        With operations, calls of service tasks are checked against them too. Each mistake is told
        once, at the file where it is: what only follows from an unreadable file is not told beside
        it.
        """
        return _Look(files, self._operations, self.known).problems()


def check(files: Mapping[str, bytes], operations: Vocabulary | None = None) -> list[Problem]:
    """Return every problem of a type, see `Checker.check`; what this process knows is used."""
    return _Look(files, operations, _KNOWN).problems()


_KNOWN = Knowledge()


def unreadable(error: RegistrationTypeRefused) -> Problem:
    """Return the problem of a folder that is no registration type at all."""
    return Problem(
        file=error.field or MANIFEST,
        element="",
        text=rules.said(_blamed(error), str(error.facts["reason"])),
        remedy=str(error.facts.get("remedy", READ_ON)),
    )


def _blamed(error: RegistrationTypeRefused) -> str:
    return "E_MANIFEST" if error.field in (None, MANIFEST) else "E_FILE"


class _Look:
    """One look at the files of a type, with what is known of other looks."""

    def __init__(
        self, files: Mapping[str, bytes], operations: Vocabulary | None, known: Knowledge
    ) -> None:
        self._files, self._operations, self._known = files, operations, known
        self._sources = parsing.read_sources(files)
        self._marks = {
            path: self._sources.marks.get(path) or sha256(data).digest()
            for path, data in sorted(files.items())
        }
        self._frames = {**self._marks, **self._sources.frames}  #: of what runs, see `Sources`
        self._torn = {
            file for file, root in self._sources.diagrams.items() if any(nodes.dangling(root))
        }
        self._foreign = set[str]()  #: diagrams of other tools
        self._tables = self._sources.marked(".dmn")
        try:
            self._manifest: RegistrationType | None = manifests.read(files)
        except RegistrationTypeRefused as error:
            self._manifest, self._refused = None, unreadable(error)

    def problems(self) -> list[Problem]:
        # 1. What cannot be run, and what is said of tasks, conditions, timers and operations.
        problems = linter.of_sources(self._files, self._sources, self._operations, self._known)
        self._leave_out({told.file for told in problems if told.code == "E_FOREIGN"})
        problems += self._periods_unreadable(problems)
        problems += self._drawn()
        roles_told = {(told.file, told.element) for told in problems if "办理角色" in told.text}
        problems += [
            problem
            for problem in self._each("task", tasks.unknown)
            if (problem.file, problem.element) not in roles_told
        ]
        problems += self._conditions()
        clocks = partial(timers.faults, clocks=self._clocks)
        problems += self._each("timer", clocks, self._marks.get(CLOCKS))
        problems += self._each("parameter", parameters.words)
        problems += self._whole("error", self._sources.framed(".bpmn"), parameters.errors)
        # 2. What the manifest, the forms and the tables say to each other.
        problems += self._of_manifest()
        in_forms = [*self._forms()]
        problems += [
            problem
            for problem in self._as_a_whole()
            if not any(following.says(told, problem) for told in in_forms)
        ]
        problems = following.with_tables(problems, self._shapes(problems))
        problems += _placed(
            timers.unknown_periods(self._sources, self._clocks, [told.element for told in problems])
        )
        problems += self._answers({told.file for told in problems})
        problems += in_forms
        # 3. Texts, and what no type may lose: these only where nothing else is told first.
        problems += self._texts(problems)
        problems += self._said_figures({told.file for told in problems})
        lacking = {f"“{told.element}”" for told in problems if told.file == CLOCKS}
        problems += [
            problem
            for problem in self._wordings()
            if not any(name in problem.text for name in lacking)  # told at the table
        ]
        problems = [*following.causes(problems)]
        problems += self._named_twice()
        if not any(told.file == CLOCKS or told.file.endswith(".bpmn") for told in problems):
            problems += self._lost()  # else it may be only what follows
        if not any(told.file.endswith(".bpmn") for told in problems):
            problems += self._called_otherwise()
        if self._manifest is not None:
            problems = [*following.at_the_manifest(problems, self._manifest)]
        return self._told(problems)

    def _told(self, problems: Iterable[Problem]) -> list[Problem]:
        """Tell each mistake once, and of an unreadable file only the first."""
        apart = following.alike([*dict.fromkeys(problems)])
        told_once = [*following.once(apart, self._files)]
        unreadable_files = {file for file, *_ in self._sources.faults}
        first = {problem.file: problem for problem in reversed(told_once)}
        return following.not_endless(
            problem
            for problem in told_once
            if problem.file not in unreadable_files or problem is first[problem.file]
        )

    def _leave_out(self, files: Collection[str]) -> None:
        """Say nothing more of diagrams that another tool made: all of it would follow from that."""
        self._torn |= {*files}
        self._foreign = {*files}
        drawn = self._sources.processes.items()
        self._sources.lost |= {process for process, file in drawn if file in files}

    # -- how parts are asked --------------------------------------------------------------------

    def _each(
        self, what: str, find: Callable[[Sources], Iterator[Placed]], *about: object
    ) -> Iterator[Problem]:
        """Tell of each diagram by itself what `find` yields of it."""
        for file, root in self._sources.diagrams.items():
            if file not in self._torn:
                alone = Sources(diagrams={file: root})
                key = (file, self._frames[file], *about)
                yield from _placed(self._known.all_of(what, key, partial(find, alone)))

    def _whole(
        self, what: str, about: object, find: Callable[[Sources], Iterator[Placed]]
    ) -> Iterator[Problem]:
        """Tell what `find` yields of all that can be read."""
        key = (about, frozenset(self._sources.lost))
        for problem in _placed(self._known.all_of(what, key, partial(find, self._sources))):
            if problem.file not in self._torn:
                yield problem

    def _marked(self, files: Iterable[str]) -> tuple[tuple[str, bytes], ...]:
        return tuple((file, self._marks[file]) for file in sorted(files))

    def _framed(self, files: Iterable[str]) -> tuple[tuple[str, bytes], ...]:
        """Give what marks all that runs of some files: nothing of where it is drawn."""
        return tuple((file, self._frames[file]) for file in sorted(files))

    # -- the parts ------------------------------------------------------------------------------

    @cached_property
    def _clocks(self) -> Mapping[str, manifests.Clock] | None:
        """The periods of the type, None where there is no table or it cannot be read."""
        if not self._files.get(CLOCKS, b"").strip():
            return None
        try:
            return manifests.read_clocks(self._files[CLOCKS])
        except RegistrationTypeRefused:
            return None

    def _periods_unreadable(self, told: Iterable[Problem]) -> Iterator[Problem]:
        if any(problem.file == CLOCKS for problem in told):  # told with its row and column
            return
        try:
            manifests.read_clocks(self._files.get(CLOCKS, b""))
        except RegistrationTypeRefused as error:
            yield Problem(
                file=CLOCKS,
                element="deadline",
                text=rules.said("E_PERIOD", str(error.facts["reason"])),
                remedy="请在每一行写明名称、长度、单位、起算和届满的后果",
            )

    def _drawn(self) -> Iterator[Problem]:
        """Tell what is wrong with the tasks and the drawing of each diagram."""
        matters = self._manifest.matters if self._manifest else ()
        statuses = offers.Statuses(matters, self._sources)
        names = frozenset(path for path in self._files if path.endswith((_SCHEMA, ".typ")))
        for file, root in self._sources.diagrams.items():
            if file in self._torn:
                continue
            allowed = tuple(statuses.of(root))
            of_tasks = partial(offers.of_tasks, root, self._files, allowed)
            about = (file, self._frames[file], names, allowed)
            yield from _of(file, self._known.all_of("offer", about, of_tasks))
            find, where = partial(drawing.faults, root), (file, self._marks[file])
            yield from _of(file, self._known.all_of("drawing", where, find))

    @cached_property
    def _answering(self) -> frozenset[tuple[str, Kind]]:
        """What each table may answer: all that diagrams have to do with its rows."""
        tables = self._sources.tables.items()
        return frozenset((name, conditions.of_table(table)) for name, table in tables)

    @cached_property
    def _anywhere(self) -> Mapping[str, Kind]:
        """What each variable of the type may be."""
        about = (self._sources.framed(".bpmn"), self._answering)
        find = partial(conditions.everything, self._sources)
        return self._known.of("variables", about, find)

    def _conditions(self) -> Iterator[Problem]:
        kinds = frozenset(self._anywhere.items())
        for file in self._sources.diagrams:
            if file not in self._torn:
                within = self._framed(conditions.within(file, self._sources))
                about = (file, within, self._answering, kinds)
                find = partial(conditions.of_diagram, file, self._sources, self._anywhere)
                yield from _of(file, self._known.all_of("condition", about, find))

    def _of_manifest(self) -> Iterable[Problem]:
        if self._manifest is None:
            return [replace(self._refused, file=MANIFEST, remedy=READ_ON)]
        return _of(MANIFEST, offers.faults(self._manifest, self._files, self._sources))

    def _forms(self) -> Iterator[Problem]:
        about = self._marked(path for path in self._files if path.startswith("forms/"))
        for path, _ in about:
            if path.endswith(_SCHEMA):
                find = partial(form_checker.check, self._files, path)
                yield from _placed(self._known.all_of("form", (path, about), find))

    def _as_a_whole(self) -> Iterator[Problem]:
        """Tell what can be told only when the manifest stands."""
        if self._manifest is None:
            return
        findings = [*needs.check(self._manifest, self._files, self._sources)]
        everywhere = variables.everywhere(self._manifest.matters, self._sources)
        for matter in self._whole_matters():
            offered = needs.GIVEN.get(matter.code, frozenset(matter.given))
            find = partial(variables.unknown, matter, self._sources, everywhere, offered)
            about = (matter, self._reached(matter), self._tables, everywhere)
            findings += self._known.all_of("reading", about, find)
            findings += tasks.missing(matter, self._sources)
        yield from _placed(dict.fromkeys(findings))  # a shared part is wrong once

    def _whole_matters(self) -> Iterator[MatterOffer]:
        """Yield the matters of which every diagram can be read."""
        matters = self._manifest.matters if self._manifest else ()
        for matter in matters if not self._sources.lost else ():  # an unreadable file has some
            if variables.is_whole(matter, self._sources):
                yield matter

    def _reached(self, matter: MatterOffer) -> tuple[tuple[str, bytes], ...]:
        reached = variables.reached(matter.process, self._sources)
        return self._framed({file for file, _ in reached})

    def _shapes(self, told: Iterable[Problem]) -> Iterator[Problem]:
        broken = frozenset(problem.element for problem in told if problem.file.endswith(".dmn"))
        about = (self._tables, broken, frozenset(self._anywhere.items()))
        find = partial(shapes.faults, self._sources, broken, self._anywhere)
        yield from _placed(self._known.all_of("shape", about, find))

    def _answers(self, told: Collection[str]) -> Iterator[Problem]:
        """Tell which tables answer otherwise than they must, if nothing else is told of them."""
        for name, file in self._sources.table_files.items():
            if file not in told and file in self._marks:
                find = partial(answers.faults, name, self._sources)
                about = (name, self._marks[file])
                yield from _placed(self._known.all_of("answer", about, find))

    def _texts(self, said: Iterable[Problem]) -> Iterator[Problem]:
        unread = {told.file for told in said if told.code in ("E_FORM_FILE", "E_XML", "E_TABLE")}
        for path, data in sorted(self._files.items()):
            if path not in unread:
                find = partial(texts.faults, path, data)
                yield from _of(path, self._known.all_of("text", (path, self._marks[path]), find))

    def _wordings(self) -> Iterator[Problem]:
        if self._clocks is None:  # told beside the diagrams that use it
            return
        named = frozenset({*self._clocks, *figures.SPECS})
        for path, data in sorted(self._files.items()):
            find = partial(texts.wordings, path, data, self._sources.diagrams.get(path), named)
            yield from _of(
                path, self._known.all_of("wording", (path, self._marks[path], named), find)
            )

    def _said_figures(self, told: Collection[str]) -> Iterator[Problem]:
        """Tell what texts say and the manifest, the forms, tables or diagrams contradict.

        Of tables of which something else is `told`, descriptions are left: they may be what is
        right.
        """
        kind = self._manifest
        if kind is None:
            return
        every = texts.hours_of(self._sources)
        reminded = promises.reminders_of(self._sources)
        sizes = (kind.photo, kind.minimum_age, kind.maximum_age)
        shown = self._marked(path for path in self._files if path.startswith("forms/"))
        for path, data in sorted(self._files.items()):
            form = path.removeprefix("forms/").removesuffix(".ui.json")
            codes = [one.code for one in kind.matters if path == one.help or form == one.form]
            hours = texts.hours_of(self._sources, codes) if codes else every
            figured = (*sizes, frozenset(hours.items()))
            beside = (shown, kind.matters) if path.startswith(("help/", "forms/")) else ()
            parts: dict[str, tuple[Hashable, Callable[[], Iterator[Finding]]]] = {
                "contradicted": (figured, partial(texts.contradicted, kind, path, data, hours)),
                "promised": (
                    (reminded, beside),
                    partial(texts.promised, path, data, kind, reminded),
                ),
                "citation": (kind.law, partial(citations.faults, kind.law, path, data)),
            }
            if path in self._sources.table_files.values():
                parts["cited row"] = ((), partial(citations.of_rows, data))
            for what, (about, find) in parts.items():
                key = (path, self._marks[path], about)
                yield from _of(path, self._known.all_of(what, key, find))
        clocks, drawn = self._clocks or {}, timers.written_out(self._sources)
        yield from _placed(citations.of_periods(clocks))
        yield from _placed(names.of_periods(clocks, drawn))
        yield from _placed(texts.hours_described(self._sources, self._files))
        in_rows = partial(rows.faults, self._sources, self._files)
        found = _placed(self._known.all_of("rows", self._tables, in_rows))
        yield from (problem for problem in found if problem.file not in told)
        yield from _placed(names.faults(kind))
        documented = {*given.kinds(), *documents.of(kind.matters, self._sources)}
        in_print = partial(names.printed, kind, documented)
        templates = self._marked(path for path in self._files if path.endswith(SUFFIX))
        named = (kind.title, kind.authority, kind.law.rule, kind.face.title, kind.face.english)
        yield from _placed(
            self._known.all_of("printed", (templates, named, frozenset(documented)), in_print)
        )
        yield from _placed(fixed.faults(kind))
        yield from _placed(promises.answers(kind, self._files))

    def _named_twice(self) -> Iterator[Problem]:
        for path, mark in self._marked(self._sources.marks.keys() - self._foreign):
            find = partial(drawing.named_twice, self._files[path])
            yield from _of(path, self._known.all_of("ids", (path, mark), find))

    def _called_otherwise(self) -> Iterator[Problem]:
        """Tell which names of services say what another one does."""
        for file, root in self._sources.diagrams.items():
            for what, named in (("name", branches.named), ("drawn", drawn.faults)):
                find = partial(named, root)
                yield from _of(file, self._known.all_of(what, (file, self._frames[file]), find))

    def _lost(self) -> Iterator[Problem]:
        """Tell what no type may lose, of all matters that can be read."""
        for matter in self._whole_matters():
            kinds = frozenset(self._anywhere.items())
            about = (matter, self._reached(matter), kinds)
            find = partial(invariants.faults, matter, self._sources, self._anywhere)
            found = self._known.all_of("invariant", about, find)
            is_form_told = f"forms/{matter.form}{_SCHEMA}" not in self._files
            for problem in _placed(found):
                if not (is_form_told and problem.code == "E_MATTER_MIXED"):
                    yield problem


def _of(file: str, findings: Iterable[Finding]) -> Iterator[Problem]:
    for element, text, remedy in findings:
        yield Problem(file=file, element=element, text=text, remedy=remedy)


def _placed(findings: Iterable[Placed]) -> Iterator[Problem]:
    for file, element, text, remedy in findings:
        yield Problem(file=file, element=element, text=text, remedy=remedy)
