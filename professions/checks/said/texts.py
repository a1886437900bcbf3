"""Texts that people read: UTF-8, not empty, and naming periods instead of writing them out.

A figure that a guide must say as well as the data (photo, hours, ages) says the same: where the
two differ, people prepare the wrong thing and are refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from lxml import etree

from engine.language.parsing import Sources, bpmn
from engine.language.xml import MAX_BYTES
from professions import forms, positions
from professions.checks.said import citations, promises
from professions.manifests import RegistrationType
from professions.texts import catalogues, help_texts, wording
from refusals.rules import insists

Finding = tuple[str, str, str]  #: element, what is wrong, what to do
Placed = tuple[str, str, str, str]  #: the same after its file

_BARE = re.compile(r"^#.*$", re.MULTILINE)  #: headings alone say nothing
_CATALOGUE = ".po"
_TEXTS = (".md", ".json", ".typ", ".bpmn", ".dmn", ".toml")
_MERGING = re.compile(r"^(<<<<<<<|>>>>>>>) ", re.MULTILINE)  #: what a merge leaves in a conflict
_PIXELS = re.compile(r"([0-9]{1,6}) ?[×xX*] ?([0-9]{1,6}) ?像素")
_MILLIMETRES = re.compile(r"([0-9]{1,6}) ?[×xX*] ?([0-9]{1,6}) ?毫米")
#: Hours that are asked for: 必修 48 学时, 各不少于 60 学时; no other number of hours.
_HOURS = re.compile(r"(必修|选修|不少于|至少)[^，。；、0-9]{0,6}([0-9]+(?:\.[0-9]+)?) ?学时")
#: Numbers in characters before what this module counts: 六十周岁, 八十学时.
_WRITTEN = re.compile("[一二两三四五六七八九十百零〇]+(?= ?(?:周岁|学时))")
_LEAST_AGE = re.compile(r"年满 ?([0-9]+) ?周岁(?:且|并|、|以上)")
_MOST_AGE = re.compile(
    r"(?:未满|不满) ?([0-9]+) ?周岁|年满 ?([0-9]+) ?周岁的?，?(?:不予|不得|不能)"
)
_EXAMPLE = re.compile("例如[^。；（）]*")  #: what a field's help gives as an example
_RATE = re.compile("每[^，。；（）]*")  #: hours for each year are none that are asked for
_DOT_MM = 25.4 / 300
_LEAST = {"compulsory_min": "必修", "elective_min": "选修"}
_DEADLINE = re.compile(r"""deadline\(\s*["']([^"']*)["']\s*\)""")


@insists("E_TEXT")
def faults(path: str, data: bytes) -> Iterator[Finding]:
    """Insist that texts are UTF-8 of sane size, and that a guide says something."""
    if len(data) > MAX_BYTES:
        yield "", f"文件超过 {MAX_BYTES // 1000} KB", "请缩小该文件"
        return
    suffix = PurePosixPath(path).suffix
    if suffix not in _TEXTS and suffix.lower() in _TEXTS:
        yield "", f"扩展名 {suffix} 应当小写，这样写没有谁读取", f"请把扩展名改为 {suffix.lower()}"
    if not path.endswith((*_TEXTS, _CATALOGUE)):
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield ("", *positions.of_bytes(data))
        return
    if _MERGING.search(text):
        yield "", "还有没有解决的合并标记（<<<<<<<）", "请选定一种写法，删除标记"
        return
    if path.endswith(_CATALOGUE):
        yield from (("", *told) for told in catalogues.faults(text))
        return
    if path.endswith(".md") and not _BARE.sub("", text).strip():
        yield "", "说明文件是空的", "请写明办理条件、材料和步骤"
    elif path.endswith(".md"):
        for line, problem, remedy in help_texts.faults(text):
            yield f"第 {line} 行", problem, remedy


@insists("E_FIGURE_WRITTEN_OUT")
def wordings(
    path: str, data: bytes, root: etree._Element | None, known: Collection[str]
) -> Iterator[Finding]:
    """Insist that a text names periods and figures instead of writing them out.

    `root` is what the file draws, if it is a diagram that can be read.
    """
    for element, text in _worded(path, data, root) if len(data) <= MAX_BYTES else ():
        yield from _units(element, text, known)
        for wrong, remedy in wording.faults(text, known):
            if path.endswith(".bpmn"):  # names are drawn, nothing is filled in
                remedy = "请去掉名称中的数字，长度以期限表为准"
            if path.endswith(".typ"):
                remedy = "请写 #data.periods.correction_reply 这样的名称，期限改变时文书随之改变"
            yield element, wrong, remedy


@insists("E_UNIT")
def _units(element: str, text: str, known: Collection[str]) -> Iterator[Finding]:
    """Insist that a figure stands beside its own unit, and a period beside none."""
    for wrong, remedy in wording.of_units(text, known):
        yield element, wrong, remedy


def _worded(path: str, data: bytes, root: etree._Element | None) -> Iterator[tuple[str, str]]:
    """Yield element and text of whatever may speak of a period."""
    if path.startswith("help/"):
        yield "", help_texts.plain(data.decode("utf-8-sig", "replace"))
    if path.startswith("forms/") and path.endswith(".ui.json"):
        yield from forms.helps(data)
    if path.endswith(".typ"):
        yield "", data.decode("utf-8-sig", "replace").replace("{", "")
    for definition in root.iter(bpmn("timerEventDefinition")) if root is not None else ():
        event = definition.getparent()
        if event is not None and _DEADLINE.search("".join(map(str, definition.itertext()))):
            yield event.get("id") or "", event.get("name") or ""


@insists("E_FIGURE_CONTRADICTED")
def contradicted(kind: RegistrationType, path: str, data: bytes, hours: Hours) -> Iterator[Finding]:
    """Yield each figure in a text of which the data say otherwise; `hours` are those asked for."""
    for element, worded in _worded(path, data, None):
        text = _WRITTEN.sub(lambda found: str(citations.number(found[0])), worded)
        for wrong, remedy in (
            *_photo(kind.photo, text),
            *_printed(kind.photo, text if path.endswith(".typ") else ""),
            *(_codes(text) if path.endswith(".typ") else ()),
            *_hours(hours, text),
            *_ages(kind, text),
        ):
            yield element, wrong, remedy


@insists("E_FIGURE_CONTRADICTED")
def promised(
    path: str, data: bytes, kind: RegistrationType, reminded: frozenset[int]
) -> Iterator[Finding]:
    """Yield what a text promises and nothing keeps; `reminded` see `promises.reminders_of`."""
    fields = promises.fields_of(kind, path)
    matters = [matter.code for matter in kind.matters if matter.help == path]
    for element, text in _worded(path, data, None) if len(data) <= MAX_BYTES else ():
        for wrong, remedy in (
            *promises.telephones(_EXAMPLE.sub("", text) if path.endswith(".json") else text),
            *promises.periods(text),
            *promises.turned(text, matters),
            *promises.places(text),
            *promises.uploads(text),
            *promises.reminders(reminded, text),
            *(promises.of_form(fields, text) if fields else ()),
        ):
            yield element, wrong, remedy


Hours = Mapping[str, frozenset[float]]  #: by 必修 and 选修, those that some row asks for


def hours_of(sources: Sources, matters: Collection[str] = ()) -> Hours:
    """Return the hours that some row asks for; none when there is no such table to read.

    With matters, those of the rows alone that speak of one of them.
    """
    table = sources.tables.get("continuing_education")
    if table is None:
        return {}
    about = [at for at, column in enumerate(table.inputs) if column.source == "matter"]
    rules = [
        rule
        for rule in table.rules
        if not matters or not about or any(_speaks(rule.cells[about[0]], one) for one in matters)
    ]
    asked = dict[str, frozenset[float]]()
    for column, called in _LEAST.items():
        places = [at for at, name in enumerate(table.outputs) if name == column]
        said = [rule.outputs[at] for rule in rules for at in places]
        numbers = (hours for hours in said if isinstance(hours, int | float) and hours)
        asked[called] = frozenset(map(float, numbers))
    return asked


def _speaks(cell: str, matter: str) -> bool:
    """Tell whether the cell of a column of matters may speak of one."""
    return f'"{matter}"' in cell or '"' not in cell or cell.lstrip().startswith(("not", "!"))


_DESCRIBED = re.compile(r"(?:必修|选修|各)[^0-9，。；、]{0,4}([0-9]+)")


@insists("E_FIGURE_CONTRADICTED")
def hours_described(sources: Sources, files: Mapping[str, bytes]) -> Iterator[Placed]:
    """Insist that the description of the table of hours names those that its rows ask for."""
    path = sources.table_files.get("continuing_education", "")
    told = _DESCRIPTION.search(files.get(path, b"").decode("utf-8-sig", "replace"))
    described = {float(number) for number in _DESCRIBED.findall(told[1])} if told else set()
    asked = frozenset().union(*hours_of(sources).values())
    if described and described != asked:
        said, has = (
            "、".join(f"{hours:g}" for hours in sorted(numbers)) for numbers in (described, asked)
        )
        text = f"决策表的说明写的是 {said} 学时，各条规则要求的是 {has} 学时"
        yield path, "continuing_education", text, "请改成同一学时"


_DESCRIPTION = re.compile(r"<(?:\w+:)?description>([^<]*)<")


@insists("E_FIGURE_CONTRADICTED")
def _photo(photo: tuple[int, int], text: str) -> Iterator[tuple[str, str]]:
    known = f"{photo[0]}×{photo[1]}"
    for width, height in dict.fromkeys(_PIXELS.findall(text)):
        if (int(width), int(height)) != photo:
            wrong = f"照片写的是 {width}×{height} 像素，type.toml 的 photo 是 {known} 像素"
            yield wrong, "请改成同一尺寸"
    for width, height in dict.fromkeys(_MILLIMETRES.findall(text)):
        off = [abs(int(width) - photo[0] * _DOT_MM), abs(int(height) - photo[1] * _DOT_MM)]
        if max(off) > 1:
            wrong = f"照片写的是 {width}×{height} 毫米，type.toml 的 photo 是 {known} 像素"
            yield wrong, "请按每英寸 300 点换算成毫米"


_PORTRAIT = re.compile(r"portrait\([^(),]+,[^(),]+,\s*([0-9.]+)mm,\s*([0-9.]+)mm\s*\)")
_LIKE = 0.25  #: by how much a printed photo may be smaller or larger than the one that is asked for
_SHAPED = 0.1  #: by how much its shape may differ


@insists("E_FIGURE_CONTRADICTED")
def _printed(photo: tuple[int, int], text: str) -> Iterator[tuple[str, str]]:
    """Insist that the box of a photo has about its size and its shape."""
    asked = [side * _DOT_MM for side in photo]
    for box in _PORTRAIT.findall(text):
        sides = [float(side) for side in box]
        off = [abs(side / whole - 1) for side, whole in zip(sides, asked, strict=True)]
        if max(off) > _LIKE or abs(sides[0] / sides[1] * asked[1] / asked[0] - 1) > _SHAPED:
            wrong = f"照片印成 {box[0]}×{box[1]} 毫米"
            wrong += f"，type.toml 的 photo 是 {asked[0]:.0f}×{asked[1]:.0f} 毫米"
            yield wrong, "请按照片的大小和长宽之比改正，可以大些小些，不超过四分之一"


_CODE = re.compile(r"picture\(data\.(qr|offline),[^()]*width: *([0-9.]+)mm")
_CODE_MM = {"qr": 14, "offline": 24}  #: the least width at which a telephone reads a code


@insists("E_FIGURE_CONTRADICTED")
def _codes(text: str) -> Iterator[tuple[str, str]]:
    for name, width in _CODE.findall(text):
        if float(width) < _CODE_MM[name]:
            wrong = f"二维码（data.{name}）只有 {width} 毫米宽，手机不能识读"
            yield wrong, f"请改为 {_CODE_MM[name]} 毫米以上"


@insists("E_FIGURE_CONTRADICTED")
def _hours(hours: Hours, text: str) -> Iterator[tuple[str, str]]:
    every = frozenset[float]().union(*hours.values())
    for called, number in dict.fromkeys(_HOURS.findall(_RATE.sub("", text))):
        asked = hours.get(called) or every
        if asked and float(number) not in asked:
            known = "、".join(f"{least:g}" for least in sorted(every))
            which = f"{called} " if float(number) in every else ""
            wrong = f"写的是 {which}{number} 学时，continuing_education.dmn 要求的是 {known} 学时"
            yield wrong, "请改成同一学时"


@insists("E_FIGURE_CONTRADICTED")
def _ages(kind: RegistrationType, text: str) -> Iterator[tuple[str, str]]:
    rest = re.fullmatch("([一二三])级(.+)", kind.title)
    for level in (
        re.findall(f"取得 ?([一二三])级{re.escape(rest[2])}(?:执业|职业)?资格", text)
        if rest
        else ()
    ):
        if level != rest[1]:  # type: ignore[index]  # a match, as it was asked
            yield f"写的是取得{level}级，本注册类型是{kind.title}", "请改成同一级别"
    for age in re.findall("年满 ?([0-9]+) ?周岁的?[^。；，]{0,3}，?可以", text):
        if int(age) == kind.maximum_age:
            yield f"写的是年满 {age} 周岁的可以办理，年满的不予注册", "请改正这一句"
    least = _LEAST_AGE.findall(text)
    most = ["".join(ages) for ages in _MOST_AGE.findall(text)]
    for ages, asked, name in (
        (least, kind.minimum_age, "minimum_age"),
        (most, kind.maximum_age, "maximum_age"),
    ):
        for age in dict.fromkeys(ages):
            if int(age) != asked:
                has = f"是 {asked}" if asked is not None else "没有写"
                yield f"写的是 {age} 周岁，type.toml 的 {name} {has}", "请改成同一年龄"
