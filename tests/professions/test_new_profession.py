"""A new profession is a folder of data: copied, renamed, checked, deployed and run. No Python."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from casework.scenarios import stories
from casework.scenarios.stage import open_stage
from casework.scenarios.storyteller import Storyteller
from professions import manifests
from professions.checks import checker
from tests.professions.folders import BPMN


def test_another_profession_runs_from_its_folder(tmp_path: Path) -> None:
    """R8: 二级注册建筑师 is the folder of 二级注册结构工程师 with other words and fewer hours."""
    folder = tmp_path / "architect-2"
    shutil.copytree(BPMN / "structural-engineer-2", folder)
    shutil.copytree(BPMN / "common-parts", tmp_path / "common-parts")
    forms = [f"forms/{name}.schema.json" for name in ("initial", "renewal", "cancellation")]
    for path in ("type.toml", "initial.bpmn", *forms):
        text = (folder / path).read_text("utf-8")
        text = text.replace("二级注册结构工程师", "二级注册建筑师")
        text = text.replace("structural-engineer-2", "architect-2")
        (folder / path).write_text(text, "utf-8")
    hours = folder / "continuing_education.dmn"
    text = hours.read_text("utf-8").replace("<text>60</text>", "<text>40</text>")
    hours.write_text(re.sub("(必修|选修)60", r"\g<1>40", text))
    for said in ("forms/renewal.ui.json", "help/renewal.md"):  # what people read, as the table
        text = (folder / said).read_text("utf-8")
        (folder / said).write_text(re.sub("60 ?学时", "40 学时", text), "utf-8")

    (kind,) = manifests.discover(tmp_path).values()

    assert (kind.key, kind.title) == ("architect-2", "二级注册建筑师")
    assert kind.form("initial").title == "二级注册建筑师初始注册申请表"
    assert checker.check(kind.files) == []
    story = stories.read(folder, folder / "examples" / "approved-and-claimed.json")
    with open_stage() as stage:
        assert Storyteller(stage, stage.version(kind.files), story).tell().ended == "COMPLETED"
