"""批量查验: numbers and names in, answers out; nothing more than the public page tells."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from adapters import world
from refusals.refusal import Refusal
from tests.web.desk import Desk
from tests.web.place import Place
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
