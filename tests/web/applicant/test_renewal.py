"""延续注册 through the front door: applicant, enterprise and agency."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from casework.office import Office
from registry import versions
from registry.people.persons import Person
from registry.versions import Seen
from tests import holders
from tests.web.desk import COMPANY, Desk, pdf
from tests.web.furnished import Clock

Sits = Callable[[str], Desk]
Holds = Callable[..., None]
TODAY = date(2026, 11, 24)


@pytest.fixture
def holds(office: Office) -> Holds:
    """Give somebody a registration at the first company that ends in so many days."""

    def hold(days: int, name: str = "陶示例", no: str = "DEMO-31-0001") -> None:
        with office.sessions() as session:
            [holder] = [person for person in session.scalars(select(Person)) if person.name == name]
        holders.hold(
            office,
            holder.id,
            ends=TODAY + timedelta(days=days),
            uscc=COMPANY.uscc,
            name=COMPANY.name,
            no=no,
        )

    return hold


@pytest.fixture
def renewer(me: Desk, holds: Holds) -> Desk:
    """Give an applicant who has started a renewal in good time."""
    holds(60)
    return me.starts("RENEWAL")


def choice_of(desk: Desk, title: str, profession: str = "structural-engineer-2") -> str:
    """Give what the page of the matters says about one of them."""
    desk.open("/applications/new")
    shown = desk.soup().select_one(f'[aria-labelledby="profession-{profession}"]') or desk.soup()
    [choice] = [
        element
        for element in shown.select("li.choice")
        if title in [head.get_text() for head in element.select("h2, h3")]
    ]
    return str(choice)


# -- the choice ---------------------------------------------------------------------------------


@pytest.mark.proves("R65")
@pytest.mark.proves("R67")
def test_the_matter_is_chosen_from_the_list(me: Desk, holds: Holds) -> None:
    """R64, R65, R67: 我的申请 → 新增注册申请 → 延续注册 → its form."""
    holds(60)
    me.open("/applications")
    assert me.soup().select_one('a[href="/applications/new"]')
    assert "disabled" not in choice_of(me, "延续注册")
    begins = me.soup().select('form[action="/applications/new"]:has(button)')
    offered = [form.select_one("input[name=matter]") for form in begins]
    assert "RENEWAL" in {field["value"] for field in offered if field is not None}

    me.starts("RENEWAL")

    assert "二级注册结构工程师延续注册申请表" in me.text
    me.open("/applications")
    for words in ("延续注册", "31S2Y", "填写中"):
        assert words in me.text


@pytest.mark.proves("R66")
def test_a_closed_window_is_a_closed_button_with_its_day(me: Desk, holds: Holds) -> None:
    """R66: the button is disabled and says from which day on it works."""
    holds(91)

    shown = choice_of(me, "延续注册")

    assert "disabled" in shown
    assert "延续注册自2026年11月25日起可申请（有效期届满前90日）" in shown


def test_in_the_last_days_every_page_warns(me: Desk, holds: Holds) -> None:
    """R66, domain C.2: before starting, on the form, when checking, on the status page."""
    holds(29)
    warning = "可能来不及在到期前作出决定"
    assert warning in choice_of(me, "延续注册")

    me.starts("RENEWAL")
    assert warning in me.text
    me.renews()
    assert warning in me.text
    me.open(me.base)

    assert warning in me.text


def test_in_good_time_no_page_warns(renewer: Desk) -> None:
    """R66."""
    assert "可能来不及" not in renewer.text
    renewer.renews()
    assert "可能来不及" not in renewer.text
    assert "可能来不及" not in renewer.open(renewer.base).text


def test_the_guide_tells_the_window(me: Desk) -> None:
    """R64–R80: who, when, with what, how."""
    me.open("/guide/renewal")

    windows = [item.text for item in me.soup().select("main ul")[0].select("li")]
    assert [
        "多于90天：尚未开放" in windows[0],
        "90天至30天：可以办理" in windows[1] and "视为准予延续" in windows[1],
        "不足30天：可以办理" in windows[2] and "不适用“视为准予延续”" in windows[2],
        "按初始注册（逾期）办理" in windows[3],
    ] == [True] * 4


# -- the form -----------------------------------------------------------------------------------


@pytest.mark.proves("R71")
def test_three_inputs_are_asked_and_the_rest_is_shown(renewer: Desk) -> None:
    """R68–R71: telephone, hours, opinion (and a proof for who has one); the rest is read-only."""
    renewer.open(f"{renewer.base}/form")

    for words in ("陶示例", "S2", "DZ31S2", "2027年1月23日", COMPANY.name, COMPANY.uscc):
        assert words in renewer.text
    assert "DEMO-31-0001" in renewer.text
    names = {str(field.get("name")) for field in renewer.soup().select("main input")}
    assert {name for name in names if not name.startswith("group-")} == {
        *("csrf_token", "revision", "draft", "enterprise_phone", "ce_compulsory_hours"),
        *("ce_elective_hours", "ce_proof", "applicant_opinion"),
    }
    assert "验证企业名称" not in renewer.text


@pytest.mark.proves("R72")
def test_every_fault_is_told_at_once(renewer: Desk) -> None:
    """R72: 422, each beside its field and in the summary; what was typed stays."""
    answer = renewer.renews(enterprise_phone="12", ce_compulsory_hours="10", applicant_opinion=None)

    assert answer.status_code == 422
    links = [a["href"] for a in renewer.soup().select(".govuk-error-summary a")]
    assert links == ["#enterprise_phone", "#ce_compulsory_hours", "#applicant_opinion"]
    assert "继续教育必修学时不足：10/60" in renewer.text
    assert renewer.soup().select_one('input[name="ce_elective_hours"][value="60"]')


def test_a_read_only_field_cannot_be_posted(renewer: Desk) -> None:
    """R71: a forged value is refused, and nothing is saved."""
    answer = renewer.renews(valid_to="2036-01-01")

    assert answer.status_code == 422
    assert "注册有效期止" in renewer.text
    assert renewer.open(f"{renewer.base}/check").text.count("2036") == 0


def test_a_proof_can_be_added(renewer: Desk) -> None:
    """G5: optional; it is shown when checking."""
    renewer.renews(ce_proof=("学时证明.pdf", pdf()))

    assert "学时证明.pdf" in renewer.text


@pytest.mark.proves("R73")
@pytest.mark.proves("R74")
@pytest.mark.proves("R75")
@pytest.mark.proves("R76")
@pytest.mark.proves("R78")
def test_saved_signed_and_handed_to_the_enterprise(renewer: Desk, desk: Sits) -> None:
    """R73–R76, R78: 个人数字签名 appears after the save; code; the enterprise is told."""
    renewer.renews()
    assert "个人数字签名" in [
        a.get_text(strip=True) for a in renewer.soup().select("a.govuk-button")
    ]

    renewer.signs()

    renewer.open(renewer.base)
    assert "待企业确认" in renewer.text
    clerk = desk("enterprise")
    clerk.open("/notices")
    assert renewer.number() in clerk.text


def test_a_change_after_signing_says_what_it_voids(renewer: Desk) -> None:
    """R77."""
    renewer.renews()
    renewer.signs()
    assert "必须重新进行个人数字签名" in renewer.open(f"{renewer.base}/form").text

    renewer.renews(ce_elective_hours="61")

    assert "之前已签署的电子文件已自动作废" in renewer.text
    renewer.open(renewer.base)
    assert "待个人签名" in renewer.text
    assert "作废" in renewer.text


# -- the enterprise -----------------------------------------------------------------------------


@pytest.fixture
def signed(renewer: Desk) -> Desk:
    renewer.renews()
    return renewer.signs()


@pytest.fixture
def clerk(desk: Sits) -> Desk:
    return desk("enterprise")


@pytest.mark.proves("R83")
@pytest.mark.proves("R81")
def test_the_enterprise_finds_what_was_signed(signed: Desk, clerk: Desk) -> None:
    """R81, R83: the default list, and the form to look at, not to change."""
    clerk.open("/enterprise/inbox")
    for words in ("待确认（1）", "陶示例", "延续注册"):
        assert words in clerk.text

    clerk.open(f"/enterprise/applications/{signed.application}")

    for words in ("2027年1月23日", "继续教育必修课学时", "企业只能查看，不能修改"):
        assert words in clerk.text
    names = {str(field.get("name")) for field in clerk.soup().select("main input, main textarea")}
    assert names == {"csrf_token", "opinion", "pin", "reason", "seen"}


@pytest.mark.proves("R84")
@pytest.mark.proves("R86")
@pytest.mark.proves("R79")
@pytest.mark.proves("R82")
@pytest.mark.proves("R85")
@pytest.mark.proves("R87")
def test_the_enterprise_seals_and_follows(signed: Desk, clerk: Desk) -> None:
    """R82, R84–R87: opinion, PIN, result; then progress, the PDF and the acceptance notice."""
    address = f"/enterprise/applications/{signed.application}"
    assert clerk.send(address, {"action": "agree"}).status_code == 422
    assert "请勾选聘用意见" in clerk.text

    clerk.send(address, {"action": "agree", "opinion": "true"}, follow=True)

    assert "插入法人一证通数字证书" in clerk.text  # what to do before sealing (R85)
    clerk.send(f"{address}/seal", {"pin": str(COMPANY.pin)}, follow=True)
    assert "企业电子签章完成" in clerk.text

    clerk.open("/enterprise/confirmed")
    for words in ("陶示例", "延续注册", "审查中"):
        assert words in clerk.text
    clerk.open(address)
    signed.open(signed.base)
    for hand in (clerk, signed):
        assert set(hand.papers()) == {"查看注册申请表", "打印行政审批受理通知书"}
        for paper in hand.papers().values():
            assert hand.client.get(paper).data.startswith(b"%PDF-")


# -- the agency and the certificate -------------------------------------------------------------


@pytest.mark.proves("G5")
def test_officers_see_what_the_end_means(signed: Desk, clerk: Desk, desk: Sits) -> None:
    """G5, Law 50: until when to decide, what silence means, which hours are not proven."""
    clerk.seals(signed.application)
    reviewer = desk("shencha")

    reviewer.open(reviewer.task())

    for words in ("注册有效期至2027年1月23日", "视为准予延续", "未附证明文件，请核查"):
        assert words in reviewer.text


@pytest.mark.proves("R80")
def test_the_new_certificate_is_claimed_and_the_old_one_is_over(
    signed: Desk, clerk: Desk, desk: Sits
) -> None:
    """R80, B.6: claim again; both versions are listed with what they are."""
    clerk.seals(signed.application)
    desk("shencha").does("review", outcome="approve", opinion="材料齐全，符合条件")
    desk("jueding").does("decide", outcome="approve")

    signed.open("/certificates")
    assert "待领取" in signed.text
    assert "已更新" in signed.text
    signed.open(signed.base)

    assert "请领取电子注册证书" in signed.text
    assert "查看行政许可决定书" in signed.text


# -- overtaken ----------------------------------------------------------------------------------


def test_an_overtaken_renewal_goes_on_as_initial(
    desk: Sits, holds: Holds, clock: Clock, office: Office
) -> None:
    """Domain C.2, I18: the status page offers it; one press, and the data are there."""
    holds(5, "柏示例", "DEMO-31-0003")
    me = desk("person-03").starts("RENEWAL")
    me.renews(ce_compulsory_hours="66", ce_proof=("学时证明.pdf", pdf()))
    clock.turn(days=6)
    office.runner.run_due()
    me.comes_as("person-03")
    me.open(me.base)
    assert "注册已到期，可按初始注册（逾期）办理" in me.text
    assert "已关闭" in me.text

    me.send(f"{me.base}/continue", {}, follow=True)

    assert "已带入原申请的内容" in me.text
    assert "初始注册申请表" in me.text
    shown = me.soup()
    assert shown.select_one('input[name="ce_compulsory_hours"][value="66"]')
    assert shown.select_one('input[name="enterprise_phone"][value="021-00000001"]')
    assert "学时证明.pdf" in me.text
    assert shown.select_one("img.portrait")
    me.open(me.base)
    assert not me.soup().select(f'form[action="{me.base}/continue"]')


def test_it_is_not_offered_without_reason(renewer: Desk) -> None:
    """A renewal that runs is not offered to go on as another matter; pressing says so."""
    renewer.open(renewer.base)
    assert "按初始注册（逾期）办理" not in renewer.text

    with renewer.client.application.extensions["zhuce_office"].sessions() as session:
        shown = versions.of(session, Seen.CASE, renewer.application)
    renewer.send(f"{renewer.base}/continue", {"seen": shown}, follow=True)

    assert "该申请不能转为初始注册" in renewer.text
