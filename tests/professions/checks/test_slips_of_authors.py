"""More slips of those who write a type folder: each is told before anything runs (R8)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from professions import manifests
from professions.checks import examination
from professions.manifests import RegistrationTypeRefused
from tests.offices import FONTS, TYPE
from tests.professions.checks.test_broken_folders import BUILDER, HOURS, TOML, Break, edit, root
from tests.professions.folders import BPMN, MANIFEST

__all__ = ["root"]

NUMBERS = '[numbers]\n{} = "{}"\n'


def written(old: str, new: str) -> str:
    assert old in MANIFEST
    return MANIFEST.replace(old, new)


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ('autority2 = "x"\n' + MANIFEST, "type.toml 没有 autority2 这一项"),
        (MANIFEST + "[aplicant]\nmaximum_age = 65\n", "type.toml 没有 aplicant 这一项"),
        (MANIFEST + 'documnet = "x"\n', "[matter] 没有 documnet 这一项"),
        (MANIFEST + 'confirmation = "x"\n', "应写成一节 [confirmation]"),
        *((f"{name} = []\n" + MANIFEST, f"应写成一节 [{name}]") for name in ("figures", "numbers")),
        *(
            (f"{name} = 3\n" + MANIFEST, f"应写成一节 [{name}]")
            for name in ("applicant", "figures")
        ),
        ('certificate = "x"\n' + MANIFEST, "应写成一节 [certificate]"),
        (MANIFEST.split("[[matter]]", maxsplit=1)[0] + "matter = []", "一个或者几个 [[matter]]"),
        (MANIFEST.split("[[matter]]", maxsplit=1)[0] + "matter = 5", "一个或者几个 [[matter]]"),
        (MANIFEST.split("[[matter]]", maxsplit=1)[0] + 'matter = ["x"]', "几个 [[matter]]"),
        (MANIFEST + "[certificate]\ntitle = 5\n", "各项应为文字"),
        (MANIFEST + '[certificate]\ntitle = " "\n', "title 不能为空"),
        (MANIFEST + '[certificate]\ntype_code = "<b>"\n', "type_code 应为21位"),
        (MANIFEST + "[applicant]\nphoto = 5\n", "photo 应为"),
        (MANIFEST + '[law]\nrule = "某规定"\nreview_bodies = ["部"]\n', "带书名号"),
        (MANIFEST + '[law]\nrule = "《某规定》"\nreview_bodies = []\n', "行政复议机关的名称"),
        (written('"gardener-1"', '"园丁"'), "key 应以小写字母开头"),
        (written('"gardener-1"', '"../gardener"'), "key 应以小写字母开头"),
        (written('"gardener-1"', f'"{"g" * 41}"'), "不超过40个字符"),
        (
            MANIFEST + NUMBERS.format("certificate", "A{matter}{serial}"),
            "只有申请编号可以用{matter}",
        ),
        (MANIFEST + NUMBERS.format("certificate", "A{check}{serial}{check}"), "{check}只能在最后"),
        (MANIFEST + NUMBERS.format("registration", "A" * 16 + "{serial}"), "超过20个字符"),
        (MANIFEST + NUMBERS.format("certificate", "A" * 20 + "{serial}"), "超过24个字符"),
        (MANIFEST + NUMBERS.format("registration", "A{}{serial}"), "不认识占位符{}"),
    ],
)
def test_a_manifest_means_what_it_says(manifest: str, reason: str) -> None:
    """A misspelt entry is no entry left out: an age limit must not vanish by a slip."""
    with pytest.raises(RegistrationTypeRefused) as refused:
        manifests.read({TOML: manifest.encode()})

    assert reason in str(refused.value)


def test_a_mark_at_the_beginning_is_no_mistake(tmp_path: Path) -> None:
    """Editors on Windows write a byte order mark before UTF-8."""
    folder = tmp_path / "gardener-1"
    (folder / "help").mkdir(parents=True)
    (folder / TOML).write_text(MANIFEST, "utf-8-sig")
    (folder / "help/initial.md").write_text("# 办理条件", "utf-8-sig")

    kind = manifests.load(folder)

    assert kind.title == "一级园丁"
    assert kind.help("help/initial.md") == "# 办理条件"


def encode(path: str, codec: str) -> Break:
    """Save a file as another editor would."""

    def make(folder: Path) -> None:
        (folder / path).write_bytes((folder / path).read_text("utf-8").encode(codec))

    return make


def put(path: str, content: bytes) -> Break:
    return lambda folder: (folder / path).write_bytes(content)


def link(path: str, target: str) -> Break:
    """Put a link where a file belongs."""

    def make(folder: Path) -> None:
        (folder / path).unlink(missing_ok=True)
        (folder / path).symlink_to(target)

    return make


def named_in_bytes(folder: Path) -> None:
    """Unpack a file whose name was written in another encoding."""
    shutil.copy(folder / "help/initial.md", bytes(folder) + b"/help/\xb0\xef.md")


MISTAKES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    # name: what is done, where it is told, what is told
    "manifest-in-gbk": (encode(TOML, "gbk"), "builder-2/type.toml", "不是 UTF-8 编码"),
    "help-in-gbk": (encode("help/initial.md", "gbk"), "builder-2/help/initial.md", "不是 UTF-8"),
    "help-in-utf-16": (encode("help/initial.md", "utf-16"), "help/initial.md", "不是 UTF-8"),
    "template-in-gbk": (
        encode("documents/certificate.typ", "gbk"),
        "builder-2/documents/certificate.typ",
        "不是 UTF-8",
    ),
    "help-blank": (put("help/initial.md", b" \n"), "builder-2/help/initial.md", "是空的"),
    "help-endless": (put("help/initial.md", b"x" * 1_000_001), "help/initial.md", "超过 1000 KB"),
    "help-is-a-diagram": (
        edit(TOML, "help/initial.md", "initial.bpmn"),
        "type.toml#INITIAL",
        "不是 .md 文件",
    ),
    "help-outside": (
        edit(TOML, "help/initial.md", f"../{TYPE}/help/initial.md"),
        "type.toml#INITIAL",
        "没有说明文件",
    ),
    "link-to-a-file-outside": (
        link("help/initial.md", "/etc/passwd"),
        "builder-2/help/initial.md",
        "指向文件夹以外的链接",
    ),
    "link-to-a-folder-outside": (link("more", "/etc"), "builder-2/more", "以外的链接"),
    "name-in-another-encoding": (named_in_bytes, "help/", "不能显示的字符"),
    "title-twice": (
        edit(TOML, 'title = "延续注册"', 'title = "初始注册"'),
        "type.toml#RENEWAL",
        "名称“初始注册”重复",
    ),
    "given-by-nobody": (
        edit(TOML, '"enterprise_renaming",', '"enterprise_renaming", "weather",'),
        "type.toml#INITIAL",
        "given 中的“weather”启动流程时没有",
    ),
    "type-code-of-another": (
        edit(TOML, "11100000000013338W001", "DEMO00000000000000S02"),
        "type.toml#certificate.type_code",
        "与注册类型 structural-engineer-2 相同",
    ),
    "clock-unit": (edit("deadline.dmn", '"DAY"', '"YEAR"'), "deadline.dmn#DRAFT", "“YEAR”"),
    "clock-backwards": (
        edit("deadline.dmn", "<text>90</text>", "<text>-90</text>"),
        "deadline.dmn#DRAFT",
        "长度 -90",
    ),
    "clock-from-nothing": (
        edit("deadline.dmn", '"accepted_on"', '"acepted_on"'),
        "deadline.dmn#DECISION",
        "起算“acepted_on”",
    ),
    "clock-with-a-blank": (
        edit("initial.bpmn", 'deadline("CORRECTION_REPLY")', 'deadline("CORRECTION_REPLY ")'),
        "initial.bpmn#idle_correct_form",
        "期限表中没有“CORRECTION_REPLY ”",
    ),
    "hours-below-nothing": (
        edit(HOURS, "<text>60</text>", "<text>-60</text>"),
        "continuing_education.dmn#continuing_education",
        "compulsory_min 不是学时数",
    ),
    "hours-in-quotes": (
        edit(HOURS, "<text>60</text>", '<text>"60"</text>'),
        "continuing_education.dmn#continuing_education",
        '第 1 条规则“必修学时下限”列："60"不是数',
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_slip_is_told_with_its_place_and_its_remedy(root: Path, mistake: str) -> None:
    """R8: a folder that would fail with a case, or give away a file of the machine, is refused."""
    break_it, place, text = MISTAKES[mistake]
    break_it(root / BUILDER)

    told = dict(examination.examine(root, FONTS, only=[BUILDER]))[BUILDER]

    assert [problem for problem in told if place in str(problem) and text in problem.text], told
    assert all(problem.remedy for problem in told)


def test_a_link_inside_the_folder_is_a_file_like_others(root: Path) -> None:
    """Volumes of containers are made of links that stay inside."""
    kept = root / BUILDER / "help"
    (kept / "initial.md").rename(kept / ".initial.md")
    (kept / "initial.md").symlink_to(".initial.md")

    assert manifests.load(root / BUILDER).help("help/initial.md")


def test_what_is_shipped_starts_with_what_it_counts_on() -> None:
    """No shipped matter counts on a variable that casework does not give."""
    assert all(not problems for _, problems in examination.examine(BPMN, FONTS))
