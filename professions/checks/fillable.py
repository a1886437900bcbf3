"""Forms that nobody can fill, or that say one thing and hold another.

Each keyword may be sound by itself while no entry meets them all: a least length above the
greatest, a choice that is no number in a field of numbers, a field of the house without the values
that it lives by.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeGuard

from professions import forms, matching, vocabulary
from professions.checks.said import promises
from refusals.rules import insists
from registry.identifiers import IdType, Sex

Finding = tuple[str, str, str]  #: element, what is wrong, what to do

#: Which keywords speak of which type; the others would be passed over without a word.
_SPEAK_OF: Mapping[str, frozenset[str]] = {
    "string": frozenset({"minLength", "maxLength", "pattern", "format", "contentMediaType"}),
    "number": frozenset(
        {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    ),
    "array": frozenset({"items", "minItems", "maxItems", "uniqueItems"}),
    "boolean": frozenset(),
}
_BOUNDS = (
    ("minLength", "maxLength", "个字"),
    ("minItems", "maxItems", "项"),
    ("minimum", "maximum", ""),
)
_TITLES = {"string": "文字", "number": "数", "integer": "整数", "boolean": "真假", "array": "列表"}
_FILE = {"type": "string", "format": "document", "contentMediaType": "image/jpeg"}
_FILES = {"type": "array", "format": "document", "contentMediaType": "application/pdf"}
_FLAG = {"type": "boolean", "readOnly": True}
_DAY = {"type": "string", "format": "date"}
#: What the house itself reads from fields of these names, and the values that it lives by.
HOUSE: Mapping[str, Mapping[str, Any]] = {
    "applicant_opinion": {"type": "boolean", "const": True, "required": True},
    "photo": _FILE,
    "qualification_scans": _FILES,
    "ce_proof": _FILES,
    "cancel_proof": _FILES,
    "scan_required": _FLAG,
    "hours_required": _FLAG,
    "proof_pdf_required": _FLAG,
    "qualification_issued_on": _DAY,
    "valid_from": _DAY,
    "valid_to": _DAY,
    "ce_compulsory_hours": {"type": "number", "required": True},
    "ce_elective_hours": {"type": "number", "required": True},
    "qualification_region": {
        "type": "string",
        "values": frozenset({"SHANGHAI", "OTHER"}),
        "called": {"SHANGHAI": "上海"},
    },
    "qualification_province": {
        "type": "string",
        "values": frozenset(vocabulary.kind("province").words),
    },
    "enterprise_name": {"type": "string", "fits": (4, 60), "read_as": "organisation"},
    "enterprise_phone": {"type": "string", "read_as": "cn-telephone"},
    "enterprise_uscc": {"type": "string", "read_as": "cn-uscc"},
    "qualification_no": {"type": "string", "read_as": "identifier"},
    "qualification_issuer": {"type": "string", "fits": (4, 40)},
    "sex": {"type": "string", "values": frozenset(Sex), "called": {"M": "男", "F": "女"}},
    "id_type": {"type": "string", "values": frozenset(IdType)},
}
#: Read-only fields that the house fills in itself.
GIVEN = frozenset(
    [
        *("name", "sex", "birth", "id_type", "id_no", "mobile", "enterprise_name"),
        *("enterprise_uscc", "registration_no", "certificate_no", "valid_from", "valid_to"),
        *("qualification_no", "qualification_region", "qualification_province"),
        *("qualification_issued_on", "qualification_issuer", "photo"),
        *("scan_required", "hours_required", "proof_pdf_required"),
    ]
)
#: Those of them that nobody ever types: of the real-name system, of the register.
_NEVER_TYPED = GIVEN & {
    *("name", "sex", "birth", "id_type", "id_no", "mobile", "enterprise_uscc"),
    *("registration_no", "certificate_no", "valid_from", "valid_to"),
}
MEDIA = ("application/pdf", "image/jpeg")  #: what may be uploaded
_NUMERIC = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_COUNTED = re.compile(r"([0-9]+)(?:至([0-9]+))?个(字符|字|文件)")


@insists("E_FIELD_TITLE")
def check(form: forms.Form) -> Iterator[Finding]:
    """Yield what no entry can meet, and where words and rules differ."""
    titles: dict[str, str] = {}
    for field in form.fields_by_name():
        schema, name = field.schema, field.name
        holder = schema.get("items", schema)
        if schema.get("type") not in _TITLES or not isinstance(holder, Mapping):
            continue  # told by the check of the dialect
        if not isinstance(field.ui, Mapping):
            continue
        yield from _spoken(name, schema)
        yield from _bounds(name, schema)
        of_house = [*_house(field)]
        yield from _choices(name, holder)
        media = holder.get("contentMediaType", MEDIA[0])
        if media not in MEDIA:
            text = f"contentMediaType“{media}”不能上传"
            yield name, text, f"请用：{'、'.join(MEDIA)}"
        if isinstance(holder.get("pattern"), str):
            yield from _pattern(name, holder)
        yield from of_house or _words(name, schema)  # messages may say what is right
        yield from _about_another(field, form)
        yield from _counted(field)
        yield from _steered(field, form)
        yield from _nobody(field)
        if field.title in titles and not field.hidden:
            text = f"与字段 {titles[field.title]} 的标题“{field.title}”相同"
            yield name, text, "请写成填表人能够区分的标题"
        titles.setdefault(field.title, name)


def _kind(schema: Mapping[str, Any]) -> str:
    return "number" if schema.get("type") == "integer" else str(schema.get("type"))


@insists("E_FIELD_KEYWORD")
def _spoken(name: str, schema: Mapping[str, Any]) -> Iterator[Finding]:
    """Insist that each keyword speaks of the field's type."""
    kind = _kind(schema)
    for other, keywords in _SPEAK_OF.items():
        for keyword in sorted(keywords & schema.keys()) if other != kind else ():
            text = f"{keyword} 只用于{_TITLES[other]}，字段的 type 是 {schema['type']}，不起作用"
            yield name, text, f"请删除 {keyword}，或者改正 type"


@insists("E_FIELD_BOUNDS")
def _bounds(name: str, schema: Mapping[str, Any]) -> Iterator[Finding]:
    for least, most, unit in _BOUNDS:
        low, high = schema.get(least), schema.get(most)
        if _is_number(low) and _is_number(high) and low > high:
            text = f"{least} 是 {low}{unit}，大于 {most} 的 {high}{unit}，没有谁能够填写"
            yield name, text, f"请改正 {least} 或者 {most}"
    for least, most in (
        ("exclusiveMinimum", "maximum"),
        ("minimum", "exclusiveMaximum"),
        ("exclusiveMinimum", "exclusiveMaximum"),
    ):
        low, high = schema.get(least), schema.get(most)
        if _is_number(low) and _is_number(high) and low >= high:
            text = f"{least} 是 {low}，不小于 {most} 的 {high}，没有谁能够填写"
            yield name, text, f"请改正 {least} 或者 {most}"
    if schema.get("maxLength") == 0 or schema.get("maxItems") == 0:
        yield name, "最多为0，没有谁能够填写", "请改正 maxLength 或者 maxItems"
    least_items, items = schema.get("minItems"), schema.get("items", {})
    known = items.get("enum") or items.get("oneOf") if isinstance(items, Mapping) else None
    if known and _is_number(least_items) and schema.get("uniqueItems") and least_items > len(known):
        text = f"minItems 是 {least_items}，可以选的只有 {len(known)} 项，没有谁能够填写"
        yield name, text, "请改正 minItems"


def _is_number(value: object) -> TypeGuard[float]:
    return type(value) in (int, float)


@insists("E_FIELD_CHOICES")
def _choices(name: str, holder: Mapping[str, Any]) -> Iterator[Finding]:
    """Insist that each fixed value and each choice meets the field's own rules."""
    listed = holder.get("oneOf", ())
    titled = [choice for choice in listed if isinstance(choice, Mapping)]
    values = [choice["const"] for choice in titled if "const" in choice]
    values += [*holder.get("enum", ())]
    values += [holder["const"]] if "const" in holder else []
    rules = {
        key: rule for key, rule in holder.items() if key not in ("enum", "oneOf", "const", "format")
    }
    validator = forms.Validator(rules)
    for value in values:
        if error := next(iter(validator.iter_errors(value)), None):
            rule = f"type“{holder.get('type')}”" if error.validator == "type" else error.validator
            text = f"可以选的“{value}”不符合本字段的 {rule}，没有谁能够填写"
            yield name, text, "请改正该值，或者改正规则"
    for value in _repeated(values):
        yield name, f"可以选的“{value}”写了两次", "请删除一个"
    for title in _repeated(choice.get("title") for choice in titled):
        yield name, f"两个可以选的值都叫“{title}”", "请写成填表人能够区分的名称"


def _repeated(values: Iterable[object]) -> Iterator[object]:
    seen: list[object] = []
    for value in values:
        if value in seen:
            yield value
        seen.append(value)


@insists("E_PATTERN")
def _pattern(name: str, holder: Mapping[str, Any]) -> Iterator[Finding]:
    pattern, longest = str(holder["pattern"]), holder.get("maxLength", matching.LONGEST)
    if type(longest) is not int:
        return
    if matching.ways(pattern, longest) >= matching.MOST_WAYS:
        text = "pattern 有太多种解释的方式（例如重复之内的重复），遇到某些输入会算不完"
        yield name, text, "请改写成每一段只有一种读法的式子，或者缩小 maxLength"
        return
    if not matching.is_whole(pattern):
        text = "pattern 没有以 ^ 开头、以 $ 结尾，只要其中一段符合就会通过"
        yield name, text, "请写成 ^(……)$，有几种写法时放在一个括号内"
    least, most = matching.lengths(pattern)
    if least > longest:
        text = f"pattern 至少要 {least} 个字符，maxLength 是 {longest}，没有谁能够填写"
        yield name, text, "请改正 pattern 或者 maxLength"
    low = holder.get("minLength", 0)
    if matching.is_whole(pattern) and _is_number(low) and most < low:
        text = f"pattern 最多 {most} 个字符，minLength 是 {low}，没有谁能够填写"
        yield name, text, "请改正 pattern 或者 minLength"


@insists("E_FIELD_MESSAGE")
def _words(name: str, schema: Mapping[str, Any]) -> Iterator[Finding]:
    """Insist that a message names the bounds that hold."""
    texts = schema.get("errorMessage")
    for rule, text in texts.items() if isinstance(texts, Mapping) else ():
        yield from _chosen(name, schema, rule, str(text))
        for first, second, unit in _COUNTED.findall(str(text)):
            least, most = ("minItems", "maxItems") if unit == "文件" else ("minLength", "maxLength")
            known = {schema[key] for key in (least, most) if key in schema}
            for number in filter(None, (first, second)):
                if known and int(number) not in known:
                    wrong = f"errorMessage 的 {rule} 写的是{number}个{unit}，规则是 {_shown(known)}"
                    yield name, wrong, "请改成同一个数"

    held = (*schema.items(), *schema.get("items", {}).items())
    rules = {rule for rule, value in held if value is not False} | {"required"}
    for rule in texts if isinstance(texts, Mapping) else ():
        if rule not in rules:
            yield (
                name,
                f"写了 {rule} 的提示文字，却没有这条规则",
                f"请补上 {rule}，或者删除提示文字",
            )
    for rule, text in texts.items() if isinstance(texts, Mapping) else ():
        numbers = {float(number) for number in re.findall(r"[0-9]+(?:\.[0-9]+)?", str(text))}
        bound = schema.get(rule)
        if rule in _NUMERIC and _is_number(bound) and numbers and bound not in numbers:
            wrong = f"errorMessage 的 {rule} 没有写规则的 {bound}，写的是别的数"
            yield name, wrong, "请改成同一个数"


#: What messages call entries of a format.
_FORMS_OF = {
    "cn-uscc": ("信用代码",),
    "cn-telephone": ("电话", "手机"),
    "date": ("日期", "年", "日"),
    "identifier": ("编号", "证书号", "号码"),
}


@insists("E_FIELD_MESSAGE")
def _chosen(name: str, schema: Mapping[str, Any], rule: str, text: str) -> Iterator[Finding]:
    """Insist that a message names how many may be chosen, how much is too much, and how large."""
    many = {schema[key] for key in ("minItems", "maxItems") if key in schema}
    for word in _CHOSEN.findall(text) if many else ():
        if _PIECES[word] not in many:
            wrong = f"errorMessage 的 {rule} 写的是{word}个，规则是 {_shown(many)}"
            yield name, wrong, "请改成同一个数"
    most = schema.get("maximum")
    for number in _NO_MORE.findall(text) if rule == "required" and _is_number(most) else ():
        if float(number) != most:
            wrong = f"errorMessage 的 required 写的是不超过{number}，规则是 {most}"
            yield name, wrong, "请改成同一个数"
    for wrong, remedy in promises.uploads(text):
        yield name, f"errorMessage 的 {rule} {wrong}", remedy


_CHOSEN = re.compile("([一两二三四五六七八九十])个(?!字|月|文件|工作日)")
_PIECES = {"一": 1, "两": 2} | {digit: at for at, digit in enumerate("一二三四五六七八九十", 1)}
_NO_MORE = re.compile(r"不超过 ?([0-9]+(?:\.[0-9]+)?)(?! ?[0-9.MmKk个])")


@insists("E_FIELD_MESSAGE")
def _about_another(field: forms.Field, form: forms.Form) -> Iterator[Finding]:
    """Insist that who leaves a field empty is told of this field, not of another one."""
    texts = field.schema.get("errorMessage")
    own = _FORMS_OF.get(str(field.schema.get("format")), ())
    said_by = texts if isinstance(texts, Mapping) else {}
    for rule in ("format", "pattern") if own else ():
        said = str(said_by.get(rule, ""))
        others = (word for words in _FORMS_OF.values() for word in words if word not in own)
        strange = next((word for word in others if word in said), "")
        if strange and field.title not in said and not any(word in said for word in own):
            text = f"errorMessage 的 {rule} 说的是“{strange}”，本字段是“{field.title}”"
            yield field.name, text, "请改成本字段的提示"
    told = str(texts.get("required", "")) if isinstance(texts, Mapping) else ""
    asked = _ASKING.match(told)
    if asked is None or field.title in told:
        return
    for other in form.fields_by_name():
        if other.title not in field.title and told.startswith(other.title, asked.end()):
            text = f"errorMessage 的 required 说的是“{other.title}”，本字段是“{field.title}”"
            yield field.name, text, "请改成本字段的提示"
            return


_ASKING = re.compile("请(?:填写|选择|上传|说明)")


def _shown(values: Iterable[object]) -> str:
    return "、".join(sorted(map(str, values)))


@insists("E_HOUSE_FIELD")
def _house(field: forms.Field) -> Iterator[Finding]:
    """Insist on what the house reads from a field of its own."""
    if field.name in _NEVER_TYPED and not field.read_only:
        text = f"{field.name} 由系统读取，没有谁填写，它须有 readOnly: true"
        yield field.name, text, "请补上 readOnly"
    wanted = HOUSE.get(field.name)
    if wanted is None:
        return
    holder = field.schema.get("items", field.schema)
    kind = _kind(field.schema)
    if kind != wanted["type"]:
        text = (
            f"办理中要读 {field.name}，它的 type 应为 {wanted['type']}，不是 {field.schema['type']}"
        )
        yield field.name, text, f"请把 type 改为 {wanted['type']}"
        return
    for key in ("const", "readOnly"):
        if key in wanted and field.schema.get(key) is not wanted[key]:
            text = f"办理中要读 {field.name}，它须有 {key}: {str(wanted[key]).lower()}"
            yield field.name, text, f"请补上 {key}"
    for key in ("format", "contentMediaType"):
        if key in wanted and holder.get(key) != wanted[key]:
            text = f"办理中要读 {field.name}，它的 {key} 应为 {wanted[key]}"
            yield field.name, text, f"请把 {key} 改为 {wanted[key]}"
    reading = wanted.get("read_as")
    if reading and not field.read_only and holder.get("format") != reading:
        text = f"{field.name} 由填表人填写，它的 format 应为 {reading}，否则各种写法读不成一种"
        yield field.name, text, f"请把 format 改为 {reading}"
    if wanted.get("required") and not field.required:
        text = f"办理中要读 {field.name}，它却可以不填"
        yield field.name, text, "请把它写进同一处的 required"
    for length in wanted.get("fits", ()) if not field.read_only else ():
        if not holder.get("minLength", 0) <= length <= holder.get("maxLength", length):
            text = f"{field.name} 不能填写 {length} 个字，真实的名称有这么长的"
            yield field.name, text, "请改正 minLength 或者 maxLength"
    for value, title in field.options:
        word = wanted.get("called", {}).get(value, "")
        if word not in title:  # the other one was exchanged with it
            text = f"办理中 {field.name} 的“{value}”是“{word}”，表单写的是“{title}”"
            yield field.name, text, f"请在 title 中写“{word}”"
            break
    known = {value for value, _ in field.options}
    values = wanted.get("values", known)
    if known and known != values:
        missing, extra = sorted(values - known), sorted(known - values)
        text = f"办理中 {field.name} 的值是规定的：{_shown(values)}"
        text += f"；缺少 {'、'.join(missing)}" if missing else ""
        text += f"；没有 {'、'.join(extra)}" if extra else ""
        yield field.name, text, "请改成规定的值，显示的名称可以自定"


def shown(form: forms.Form) -> Iterator[Finding]:
    """Yield what the ui file says of a field and what cannot be, or does not hold."""
    for field in form.fields_by_name():
        yield from _displayed(field, form)
        yield from _helped(field)


@insists("E_FORM_LAYOUT")
def _displayed(field: forms.Field, form: forms.Form) -> Iterator[Finding]:
    """Insist that the page can show the field as the ui file wants it."""
    ui, widget = field.ui, field.ui.get("ui:widget")
    width = ui.get("ui:width", 1)
    if type(width) is not int or not 1 <= width <= _WIDEST:
        yield field.name, f"ui:width“{width}”不是1至{_WIDEST}的整数", "请写显示几个字"
    accepted = [kind.strip() for kind in str(ui.get("ui:accept", "")).split(",") if kind.strip()]
    for kind in sorted({*accepted} - {*_UPLOADED}):
        yield field.name, f"ui:accept 没有“{kind}”这种文件", f"请用：{'、'.join(_UPLOADED)}"
    holder = field.schema.get("items", field.schema)
    family = str(holder.get("contentMediaType", "")).partition("/")[0]
    if strange := [kind for kind in accepted if family and not kind.startswith(family)]:
        text = f"ui:accept 的“{strange[0]}”不是 contentMediaType 的 {holder['contentMediaType']}"
        yield field.name, text, "请改成同一种文件"
    unlocked = ui.get("ui:lockedUnless")
    names = {other.name: other for other in form.fields_by_name()}
    if unlocked in names and names[unlocked].schema.get("type") != "boolean":
        text = f"ui:lockedUnless 所指的 {unlocked} 不是真假，字段总是可以填写或者总是锁定"
        yield field.name, text, "请写真假字段的名称，例如 scan_required"
    is_flag = field.schema.get("type") == "boolean"
    if widget == "checkbox" and not is_flag:
        yield field.name, "勾选框（checkbox）只用于真假的字段", "请改用 radios、select 或者 choices"
    if is_flag and not field.hidden and widget not in ("checkbox", "radios"):
        yield field.name, "真假的字段没有写怎样填写", "请写 ui:widget：checkbox 或者 radios"
    if field.name in _MASKED and ui.get("ui:mask") != field.name:
        text = f"{field.title}在页面上没有遮盖，旁边的人都看得到"
        yield field.name, text, f"请写 ui:mask：{field.name}"


@insists("E_FIELD_MESSAGE")
def _helped(field: forms.Field) -> Iterator[Finding]:
    """Insist that the help beside a field names the number and size that hold."""
    said, most = str(field.ui.get("ui:help", "")), field.schema.get("maxItems")
    crop = str(field.ui.get("ui:crop", ""))
    for number in _AT_MOST.findall(said):
        if most is not None and int(number) != most:
            yield field.name, f"ui:help 写的是最多{number}个，规则是 {most}", "请改成同一个数"
    for width, height in _PIXELS.findall(said):
        if crop and f"{width}x{height}" != crop:
            text = f"ui:help 写的是 {width}×{height} 像素，裁剪为 {crop}"
            yield field.name, text, "请改成同一尺寸"


_AT_MOST = re.compile(r"最多 ?([0-9]+) ?个")
_PIXELS = re.compile(r"([0-9]+) ?[×xX] ?([0-9]+) ?像素")
_WIDEST = 80  #: characters of a field
_UPLOADED = ("image/jpeg", "image/png", "application/pdf")
_MASKED = frozenset({"id_no", "mobile"})  #: what pages show only in part


@insists("E_HOUSE_FIELD")
def _steered(field: forms.Field, form: forms.Form) -> Iterator[Finding]:
    """Insist that what a table asks for is asked for when that table says so."""
    flag = _STEERED.get(field.name)
    if flag is None or field.show_if is None:
        return
    if flag in {other.name for other in form.fields_by_name()} and field.show_if != {
        flag: {"const": True}
    }:
        text = f"{field.name} 应当在 {flag} 为 true 时填写，表单的条件不是这样"
        yield field.name, text, f'请把 if 写成 {{"{flag}": {{"const": true}}}}'
    elif not field.required and not HOUSE.get(field.name, {}).get("required"):
        text = f"{flag} 要求填写 {field.name}，表单却可以不填"
        yield field.name, text, "请把它写进同一处的 required"


#: Field → the flag of a table that says that it must be filled in.
_STEERED = {
    "qualification_scans": "scan_required",
    "ce_compulsory_hours": "hours_required",
    "ce_elective_hours": "hours_required",
    "ce_proof": "proof_pdf_required",
}


@insists("E_UNIT")
def _counted(field: forms.Field) -> Iterator[Finding]:
    """Insist that the title of a figure counts in its unit."""
    unit = vocabulary.FIGURES.get(field.name, "")
    if other := vocabulary.other_unit(field.title, unit):
        own = vocabulary.UNITS[unit][0]
        text = f"标题“{field.title}”以“{other}”计，办理时 {field.name} 以“{own}”计"
        yield field.name, text, f"请在标题中写“{own}”"


@insists("E_FIELD_UNFILLABLE")
def _nobody(field: forms.Field) -> Iterator[Finding]:
    """Tell a field that is asked for and that nobody can fill."""
    if not field.required:
        return
    if field.read_only and field.name not in GIVEN:
        text = "字段只读而必填，没有谁填写"
        yield field.name, text, "请删除 readOnly，或者从 required 中删除"
    elif field.hidden:
        text = "字段不显示而必填，没有谁能够填写"
        yield field.name, text, "请换一种控件，或者从 required 中删除"
