"""The one place where typed text becomes a value: how each kind of entry is read.

People paste: full-width digits from an input method, grouped numbers from a letter, invisible
marks from a web page, radicals from a PDF, a date as it stands in a document. Each entry is read
here once, by its kind; what is then not understood is refused by the rules of its field.

`text` is for what people write, `name` and `organisation` for names, `number` for whatever
identifies, `telephone`, `amount` and `day` for what their names say; `READINGS` gives the one for
the `format` of a field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date

#: Middle dots of names; one counts: U+00B7 (民委发〔2016〕33号)
_DOTS = re.compile("\\s*[·•‧∙⋅●・･．․⸱ᐧꞏ᛫⸰⸳∘◦⦁˙﹒ㆍ𐄁]\\s*")
_HAN = "[\u3400-\u9fff\U00020000-\U0003ffff]"
_DOT_BETWEEN_HAN = re.compile(rf"(?<={_HAN})\s*[.。｡]\s*(?={_HAN})")
_BLANK_BETWEEN_HAN = re.compile(rf"(?<={_HAN})\s+(?={_HAN})")
#: Marks that show nothing: directions, joiners, soft hyphens, variants of a glyph; as in a class
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u3164\uffa0\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0100-\U000e01ef"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_LINE_ENDS = re.compile("\r\n?|[\u0085\u2028\u2029\v\f]")
_BLANKS = re.compile("[^\\S\n]+")
_DASHES = re.compile("[‐‑‒–—―−﹘﹣－]")
#: Full-width letters and digits; the punctuation of Chinese stays as it is.
_HALF_WIDTH = {
    wide: wide - 0xFEE0
    for first, last in ((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))
    for wide in range(first, last + 1)
}
#: Radicals that a PDF gives instead of the character (UAX 44, Equivalent_Unified_Ideograph); the
#: Kangxi radicals U+2F00–2FD5 are folded by NFKC, these by nothing.
_RADICALS = dict(
    zip(
        "⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻"
        "⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
        "厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑𫜹忄心扌攵旡日月歺母民氵氺灬爫爫丬牛犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿"
        "肉𦥑艹艹艹虎衤覀西见角𧢲讠贝𧾷车辶辶辶邑钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟",
        strict=True,
    )
)
_FOLDED = (
    _HALF_WIDTH
    | {ord(radical): whole for radical, whole in _RADICALS.items()}
    | {point: unicodedata.normalize("NFKC", chr(point)) for point in range(0x2F00, 0x2FD6)}
)


def text(typed: str) -> str:
    r"""Read what people write: line ends as ``\n``, no invisible marks, radicals as characters.

    Full-width letters and digits become usual ones, the punctuation of Chinese stays.

    >>> text("\u202d材料齐全，\r\n见第３页 ")
    '材料齐全，\n见第3页'
    >>> text("⽰例")
    '示例'
    """
    lines = _LINE_ENDS.sub("\n", _INVISIBLE.sub("", typed)).split("\n")
    folded = "\n".join(_BLANKS.sub(" ", line).strip() for line in lines).strip()
    return unicodedata.normalize("NFC", folded.translate(_FOLDED))


def line(typed: str) -> str:
    r"""Read what stands in one line, as `text`; a pasted line end is a blank.

    >>> line("上海市建设\r\n委员会")
    '上海市建设 委员会'
    """
    return " ".join(text(typed).split())


def name(typed: str) -> str:
    """Read the name of a person: NFKC, every middle dot as U+00B7.

    No character is ever dropped from a name but the invisible ones.

    >>> name(" 阿依古丽•买买提　"), name("阿依古丽.买买提"), name("ｘ１"), name("张 三")
    ('阿依古丽·买买提', '阿依古丽·买买提', 'x1', '张三')
    """
    folded = unicodedata.normalize("NFKC", _DOTS.sub("·", line(typed)))
    dotted = line(_DOTS.sub("·", _DOT_BETWEEN_HAN.sub("·", folded)))
    return _BLANK_BETWEEN_HAN.sub("", dotted)


def organisation(typed: str) -> str:
    """Read the name of an enterprise or office: a line whose brackets stay as they are registered.

    >>> organisation(" 上海示例•虚构（０１）有限公司")
    '上海示例·虚构（01）有限公司'
    """
    return line(_DOTS.sub("·", line(typed)))


_WIDE = str.maketrans("()[]", "（）［］")
_NARROW = str.maketrans("（）［］", "()[]")


def spellings(typed: str) -> tuple[str, ...]:
    """Give the ways in which what is looked for may stand in a text that mixes kinds of entries.

    A name stands there with the dot that counts, an enterprise with the brackets it registered.

    >>> spellings("示例(虚构)•公司")
    ('示例(虚构)•公司', '示例(虚构)·公司', '示例（虚构）•公司', '示例（虚构）·公司')
    """
    said = line(typed)
    dotted = (said, organisation(said), name(said))
    ways = (
        way.translate(brackets) if brackets else way
        for brackets in (None, _WIDE, _NARROW)
        for way in dotted
    )
    return tuple(dict.fromkeys(ways))


def number(typed: str) -> str:
    """Read what identifies (ids, credit codes, registrations): half-width capitals, no blanks.

    >>> number("３１０ x"), number("\u202d沪注 00–12"), number("845 542")
    ('310X', '沪注00-12', '845542')
    """
    folded = re.sub(r"\s", "", unicodedata.normalize("NFKC", text(typed)))
    return unicodedata.normalize("NFKC", _DASHES.sub("-", folded).upper())


def digits(typed: str) -> str:
    """Read a code of digits however it is grouped.

    >>> digits("８４５ ５４２"), digits("845-542"), digits("84554a")
    ('845542', '845542', '84554A')
    """
    folded = number(typed)
    joined = re.sub(r"[-.,·]", "", folded)
    return joined if re.fullmatch(r"[0-9]+", joined) else folded


_LABEL = re.compile(
    r"^(?:TEL|(?:联系|办公|固定|移动)?电话|手机号?码?|座机)\s*[:.]?\s*"
)  #: pasted with a number
_EXTENSION = re.compile(r"[-\s]*(转|分机|EXT\.?|X|#)+[-:\s]*(?=[0-9]+$)")
_COUNTRY = re.compile(
    r"(\+|00)?86-?(?=0[0-9]|(10|2[0-9]|[3-9][0-9][0-9])-?[0-9]{3,4}-?[0-9]{4}(-|$)|1[3-9][0-9]-?[0-9]{4}|400)"
)
_MOBILE = re.compile(r"(1[3-9][0-9])-?([0-9]{4})-?([0-9]{4})")
_SERVICE = re.compile(r"(400)-?([0-9]{3})-?([0-9]{4})")
_LOCAL = re.compile(r"([2-9][0-9]{2,3})-?([0-9]{4})((?:-[0-9]{1,6})?)")
_LANDLINE = re.compile(r"0?(10|2[0-9]|[3-9][0-9][0-9])-?([0-9]{3,4})-?([0-9]{4})((?:-[0-9]{1,6})?)")


def telephone(typed: str) -> str:
    """Read a telephone number in the usual writings: area code, number and extension by ``-``.

    >>> telephone("０２１-00000001"), telephone("(021)00000001"), telephone("+86-21-00000001")
    ('021-00000001', '021-00000001', '021-00000001')
    >>> telephone("021-00000001转8001"), telephone("+86 138 0000 0000"), telephone("6234 5678")
    ('021-00000001-8001', '13800000000', '62345678')
    >>> telephone("tel:+86-21-0000-0001"), telephone("联系电话：021-00000001")
    ('021-00000001', '021-00000001')
    >>> telephone("+86 21 6234 5678"), telephone("+86 10 6234 5678-801")
    ('021-62345678', '010-62345678-801')
    """
    said = _DASHES.sub("-", unicodedata.normalize("NFKC", line(typed))).upper()
    said = _LABEL.sub("", said)
    said = re.sub(r"[-()\[\]./\s]+", "-", _EXTENSION.sub("-", said)).strip("-")
    country = _COUNTRY.match(said)
    own = said[country.end() :] if country else said
    if parts := _MOBILE.fullmatch(own):
        return "".join(parts.groups())
    if parts := _SERVICE.fullmatch(own):
        return "-".join(parts.groups())
    if parts := _LOCAL.fullmatch(own):
        return "".join(parts.groups())
    parts = _LANDLINE.fullmatch(own) if own.startswith("0") or country else None
    return f"0{parts[1]}-{parts[2]}{parts[3]}{parts[4]}" if parts else line(typed)


def amount(typed: str) -> str:
    """Read hours and other figures, without grouping.

    >>> amount("６０．５"), amount("1,200"), amount("六十")
    ('60.5', '1200', '六十')
    """
    folded = number(typed).replace("。", ".")
    return re.sub(r"(?<=[0-9]),(?=[0-9]{3}(\D|$))", "", folded)


_DAY = re.compile(r"([0-9]{4})(?:年|[-./])([0-9]{1,2})(?:月|[-./])([0-9]{1,2})日?")
_PLAIN_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()  # noqa: SIM905 (a list of words)
_MONTH_NAMES = (
    "JAN(?:UARY)?|FEB(?:RUARY)?|MAR(?:CH)?|APR(?:IL)?|MAY|JUNE?|JULY?|AUG(?:UST)?"
    "|SEPT?(?:EMBER)?|OCT(?:OBER)?|NOV(?:EMBER)?|DEC(?:EMBER)?"
)
_ENGLISH_DAY = re.compile(rf"([0-9]{{1,2}})({_MONTH_NAMES})[.,]?([0-9]{{4}})")


def day(typed: str) -> str:
    """Read a date in the usual writings as YYYY-MM-DD; what is none stays as it was typed.

    >>> day("2026年1月8日"), day("２０２６／１／８"), day("20260108"), day("昨天")
    ('2026-01-08', '2026-01-08', '2026-01-08', '昨天')
    >>> day("8 January 2026"), day("8 Jan. 2026"), day("1/8/2026")
    ('2026-01-08', '2026-01-08', '1/8/2026')
    """
    folded = number(typed)
    if english := _ENGLISH_DAY.fullmatch(folded):  # as English pages write it
        month = _MONTHS.index(english[2][:3]) + 1
        return f"{english[3]}-{month:02d}-{int(english[1]):02d}"
    parts = _DAY.fullmatch(folded) or _PLAIN_DAY.fullmatch(folded)
    return f"{parts[1]}-{int(parts[2]):02d}-{int(parts[3]):02d}" if parts else line(typed)


def as_day(typed: object) -> date | None:
    """Give the date that was typed; None when it is none that anything can be reckoned from.

    At both ends of the calendar a day has no midnight of ours, and no day a month before or after.

    >>> as_day("2026年1月8日"), as_day("2026-02-30"), as_day(None)
    (datetime.date(2026, 1, 8), None, None)
    >>> as_day("0001-01-01"), as_day("9999-12-31")
    (None, None)
    """
    try:
        read = date.fromisoformat(day(typed)) if isinstance(typed, str) else None
    except ValueError:
        return None
    return read if read is not None and read.year in _YEARS else None


_YEARS = range(1000, 9000)


#: How a text field of a form is read, by its `format`; without one it is `line` or `text`.
READINGS: Mapping[str, Callable[[str], str]] = {
    "cn-uscc": number,
    "cn-telephone": telephone,
    "date": day,
    "identifier": number,
    "name": name,
    "organisation": organisation,
}
