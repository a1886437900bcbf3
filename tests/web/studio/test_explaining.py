"""业务说明: a published version explains itself, as a page, as a PDF and in pictures."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from casework.office import Office
from engine.language.xml import read_xml
from tests.web.desk import Desk
from tests.web.furnished import app, clock, desk, office, prepared
from tests.web.studio.test_looking import page_of

__all__ = ["app", "clock", "desk", "office", "prepared"]

Sit = Callable[[str], Desk]
BPMN = Path(__file__).parents[3] / "bpmn"
TYPES = ("structural-engineer-2", "builder-2", "supervising-engineer")


def _text_of(pdf: bytes) -> str:
    told = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True, timeout=60
    )
    return re.sub(r"\s+", "", told.stdout.decode())


def test_a_version_explains_every_matter(desk: Sit, office: Office) -> None:
    """Each matter of the manifest is on the page and on paper, with the diagrams as pictures."""
    analyst = desk("fenxi")
    for key in TYPES:
        page = page_of(office, key)
        manifest = tomllib.loads((BPMN / key / "type.toml").read_text("utf-8"))
        titles = [matter["title"] for matter in manifest["matter"]]

        analyst.open(f"{page}/explanation")
        soup = analyst.soup()
        told = _text_of(analyst.open(f"{page}/explanation.pdf").data)

        assert [title for title in titles if soup.find("h2", string=title) is None] == [], key
        assert re.findall(r".{9}。[。；，].{9}", soup.get_text(" ", strip=True)) == [], key
        assert [title for title in titles if title not in told] == [], key
        pictures = [str(picture["alt"]) for picture in soup.select("main img[alt]")]
        assert len(pictures) >= len(titles), key
        assert [picture for picture in pictures if picture not in told] == [], key


def test_a_step_says_who_and_until_when_by_which_rule(desk: Sit, office: Office) -> None:
    """受理审查 is for the agency within the period of the table `deadline`, with its rule."""
    analyst, page = desk("fenxi"), page_of(office, "structural-engineer-2")

    analyst.open(f"{page}/explanation")

    rows = [" ".join(row.get_text(" ").split()) for row in analyst.soup().select("main tr")]
    (review, *_) = [row for row in rows if row.startswith("受理审查")]
    assert "主管部门（受理" in review
    assert "5个工作日：逾期未告知" in review
    assert "行政许可法第32条第一款第四项" in review
    (decision, *_) = [row for row in rows if row.startswith("决定 ")]
    assert "20个工作日：" in decision  # the period of the subprocess that it stands in
    assert "行政许可法第42条" in decision
    assert [row for row in rows if "必修课学时" in row and "必填" in row]


def test_a_picture_draws_every_element_of_its_diagram(desk: Sit, office: Office) -> None:
    """The picture needs no scripts: each named task, event and gateway stands in it by its name."""
    analyst, page = desk("fenxi"), page_of(office, "structural-engineer-2")
    drawn = read_xml((BPMN / "structural-engineer-2" / "initial.bpmn").read_bytes())
    names = {
        node.get("name") or ""
        for node in drawn.iter()
        if isinstance(node.tag, str) and node.tag.endswith(("Task", "Event", "Gateway", "Activity"))
    }

    answer = analyst.open(f"{page}/diagrams/initial_registration.svg")

    assert answer.mimetype == "image/svg+xml"
    svg = ElementTree.fromstring(answer.data)
    texts = {"".join(text.itertext()) for text in svg.iter("{http://www.w3.org/2000/svg}text")}
    assert sorted(name.replace(" ", "") for name in names - {""}) == sorted(
        name for name in {name.replace(" ", "") for name in names} & texts
    )


def test_applicants_do_not_see_the_studio_and_what_is_not_there_is_not_found(
    desk: Sit, office: Office
) -> None:
    page = page_of(office, "builder-2")

    assert desk("person-01").open(f"{page}/explanation").status_code in (302, 403, 404)
    analyst = desk("fenxi")
    assert analyst.open("/studio/versions/none/explanation").status_code == 404
    assert analyst.open("/studio/versions/none/explanation.pdf").status_code == 404
    assert analyst.open(f"{page}/diagrams/none.svg").status_code == 404
