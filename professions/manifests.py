"""Registration types: folders of data with a manifest, shared parts beside them, no Python.

A type is read the same way from a folder (`load`) and from the files of a deployed version
(`read`); `type_checker` says what is wrong with one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from engine.errors import XmlRefused
from engine.language import feel
from engine.language.xml import root_of
from professions import forms, positions
from professions.folders import MANIFEST as MANIFEST
from professions.folders import RegistrationTypeRefused as RegistrationTypeRefused
from professions.folders import bases as bases
from professions.folders import collect as collect
from professions.texts import wording
from refusals.refusal import Refusal
from registry import patterns
from registry.applications.statuses import Matter
from registry.law import figures as known_figures
from registry.patterns import Patterns

LAST = 1000  #: place of a profession that does not say where it stands among the others
CLOCKS = "deadline.dmn"
#: Where the texts of a type stand in English: catalogues of gettext, of every folder it is made of.
ENGLISH = re.compile(r"(?:^|/)english/[^/]+\.po$")
_UNITS = {"WORKDAY": "个工作日", "DAY": "日", "MONTH": "个月"}
MINIMUM_AGE, MAXIMUM_AGE = 18, 120  #: years; nobody under 18 is registered (Civil Code 17, 18)
LATEST_START = 60  #: years; who must be older could hardly be registered once
PHOTO = (295, 413)  #: 25 mm × 35 mm at 300 dots an inch
_NAMES = ("code", "title", "process", "diagram")  #: what each matter must say
_ENTRIES = {
    *("key", "title", "authority", "order", "based_on", "shared"),
    *("certificate", "copies", "employer", "law", "numbers", "applicant", "figures", "matter"),
    "without",
}
#: How a type code begins that no national list has: good for demonstrations, refused elsewhere.
NOT_NATIONAL = "DEMO"


class NoSuchProfession(Refusal):
    """没有注册类型“{key}”，或者已停止受理新的申请。请从页面所列的注册类型中选择。"""

    code = "E_NO_PROFESSION"


class NoSuchMatter(Refusal):
    """“{title}”没有申请事项 {code}。请从页面所列事项中选择。"""

    code = "E_NO_MATTER"


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """What an enterprise ticks before it seals: the label differs from matter to matter (G8)."""

    title: str  #: 聘用意见
    verb: str  #: what the seal says, for the record: 同意聘用
    text: str  #: what is ticked, printed above the seal and signed, letter for letter


@dataclass(frozen=True, kw_only=True)
class MatterOffer:
    """One thing that may be applied for, e.g. 初始注册."""

    code: str  #: as stored with the application, e.g. INITIAL
    title: str
    process: str  #: id of the process that handles it
    diagram: str  #: the file in which that process is drawn
    form: str | None  #: key of its form: forms/<form>.schema.json
    help: str | None  #: path of its help text (Markdown); None for what nobody applies for
    given: tuple[str, ...]  #: the variables with which its process starts
    document: str = "application"  #: template of the form that is signed
    confirmation: Confirmation | None = None  #: where an enterprise confirms


@dataclass(frozen=True, kw_only=True)
class Clock:
    """A period of law or policy: how long, counted from what, and what its end means."""

    days: int
    unit: str  #: WORKDAY, DAY or MONTH
    starts_on: str
    on_expiry: str
    basis: str  #: the rule it comes from, for people

    @property
    def words(self) -> str:
        """Return the length as pages write it: 15个工作日, 90日, 6个月."""
        return f"{self.days}{_UNITS.get(self.unit, self.unit)}"

    @property
    def formal(self) -> str:
        """Return the length as letters write it: 十五个工作日."""
        return f"{wording.chinese(self.days)}{_UNITS.get(self.unit, self.unit)}"


@dataclass(frozen=True, kw_only=True)
class Face:
    """What the certificate of a profession is called and how it is known elsewhere."""

    title: str  #: the heading of the certificate
    english: str  #: the line under it
    type_code: str  #: type part of the identifier (GB/T 36904); the check refuses a type without

    @property
    def is_national(self) -> bool:
        """Tell whether the code claims to be one of the national list."""
        return not self.type_code.startswith(NOT_NATIONAL)


@dataclass(frozen=True, kw_only=True)
class Copies:
    """How long a copy of a certificate for one purpose (加注使用) may be used."""

    days: int = 180  #: at most, both ends counted (rule of the ministry)
    until_maximum_age: bool = False  #: not beyond the birthday that ends the registration


@dataclass(frozen=True, kw_only=True)
class Law:
    """What the letters of a profession cite: its own rules, and who reviews its decisions."""

    rule: str = ""  #: 《注册建造师管理规定》; the check refuses a type without
    review_bodies: tuple[str, ...] = ()  #: where an administrative review may be asked for (Law 38)
    cites: tuple[str, ...] = ()  #: further rules that texts cite, beside the laws of `laws.toml`
    same_as: tuple[str, ...] = ()  #: keys of types whose rule this is too


@dataclass(frozen=True, kw_only=True)
class RegistrationType:
    """One profession that can be registered; `files` are its closed set, path → content."""

    key: str
    title: str
    authority: str
    matters: tuple[MatterOffer, ...]
    files: Mapping[str, bytes]
    order: int  #: place among the professions on pages, the smallest first
    face: Face
    copies: Copies
    qualification: str  #: what an enterprise must hold to employ, as its register says
    law: Law
    numbers: Patterns
    minimum_age: int  #: years on the day of the save
    maximum_age: int | None  #: years from which nobody is registered any more
    ends_at_maximum_age: bool  #: a registration ends on the day before that birthday
    photo: tuple[int, int]  #: width and height in pixels at 300 dpi
    figures: Mapping[str, Any]  #: parameters of `registry.law.figures` that differ here
    without: tuple[str, ...] = ()  #: codes of matters that others offer and this one does not

    def matter(self, code: str) -> MatterOffer:
        """Return the matter with this code; raise NoSuchMatter."""
        for matter in self.matters:
            if matter.code == code:
                return matter
        raise NoSuchMatter(title=self.title, code=code)

    def offers(self, code: str) -> bool:
        """Tell whether the type has a matter with this code."""
        return any(matter.code == code for matter in self.matters)

    def form(self, key: str) -> forms.Form:
        """Return the form with this key; raise forms.FormUnusable."""
        return forms.read(self.files, key)

    def help(self, path: str) -> str:
        """Return a help text (Markdown), empty when there is none."""
        return self.files.get(path, b"").decode("utf-8-sig")

    @cached_property
    def english(self) -> tuple[bytes, ...]:
        """The catalogues that say in English what the type says in Chinese."""
        return tuple(text for path, text in sorted(self.files.items()) if ENGLISH.search(path))

    @cached_property
    def clocks(self) -> Mapping[str, Clock]:
        """The periods by name, as the table `deadline` lists them."""
        return read_clocks(self.files.get(CLOCKS, b""))


def load(folder: Path) -> RegistrationType:
    """Read the type in `folder`; raise RegistrationTypeRefused."""
    return read(collect(folder))


def discover(root: Path) -> dict[str, RegistrationType]:
    """Read every type below `root` (folders with a type.toml), by key."""
    types = [load(path.parent) for path in sorted(root.glob(f"*/{MANIFEST}"))]
    return {kind.key: kind for kind in types}


def read(files: Mapping[str, bytes]) -> RegistrationType:
    """Read a type from its files (a deployed version's); raise RegistrationTypeRefused."""
    try:
        manifest = _toml(files[MANIFEST])
        key = _key(manifest)
        _only(manifest, MANIFEST, _ENTRIES)
        matters = manifest["matter"]
        if not isinstance(matters, list) or not matters:
            raise ValueError("申请事项应写成一个或者几个 [[matter]]")
        return RegistrationType(
            key=key,
            title=_text(manifest, "title"),
            authority=_text(manifest, "authority"),
            matters=tuple(map(_matter, matters)),
            files=files,
            order=_order(manifest),
            face=_face(_section(manifest, "certificate"), _text(manifest, "title")),
            copies=_copies(_section(manifest, "copies")),
            qualification=_employer(_section(manifest, "employer")),
            law=_law(_section(manifest, "law")),
            numbers=_numbers(_section(manifest, "numbers")),
            figures=_figures(_section(manifest, "figures")),
            without=_without(manifest),
            **_applicant(_section(manifest, "applicant")),
        )
    except KeyError as error:
        folder, reason = MANIFEST, f"缺少 {error}"
        raise RegistrationTypeRefused(MANIFEST, folder=folder, reason=reason) from error
    except (ValueError, TypeError) as error:
        reason = positions.of_toml(error)
        raise RegistrationTypeRefused(MANIFEST, folder=MANIFEST, reason=reason) from error


@lru_cache(maxsize=16)
def _toml(data: bytes) -> Mapping[str, Any]:
    """Read a manifest once for all who ask; nobody changes what is read."""
    return tomllib.loads(data.decode("utf-8-sig"))


def _key(manifest: Mapping[str, Any]) -> str:
    """Return the key: it stands in addresses and in rows of forty characters."""
    key = _text(manifest, "key")
    if not re.fullmatch("[a-z][a-z0-9-]{0,39}", key):
        raise ValueError("key 应以小写字母开头，只用小写字母、数字和连字符，不超过40个字符")
    return key


def _section(manifest: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = manifest.get(name, {})
    if not isinstance(table, dict):
        raise ValueError(f"{name} 应写成一节 [{name}]")
    return table


def _matter(table: Mapping[str, Any]) -> MatterOffer:
    if not isinstance(table, dict):
        raise ValueError("申请事项应写成一个或者几个 [[matter]]")
    _only(table, "[matter]", {"form", "help", "given", "document", "confirmation", *_NAMES})
    given = table["given"]
    if not isinstance(given, list) or not all(str(name).isidentifier() for name in given):
        raise ValueError("given 应为变量名的列表")
    return MatterOffer(
        **{name: _text(table, name) for name in _NAMES},
        form=_text(table, "form") if "form" in table else None,
        help=_text(table, "help") if "help" in table else None,
        given=tuple(map(str, given)),
        document=_text(table, "document") if "document" in table else "application",
        confirmation=_confirmation(_section(table, "confirmation")),
    )


def _confirmation(table: Mapping[str, Any]) -> Confirmation | None:
    if not table:
        return None
    names = ("title", "verb", "text")
    _only(table, "[matter.confirmation]", set(names))
    return Confirmation(**{name: _text(table, name) for name in names})


def _without(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    codes = manifest.get("without", [])
    if not isinstance(codes, list) or not all(code in {*Matter} for code in codes):
        raise ValueError(f"without 应为不办理的事项代码的列表：{'、'.join(Matter)}")
    return tuple(codes)


def _order(manifest: Mapping[str, Any]) -> int:
    place = manifest.get("order", LAST)
    if type(place) is not int or not 0 <= place <= LAST:
        raise ValueError(f"order 应为0至{LAST}的整数")
    return place


def _face(table: Mapping[str, Any], title: str) -> Face:
    _only(table, "[certificate]", {"title", "english", "type_code"})
    usual = {"title": f"中华人民共和国{title}注册执业证书", "english": "", "type_code": ""}
    face = {name: str(value).strip() for name, value in {**usual, **table}.items()}
    if not all(isinstance(value, str) for value in table.values()) or not face["title"]:
        raise ValueError("[certificate] 各项应为文字，title 不能为空")
    if not re.fullmatch("(?:[0-9A-Z]{21})?", face["type_code"]):
        raise ValueError("type_code 应为21位大写字母和数字，见 GB/T 36904")
    return Face(**face)


def _copies(table: Mapping[str, Any]) -> Copies:
    _only(table, "[copies]", {"days", "until_maximum_age"})
    days, capped = table.get("days", Copies.days), table.get("until_maximum_age", False)
    if type(days) is not int or not 1 <= days <= 366:
        raise ValueError("copies.days 应为1至366的整数")
    if type(capped) is not bool:
        raise ValueError("copies.until_maximum_age 应为 true 或者 false")
    return Copies(days=days, until_maximum_age=capped)


def _employer(table: Mapping[str, Any]) -> str:
    _only(table, "[employer]", {"qualification"})
    return _text(table, "qualification") if table else ""


def _law(table: Mapping[str, Any]) -> Law:
    _only(table, "[law]", {"rule", "review_bodies", "cites", "same_as"})
    if not table:
        return Law()
    rule, bodies = _text(table, "rule"), table["review_bodies"]
    if not re.fullmatch("《[^《》]+》", rule):
        raise ValueError("law.rule 应为一部规定的名称，带书名号，例如《注册建造师管理规定》")
    if not isinstance(bodies, list) or not bodies or not all(map(_is_text, bodies)):
        raise ValueError("law.review_bodies 应为一个或者几个行政复议机关的名称")
    further = {name: table.get(name, []) for name in ("cites", "same_as")}
    for name, listed in further.items():
        if not isinstance(listed, list) or not all(map(_is_text, listed)):
            raise ValueError(f"law.{name} 应为文字的列表")
    if not all(re.fullmatch("《[^《》]+》", cited) for cited in further["cites"]):
        raise ValueError("law.cites 应为规定的名称，带书名号")
    return Law(
        rule=rule,
        review_bodies=tuple(body.strip() for body in bodies),
        **{name: tuple(listed) for name, listed in further.items()},
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _numbers(table: Mapping[str, Any]) -> Patterns:
    _only(table, "[numbers]", {"application", "registration", "certificate"})
    for name, pattern in table.items():
        if wrong := patterns.fault(str(pattern), name):
            raise ValueError(f"numbers.{name}：{wrong}")
    return Patterns(**table)


def _figures(table: Mapping[str, Any]) -> Mapping[str, Any]:
    for name, value in table.items():
        spec = known_figures.SPECS.get(name)
        if spec is None or not spec.allows(value):
            raise ValueError(f"figures.{name} 不是参数，或者数值不对")
    return dict(table)


def _applicant(table: Mapping[str, Any]) -> dict[str, Any]:
    _only(table, "[applicant]", {"minimum_age", "maximum_age", "ends_at_maximum_age", "photo"})
    least, most = table.get("minimum_age", MINIMUM_AGE), table.get("maximum_age")
    if type(least) is not int or not MINIMUM_AGE <= least <= LATEST_START:
        raise ValueError(f"minimum_age 应为{MINIMUM_AGE}至{LATEST_START}的整数")
    if most is not None and (type(most) is not int or not least < most <= MAXIMUM_AGE):
        raise ValueError(f"maximum_age 应为大于 minimum_age、不超过{MAXIMUM_AGE}的整数")
    ends = table.get("ends_at_maximum_age", False)
    if type(ends) is not bool or (ends and most is None):
        raise ValueError("ends_at_maximum_age 应为 true 或者 false，true 须有 maximum_age")
    photo = table.get("photo", PHOTO)
    if (
        not isinstance(photo, list | tuple)
        or len(photo) != 2
        or not all(type(side) is int and 100 <= side <= 2000 for side in photo)
    ):
        raise ValueError("photo 应为 [宽, 高]，单位像素，各在100至2000之间")
    width, height = photo
    return {
        "minimum_age": least,
        "maximum_age": most,
        "ends_at_maximum_age": ends,
        "photo": (width, height),
    }


def _only(table: Mapping[str, Any], name: str, known: set[str]) -> None:
    if extra := sorted(set(table) - known):
        raise ValueError(f"{name} 没有 {'、'.join(extra)} 这一项")


def _text(table: Mapping[str, Any], name: str) -> str:
    value = table[name]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} 应为不空的文字")
    return value.strip()


_CLOCK_COLUMNS = 5  #: name, days, unit, starts_on, on_expiry


def read_clocks(table: bytes) -> dict[str, Clock]:
    """Return the periods that a `deadline` table lists; empty when there is no such table."""
    if not table:
        return {}
    return dict(_read_clocks(table))


@lru_cache(maxsize=16)
def _read_clocks(table: bytes) -> tuple[tuple[str, Clock], ...]:
    try:
        rows = list(root_of(table).iter("{*}rule"))
        return tuple(_clock(number, row) for number, row in enumerate(rows, 1))
    except (XmlRefused, feel.FeelError, ValueError, TypeError) as error:
        raise RegistrationTypeRefused(CLOCKS, folder=CLOCKS, reason=str(error)) from error


def _clock(number: int, row: Any) -> tuple[str, Clock]:
    cells = [feel.literal(cell.findtext("{*}text") or "") for cell in row if _is_entry(cell)]
    if len(cells) != _CLOCK_COLUMNS:
        raise ValueError(f"第 {number} 条规则有 {len(cells)} 格，应有 {_CLOCK_COLUMNS} 格")
    name, days, unit, starts_on, on_expiry = cells
    if not re.fullmatch(r"-?[0-9]+", str(days)):
        raise ValueError(f"第 {number} 条规则的长度“{days}”不是整数")
    return str(name), Clock(
        days=int(str(days)),
        unit=str(unit),
        starts_on=str(starts_on),
        on_expiry=str(on_expiry),
        basis=row.findtext("{*}description") or "",
    )


def _is_entry(cell: Any) -> bool:
    return str(cell.tag).endswith(("}inputEntry", "}outputEntry"))
