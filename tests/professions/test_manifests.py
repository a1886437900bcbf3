"""Registration types are folders: found, read, and read again from deployed files."""

from __future__ import annotations

from pathlib import Path

import pytest

from professions import manifests
from professions.manifests import NoSuchMatter, RegistrationTypeRefused
from tests.professions.folders import BPMN, MANIFEST, structural_engineer


def test_the_shipped_type() -> None:
    """R8, R21: 二级注册结构工程师 with its initial registration."""
    registration_type = structural_engineer()

    assert (registration_type.key, registration_type.title) == (
        "structural-engineer-2",
        "二级注册结构工程师",
    )
    matter = registration_type.matter("INITIAL")
    assert (matter.title, matter.process, matter.form) == (
        "初始注册",
        "initial_registration",
        "initial",
    )
    assert registration_type.form(matter.form).title == "二级注册结构工程师初始注册申请表"
    assert "common-parts/personal-signing.bpmn" in registration_type.files


def test_the_deployed_files_give_the_same_type() -> None:
    """A case reads its type from its version, not from the folder."""
    registration_type = structural_engineer()

    again = manifests.read(dict(registration_type.files))

    assert again == registration_type
    assert again.clocks == registration_type.clocks


def test_statutory_clocks_are_data() -> None:
    """I12: five, twenty, ten and ten working days (行政许可法第32、42、44条)."""
    clocks = structural_engineer().clocks

    periods = {name: (clock.days, clock.unit) for name, clock in clocks.items()}
    assert periods["FORMAL_CHECK"] == (5, "WORKDAY")
    assert periods["DECISION"] == (20, "WORKDAY")
    assert periods["DECISION_EXTENSION"] == (10, "WORKDAY")
    assert periods["DELIVERY"] == (10, "WORKDAY")
    assert periods["ENTERPRISE_SEAL"] == (15, "WORKDAY")
    assert periods["CORRECTION_REPLY"] == (15, "WORKDAY")
    assert periods["DRAFT"] == (90, "DAY")
    assert all(clock.basis for clock in clocks.values())


def test_discovery_finds_folders_with_a_manifest() -> None:
    """A new profession is a folder: no Python names it."""
    assert "structural-engineer-2" in manifests.discover(BPMN)


def test_examples_and_hidden_files_do_not_run(tmp_path: Path) -> None:
    """Stories and editors' leftovers make no new version."""
    folder = tmp_path / "gardener"
    for path in ("examples/a.json", ".a.swp", "__pycache__/a.pyc", "help/initial.md"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("x", "utf-8")
    (folder / "type.toml").write_text(MANIFEST, "utf-8")

    assert sorted(manifests.load(folder).files) == ["help/initial.md", "type.toml"]


def test_an_unknown_matter() -> None:
    """A forged matter is refused in words."""
    with pytest.raises(NoSuchMatter, match="没有申请事项 XYZ") as refused:
        structural_engineer().matter("XYZ")

    assert refused.value.code == "E_NO_MATTER"


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ("key = ", "文件末尾不是 TOML（值不能这样写"),
        ('title = "x"', "缺少 'key'"),
        (MANIFEST.replace('"初始注册"', '" "'), "title 应为不空的文字"),
        (MANIFEST.replace('diagram = "initial.bpmn"', ""), "缺少 'diagram'"),
        ('shared = ["nothing"]\n' + MANIFEST, "没有共用文件夹 nothing"),
        ("shared = 1\n" + MANIFEST, "shared 应为文件夹名称的列表"),
        (MANIFEST.replace("[[matter]]", "[matter]"), "一个或者几个"),
    ],
)
def test_a_manifest_that_does_not_stand(tmp_path: Path, manifest: str, reason: str) -> None:
    """The refusal names folder, cause and where to read on."""
    folder = tmp_path / "gardener"
    folder.mkdir()
    (folder / "type.toml").write_text(manifest, "utf-8")

    with pytest.raises(RegistrationTypeRefused, match=reason) as refused:
        manifests.load(folder)

    assert refused.value.code == "E_REGISTRATION_TYPE"
    assert "bpmn/README.md" in str(refused.value)


def test_a_folder_without_manifest(tmp_path: Path) -> None:
    """Nothing to read is said so."""
    with pytest.raises(RegistrationTypeRefused, match=tmp_path.name):
        manifests.load(tmp_path)


@pytest.mark.parametrize(
    "table", [b"<", b"<a><rule><inputEntry><text>1 2</text></inputEntry></rule></a>"]
)
def test_clocks_that_cannot_be_read(table: bytes) -> None:
    """A broken `deadline` table is named."""
    with pytest.raises(RegistrationTypeRefused, match=r"deadline\.dmn"):
        manifests.read_clocks(table)


def test_a_type_may_have_no_clocks() -> None:
    """A type without statutory periods needs no table of them."""
    assert manifests.read_clocks(b"") == {}
