"""The laws that texts cite: of the list in `laws.toml`, or what the manifest itself says.

A letter under seal that cites an article which says something else, or the rule of another
profession, is worth nothing, and no example would notice.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from engine.language.xml import root_of
from professions.manifests import CLOCKS, Clock, Law
from professions.vocabulary import LEGAL_PERIODS
from refusals.rules import insists

Finding = tuple[str, str, str]  #: element, what is wrong, what to do
Placed = tuple[str, str, str, str]  #: the same after its file

_DATA = Path(__file__).parents[2] / "laws.toml"
LAWS: Mapping[str, frozenset[int]] = {
    name: frozenset(articles) for name, articles in tomllib.loads(_DATA.read_text("utf-8")).items()
}
_COUNTRY = "中华人民共和国"
_ENDS = "管理规定|实施细则|实施办法|管理办法|办法|条例|规定|细则|法"
_NUMBER = "[0-9一二三四五六七八九十百零〇、，,和]+"
_CITED = re.compile(
    rf"(?:《([^《》\n]{{2,40}})》|([一-鿿]{{2,24}}?(?:{_ENDS})))第({_NUMBER}(?:条[、和]第{_NUMBER})*)条"
    "((?:第[0-9一二三四五六七八九十]+款)?)"
)
_BETWEEN = "条[、和]第|[、，,和]"
_NAMED = re.compile(rf"《([^《》\n]{{2,40}}(?:{_ENDS}))》")
_TEXTS = (".typ", ".md", ".dmn", ".bpmn", ".json", ".toml")
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0}
_UNITS = {"十": 10, "百": 100}


@dataclass(frozen=True, kw_only=True)
class Citation:
    """One law as a text cites it; articles are numbers, a paragraph is empty or 第二款."""

    name: str  #: without the name of the country and without marks
    articles: tuple[int, ...]
    paragraph: str


def number(written: str) -> int:
    """Read the number of an article.

    >>> [number(written) for written in ("42", "四十二", "一百零三", "十")]
    [42, 42, 103, 10]
    """
    if written.isdigit() and written.isascii():
        return int(written)
    total = digit = 0
    for character in written:
        if character in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[character], 0
        else:
            digit = _DIGITS.get(character, 0)
    return total + digit


def citations(text: str) -> list[Citation]:
    """Return what a text cites, in order.

    >>> [cited.articles for cited in citations("《行政许可法》第三十八条，行政许可法第69、70条")]
    [(38,), (69, 70)]
    """
    return list(_citations(text))


@lru_cache(maxsize=2048)
def _citations(text: str) -> tuple[Citation, ...]:
    return tuple(
        Citation(
            name=(found[1] or found[2]).removeprefix(_COUNTRY),
            articles=tuple(number(one) for one in re.split(_BETWEEN, found[3]) if one),
            paragraph=found[4],
        )
        for line in text.splitlines()
        if "条" in line
        for found in _CITED.finditer(line)
    )


def _known(name: str, law: Law) -> tuple[str, frozenset[int] | None] | None:
    """Return the law that a name means, with its articles: None where any may be cited.

    A name without marks may have words before it: 工作日按行政许可法.
    """
    rules = {rule.strip("《》") for rule in (law.rule, *law.cites)} - {""}
    for rule in sorted(rules, key=len, reverse=True):
        if name.endswith(rule) or rule.endswith(name):  # 管理规定第17条
            return rule, None
    for known in sorted(LAWS, key=len, reverse=True):
        if name.endswith(known):
            return known, LAWS[known]
    return None


@insists("E_CITED")
def faults(law: Law, path: str, data: bytes) -> Iterator[Finding]:
    """Insist that laws and articles are known, and that the rule is the profession's own."""
    if not path.endswith(_TEXTS) or not law.rule:
        return
    text = data.decode("utf-8-sig", "replace")
    told = set[str]()
    for cited in _citations(text):
        known = _known(cited.name, law)
        if known is None:
            told.add(cited.name)
            yield _unknown(cited.name, law)
            continue
        name, articles = known
        for article in cited.articles:
            if articles is not None and article not in articles:
                listed = "、".join(map(str, sorted(articles)))
                wrong = f"引用了《{name}》第{article}条，这里只引用第 {listed} 条"
                yield "", wrong, f"请核对条文；确实引用的，写进 type.toml 的 {_CITES}"
    for named in _NAMED.findall(text):
        name = named.removeprefix(_COUNTRY)
        if name not in told and _known(name, law) is None:
            yield _unknown(name, law)


_CITES = '[law] cites = ["《…》"]'


def _unknown(name: str, law: Law) -> Finding:
    choices = [*LAWS, *(rule.strip("《》") for rule in (law.rule, *law.cites))]
    close = get_close_matches(name, choices, n=1, cutoff=0.5)
    hint = f"是不是《{close[0]}》？" if close else ""
    wrong = f"引用的“{name}”不是已知的法律，也不是 type.toml 的 law.rule（{law.rule}）"
    return "", wrong, f"{hint}请改正名称；确实引用的，写进 type.toml 的 {_CITES}"


@insists("E_CITED")
def of_rows(data: bytes) -> Iterator[Finding]:
    """Insist that a row which cites a law in its result cites the same in its description."""
    if b"</decision" not in data:
        return
    for number_of, row in enumerate(root_of(data).iter("{*}rule"), 1):
        outputs = [text for cell in row.iterfind("{*}outputEntry") for text in cell.itertext()]
        said = _keys("\n".join(map(str, outputs)))
        because = _keys(row.findtext("{*}description") or "")
        if said and because and said != because:
            shown = "、".join(sorted(said - because) or sorted(said))
            text = f"第 {number_of} 条规则的结果引用{shown}，说明引用的却是别的条文"
            yield row.get("id") or "", text, "请核对条文，改成同一条"


def _keys(text: str) -> set[str]:
    return {
        f"《{cited.name}》第{article}条{_paragraph(cited.paragraph)}"
        for cited in _citations(text)
        for article in cited.articles
    }


def _paragraph(written: str) -> str:
    return f"第{number(written[1:-1])}款" if written else ""


@insists("E_LEGAL_PERIOD")
def of_periods(clocks: Mapping[str, Clock]) -> Iterator[Placed]:
    """Insist that a legal period cites the article that it comes from."""
    for name, clock in clocks.items():
        legal = LEGAL_PERIODS.get(name)
        if legal is None or not _citations(clock.basis):
            continue  # that there is an article is told by `needs`
        wanted = _citations(legal.article)[0]
        pairs = {
            (_short(cited.name), no) for cited in _citations(clock.basis) for no in cited.articles
        }
        if (wanted.name, wanted.articles[0]) not in pairs:
            text = f"期限“{name}”出自{legal.article}，说明引用的却是别的条文"
            yield CLOCKS, name, text, f"请写明“{legal.article}”"


def _short(name: str) -> str:
    return next((law for law in LAWS if name.endswith(law)), name)
