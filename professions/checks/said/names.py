"""What the manifest calls things: authorities, certificates, matters, opinions; and its ages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from pathlib import PurePosixPath

from pdfgen import given, source
from pdfgen.source import SUFFIX
from professions import vocabulary
from professions.checks.said import citations
from professions.forms import FormUnusable
from professions.manifests import (
    CLOCKS,
    ENGLISH,
    MANIFEST,
    MINIMUM_AGE,
    Clock,
    RegistrationType,
)
from refusals import rules
from refusals.rules import insists
from registry.applications.statuses import Matter
from registry.law import figures

Placed = tuple[str, str, str, str]  #: file, element, what is wrong, what to do

#: How an authority is called: 上海市人民政府, 住房和城乡建设部, 市住房和城乡建设管理委员会.
_ORGAN = re.compile("[一-鿿]+(?:人民政府|委员会|厅|局|部|总局|院|署|办公室|总会|协会|中心)")
_CERTIFICATE = re.compile("注册[一-鿿]*证书$")


def faults(kind: RegistrationType) -> Iterator[Placed]:
    """Yield names that cannot be meant."""
    yield from _organs(kind)
    yield from _face(kind)
    yield from _matters(kind)
    yield from _usual("qualification", "employer.qualification", kind.qualification)
    yield from _ages(kind)
    opens, in_time = (
        kind.figures.get(name, figures.SPECS[name].default)
        for name in ("renewal_open_days", "renewal_statutory_days")
    )
    if opens <= in_time:
        said = f"延续在届满前 {opens} 日开放，却须在届满前 {in_time} 日以前提出"
        text = rules.said("E_MANIFEST", said)
        yield (
            MANIFEST,
            "figures.renewal_open_days",
            text,
            "请改正 renewal_open_days，须大于 renewal_statutory_days",
        )


#: Of a kind of data, what is given by which name and stands in the manifest as well.
_GIVEN: Mapping[str, Mapping[str, str]] = {
    "letter": {"title": "profession", "authority": "authority", "rule": "rule"},
    "form": {"title": "profession"},
    "rename": {"title": "profession"},
    "certificate": {"face": "title", "authority": "authority", "english": "english"},
}
_NOTE = re.compile("^ *//.*$", re.MULTILINE)


@insists("E_FIGURE_WRITTEN_OUT")
def printed(kind: RegistrationType, given_to: Collection[tuple[str, str]]) -> Iterator[Placed]:
    """Yield names that a template writes out although its documents are given them.

    The manifest says them once: who changes it there changes all that is printed.
    `given_to` are documents with the kind of data that they are given.
    """
    names = {
        "title": kind.title,
        "authority": kind.authority,
        "rule": kind.law.rule,
        "face": kind.face.title,
        "english": kind.face.english.rpartition("·")[2].strip(),
    }
    paths = {PurePosixPath(path).name: path for path in kind.files if path.endswith(SUFFIX)}
    try:
        read = source.sources({name: kind.files[path] for name, path in paths.items()})
    except UnicodeDecodeError:  # told with the other texts
        return
    given_so: dict[str, set[str]] = {}
    for document, data in given_to:
        for file in source.closure(document + SUFFIX, read):
            given_so.setdefault(file, set()).add(given.root(data))
    for file, kinds in given_so.items():
        text = _NOTE.sub("", kind.files[paths[file]].decode("utf-8-sig", "replace"))
        for what in sorted({what for data in kinds for what in _GIVEN.get(data, {})}):
            known = [_GIVEN.get(data, {}).get(what) for data in kinds]
            if names[what] and names[what] in text and all(known):
                wrong = f"写死了“{names[what]}”"
                yield (
                    paths[file],
                    "",
                    wrong,
                    f"请写 #data.{known[0]}; 这样的名称，以 type.toml 为准",
                )


@insists("E_MANIFEST")
def _organs(kind: RegistrationType) -> Iterator[Placed]:
    named = [("authority", kind.authority)]
    named += [("law.review_bodies", body) for body in kind.law.review_bodies]
    for element, name in named:
        if not _ORGAN.fullmatch(name):
            text = f"“{name}”不像机关的名称"
            remedy = "请写全称，例如上海市人民政府、住房和城乡建设部、…委员会、…局"
            yield MANIFEST, element, text, remedy
    yield from _reviewing(kind)
    if kind.authority in kind.law.review_bodies:
        text = f"行政复议机关写的是作出决定的“{kind.authority}”自己（行政复议法第24、25条）"
        remedy = "请写本级人民政府、上一级主管部门"
        yield MANIFEST, "law.review_bodies", text, remedy


_PLACE = re.compile("(?:[一-鿿]{2,3}省)?[一-鿿]{2,4}?[市州盟]|[一-鿿]{2,7}?(?:省|自治区)")


@insists("E_MANIFEST")
def _reviewing(kind: RegistrationType) -> Iterator[Placed]:
    """Insist that who reviews is above who decides: its government, or its ministry."""
    bodies, remedy = (
        kind.law.review_bodies,
        "请写本级人民政府、上一级主管部门（行政复议法第24、25条）",
    )
    is_organ = bool(_ORGAN.fullmatch(kind.authority))  # else told
    for called, whole in vocabulary.AUTHORITIES_CALLED.items() if is_organ else ():
        if whole in kind.authority:
            continue
        for path, content in sorted(kind.files.items()):
            if path.startswith("help/") and called in content.decode("utf-8-sig", "replace"):
                text = f"{path} 写的是“{called}”，authority 是“{kind.authority}”"
                yield MANIFEST, "authority", text, "请改成同一机关"
                return
    for body in dict.fromkeys(body for body in bodies if bodies.count(body) > 1):
        yield MANIFEST, "law.review_bodies", f"“{body}”写了两次", "请删除一个"
    place = _PLACE.match(kind.authority)
    for body in bodies if is_organ else ():
        if body.endswith("法院"):
            text = f"“{body}”审理行政诉讼，不办理行政复议"
        elif place and body.endswith("人民政府") and not body.startswith(place[0]):
            text = f"“{body}”不是“{kind.authority}”的本级人民政府"
        elif body.endswith("部") and not _share_a_word(body.removesuffix("部"), kind.authority):
            text = f"“{body}”不是“{kind.authority}”的上一级主管部门"
        else:
            continue
        yield MANIFEST, "law.review_bodies", text, remedy
    if kind.qualification and not re.search("资质|资格|许可|证书|备案|执照", kind.qualification):
        text = f"“{kind.qualification}”不像资质的名称"
        yield MANIFEST, "employer.qualification", text, "请写全称，例如建筑业企业资质"
    if kind.qualification and "执照" in kind.qualification:
        text = f"“{kind.qualification}”每家企业都有，不是资质"
        yield (
            MANIFEST,
            "employer.qualification",
            text,
            "请写企业应具有的资质，没有的不写 [employer]",
        )


def _share_a_word(one: str, other: str) -> bool:
    return any(one[at : at + 2] in other for at in range(len(one) - 1))


@insists("E_CERTIFICATE_FACE")
def _face(kind: RegistrationType) -> Iterator[Placed]:
    """Insist that the heading of the certificate names the profession and what it is."""
    title = kind.face.title
    if kind.title not in title:
        text = f"证书的标题“{title}”里没有“{kind.title}”"
        yield MANIFEST, "certificate.title", text, "请写本注册类型的名称，一字不差"
    elif not _CERTIFICATE.search(title):
        text = f"证书的标题“{title}”不以“注册…证书”结尾"
        yield MANIFEST, "certificate.title", text, "请写明是注册证书或者注册执业证书"
    elif not _CERTIFICATE.match(title.partition(kind.title)[2]):
        text = f"证书的标题“{title}”在“{kind.title}”之后不是“注册…证书”"
        yield MANIFEST, "certificate.title", text, "请核对 title 和证书的标题，改成同一名称"
    level, written = _LEVEL.search(kind.title), _CLASS.search(kind.face.english)
    if level and written and "一二三".index(level[1]) + 1 != int(written[1]):
        text = f"英文名称写的是 {written[0]}，本注册类型是{level[0]}"
        yield MANIFEST, "certificate.english", text, "请改成同一级别"
    if "QUALIFICATION" in kind.face.english.upper():
        text = "英文名称写的是 QUALIFICATION（资格），证书证明的是注册"
        yield MANIFEST, "certificate.english", text, "请写 CERTIFICATE OF REGISTRATION"
    heads = (
        ("state", title.partition(kind.title)[0]),
        ("english", kind.face.english.partition(" ·")[0]),
    )
    for what, head in heads:
        element = "certificate.title" if what == "state" else "certificate.english"
        yield from _usual(what, element, head)
    certified = vocabulary.CERTIFIED.get(kind.face.type_code or "", "")
    if certified not in title:
        text = f"type_code 是“{certified}”的证照类型代码"
        yield MANIFEST, "certificate.type_code", text, "请填写本证书自己的类型代码"
    called = {*_in_english(kind).upper().split()}
    last = kind.face.english.upper().rpartition("·")[2].split()
    is_level = not level or not written or "一二三".index(level[1]) + 1 == int(written[1])
    if called and is_level and (strange := next((word for word in last if word not in called), "")):
        text = f"英文名称里的“{strange}”不在 english 文件夹的译名“{_in_english(kind)}”中"
        yield MANIFEST, "certificate.english", text, "请改成同一译名"


def _in_english(kind: RegistrationType) -> str:
    """Return what the catalogues of the type call it in English; empty when none says it."""
    asked = re.compile(rf'^msgid "{re.escape(kind.title)}"\nmsgstr "([^"\n]+)"$', re.MULTILINE)
    for path, content in kind.files.items() if kind.face.english else ():
        if ENGLISH.search(path) and (found := asked.search(content.decode("utf-8", "replace"))):
            return found[1]
    return ""


_ENDED = re.compile("解除|终止|离职")  #: how an employment ends
_NOT_YET = re.compile("(?:未|没有)[^，。；]{0,6}(?:解除|终止|离职)")
_LEVEL = re.compile("([一二三])级")
_CLASS = re.compile(r"CLASS ([0-9])")


@insists("E_MANIFEST")
def _usual(what: str, element: str, written: str) -> Iterator[Placed]:
    """Insist that what is nearly a usual word is that word."""
    for word in vocabulary.USUAL[what]:
        if written not in vocabulary.USUAL[what] and _slipped(written, word):
            yield MANIFEST, element, f"“{written}”差一点是“{word}”", f"是不是“{word}”？请改正"


def _slipped(written: str, word: str) -> bool:
    """Tell whether a word lacks a character, has one twice, or has two neighbours exchanged.

    >>> [_slipped(written, "注销注册") for written in ("注销注", "注注销册", "注销注册册", "注销")]
    [True, True, True, False]
    """
    if len(written) == len(word):
        at = next(
            (at for at, pair in enumerate(zip(written, word, strict=True)) if pair[0] != pair[1]), 0
        )
        return written == word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :]
    longer, shorter = sorted((written, word), key=len, reverse=True)
    left_out = {longer[:at] + longer[at + 1 :] for at in range(len(longer))}
    doubled = any(a == b for a, b in pairwise(written))
    return shorter in left_out and (len(written) < len(word) or doubled)


@insists("E_MATTER")
def _matters(kind: RegistrationType) -> Iterator[Placed]:
    for matter in kind.matters:
        yield from _usual("matter", matter.code, matter.title)
        if matter.confirmation is not None:
            yield from _usual("opinion", matter.code, matter.confirmation.title)
            if matter.confirmation.verb in matter.confirmation.text:  # else told
                yield from _usual("verb", matter.code, matter.confirmation.verb)
        word = vocabulary.MATTERS_CALLED.get(matter.code, "")
        said = [other.title for other in kind.matters]
        if word not in matter.title and said.count(matter.title) == 1:  # else told as twice
            text = f"事项的标题“{matter.title}”里没有“{word}”"
            yield MANIFEST, matter.code, text, f"请写出“{word}”，或者改正 code"
        never = vocabulary.MATTERS_NEVER_CALLED.get(matter.code)
        if never and word in matter.title and (found := re.search(never, matter.title)):
            text = f"事项的标题“{matter.title}”说的是“{found[0]}”，办理的不是"
            yield MANIFEST, matter.code, text, "请改正标题，或者改正 code"
        if matter.form:
            yield from _opinion(kind, matter.code, matter.form)
            yield from _headed(kind, matter.code, matter.form)
        told = matter.confirmation
        what = told.verb.removeprefix("同意") if told else ""
        is_ended = told and _ENDED.search(_NOT_YET.sub("", told.text))
        if told and matter.code == Matter.CANCELLATION and not is_ended:
            text = "企业确认注销的意见没有说聘用关系已经解除"
            yield MANIFEST, matter.code, text, "请写明同意注销、已解除聘用关系"
        is_meant = told is not None and told.verb in told.text  # else told of the verb
        if told and is_meant and what not in told.title:
            text = f"意见的标题“{told.title}”与“{told.verb}”不是一件事"
            yield MANIFEST, matter.code, text, f"请写“{what}意见”"


@insists("E_MATTER_MIXED")
def _headed(kind: RegistrationType, code: str, key: str) -> Iterator[Placed]:
    """Insist that what a person signs is headed by the profession."""
    try:
        title = kind.form(key).title
    except FormUnusable:  # told by the check of forms
        return
    if code in (Matter.INITIAL, Matter.RENEWAL, Matter.CANCELLATION) and kind.title not in title:
        text = f"标题“{title}”没有写“{kind.title}”"
        yield f"forms/{key}.schema.json", "title", text, "请写明注册类型，标题印在申请表上"


@insists("E_MATTER")
def _opinion(kind: RegistrationType, code: str, key: str) -> Iterator[Placed]:
    """Insist that what the applicant ticks is about this matter."""
    if code not in (Matter.INITIAL, *_TICKED):
        return
    try:
        fields = {field.name: field for field in kind.form(key).fields_by_name()}
    except FormUnusable:  # told by the check of forms
        return
    opinion = fields.get("applicant_opinion")
    text = str(opinion.schema.get("description", "")) if opinion else ""
    own = _TICKED.get(code, "")
    asked = "".join(_ASKED.findall(text))
    other = next((word for word in _TICKED.values() if word != own and word in asked), "")
    if text and (own not in text or other):
        wrong = f"申请人勾选的意见说的是“{other}”" if other else f"申请人勾选的意见没有说“{own}”"
        remedy = "请改成本事项的意见"
        yield f"forms/{key}.schema.json", "applicant_opinion", wrong, remedy


_ASKED = re.compile("申请[^，。；]*")  #: what is applied for; consequences may name another matter
_TICKED: Mapping[str, str] = {
    Matter.RENEWAL: "延续",
    Matter.CANCELLATION: "注销",
    Matter.ENTERPRISE_CANCELLATION: "注销",
}


@insists("E_FIGURE_CONTRADICTED")
def _ages(kind: RegistrationType) -> Iterator[Placed]:
    """Insist that the guide says the ages that are not usual."""
    paths = [matter.help for matter in kind.matters if matter.code == Matter.INITIAL]
    path = next(iter(paths), None) or ""
    guide = kind.files.get(path, b"").decode("utf-8-sig", "replace")
    guide = re.sub("^#.*$", "", guide, flags=re.MULTILINE).strip()  # an empty one is told already
    guide = "" if "\ufffd" in guide else guide
    unusual = [kind.minimum_age] if kind.minimum_age != MINIMUM_AGE else []
    unusual += [kind.maximum_age] if kind.maximum_age else []
    for age in unusual:
        if guide and not re.search(f"(?<![0-9]){age} ?周?岁", guide):
            text = f"没有写明 type.toml 所限的 {age} 周岁"
            yield path, "", text, "请在“谁可以办理”中写明年龄，或者改正 type.toml"
    if kind.copies.until_maximum_age and kind.maximum_age is None:
        text = "until_maximum_age 为 true，却没有写 maximum_age"
        yield MANIFEST, "copies.until_maximum_age", text, "请写 maximum_age，或者删除这一项"


#: A length; no year of the calendar such as 2026年.
_COUNTED = re.compile(
    "(?<![0-9])(?!(?:19|20)[0-9]{2} ?年)([0-9]{1,6}) ?(?:个?工作日|个月|日|天|学时|年)"
)


#: A length in characters: 二十日内, 六个月内.
_WRITTEN = re.compile(
    "(?<![第0-9一二三四五六七八九十百])([一二两三四五六七八九十百]+)(?:个?工作日|个月|日|天)"
)


_REMINDS = re.compile("(?:_LAST)?_REMINDER$")  #: counts as what it reminds of


@insists("E_PERIOD")
def of_periods(clocks: Mapping[str, Clock], drawn: frozenset[int]) -> Iterator[Placed]:
    """Insist that the words of a row of periods say what its cells say.

    `drawn` are the lengths that timers of the diagrams write themselves.
    """
    for name, clock in clocks.items():
        wanted = vocabulary.EXPIRIES.get(name)
        known_word = clock.on_expiry in vocabulary.kind("on_expiry").words  # else told already
        if wanted and known_word and clock.on_expiry != wanted:
            text = f"期限“{name}”届满时流程图所做的是 {wanted}，表中写的是 {clock.on_expiry}"
            yield CLOCKS, name, text, f"请改为 {wanted}"
        known = {clock.days, *drawn, *map(int, re.findall("[0-9]+", name))}
        for number in dict.fromkeys(_COUNTED.findall(clock.basis)):
            if int(number) not in known:
                text = f"期限“{name}”是 {clock.days}，说明写的是 {number}"
                yield CLOCKS, name, text, "请改成同一个数"
        legal = vocabulary.LEGAL_PERIODS.get(name)
        of_law = {legal.least, legal.most} if legal else set()
        written = [citations.number(found) for found in _WRITTEN.findall(clock.basis)]
        if len(written) == 1 and written[0] not in {clock.days, *of_law}:
            text = f"期限“{name}”是 {clock.days}，说明写的是 {written[0]}"
            yield CLOCKS, name, text, "请改成同一个数"
        unit, least, most = vocabulary.POLICY_PERIODS.get(
            name, (clock.unit, clock.days, clock.days)
        )
        if clock.unit != unit or not least <= clock.days <= most:
            text = f"期限“{name}”是 {clock.days} {clock.unit}，应在 {least} 至 {most} {unit} 之间"
            yield CLOCKS, name, text, "请核对长度和单位（WORKDAY 为工作日，DAY 为日）"
    for name, clock in clocks.items():
        counted = clocks.get(_REMINDS.sub("", name))
        wanted = vocabulary.POLICY_STARTS.get(name)
        if counted is not None and counted is not clock:
            wanted = counted.starts_on
        if wanted and clock.starts_on != wanted:
            text = f"期限“{name}”自 {clock.starts_on} 起算，应当自 {wanted} 起算"
            yield CLOCKS, name, text, f"请把起算改为：{wanted}"
        if counted is not None and counted is not clock and clock.days >= counted.days:
            ended = _REMINDS.sub("", name)
            text = f"提醒“{name}”（{clock.days}）不早于“{ended}”届满（{counted.days}）"
            yield CLOCKS, name, text, "请改正其中一个"
        last = clocks.get(name.replace("_REMINDER", "_LAST_REMINDER"))
        if name.endswith("_REMINDER") and last and last is not clock and last.days <= clock.days:
            text = f"最后提醒（{last.days}）不晚于提醒（{clock.days}）"
            yield CLOCKS, name, text, "请改正其中一个"
