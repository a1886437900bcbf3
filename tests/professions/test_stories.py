"""Every story of the type comes to its end on the real engine, and together they go everywhere."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from engine import definitions
from engine.definitions import Definitions
from engine.language import parsing
from engine.language.parsing import Sources
from storage import vault
from storage.database import Base, open_database, sessions_of, writing
from tests.databases import TEST_KEY
from tests.professions.folders import structural_engineer
from tests.professions.storytelling import (
    EXAMPLES,
    NOW,
    Storyteller,
    Told,
    matter_of,
    name_of,
    stories,
    usual_of,
)

TYPE = structural_engineer()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Told]]:
    """Tell every story once, all in one database.

    What stories prove is the diagrams; that the engine runs the same on PostgreSQL is proven in
    tests/engine.
    """
    vault.configure(vault.Vault(TEST_KEY))
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('stories')}/zhuce.db")
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        Base.metadata.create_all(connection)
    sessions = sessions_of(engine)
    with writing(sessions) as session:
        definitions.deploy(session, TYPE.key, TYPE.files, "tester", NOW)
    shelf = Definitions(sessions)
    yield {name_of(path): Storyteller(sessions, shelf, TYPE, path).tell() for path in stories()}
    engine.dispose()


@pytest.mark.parametrize("path", stories(), ids=name_of)
def test_a_story_ends_as_it_says(told: dict[str, Told], path: Path) -> None:
    """R17, R21, R34–R48, R52–R60, R113, I6, I10–I13, I18: each branch, to its end event."""
    story, result = json.loads(path.read_text("utf-8")), told[name_of(path)]

    assert story["ends"] in result.passed
    assert result.ended == story["status"]
    assert result.letters == story.get("letters", result.letters)
    assert result.notices == story.get("told", result.notices)


@pytest.mark.parametrize("matter", [listed.code for listed in TYPE.matters])
def test_together_they_pass_every_node(told: dict[str, Told], matter: str) -> None:
    """No branch of a matter is drawn that nobody can go."""
    sources = parsing.read_sources(TYPE.files)
    process = TYPE.matter(matter).process
    passed = [told[name_of(path)].passed for path in stories() if matter_of(path) == matter]

    assert nodes_of(sources, {process}) - set().union(*passed) == set()


def test_together_they_pass_every_node_of_the_common_parts(told: dict[str, Told]) -> None:
    """What several matters share may be shown by the stories of any of them."""
    sources = parsing.read_sources(TYPE.files)
    shared = sources.processes.keys() - {matter.process for matter in TYPE.matters}

    assert (
        nodes_of(sources, shared) - set().union(*(story.passed for story in told.values())) == set()
    )


def nodes_of(sources: Sources, processes: Collection[str]) -> set[str]:
    """Give the ids of everything that the token can pass in these processes."""
    return {
        node.get("id") or ""
        for root in sources.diagrams.values()
        for process in root.findall(parsing.bpmn("process"))
        for node in process.iter()
        if process.get("id") in processes
        and isinstance(node.tag, str)
        and node.tag.endswith(("Task", "Event", "Gateway", "Activity", "subProcess"))
    }


def test_statuses_follow_the_tasks(told: dict[str, Told]) -> None:
    """R17, I1: what the list shows is what the diagram says of the open task."""
    assert list(dict.fromkeys(told["accepted-by-officer"].statuses)) == [
        "DRAFT",
        "READY_TO_SIGN",
        "PERSONAL_SIGNED",
        "ENTERPRISE_SEALED",
        "UNDER_REVIEW",
        "APPROVED",
    ]


@pytest.mark.parametrize(
    ("story", "reasons"),
    [
        ("changed-while-signing", ["DATA_CHANGED"] * 3),
        ("returned-and-changed", ["DATA_CHANGED"]),
        ("corrected-once", ["DATA_CHANGED"]),
        ("withdrawn-while-sealing", ["WITHDRAWN"]),
        ("correction-missed", ["ABANDONED"]),
        ("barred-while-deciding", ["BARRED"]),
        ("returned-and-resubmitted", []),
        ("rejected", []),
    ],
)
def test_signed_files_are_voided_for_a_reason(
    told: dict[str, Told], story: str, reasons: list[str]
) -> None:
    """R44: a change, a withdrawal, a closing; never a resubmission or a decision."""
    assert told[story].voided == reasons


def test_every_story_is_told_in_chinese_and_names_what_it_shows() -> None:
    """Examples are read by analysts."""
    for path in stories():
        story = json.loads(path.read_text("utf-8"))
        assert story["shows"], path.name
        assert not story["title"].isascii(), path.name


def test_the_usual_answers_are_those_the_diagrams_name() -> None:
    """What a task gives stands in its property `gives`, what a case starts with in type.toml."""
    gives = {
        task.get("id"): set(item.get("value").split())
        for root in parsing.read_sources(TYPE.files).diagrams.values()
        for task in root.iter(parsing.bpmn("userTask"))
        for item in task.iter(parsing.spiff("property"))
        if item.get("name") == "gives"
    }

    usual = usual_of(EXAMPLES)
    assert {node: set(values) for node, values in usual["tasks"].items() if values} == gives
    for path in stories():
        given = usual_of(path.parent)["given"]
        assert set(given) >= set(TYPE.matter(matter_of(path)).given), path.name
