"""A new profession is a folder of data: copied, renamed, checked, deployed and run. No Python."""

from __future__ import annotations

import shutil
from pathlib import Path

from engine import definitions
from engine.definitions import Definitions
from professions import manifests
from professions.checks import checker
from storage import vault
from storage.database import Base, open_database, sessions_of, writing
from tests.databases import TEST_KEY
from tests.professions.folders import BPMN
from tests.professions.storytelling import EXAMPLES, NOW, Storyteller


def test_another_profession_runs_from_its_folder(tmp_path: Path) -> None:
    """R8: 二级注册建筑师 is the folder of 二级注册结构工程师 with other words and fewer hours."""
    folder = tmp_path / "architect-2"
    shutil.copytree(BPMN / "structural-engineer-2", folder)
    shutil.copytree(BPMN / "common-parts", tmp_path / "common-parts")
    for path in ("type.toml", "initial.bpmn", "forms/initial.schema.json"):
        text = (folder / path).read_text("utf-8")
        text = text.replace("二级注册结构工程师", "二级注册建筑师")
        text = text.replace("structural-engineer-2", "architect-2")
        (folder / path).write_text(text, "utf-8")
    hours = folder / "continuing_education.dmn"
    hours.write_text(hours.read_text("utf-8").replace("<text>60</text>", "<text>40</text>"))

    (kind,) = manifests.discover(tmp_path).values()

    assert (kind.key, kind.title) == ("architect-2", "二级注册建筑师")
    assert kind.form("initial").title == "二级注册建筑师初始注册申请表"
    assert checker.check(kind.files) == []
    vault.configure(vault.Vault(TEST_KEY))
    engine = open_database(f"sqlite:///{tmp_path}/zhuce.db")
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        Base.metadata.create_all(connection)
    sessions = sessions_of(engine)
    with writing(sessions) as session:
        definitions.deploy(session, kind.key, kind.files, "tester", NOW)
    story = EXAMPLES / "approved-and-claimed.json"
    assert Storyteller(sessions, Definitions(sessions), kind, story).tell().ended == "COMPLETED"
    engine.dispose()
