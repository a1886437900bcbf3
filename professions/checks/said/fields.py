"""What a form asks for and how, held against what people enter and what the house knows.

A pattern that is narrower than the world refuses honest applicants, and nobody hears of it.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from professions import forms, vocabulary
from professions.checks.said import promises
from refusals.rules import insists

Finding = tuple[str, str, str]  #: element, what is wrong, what to do

_DATA = Path(__file__).parents[2] / "fields.toml"
KNOWN: Mapping[str, Mapping[str, Any]] = tomllib.loads(_DATA.read_text("utf-8"))


def check(form: forms.Form) -> Iterator[Finding]:
    """Yield what the schema says of a field and the world says otherwise."""
    for field in form.fields_by_name():
        if isinstance(field.ui, Mapping):
            known = KNOWN.get(field.name, {})
            yield from _called(field, known)
            yield from _entered(field, form, known)
            yield from _asked_when(field, form, known)
            yield from _ticked(field, known)
            yield from _told_to(field)
            yield from _chosen(field, known)
            yield from _coded(field, known)
            yield from _left_empty(field)


def shown(form: forms.Form) -> Iterator[Finding]:
    """Yield what the ui file says of a field and what its page cannot keep."""
    yield from _headings(form)
    yield from _introduced(form)
    for field in form.fields_by_name():
        yield from _typed(field)
        yield from _counted(field)
        yield from _locked(field, form, KNOWN.get(field.name, {}))
        yield from _exemplified(field, form)
        yield from _helped(field, KNOWN.get(field.name, {}))


@insists("E_HOUSE_FIELD")
def _called(field: forms.Field, known: Mapping[str, Any]) -> Iterator[Finding]:
    words = [word for word in known.get("called", ()) if not word.startswith("!")]
    never = [word[1:] for word in known.get("called", ()) if word.startswith("!")]
    strange = next((word for word in never if word in field.title), "")
    if strange or (words and not any(word in field.title for word in words)):
        said = f"说的是“{strange}”" if strange else f"没有说出“{'”或者“'.join(words)}”"
        text = f"{field.name} 的标题“{field.title}”{said}"
        yield field.name, text, "请改正标题，或者改用别的字段名称"
        return
    for rule, told in _messages(field):
        if other := next((word for word in never if word in told), ""):
            text = f"errorMessage 的 {rule} 说的是“{other}”，本字段是“{field.title}”"
            yield field.name, text, "请改成本字段的提示"
            return


def _messages(field: forms.Field) -> list[tuple[str, str]]:
    told = field.schema.get("errorMessage")
    return [(rule, str(text)) for rule, text in told.items()] if isinstance(told, Mapping) else []


@insists("E_HOUSE_FIELD")
def _chosen(field: forms.Field, known: Mapping[str, Any]) -> Iterator[Finding]:
    """Insist that a choice is called by what its value means."""
    for value, title in field.options:
        told = known.get("offers", {}).get(value, ())
        words = [word for word in told if not word.startswith("!")]
        never = [word[1:] for word in told if word.startswith("!")]
        if words and (
            not any(word in title for word in words) or any(word in title for word in never)
        ):
            text = f"办理中“{value}”是“{'”或者“'.join(words)}”，表单写的是“{title}”"
            yield field.name, text, "请改正 title，或者改正 const"


@insists("E_HOUSE_FIELD")
def _coded(field: forms.Field, known: Mapping[str, Any]) -> Iterator[Finding]:
    codes: list[str] = known.get("codes", [])
    told = field.schema.get("errorCode")
    for rule, code in told.items() if codes and isinstance(told, Mapping) else ():
        if code not in codes:
            text = f"errorCode 的 {rule} 写的是 {code}，本字段的是 {'、'.join(codes)}"
            yield field.name, text, "请改成本字段的代码"


_NEED_NOT = re.compile("可以?不填|可以?不传|可以?不写|选填|非必填|不必填")


@insists("E_FIELD_MESSAGE")
def _left_empty(field: forms.Field) -> Iterator[Finding]:
    """Insist that who leaves a field empty reads that it is asked for, and where."""
    for rule, told in _messages(field):
        if rule == "required" and (found := _NEED_NOT.search(told)):
            text = f"errorMessage 的 required 写的是“{found[0]}”，没有填写才有这个提示"
            yield field.name, text, "请写明应当填写什么"
        for wrong, remedy in promises.places(told):
            yield field.name, f"errorMessage 的 {rule}：{wrong}", remedy


@insists("E_HOUSE_FIELD")
def _entered(field: forms.Field, form: forms.Form, known: Mapping[str, Any]) -> Iterator[Finding]:
    """Insist that a field takes what people rightly enter, and not what nobody may."""
    if field.read_only:
        return
    for entry in known.get("accepts", ()):
        is_number = _kind(field) == "number"
        if not form.takes(field.name, float(entry) if is_number else field.read(entry)):
            text = f"{field.name} 不收“{entry}”，有人是这样填写的"
            remedy = "请放宽 pattern、minLength 或者 maxLength"
            yield field.name, text, "请把 type 写成 number，放宽上下限" if is_number else remedy
            return
    for entry in known.get("refuses", ()) if "pattern" in field.schema else ():
        if form.takes(field.name, field.read(entry)):
            text = f"{field.name} 收下“{entry}”，这不是{field.title}"
            yield field.name, text, "请改正 pattern"
            return


@insists("E_HOUSE_FIELD")
def _asked_when(
    field: forms.Field, form: forms.Form, known: Mapping[str, Any]
) -> Iterator[Finding]:
    names = {other.name for other in form.fields_by_name()}
    for other, answer in known.get("asked_when", {}).items():
        if other in names and field.show_if != {other: {"const": answer}}:
            text = f"{field.name} 应当在 {other} 为 {answer} 时填写，表单的条件不是这样"
            yield field.name, text, f'请把 if 写成 {{"{other}": {{"const": "{answer}"}}}}'


#: A condition denies nothing; who says that nothing is false (“不提供虚假材料”) affirms.
_IF = re.compile(
    "(?:如(?!实)|若|倘)[^，。；]*|(?:不|未|没有|无|对|因|凡)[^，。；不愿]*虚假[^，。；]*"
)


@insists("E_HOUSE_FIELD")
def _ticked(field: forms.Field, known: Mapping[str, Any]) -> Iterator[Finding]:
    """Insist that what is ticked says in some words that it is true, and nothing against it."""
    said = _IF.sub("", str(field.schema.get("description", "")))
    strange = [word for word in known.get("never", ()) if word in said]
    words = known.get("says", ())
    lacking = words and not any(word in said for word in words)
    denying = (word for word in known.get("unless_denied", ()) if _affirms(word, said))
    strange += [*denying]
    if said and not (strange or lacking):
        answers = known.get("answers", ())
        whole = str(field.schema.get("description", ""))
        if answers and not any(word in whole for word in answers):
            text = "勾选的意见没有写签署人的责任"
            yield field.name, text, "请写明如有不实承担的责任，例如“如有不实，愿承担相应的法律责任”"
    elif said:
        missing = "”或者“".join(words)
        text = f"勾选的意见写了“{strange[0]}”" if strange else f"勾选的意见没有写“{missing}”"
        yield field.name, text, "请写明所填信息真实、有效和签署人的责任"


def _affirms(word: str, said: str) -> bool:
    """Tell whether a text says something without a denial before it."""
    return any(
        not re.search("[不未无非]|没有", before[-_BEFORE:]) for before in said.split(word)[:-1]
    )


_BEFORE = 3  #: characters before a word in which it is denied
_VERBS = re.compile("请(填写|选择|上传|勾选|说明|点击)")
_FITTING = {
    "file": {"上传", "选择"},
    "choice": {"选择", "勾选"},
    "flag": {"勾选", "选择"},
    "number": {"填写"},
    "text": {"填写", "说明", "选择", "点击"},
}


@insists("E_FIELD_MESSAGE")
def _told_to(field: forms.Field) -> Iterator[Finding]:
    """Insist that who leaves a field empty is asked for what the field takes."""
    told = field.schema.get("errorMessage")
    asked = _VERBS.findall(str(told.get("required", ""))) if isinstance(told, Mapping) else []
    fitting = _FITTING[_kind(field)]
    if asked and not fitting & {*asked}:
        meant = "、".join(sorted(fitting))
        text = f"errorMessage 的 required 写的是“请{asked[0]}”，本字段是要{meant}的"
        yield field.name, text, f"请写“请{min(fitting)}……”"


def _kind(field: forms.Field) -> str:
    if field.is_file:
        return "file"
    if field.options:
        return "choice"
    kind = str(field.schema.get("type"))
    return {"boolean": "flag", "number": "number", "integer": "number"}.get(kind, "text")


@insists("E_FORM_LAYOUT")
def _headings(form: forms.Form) -> Iterator[Finding]:
    titles = Counter(section.title for section in form.sections if section.title)
    for title, count in titles.items():
        if count > 1:
            yield title, f"{count} 个分组都叫“{title}”", "请写成填表人能够区分的标题"
    for section in form.sections:
        own = [field.title for field in section.fields if not field.hidden]
        if section.title and len(own) == 1 and own[0] != section.title:
            others = {field.title for field in form.fields_by_name()} - {*own}
            never = [
                word[1:]
                for field in section.fields
                for word in KNOWN.get(field.name, {}).get("called", ())
                if word.startswith("!")
            ]
            if section.title in others or any(word in section.title for word in never):
                text = f"分组“{section.title}”里只有“{own[0]}”"
                yield section.title, text, "请改正分组的标题或者字段"


@insists("E_FORM_LAYOUT")
def _introduced(form: forms.Form) -> Iterator[Finding]:
    """Insist that the words above fields that a register fills in ask nobody to type."""
    for section in form.sections:
        found = _TYPING.search(section.help or "")
        if found and section.fields and all(field.read_only for field in section.fields):
            text = f"分组“{section.title}”写的是“{found[0]}”，其中各项由系统读取"
            yield section.title or "ui:sections", text, "请改正 help"
        if _LATE.search(section.help or ""):
            text = f"分组“{section.title}”把逾期说成了期限内"
            yield section.title or "ui:sections", text, "请改正 help"


_LATE = re.compile("(?<![未不])超过[^。；]*(?<!不)为期限内")


@insists("E_FORM_LAYOUT")
def _typed(field: forms.Field) -> Iterator[Finding]:
    """Insist that a field is as wide as the shortest entry, and that the keyboard fits."""
    width, is_number = field.ui.get("ui:width"), _kind(field) == "number"
    most = field.schema.get("maximum") if is_number else field.schema.get("minLength")
    least = len(str(most)) if is_number and most is not None else most
    if isinstance(width, int) and isinstance(least, int) and width < least:
        text = f"ui:width 是 {width}，填写的至少有 {least} 个字"
        yield field.name, text, "请写宽一些"
    mode = field.ui.get("ui:inputmode")
    if mode and is_number and mode not in ("decimal", "numeric"):
        yield field.name, f"填写的是数，ui:inputmode 是“{mode}”", "请写 decimal 或者 numeric"
    if mode in ("decimal", "numeric") and _kind(field) == "text":
        yield field.name, f"填写的是文字，ui:inputmode 是“{mode}”", "请写 text，电话写 tel"


@insists("E_FORM_LAYOUT")
def _locked(field: forms.Field, form: forms.Form, known: Mapping[str, Any]) -> Iterator[Finding]:
    flag = known.get("locked_unless")
    names = {other.name for other in form.fields_by_name()}
    if flag in names and not field.read_only and field.ui.get("ui:lockedUnless") != flag:
        text = f"{field.name} 由资格库读取时不能修改，ui:lockedUnless 应为 {flag}"
        yield field.name, text, f'请写 "ui:lockedUnless": "{flag}"'


_EXAMPLE = re.compile("例如[：:]? ?([^，。；、（）]+)")
_OR = re.compile(" ?或者? ?")


@insists("E_FIELD_MESSAGE")
def _counted(field: forms.Field) -> Iterator[Finding]:
    """Insist that who may choose several is not asked for one."""
    most = field.schema.get("maxItems")
    help_text = str(field.ui.get("ui:help", ""))
    if most is not None and most > 1 and field.options and _ONE.search(help_text):
        yield field.name, f"ui:help 写的是选择一个，最多可以选择 {most} 个", "请改成同一个数"


_ONE = re.compile("(?<!至少)(?<!最少)选择?一[个项](?![或至到以～])")


_TYPING = re.compile("(?:请|由本人|自行|手工)(?:自行)?(?:填写|输入|选择)")
_ANY_NUMBER = re.compile("任选|不限(?:个数|数量)|多选不限")
_PICTURES = re.compile("图片|JPG|PNG|压缩包")


@insists("E_FIELD_MESSAGE")
def _helped(field: forms.Field, known: Mapping[str, Any]) -> Iterator[Finding]:
    """Insist that the help beside a field says what the field does."""
    said = str(field.ui.get("ui:help", ""))
    remedy = "请改正 ui:help"
    for word in known.get("help_never", ()):
        if _affirms(word, said):
            yield field.name, f"ui:help 写的是“{word}”", remedy
            break
    if field.required and (found := _NEED_NOT.search(said)):
        yield field.name, f"ui:help 写的是“{found[0]}”，表单是必填的", remedy
    if field.read_only and (found := _TYPING.search(said)):
        yield field.name, f"ui:help 写的是“{found[0]}”，本字段由系统读取", remedy
    most = field.schema.get("maxItems")
    if most is not None and field.options and (found := _ANY_NUMBER.search(said)):
        yield field.name, f"ui:help 写的是“{found[0]}”，最多可以选择 {most} 个", remedy
    unit = vocabulary.FIGURES.get(field.name, "")
    if other := vocabulary.other_unit(said, unit):
        own = vocabulary.UNITS[unit][0]
        yield field.name, f"ui:help 以“{other}”计，本字段以“{own}”计", f"请写“{own}”"
    media = field.schema.get("items", field.schema).get("contentMediaType")
    if media == "image/jpeg" and "PDF" in said:
        yield field.name, "ui:help 写的是“PDF”，本字段收 JPG 和 PNG", "请写 JPG 或 PNG"
    if media == "application/pdf" and "PDF" not in said and (found := _PICTURES.search(said)):
        yield field.name, f"ui:help 写的是“{found[0]}”，本字段收 PDF", "请写 PDF"
    for option, key in (("ui:inputmode", "keys"), ("ui:autocomplete", "fills")):
        fitting, has = known.get(key), field.ui.get(option)
        if fitting and has is not None and has not in fitting:
            text = f"{option} 是“{has}”，{field.title}应为 {'、'.join(fitting)}"
            yield field.name, text, f"请改正 {option}"


@insists("E_FIELD_MESSAGE")
def _exemplified(field: forms.Field, form: forms.Form) -> Iterator[Finding]:
    """Insist that an example in the help is one that the field takes."""
    if field.read_only or field.options or field.is_file:
        return
    told = _EXAMPLE.findall(str(field.ui.get("ui:help", "")))
    for example in (one for listed in told for one in _OR.split(listed)):
        entry: object = field.read(example.strip())
        if _kind(field) == "number":
            entry = float(str(entry)) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", str(entry)) else entry
        if not form.takes(field.name, entry) or not _is_day(field, str(entry)):
            yield field.name, f"ui:help 的例子“{example}”不能填写", "请换一个能够填写的例子"


def _is_day(field: forms.Field, entry: str) -> bool:
    if field.schema.get("format") != "date":
        return True
    try:
        dt.date.fromisoformat(entry)
    except ValueError:
        return False
    return True
