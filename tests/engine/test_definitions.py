"""Definition versions and the questions that pages ask."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from engine import definitions, queries
from engine.actors import person
from engine.definitions import Definition
from engine.errors import DefinitionRefused, NoSuchDefinition
from engine.tables import DefinitionFile, DefinitionVersion
from storage.database import writing
from tests.engine import drawing as d
from tests.engine.language.test_decisions import dmn

OLD = d.start() + d.user("old") + d.end() + d.line("begin", "old", "finish")
NEW = d.start() + d.user("new") + d.end() + d.line("begin", "new", "finish")


def count(house, table):
    """Count the rows of a table."""
    with house.sessions() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_the_same_files_are_the_same_version(house):
    """Deploying what is deployed changes nothing; shared files are stored once."""
    form = {"form.json": b"{}"}
    first = house.deploy(OLD, **form)

    assert house.deploy(OLD, **form) == first
    assert count(house, DefinitionVersion) == 1
    assert house.deploy(NEW, **form) != first
    assert count(house, DefinitionVersion) == 2
    assert count(house, DefinitionFile) == 3


def test_a_case_stays_on_the_version_it_started_with(house):
    """New cases take the newest version, running ones keep theirs."""
    house.start(OLD, case="a1")
    house.start(NEW, case="a2")
    assert house.definitions.latest("test").hash == house.deploy(NEW)

    assert house.tasks("a1") == ["old"]
    assert house.tasks("a2") == ["new"]
    house.do("old", case="a1")

    assert house.tasks("a1") == []


def test_an_old_version_can_come_back(house):
    """Deploying an earlier version again makes it the newest, without a copy."""
    old = house.deploy(OLD)
    house.deploy(NEW)

    assert house.deploy(OLD) == old
    assert house.definitions.latest("test").hash == old
    assert count(house, DefinitionVersion) == 2


def test_a_version_decides_and_shows_its_diagram(house):
    """Tables, diagrams and files of a version are at hand by name."""
    name = house.deploy(OLD, **{"r.dmn": dmn([["> 1", '"much"'], ["<= 1", '"little"']])})
    definition = house.definitions.get(name)

    assert definition.decide("rule", {"hours": 2}) == "much"
    assert definition.diagram("main") == definition.files["main.bpmn"]
    assert house.definitions.get(name) is definition
    for missing in (
        lambda: definition.decide("ghost", {}),
        lambda: definition.diagram("ghost"),
        lambda: definition.process("ghost"),
        lambda: house.definitions.get("0" * 64),
        lambda: house.definitions.latest("ghost"),
    ):
        with pytest.raises(NoSuchDefinition) as refusal:
            missing()
        assert refusal.value.code == "E_NO_DEFINITION"


def test_a_faulty_definition_is_not_stored(house):
    """Neither a fault of the diagram nor one that the type's check finds gets in."""
    with pytest.raises(DefinitionRefused):
        house.deploy(d.start())
    with writing(house.sessions) as session, pytest.raises(DefinitionRefused, match="缺少附件"):
        definitions.deploy(
            session,
            "test",
            {"main.bpmn": d.process(OLD)},
            "tester",
            house.clock(),
            check=lambda files: ["缺少附件"],
        )

    assert count(house, DefinitionVersion) == 0
    assert count(house, DefinitionFile) == 0


def test_only_the_last_used_versions_are_held(house, monkeypatch):
    """Memory does not grow with the number of versions."""
    monkeypatch.setattr(definitions, "KEPT", 1)
    old, new = house.deploy(OLD), house.deploy(NEW)
    first = house.definitions.get(old)

    house.definitions.get(new)

    assert house.definitions.get(old) is not first


def test_the_hash_names_key_paths_and_contents():
    """A renamed file, another content or another key is another version."""
    names = {
        Definition("a", {"x": b"1"}).hash,
        Definition("b", {"x": b"1"}).hash,
        Definition("a", {"y": b"1"}).hash,
        Definition("a", {"x": b"2"}).hash,
    }

    assert len(names) == 4
    assert (
        Definition("a", {"x": b"1", "y": b"2"}).hash == Definition("a", {"y": b"2", "x": b"1"}).hash
    )


DUE = (
    d.start()
    + d.user("t", "reviewer")
    + d.boundary("late", "t", d.timer('deadline("X")'))
    + d.end()
    + d.end("expired")
    + d.line("begin", "t", "finish")
    + d.line("late", "expired")
)


def test_an_inbox_is_read_in_pages_by_deadline(house):
    """R49: the soonest deadline first, page after page, nothing twice, nothing left out."""
    name = house.deploy(DUE)
    for n, days in enumerate((5, 3, 9, 3, 1, 7)):
        house.runner.start(name, "main", f"c{n}", {**d.DATA, "days": days}, d.ZHANG)
    inboxes = {"role:reviewer", "role:acceptor", "person:zhang"}
    pages, after = [], None
    with house.sessions() as session:
        while page := queries.open_tasks(session, inboxes, after, limit=4):
            pages.append([task.business_key for task in page])
            after = (page[-1].due_by, page[-1].id)
        count = queries.capped_count(session, inboxes)
        capped = queries.capped_count(session, inboxes, cap=2)
        nobody = queries.open_tasks(session, set())
        due = queries.task_for(session, "c4", "t").due_at

    assert pages == [["c4", "c1", "c3", "c0"], ["c5", "c2"]]
    assert (count, capped, nobody) == (6, 3, [])
    assert due == house.clock() + timedelta(days=1)


def test_inboxes_are_answered_from_their_index(house):
    """A page of a long inbox reads an index, not the table."""
    if house.sessions.kw["bind"].dialect.name != "sqlite":
        return
    with house.sessions() as session:
        plan = session.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT id FROM user_task WHERE inbox = 'x' AND status = 'OPEN'"
                " ORDER BY due_by, id LIMIT 20"
            )
        ).all()

    assert "ix_user_task_inbox" in str(plan)
    assert "TEMP B-TREE" not in str(plan)


def test_the_live_diagram_shows_where_a_case_stands(house):
    """R17: the active nodes, those of the calling diagrams too, and the ones passed."""
    inside = d.process(
        d.start("s") + d.user("sign") + d.end("e") + d.line("s", "sign", "e"), key="signing"
    )
    body = (
        d.start()
        + d.subprocess(
            "scope",
            d.start("b2")
            + '<callActivity id="call" calledElement="signing"/>'
            + d.end("f2")
            + d.line("b2", "call", "f2"),
        )
        + d.user("after")
        + d.end()
        + d.line("begin", "scope", "after", "finish")
    )
    name = house.deploy(body, **{"signing.bpmn": inside})
    house.runner.start(name, "main", "a1", d.DATA, d.ZHANG)
    with house.sessions() as session:
        position = queries.status_of(session, "a1")
    assert position.active == {"scope", "call", "sign"}
    assert position.done >= {"begin", "b2", "s"}

    house.do("sign", person("zhang"))

    with house.sessions() as session:
        position = queries.status_of(session, "a1")
    assert position.active == {"after"}
    assert position.done >= {"begin", "scope", "call", "sign"}
