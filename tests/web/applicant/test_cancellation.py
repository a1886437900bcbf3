"""注销注册 through the front door: with both sides, and when one does not take part."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from casework.office import Office
from registry.certificates import certificates
from registry.certificates.registrations import Registration
from registry.people.persons import Person
from storage.database import writing
from tests.web.desk import COMPANY, Desk, pdf
from tests.web.furnished import Clock
from web.demo.portrait import draw

Sits = Callable[[str], Desk]
ALONE = {"obstacle": "REFUSED", "text": "企业拒绝办理注销手续"}


@pytest.fixture
def registered(me: Desk, desk: Sits, office: Office) -> str:
    """Register the person on record, without the way to it; give the registration's id."""
    desk("enterprise").open("/enterprise/inbox")
    now = office.now()
    with writing(office.sessions) as session:
        person = session.scalars(select(Person).where(Person.name == "陶示例")).one()
        day = office.today()
        granted = Registration(
            no="S2269900777",
            person_id=person.id,
            type="structural-engineer-2",
            uscc=COMPANY.uscc,
            enterprise_name=COMPANY.name,
            valid_from=day,
            valid_to=day.replace(year=day.year + 2),
            status="VALID",
            status_since=now,
        )
        session.add(granted)
        session.flush()
        return granted.id


def fills(me: Desk, **changes: Any) -> Desk:
    """Start 注销注册 and press 【保存】."""
    me.starts("CANCELLATION")
    fields = {"cancel_reason": "EMPLOYMENT_ENDED", "applicant_opinion": "true"} | changes
    me.post(f"{me.base}/form", {"action": "save", "revision": me.revision(), **fields})
    return me


@pytest.fixture
def signed(me: Desk, registered: str) -> Desk:
    return fills(me).signs()


@pytest.fixture
def clerk(desk: Sits, registered: str) -> Desk:
    return desk("enterprise")


@pytest.mark.proves("R90")
def test_the_menu_offers_it_only_to_the_registered(me: Desk) -> None:
    """R88–R90: the item is closed with its reason while there is nothing to cancel."""
    me.open("/applications/new")

    assert "当前注册状态为“未注册”，不能办理该事项" in me.text
    me.send("/applications/new", {"matter": "CANCELLATION"}, follow=True)
    assert "不能办理该事项" in me.text


@pytest.mark.proves("R91")
def test_the_form(me: Desk, registered: str) -> None:
    """R91–R96: known facts are read only; reason and opinion are asked, the photo may be."""
    me.starts("CANCELLATION")
    for words in ("注销注册申请表", "S2269900777", COMPANY.name, COMPANY.uscc, "解除聘用劳动关系"):
        assert words in me.text
    names = {
        str(element.get("name")) for element in me.soup().select("main input:not([type=hidden])")
    }
    assert names == {"cancel_reason", "photo", "applicant_opinion"}

    me.post(f"{me.base}/form", {"action": "save", "revision": "0"})

    assert "请选择注销原因" in me.text
    assert "请勾选“申请意见”后再保存" in me.text


def test_another_reason_asks_for_words(me: Desk, registered: str) -> None:
    """R92: 其他 shows its box, also where no script asks for it."""
    me.starts("CANCELLATION")
    assert not me.soup().select("[name=cancel_reason_text]")

    me.post(f"{me.base}/form", {"action": "refresh", "revision": "0", "cancel_reason": "OTHER"})

    assert me.soup().select("[name=cancel_reason_text]")


@pytest.mark.proves("G11")
@pytest.mark.proves("R89")
@pytest.mark.proves("R96")
@pytest.mark.proves("R97")
@pytest.mark.proves("R99")
@pytest.mark.proves("R101")
@pytest.mark.proves("R102")
@pytest.mark.proves("R103")
@pytest.mark.proves("R104")
@pytest.mark.proves("R105")
@pytest.mark.proves("R106")
@pytest.mark.proves("R108")
def test_from_the_form_to_the_cancellation_certificate(
    me: Desk, clerk: Desk, office: Office
) -> None:
    """R88–R108, I14, I15, G11: the manual's whole chapter, and what is true afterwards."""
    me.starts("CANCELLATION")
    fields = {"cancel_reason": "VOLUNTARY", "applicant_opinion": "true"}
    me.post(
        f"{me.base}/form",
        {"action": "save", "revision": me.revision(), **fields},
        {"photo": ("我.jpg", draw(1))},
    )
    assert "个人数字签名" in [link.get_text(strip=True) for link in me.soup().select("main a")]
    me.signs()
    address, number = f"/enterprise/applications/{me.application}", me.number()
    clerk.open("/notices")
    assert number in clerk.text
    clerk.open("/enterprise/inbox")
    assert "注销注册" in clerk.text
    clerk.open(address)
    for words in (
        "注销意见",
        "确认已与其解除聘用关系",
        "企业只能查看，不能修改",
        "本人申请注销注册",
    ):
        assert words in clerk.text
    assert "聘用意见" not in clerk.text
    clerk.send(address, {"action": "agree"})
    assert "请勾选注销意见" in clerk.text

    clerk.seals(me.application)

    assert "注销注册已自动办结" in clerk.text
    assert "办结" in clerk.text
    for hand in (clerk, me):
        hand.open(address if hand is clerk else me.base)
        assert {"查看注册申请表", "打印行政审批受理通知书"} <= set(hand.papers())
        for paper in hand.papers().values():
            assert hand.client.get(paper).data.startswith(b"%PDF-")
    clerk.open("/enterprise/confirmed")
    for words in ("注销注册", "同意注销", "办结"):
        assert words in clerk.text
    me.open(me.base)
    assert "已办结：注册已注销" in me.text
    me.open("/certificates")
    for words in ("注销注册证书", "已注销", "注销日期", "下载", "本人申请注销注册"):
        assert words in me.text
    assert "领证" not in me.text
    link = me.soup().select_one('a[href$=".pdf?download=1"]')
    assert link is not None
    assert me.client.get(str(link["href"])).data.startswith(b"%PDF-")
    with office.sessions() as session:
        made = select(certificates.Certificate.qr_token).filter_by(kind="CANCELLATION")
        [token] = session.scalars(made)
    me.open(f"/verify/{token}")
    assert "已注销" in me.text
    me.open("/applications/new")
    form = me.soup().select_one('form input[name=matter][value="INITIAL"]')
    assert form is not None


def test_sealing_twice_leads_to_the_same_page(signed: Desk, clerk: Desk) -> None:
    """R106, C.9: the second click, of either button, shows the result."""
    clerk.seals(signed.application)
    address = f"/enterprise/applications/{signed.application}"

    clerk.send(f"{address}/seal", {"pin": str(COMPANY.pin)}, follow=True)
    assert clerk.page.status_code == 200
    assert "企业电子签章已经提交" in clerk.text
    clerk.send(address, {"action": "agree", "opinion": "true"}, follow=True)
    assert clerk.page.status_code == 200
    assert "办结" in clerk.text


def test_a_living_enterprise_is_asked_first(signed: Desk) -> None:
    """I10: while the enterprise may seal, the way around it is closed and says so."""
    signed.open(signed.base)
    assert "提请市住建委处理" in signed.text

    signed.open(f"{signed.base}/without-enterprise")
    signed.open(signed.base)

    assert "请先由其确认" in signed.text


def test_a_refusing_enterprise(signed: Desk, clerk: Desk, desk: Sits) -> None:
    """I10: request with proof, formal check, objection, decision; all words reach all sides."""
    address = f"/enterprise/applications/{signed.application}"
    clerk.send(address, {"action": "return", "reason": "工程尚未交接完毕"}, follow=True)
    signed.open(f"{signed.base}/without-enterprise")
    signed.post(f"{signed.base}/without-enterprise", {"text": "不肯"})
    for words in ("请选择企业没有确认的原因",):
        assert words in signed.text
    signed.post(f"{signed.base}/without-enterprise", ALONE, {"proofs": ("证明.pdf", b"no pdf")})
    assert signed.page.status_code == 422
    signed.post(f"{signed.base}/without-enterprise", ALONE, {"proofs": ("证明.pdf", pdf())})
    assert "已提请市住建委处理" in signed.text
    assert "企业拒绝确认" in signed.text
    assert steps(signed) == {
        **dict.fromkeys(("填写申请表", "个人签名", "提请市住建委处理"), "已完成"),
        "受理": "当前步骤",
        **dict.fromkeys(("企业意见", "审查决定", "注销登记"), ""),
    }

    clerk.open("/enterprise/confirmed")
    assert "本企业还没有确认过的申请" in clerk.text
    officer = desk("shouli")
    officer.open(officer.task())
    for words in ("企业拒绝办理注销手续", "证明.pdf", "受理意见"):
        assert words in officer.text
    officer.does("formal_check", outcome="accept")

    clerk.open("/enterprise/inbox")
    assert "提出意见" in clerk.text
    clerk.open(address)
    assert "企业拒绝办理注销手续" in clerk.text
    clerk.send(f"{address}/answer", {"answer": "object", "text": "不"})
    assert "至少5个字" in clerk.text
    clerk.send(f"{address}/answer", {"answer": "object", "text": "合同尚未解除"}, follow=True)
    assert "异议已提交" in clerk.text
    clerk.open("/enterprise/confirmed")
    assert "提出异议" in clerk.text
    signed.open(signed.base)
    assert "合同尚未解除" in signed.text
    assert steps(signed)["企业意见"] == "已完成"
    assert steps(signed)["审查决定"] == "当前步骤"

    desk("shencha").does("review", outcome="approve", opinion="已解除合同")
    desk("jueding").does("decide", outcome="approve")
    signed.open(signed.base)
    assert "已办结：注册已注销" in signed.text
    assert set(steps(signed).values()) == {"已完成"}
    assert "企业确认" not in steps(signed)


@pytest.fixture
def asked_alone(signed: Desk, clerk: Desk) -> Desk:
    """Return the case with the request without the enterprise before the officer."""
    address = f"/enterprise/applications/{signed.application}"
    clerk.send(address, {"action": "return", "reason": "工程尚未交接完毕"}, follow=True)
    again(signed, proofs=("证明.pdf", PROVED))
    return signed


def again(me: Desk, proofs: tuple[str, bytes] | None = None, **changes: str) -> None:
    """Send the page of the request as it is shown, with changes and another file."""
    address = f"{me.base}/without-enterprise"
    me.open(address)
    kept = [str(file["value"]) for file in me.soup().select('input[name="proofs.id"]')]
    box = me.soup().select_one("#text")
    shown = {"text": box.get_text().strip()} if box and box.get_text().strip() else {}
    fields = {**ALONE, **shown, **changes, "action": "ask"}
    me.post(address, fields | {"proofs.id": kept}, {"proofs": proofs} if proofs else {})


PROVED = pdf()
ASKS = {"action": "formal_check", "outcome": "correct"}
PROOF, WORDS, WHY, REASON = (
    f"mark:{name}"
    for name in ("request-proofs", "request-text", "request-obstacle", "cancel_reason")
)


def test_a_request_is_made_again_only_when_each_item_was_corrected(
    asked_alone: Desk, desk: Sits
) -> None:
    """I18: as for a form: other words, another file or an answer at what the officer marked."""
    officer, me = desk("shouli"), asked_alone
    marks = {PROOF: "缺少解除劳动合同证明", WORDS: "请写明离职的时间"}
    marks |= {WHY: "企业仍在营业，请核实", REASON: "与证明材料不一致"}
    task = officer.task()
    officer.open(task)
    names = [
        mark["name"] for mark in officer.soup().select('input[form=act][name^="mark:request"]')
    ]
    assert names == [WHY, WORDS, PROOF]
    officer.send(task, ASKS | marks | {"reasons": "请补充企业的联系方式"}, follow=True)
    me.open(f"{me.base}/without-enterprise")
    places = [str(link["href"]) for link in me.soup().select("form .card a")]
    assert [place.rpartition("/")[2] for place in places] == [
        *("#proofs", "#text", "#obstacle", "form#cancel_reason")
    ]

    # 1. Sent as it was, with the same file once more, it is refused and stands as it was typed.
    again(me, proofs=("另存.pdf", PROVED))
    assert me.page.status_code == 422
    assert left(me) == [0, 1, 2, 3, 4]
    assert "第1项还没有补正" in me.text
    assert len(me.soup().select('input[name="proofs.id"]')) == 2

    # 2. Each change answers its item, and what was marked nowhere is answered by any.
    again(me, proofs=("解除证明.pdf", pdf(2)))
    assert left(me) == [1, 2, 3]
    again(me, text="本人三月离职，企业拒绝办理", **{"answer-2": " "})
    assert left(me) == [2, 3]  # the page has kept the file

    # 3. Words do as well; the officer reads what is other than before, and each answer.
    mended = {"text": "本人三月离职，企业拒绝办理", "obstacle": "SILENT"}
    again(me, **mended, **{"answer-3": "原因无误，见劳动合同"})
    assert "已提请市住建委处理" in me.text
    officer.open(officer.task())
    for words in ("补正要求和申请人的说明", "说明：原因无误，见劳动合同", "补正后新增"):
        assert words in officer.text
    told = [tag.get_text(strip=True) for tag in officer.soup().select("ol li .govuk-tag")]
    assert told == ["已修改", "已修改", "已修改", "未修改"]
    assert officer.soup().select_one("input[name^='mark:']") is None


def left(me: Desk) -> list[int]:
    """Give the items that the page names as left as they were, from 0."""
    links = [str(link["href"]) for link in me.soup().select(".govuk-error-summary a")]
    return [int(link.removeprefix("#answer-")) for link in links]


def steps(desk: Desk) -> dict[str, str]:
    """Read the stepper: what is said of each step to those who do not see it."""
    shown = {}
    for element in desk.soup().select("ol.stepper li"):
        said = element.select_one(".govuk-visually-hidden")
        words = said.get_text(strip=True) if said else ""
        name = element.get_text(strip=True).removesuffix(words)
        shown[name] = words.strip("（）")
    return shown


def test_a_form_changed_after_the_request_goes_to_the_enterprise_again(
    signed: Desk, clerk: Desk
) -> None:
    """R43, I10: the stepper follows: back at the form 企业确认 is to come, and the seal does it."""
    address = f"/enterprise/applications/{signed.application}"
    clerk.send(address, {"action": "return", "reason": "工程尚未交接完毕"}, follow=True)
    signed.open(signed.base)
    assert steps(signed)["企业确认"] == "当前步骤"
    signed.open(f"{signed.base}/without-enterprise")
    assert signed.send(f"{signed.base}/without-enterprise", {}).status_code in (200, 422)
    signed.post(f"{signed.base}/without-enterprise", ALONE, {"proofs": ("证明.pdf", pdf())})
    assert steps(signed)["受理"] == "当前步骤"

    fields = {"cancel_reason": "VOLUNTARY", "applicant_opinion": "true"}
    signed.post(f"{signed.base}/form", {"action": "save", "revision": signed.revision(), **fields})
    signed.open(signed.base)
    assert steps(signed)["企业确认"] == ""
    signed.signs()
    clerk.seals(signed.application)

    signed.open(signed.base)
    assert steps(signed)["企业确认"] == "已完成"
    assert set(steps(signed).values()) == {"已完成"}


def test_an_enterprise_asks(
    me: Desk, clerk: Desk, desk: Sits, registered: str, clock: Clock
) -> None:
    """I10: from the roster to the decision; the person reads it once accepted."""
    clerk.open("/enterprise/people")
    assert "陶示例" in clerk.text
    assert "S2269900777" in clerk.text
    clerk.open(f"/enterprise/people/{registered}/cancel")
    clerk.send(f"/enterprise/people/{registered}/cancel", {}, follow=True)
    match = re.search(r"/enterprise/requests/([0-9a-f]{32})/form", clerk.page.text)
    assert match, clerk.text
    request, case = f"/enterprise/requests/{match[1]}", match[1]
    clerk.post(f"{request}/form", {"action": "save", "revision": "0"})
    for words in ("请选择注销原因", "请上传证明材料", "请勾选“申请意见”"):
        assert words in clerk.text
    fields = {
        "action": "save",
        "revision": "0",
        "cancel_reason": "UNREACHABLE",
        "explanation": "本人三月离职，多次联系未果",
        "applicant_opinion": "true",
    }
    clerk.post(f"{request}/form", fields, {"cancel_proof": ("通知.pdf", pdf())})
    assert "盖章提交" in clerk.text
    assert me.open(f"/applications/{case}").status_code == 404
    clerk.send(f"{request}/seal", {"pin": "wrong"})
    assert "还可以输入4次" in clerk.text
    clerk.send(f"{request}/seal", {"pin": str(COMPANY.pin)}, follow=True)
    assert "已盖章提交" in clerk.text
    desk("shouli").does("formal_check", outcome="accept")

    me.open("/applications")
    assert "注销注册（企业提出）" in me.text
    me.open(f"/applications/{case}")
    for words in ("聘用企业申请注销您在该企业的注册", "提出异议", "同意注销"):
        assert words in me.text
    assert "撤回申请" not in me.text
    assert me.open(f"/applications/{case}/form").status_code == 404
    me.send(f"/applications/{case}/answer", {"answer": "object", "text": "不"}, follow=True)
    assert "至少5个字" in me.text
    me.send(f"/applications/{case}/answer", {"answer": "object", "text": "本人在职"}, follow=True)

    me.send(
        f"/applications/{case}/answer", {"answer": "object", "text": "本人仍然在职"}, follow=True
    )
    assert "异议已提交" in me.text
    desk("shencha").does("review", outcome="reject", opinion="本人仍在职，证明不足")
    desk("jueding").does("decide", outcome="reject", reasons="本人仍在职，证明不足")
    clerk.open(f"/enterprise/applications/{case}")
    assert "不予许可" in clerk.text


def test_others_people_do_not_exist(desk: Sits, registered: str) -> None:
    """R102: of another enterprise's people nothing is shown, and nothing can be started."""
    other = desk("other-enterprise")
    other.open("/enterprise/people")
    assert "陶示例" not in other.text

    assert other.open(f"/enterprise/people/{registered}/cancel").status_code == 404
    assert other.send(f"/enterprise/people/{registered}/cancel", {}).status_code == 404


def test_a_request_is_withdrawn_by_who_made_it(clerk: Desk, registered: str) -> None:
    """I18: asked before, then gone from the list; the same person may be asked for again."""
    clerk.send(f"/enterprise/people/{registered}/cancel", {}, follow=True)
    match = re.search(r"/enterprise/requests/([0-9a-f]{32})/form", clerk.page.text)
    assert match
    clerk.open(f"/enterprise/requests/{match[1]}/withdraw")
    assert "此操作不能恢复" in clerk.text

    clerk.send(f"/enterprise/requests/{match[1]}/withdraw", {}, follow=True)

    assert "申请已撤回" in clerk.text
    clerk.open("/enterprise/people")
    assert "申请注销" in clerk.text
