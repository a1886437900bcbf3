"""批量查验: numbers and names in, answers out; nothing more than the public page tells."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters import world
from refusals.refusal import Refusal
from tests.web.conftest import FONTS
from tests.web.desk import Desk
from tests.web.place import Place
from web import cli
from web.enterprise import list_check
from web.enterprise.list_check import ListTooLong, ListUnreadable, NoList

TAO = world.CITIZENS[0]


def test_each_line_is_answered_as_on_the_public_page(place: Place) -> None:
    """Number and name must fit; the register's number will do; blanks and small letters too."""
    certificate = place.certificate()
    listed = (
        "证书编号,姓名\n"
        f"{certificate.no},{TAO.name}\n"
        f" {certificate.no.lower()} , {TAO.name[0]} {TAO.name[1:]}\n"
        f"{certificate.no},王示例\n\n"
        "没有的编号,陶示例\n"
        f"{certificate.no}\n"
    )
    lines = list_check.read(listed.encode("gb18030"))

    with place.office.sessions() as session:
        rows = list(list_check.answers(session, lines, place.office.today()))

    assert [row[0] for row in rows] == ["2", "3", "4", "6", "7"]
    assert [row[3] for row in rows] == ["有效"] * 2 + ["没有与编号和姓名都相符的证书"] * 3
    assert rows[0][1:3] == (certificate.no, TAO.name)
    assert "有效" in rows[0][4]
    assert rows[0][7] == world.COMPANIES[0].name
    assert {row[4:] for row in rows[2:]} == {("",) * 5}


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", NoList),
        (b" \n", NoList),
        (b"1,b\n" * 501, ListTooLong),
        (b"1" * (list_check.LARGEST_BYTES + 1), ListTooLong),
        (b"\xff\xff\xff", ListUnreadable),
        (b'1,"unclosed', ListUnreadable),
        (b"1\0,2", ListUnreadable),
        ("编号,姓名\n".encode(), ListUnreadable),
    ],
)
def test_what_is_no_list_is_refused(content: bytes, refusal: type[Refusal]) -> None:
    """Each with what to do."""
    with pytest.raises(refusal):
        list_check.read(content)


def test_the_answers_are_a_file_without_formulas(desk: Callable[[str], Desk]) -> None:
    """For signed-in enterprises alone; a list that is not there is told beside its field."""
    admin = desk("enterprise")
    admin.open("/enterprise/verification")
    fields = {"csrf_token": admin.token(), "list": (io.BytesIO(b"=1+1,@SUM(A1)"), "list.csv")}

    answer = admin.client.post("/enterprise/verification", data=fields)

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    head, row = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert head[:4] == ["行", "编号", "姓名", "结论"]
    assert row[1:3] == ["'=1+1", "'@SUM(A1)"]
    empty = admin.client.post("/enterprise/verification", data={"csrf_token": fields["csrf_token"]})
    assert empty.status_code == 422
    assert "E_LIST_MISSING" in empty.text
    assert desk("person-02").open("/enterprise/verification").status_code in (403, 404)


def test_who_guesses_is_stopped(desk: Callable[[str], Desk]) -> None:
    """Names cannot be tried out by the hundred."""
    admin = desk("enterprise")
    admin.open("/enterprise/verification")
    token = admin.token()
    guesses = "".join(f"3126990000012,某{n}\n" for n in range(150)).encode()

    def send() -> int:
        fields = {"csrf_token": token, "list": (io.BytesIO(guesses), "list.csv")}
        return admin.client.post("/enterprise/verification", data=fields).status_code

    assert [send() for _ in range(3)] == [200, 200, 429]


def _asked(place: Place, content: bytes) -> list[tuple[str, ...]]:
    lines = list_check.read(content)
    with place.office.sessions() as session:
        return list(list_check.answers(session, lines, place.office.today()))


def test_lists_are_understood_however_spreadsheets_write_them(place: Place) -> None:
    """Encodings, separators, columns in other places, names first, names as they are typed."""
    no = place.certificate().no
    full = "".join(chr(ord(sign) + 0xFEE0) for sign in no)
    line = f"{no},{TAO.name}\r\n"
    lists = {
        "UTF-8 with a mark": line.encode("utf-8-sig"),
        "UTF-16": line.encode("utf-16"),
        "UTF-16, big": b"\xfe\xff" + line.encode("utf-16-be"),
        "Unicode text of a spreadsheet": line.replace(",", "\t").encode("utf-16"),
        "GBK": line.encode("gbk"),
        "semicolons": line.replace(",", ";").encode(),
        "full-width commas": line.replace(",", "，").encode(),
        "quoted": f'"{no}","{TAO.name}"'.encode(),
        "a formula for a text": f'"=""{no}""",{TAO.name}'.encode(),
        "in English": f"Firm,Holder,Certificate number\nX,{TAO.name},{no}".encode(),
        "more columns": f"序号,姓名,单位,证书编号\n1,{TAO.name},某公司,{no}".encode(),
        "the name first": f"姓名,注册证书编号\n{TAO.name},{no}".encode(),
        "the name first, no head": f"{TAO.name},{no}".encode(),
        "full-width": f"{full},　{TAO.name[0]}　{TAO.name[1:]}　".encode(),
        "old line ends": line.replace("\r\n", "\r").encode(),
    }

    for what, content in lists.items():
        [row] = _asked(place, content)
        assert row[3] == "有效", (what, row)


def test_each_line_of_a_poor_list_has_its_answer(place: Place) -> None:
    """Twice the same, nothing but a name, rounded numbers, other heads: never more, never less."""
    no = place.certificate().no
    rows = _asked(
        place,
        f"一,二\n{no},{TAO.name}\n{no},{TAO.name}\n,{TAO.name}\n3.12699E+12,{TAO.name}\n,,\n"
        f"{no},{TAO.name},更多,列\n=cmd|'/c calc'!A1,@x\n".encode(),
    )

    assert [row[0] for row in rows] == ["2", "3", "4", "5", "7", "8"]
    assert [row[3] == "有效" for row in rows] == [True, True, False, False, True, False]
    assert "科学计数法" in rows[3][3]


def test_who_guessed_too_often_reads_which_lines_were_not_asked(
    desk: Callable[[str], Desk],
) -> None:
    """No line is left out of the answer without a word."""
    admin = desk("enterprise")
    admin.open("/enterprise/verification")
    guesses = "".join(f"3126990000012,某{n}\n" for n in range(300)).encode()
    fields = {"csrf_token": admin.token(), "list": (io.BytesIO(guesses), "list.csv")}

    answer = admin.client.post("/enterprise/verification", data=fields)

    _, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert len(rows) == 300
    assert [row[0] for row in rows if row[3].startswith("未查验")] == [
        str(n) for n in range(list_check.MOST_MISSES + 1, 301)
    ]


def test_ten_thousand_lines_are_too_many_for_a_page(place: Place) -> None:
    """500 at once there and in the API; the command reads them all."""
    many = f"{place.certificate().no},{TAO.name}\n".encode() * 10_000
    with pytest.raises(ListTooLong):
        list_check.read(many)

    lines = list_check.read(many, most=list_check.MOST_OF_COMMAND)

    assert len(lines) == 10_000
    with pytest.raises(ListTooLong):
        list_check.read(many + many[: len(many) // 10_000], most=list_check.MOST_OF_COMMAND)


def test_the_command_answers_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`zhuce verify --list`: a line for each, as CSV or JSON; 1 where not all are valid."""
    monkeypatch.setenv("ZHUCE_FONTS", str(FONTS.absolute()))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["migrate"]) == 0
    Path("list.csv").write_text("编号,姓名\n" + "=1+1,陶示例\n" * 600, "utf-8")
    capsys.readouterr()

    assert cli.main(["verify", "--list", "list.csv"]) == 1
    head, *rows = csv.reader(io.StringIO(capsys.readouterr().out))
    assert tuple(head) == list_check.HEADS
    assert len(rows) == 600
    assert rows[0][:4] == ["2", "'=1+1", "陶示例", "没有与编号和姓名都相符的证书"]
    assert cli.main(["verify", "--list", "list.csv", "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["items"]) == 600
    assert cli.main(["verify", "list.csv", "--list", "list.csv"]) == 2
    assert cli.main(["verify", "--list", "none.csv"]) == 2
    Path("list.csv").write_bytes(b"")
    assert cli.main(["verify", "--list", "list.csv"]) == 1
    assert "E_LIST_MISSING" in capsys.readouterr().err
