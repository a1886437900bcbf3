"""Every list of the house answers the same questions in the same way."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from adapters import world
from registry.identifiers import IdType
from registry.people import persons
from registry.trail import notices
from registry.trail.audit import AuditEvent
from storage.database import new_id, writing
from tests import people
from tests.web.lists.conftest import OWN, STRANGER, Hall
from web.lists import cases, exports

NAME = people.person(7).name
FORMULA = re.compile("^[=+@\t\r-]")


@dataclass(frozen=True)
class Case:
    """A list, who reads it, and how one of its rows is numbered."""

    who: str
    address: str
    number: str = "申请编号"  #: the column of it
    others: bool = True  #: whether it is also found by small letters and by a registration

    def at(self, **asked: object) -> str:
        """Give the address of a question."""
        path, _, kept = self.address.partition("?")
        return f"{path}?{'&'.join(filter(None, [kept, urlencode(asked)]))}"


LISTS = {
    "waiting": Case("enterprise", "/enterprise/inbox"),
    "all": Case("enterprise", "/enterprise/inbox?view=all"),
    "confirmed": Case("enterprise", "/enterprise/confirmed"),
    "roster": Case("enterprise", "/enterprise/people", "注册号"),
    "messages": Case("enterprise", "/notices", "消息", others=False),
    "requests": Case("yunwei", "/operations/key-holders/requests", "证书序列号", others=False),
    "inbox": Case("shencha", "/agency/inbox"),
    "done": Case("shencha", "/agency/done"),
    "cases": Case("shencha", "/agency/cases"),
}
every_list = pytest.mark.parametrize("case", LISTS.values(), ids=LISTS)


def rows(html: str) -> list[list[str]]:
    """Give the words of each row of the list that a page shows."""
    lines = BeautifulSoup(html, "html.parser").select("tbody tr")
    return [
        [" ".join(cell.get_text(" ").split()) for cell in line.select("th, td")] for line in lines
    ]


def get(hall: Hall, case: Case, **asked: object) -> tuple[int, str]:
    answer = hall.desk(case.who).client.get(case.at(**asked))
    return answer.status_code, answer.text


def table(hall: Hall, case: Case, **asked: object) -> list[dict[str, str]]:
    """Give the whole list as its CSV says it."""
    answer = hall.desk(case.who).client.get(case.at(download="csv", **asked))
    assert answer.mimetype == "text/csv"
    text = answer.data.decode("utf-8")
    assert text.startswith("\ufeff")  # else a spreadsheet reads it as GBK
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


@every_list
def test_a_row_is_found_by_name_and_by_number(hall: Hall, case: Case) -> None:
    """What stands in the row finds it, however it was typed, and nothing else."""
    [row] = table(hall, case, q=NAME)
    number = row[case.number]
    others = [f" {number.lower()} ", registered(hall, NAME)] if case.others else []

    for typed in (number, NAME, *others):
        status, page = get(hall, case, q=typed)
        assert (status, len(rows(page))) == (200, 1), typed
        assert "共 1 " in page
        assert number in page


def registered(hall: Hall, name: str) -> str:
    """Give the number of somebody's registration, by the roster."""
    [row] = table(hall, LISTS["roster"], q=name)
    return row["注册号"]


@every_list
@pytest.mark.parametrize(
    "typed",
    ["%", "_", "%%", "'", '"', "\\", "' OR 1=1 --", "*", "\u202e", "   ", "示%", "x" * 60, "🜁"],
)
def test_what_is_typed_is_never_a_pattern(hall: Hall, case: Case, typed: str) -> None:
    """Signs that mean something to a database are looked for as they are, and not found."""
    status, page = get(hall, case, q=typed)

    assert status == 200
    if typed not in ("\u202e", "   "):  # shows nothing, so it asks for nothing
        assert rows(page) == []
        assert "没有符合条件的记录" in page
        assert "清除全部条件" in page
    assert STRANGER not in page


@every_list
def test_what_cannot_be_understood_is_said(hall: Hall, case: Case) -> None:
    """Unknown words and ten thousand characters: what was asked stays, no row is shown."""
    soup = BeautifulSoup(get(hall, case)[1], "html.parser")
    asked = {str(select["name"]): "nonsense" for select in soup.select("form.filters select")}
    assert asked.keys() >= {"sort"}

    for question in [{name: word} for name, word in asked.items()] + [{"q": "9" * 10_000}]:
        status, page = get(hall, case, **question)
        assert status == 422, question
        assert ("E_TOO_LONG" if "q" in question else "E_FORMAT") in page
        assert rows(page) == []


@every_list
def test_pages_by_number_are_those_that_one_leafs_through(hall: Hall, case: Case) -> None:
    """Three pages, whichever way; behind the end is said how to come back."""
    client = hall.desk(case.who).client
    leafed, following = [], case.address
    while following:
        page = client.get(following).text
        leafed.append(rows(page))
        link = BeautifulSoup(page, "html.parser").select_one("a[rel=next]")
        following = str(link["href"]) if link else ""

    assert [len(page) for page in leafed] == [20, 20, 5]
    assert [rows(get(hall, case, page=number)[1]) for number in (1, 2, 3)] == leafed
    assert f"共 {OWN} " in page
    assert STRANGER not in str(leafed)
    for number in ("4", "51", "9999999"):
        assert "没有这一页" in get(hall, case, page=number)[1]
    for number in ("0", "-1", "x", "2" * 400, "²"):
        assert rows(get(hall, case, page=number)[1]) == leafed[0]
    for place in ("x", "~", "x~abc", "'~'", "2026-11-24~", "0001-01-01T00:00:00+14:00~a", "~ä"):
        assert get(hall, case, after=place, page=2)[0] == 200


@every_list
def test_every_order_has_every_row_once(hall: Hall, case: Case) -> None:
    """However a list is sorted, its first page begins as its export does."""
    soup = BeautifulSoup(get(hall, case)[1], "html.parser")
    words = [str(option["value"]) for option in soup.select("select[name=sort] option")]
    whole = {tuple(row.values()) for row in table(hall, case)}
    assert (len(words) > 1, len(whole)) == (True, OWN)

    for word in words:
        sorted_rows = table(hall, case, sort=word)
        assert {tuple(row.values()) for row in sorted_rows} == whole
        assert len(sorted_rows) == OWN
        first = rows(get(hall, case, sort=word)[1])
        assert [row[0] for row in first] == [next(iter(row.values())) for row in sorted_rows][:20]


def _of_columns(sheet: str, widths: list[float]) -> list[float]:
    """Give the width of each column: neighbours of one width are written as one."""
    spans = re.findall(r'<col min="(\d+)" max="(\d+)"', sheet)
    return [
        width
        for width, (first, last) in zip(widths, spans, strict=True)
        for _ in range(int(first), int(last) + 1)
    ]


@every_list
def test_an_export_is_what_the_page_shows_and_leaves_a_trace(hall: Hall, case: Case) -> None:
    """CSV and workbook hold the words of the cells; who took how many is on record."""
    said = table(hall, case, q=NAME)
    answer = hall.desk(case.who).client.get(case.at(q=NAME, download="xlsx"))

    with zipfile.ZipFile(io.BytesIO(answer.data)) as workbook:
        sheet = workbook.read("xl/worksheets/sheet1.xml").decode()
        words = re.findall(r"<t[^>]*>([^<]*)</t>", workbook.read("xl/sharedStrings.xml").decode())
    assert words == list(dict.fromkeys([*said[0].keys(), *said[0].values()]))
    assert "<f>" not in sheet
    assert 'state="frozen"' in sheet  # the head stays in sight
    widths = [float(width) for width in re.findall(r'<col [^>]*width="([0-9.]+)"', sheet)]
    for width, (head, text) in zip(_of_columns(sheet, widths), said[0].items(), strict=True):
        needed = max(len(word.encode("gb18030")) for word in (head, text))  # two a character
        assert width > min(needed, 60), (head, text)
    [row] = rows(get(hall, case, q=NAME)[1])
    for text in set(said[0].values()) - {"—"}:  # an empty cell is written so in a file
        assert text in " ".join(row), (text, row)
    with hall.office.sessions() as session:
        newest = select(AuditEvent).where(AuditEvent.action == "list.export")
        exported = session.scalars(newest.order_by(AuditEvent.id.desc()).limit(1)).one()
    assert exported.facts["rows"] == 1
    assert NAME not in str(exported.facts)


@every_list
def test_filters_narrow_and_stay_in_the_address(hall: Hall, case: Case) -> None:
    """Each choice of each filter answers; none widens, and the next page asks the same."""
    soup = BeautifulSoup(get(hall, case)[1], "html.parser")
    whole = {tuple(row.values()) for row in table(hall, case)}
    for choice in soup.select("form.filters select:not([name=sort])"):
        found = 0
        for option in choice.select("option[value]:not([value=''])"):
            word = {str(choice["name"]): str(option["value"])}
            said = {tuple(row.values()) for row in table(hall, case, **word)}
            assert said <= whole
            found += len(said)
            page = BeautifulSoup(get(hall, case, **word)[1], "html.parser")
            chosen = page.select_one(f"select[name={choice['name']}] option[selected]")
            assert chosen is not None
            assert chosen["value"] == option["value"]
            for link in page.select("nav.pager a"):
                assert urlencode(word) in str(link["href"])
        assert found, choice["name"]


@pytest.mark.parametrize("word", ["late", "3", "7"])
def test_few_and_many_near_their_end_are_the_same_tasks(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    """Few cases are looked up by their day, many are met in the order of the list."""
    for order in ("due", "newest"):
        monkeypatch.undo()
        looked_up = table(hall, LISTS["inbox"], due=word, sort=order)
        monkeypatch.setattr(cases, "MOST_FOUND", 1)

        assert table(hall, LISTS["inbox"], due=word, sort=order) == looked_up
        assert bool(looked_up) is (word != "late")


@every_list
def test_a_question_is_kept_by_name(hall: Hall, case: Case) -> None:
    """It leads back to the same rows; nobody else has it, and it can be dropped."""
    desk = hall.desk(case.who)
    page = BeautifulSoup(desk.open(case.at(q=NAME)).text, "html.parser")
    form = page.select_one('form[action="/views"]')
    assert form is not None
    fields = {str(field["name"]): str(field.get("value", "")) for field in form.select("input")}
    for name in ("", "长" * 21):
        desk.send("/views", fields | {"name": name}, follow=True)
        assert "E_VIEW_NAME" in desk.text
        kept = desk.soup().select_one('form[action="/views"] input[name=name]')
        assert kept is not None
        assert kept.get("value", "") == name  # nothing that was typed is lost
    fields["name"] = "常用<b>"

    desk.send("/views", fields, follow=True)

    link = desk.soup().select_one(".views a")
    assert link is not None
    assert link.get_text() == "常用<b>"
    assert len(rows(desk.open(str(link["href"])).text)) == 1
    other = hall.desk("other-enterprise" if case.who == "enterprise" else "jueding")
    assert "常用" not in other.open(case.address).text
    forget = desk.soup().select_one(".views form")
    assert forget is not None
    at = forget.select_one("input[name=address]")
    assert at is not None
    here = {"address": str(at["value"])}
    assert other.send(str(forget["action"]), here).status_code == 404
    desk.send(str(forget["action"]), here, follow=True)
    assert desk.soup().select_one(".views") is None
    assert len(rows(str(desk.soup()))) == 1  # the list stays as it was asked


def test_a_question_is_kept_whole_and_before_it_finds_anything(hall: Hall) -> None:
    """Sixty Chinese characters beside a filter come back as they were asked, rows or none."""
    desk, about = hall.desk("enterprise"), LISTS["all"]
    words = "上海示例（虚构）工程咨询与设计研究院有限公司"[:20] * 3
    page = BeautifulSoup(desk.open(about.at(q=words, matter="RENEWAL")).text, "html.parser")
    assert "没有符合条件的记录" in desk.text
    form = page.select_one('form[action="/views"]')
    assert form is not None
    fields = {str(field["name"]): str(field.get("value", "")) for field in form.select("input")}

    desk.send("/views", fields | {"name": "以后要查的"}, follow=True)

    link = desk.soup().select_one(".views a")
    assert link is not None
    desk.open(str(link["href"]))
    asked = {str(part["name"]): part for part in desk.soup().select(".filters [name]")}
    assert asked["q"]["value"] == words
    assert asked["view"]["value"] == "all"
    assert asked["matter"].select_one("[selected]")["value"] == "RENEWAL"  # type: ignore[index]
    long = fields | {"address": f"/enterprise/inbox?q={'长' * 500}"}
    assert desk.send("/views", long).status_code == 404  # no page of ours asks so much
    forget = desk.open(about.address) and desk.soup().select_one(".views form")
    desk.send(str(forget["action"]), {"address": about.address})  # type: ignore[index]


@pytest.mark.parametrize(
    "address", ["https://example.com/", "//example.com/x", "/nowhere", "enterprise/inbox", ""]
)
def test_a_question_leads_only_to_our_pages(hall: Hall, address: str) -> None:
    """A kept address is never somebody else's site."""
    fields: Mapping[str, str] = {"list": "roster", "address": address, "name": "x"}

    assert hall.desk("enterprise").send("/views", fields).status_code == 404


def test_no_cell_of_a_file_is_a_formula() -> None:
    """A name that begins like a formula is text in every spreadsheet."""
    begun = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n1", "＝1", "＋1", "－1", "＠1")
    for typed in (*begun, " =1", "\u3000=1", "\u200b=1", "\ufeff@1", "\u202e \t+1"):
        assert not FORMULA.match(exports.defused(typed))
        assert exports.defused(typed).startswith("'")


def test_a_very_long_list_is_counted_to_a_thousand(hall: Hall) -> None:
    """The page says that no more were counted, reaches page 50 by number and goes on from there."""
    desk, about = hall.desk("person-02"), Case("person-02", "/notices")
    with writing(hall.office.sessions) as session:
        known = world.CITIZENS[1].id_no
        person = persons.by_identity(session, IdType.RESIDENT_ID, known)
        assert person is not None
        inbox, at = f"person:{person.id}", hall.office.now()
        told = [
            {
                "id": new_id(),
                "key": f"long/{number}",
                "inbox": inbox,
                "kind": "test",
                "text": f"第{number}条",
                "application_id": None,
                "created_at": at,
            }
            for number in range(1025)
        ]
        notices.tell_all(session, told)

    page = desk.open(about.at(page=50)).text
    assert "共 1000 条以上（只计到 1000）" in page
    assert "消息（99+）" in desk.frame
    assert len(rows(page)) == 20
    desk.open(str(desk.soup().select_one("a[rel=next]")["href"]))  # type: ignore[index]
    assert [row[2] for row in rows(desk.page.text)][:2] == ["第24条", "第23条"]
    assert "没有这一页" in desk.open(about.at(page=51)).text


def test_incidents_are_searched_sorted_and_taken_along(hall: Hall) -> None:
    """By number and kind, twenty on a page; the file has no formula; nothing is acted on by it."""
    desk, about = hall.desk("yunwei"), Case("yunwei", "/operations", "申请")
    every = table(hall, about)
    desk.open(about.at(kind="SERVICE", sort="newest"))
    assert "共 15 件" in desk.text
    assert [row["步骤"][:4] for row in table(hall, about, kind="SERVICE")] == ["流程步骤"] * 15
    assert len(every) == OWN
    assert [*reversed(every)] == table(hall, about, sort="newest")
    desk.open(about.at(page=3))
    assert len(desk.soup().select("[id^=job-]")) == 5
    desk.open(about.at(q=every[7]["申请"].lower()))
    assert len(desk.soup().select("[id^=job-]")) == 1
    assert desk.open(about.at(skip="asked")).status_code == 200
    assert "没有符合条件的记录" in desk.text
    for typed in ("%", "_", "'", '"', "   "):
        assert desk.open(about.at(q=typed)).status_code == 200, typed
    assert desk.open(about.at(q="a\u0000b")).status_code == 404  # no form of ours sends that
    assert desk.open(about.at(q="9" * 10_000)).status_code == 422


def test_people_that_were_found_are_narrowed_and_exported(hall: Hall) -> None:
    """What they were found by stands in no address; numbers stay masked, a file leaves a row."""
    desk = hall.desk("shencha")
    number = people.person(7).id_no

    desk.send("/agency/people", {"q": number, "registered": "valid"})
    [row] = rows(desk.page.text)
    assert row[:2] == [NAME, persons.mask_id(number)]
    desk.send("/agency/people", {"q": number, "registered": "none"})
    assert "没有查到" in desk.text
    assert desk.send("/agency/people", {"q": number, "registered": "x"}).status_code == 422
    answer = desk.send("/agency/people", {"q": number, "download": "csv"})

    assert NAME in answer.data.decode()
    assert number not in answer.data.decode()
    with hall.office.sessions() as session:
        newest = select(AuditEvent).where(AuditEvent.action == "list.export")
        exported = session.scalars(newest.order_by(AuditEvent.id.desc()).limit(1)).one()
    assert (exported.subject, exported.facts["rows"]) == ("list:people", 1)


def test_one_near_the_end_is_invited_to_renew(hall: Hall) -> None:
    """邀请延续 stands beside those whose renewal is open; once told, the line says so."""
    desk = hall.desk("enterprise")
    desk.open("/enterprise/people?expires=90")
    buttons = desk.soup().select('form[action$="/invite"]')
    assert len(buttons) == 20
    desk.open("/enterprise/people?sort=latest")
    assert len(desk.soup().select('form[action$="/invite"]')) == 9  # of 20, those within 90 days

    desk.send(str(buttons[0]["action"]), follow=True)
    assert "已向本人发送延续注册的提醒" in desk.text
    assert "已邀请延续" in desk.text
    desk.send(str(buttons[0]["action"]), follow=True)
    assert "E_ALREADY_INVITED" in desk.text
    stranger = hall.desk("other-enterprise")
    assert stranger.send(str(buttons[1]["action"])).status_code == 404
