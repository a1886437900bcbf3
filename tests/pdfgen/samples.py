"""Data for every document of second-class structural engineers, as casework gives it."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from PIL import Image, ImageDraw

from pdfgen import Qr
from refusals.hotline import HOTLINE

AT = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
AUTHORITY = "上海市住房和城乡建设管理委员会"
ENTERPRISE = "上海示例建筑设计研究院（集团）有限公司"
PERIODS = {
    "formal_check": "五个工作日",
    "decision": "二十个工作日",
    "extension": "十个工作日",
    "correction_reply": "十五个工作日",
    "objection": "十个工作日",
    "delivery": "十个工作日",
    "reconsideration": "六十日",
    "litigation": "六个月",
}
STATEMENT = "本人申请注册，承诺所填报的信息和提交的材料真实、准确、完整、有效。"
CONFIRMATION = "我单位同意聘用该申请人，所填聘用信息属实。"
REGISTRATION = {
    "registration_no": "S22631000012",
    "certificate_no": "DZ31S2202600003X",
    "valid_from": "2023-12-18",
    "valid_to": "2026-12-17",
}
QR = "http://127.0.0.1:8000/verify/7K3MQ2X9RAFH"
#: as long as those of names of three characters
OFFLINE = "ZC1:" + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:" * 7
VERIFY = {"qr": Qr(QR), "verify_at": "127.0.0.1:8000/verify", "verify_code": "7K3M-Q2X9-RAFH"}


def portrait(size: tuple[int, int] = (295, 413), kind: str = "JPEG", **options: Any) -> bytes:
    """Return a drawn silhouette: no face of anybody."""
    width, height = size
    image = Image.new("RGB", size, "#c9d7ea")
    draw = ImageDraw.Draw(image)
    draw.ellipse((width * 0.07, height * 0.72, width * 0.93, height * 1.5), fill="#33465f")
    draw.ellipse((width * 0.29, height * 0.22, width * 0.71, height * 0.66), fill="#d9b99b")
    draw.pieslice((width * 0.27, height * 0.18, width * 0.73, height * 0.58), 180, 360, "#2b2b2b")
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def application(**changes: Any) -> dict[str, Any]:
    """Return an overdue application with a qualification of another province."""
    person = {
        "name": "张𬭎喆",
        "sex": "男",
        "birth": "1990-03-18",
        "id_type": "居民身份证",
        "id_no": "310104199003180017",
        "mobile": "13800000000",
    }
    qualification = {
        "region": "OTHER",
        "province": "浙江省",
        "no": "DEMO-2021-330-000123",
        "issued_on": "2021-05-20",
        "issuer": "浙江省住房和城乡建设厅",
    }
    return {
        "title": "二级注册结构工程师初始注册申请表",
        "profession": "二级注册结构工程师",
        "matter": "INITIAL",
        "application_no": "31S2C20261124000017",
        "revision": 2,
        "person": person,
        "enterprise": {"name": ENTERPRISE, "uscc": "91310000MA1FL0001X", "phone": "021-62960000"},
        "registration": None,
        "qualification": qualification,
        "education": {"compulsory": 60, "elective": 62.5},
        "overdue": True,
        "opinion": True,
        "statement": STATEMENT,
        "confirmation": CONFIRMATION,
        "periods": PERIODS,
        "answers": [],
        "photo": portrait(),
        "attachments": [
            {"kind": "资格证书扫描件", "filename": "资格证书.pdf", "pages": 2},
            {"kind": "继续教育证明", "filename": "2026年继续教育学时证明.pdf", "pages": 1},
        ],
        "watermark": "演示",
        "hotline": HOTLINE,
    } | changes


def renewal(**changes: Any) -> dict[str, Any]:
    """Return the form of a renewal: hours without proof, everything else on record."""
    return application(
        **{
            "title": "二级注册结构工程师延续注册申请表",
            "matter": "RENEWAL",
            "registration": REGISTRATION,
            "education": {"compulsory": "60", "elective": "60"},
            "overdue": False,
            "attachments": [],
            **changes,
        }
    )


def notice(**changes: Any) -> dict[str, Any]:
    """Return the data that letters of the authority share."""
    return {
        "number": "沪建注受〔2026〕第00001号",
        "application_no": "31S2C20261124000017",
        "person_name": "张𬭎喆",
        "enterprise_name": ENTERPRISE,
        "profession": "二级注册结构工程师",
        "matter": "初始注册",
        "is_cancellation": False,
        "received_on": "2026-11-20",
        "accepted_on": "2026-11-24",
        "due_on": "2026-12-22",
        "is_refused": False,
        "items": ["资格证书扫描件第2页印章不清晰，请重新扫描后上传。", "请补充必修课学时证明。"],
        "reasons": ["资格证书编号查无记录。", "选修课学时为40学时，未达到60学时。"],
        "automatic": [],
        "signed_by": "BOTH",
        "registration_no": None,
        "valid_to": None,
        "deemed": False,
        "decided_on": "2026-11-24",
        "remedies": "如不服本决定，可以自收到本决定书之日起六十日内申请行政复议。",
        "rule": "《勘察设计注册工程师管理规定》",
        "correct_by": "2026-12-15",
        "periods": PERIODS,
        "contact": "021-962600",
        "act": None,
        "ground": None,
        "act_facts": [],
        "law": None,
        "hear_until": None,
        "is_revocation": False,
        "stated": False,
        "ban_years": None,
        "ban_until": None,
        "authority": AUTHORITY,
        "date": "2026-11-24",
        "watermark": "演示",
        **VERIFY,
    } | changes


def act(**changes: Any) -> dict[str, Any]:
    """Return the data of a letter in a case of the agency's own motion."""
    return notice(
        **{
            "number": "沪建注告〔2026〕第00001号",
            "matter": "依职权处理",
            "registration_no": "S22631000012",
            "act": "撤销注册",
            "ground": "以欺骗、贿赂等不正当手段取得注册",
            "act_facts": ["提交的学历证明系伪造。", "发证学校出具了说明"],
            "law": "《中华人民共和国行政许可法》第六十九条第二款",
            "hear_until": "2026-12-01",
            "is_revocation": False,
            "stated": False,
            "ban_years": 3,
            "ban_until": "2029-11-24",
            "reasons": [],
            **changes,
        }
    )


def certificate(**changes: Any) -> dict[str, Any]:
    """Return the data of a certificate."""
    return {
        "title": "中华人民共和国二级注册结构工程师注册执业证书",
        "english": "CERTIFICATE OF REGISTRATION · CLASS 2 STRUCTURAL ENGINEER",
        "answers": [],
        "person": {
            "name": "张𬭎喆",
            "sex": "男",
            "birth": "1990-03-18",
            "id_type": "居民身份证",
            "id_no": "310104********0017",
        },
        "registration_no": "3120260001",
        "certificate_no": "S2269900001",
        "identifier": "1.2.156.3005.2.11100000000013338W011.11310000000000000X.S2269900001.001.7",
        "enterprise_name": ENTERPRISE,
        "qualification_no": "DEMO-2021-330-000123",
        "valid_from": "2026-11-24",
        "valid_to": "2029-11-23",
        "authority": AUTHORITY,
        "issued_on": "2026-11-24",
        "photo": portrait(),
        "signature_picture": None,
        **VERIFY,
        "offline": Qr(OFFLINE),
        "watermark": "演示",
        "copy": None,
    } | changes


def ended(**changes: Any) -> dict[str, Any]:
    """Return the data of a certificate that says that a registration has ended."""
    return certificate(
        **{
            "title": "二级注册结构工程师注销注册证书",
            "reason": "与聘用单位解除劳动关系",
            "cancelled_on": "2026-11-24",
            **changes,
        }
    )


def cancellation(**changes: Any) -> dict[str, Any]:
    """Return the form of a cancellation: the registration that is to end, and why."""
    return application(
        **{
            "title": "二级注册结构工程师注销注册申请表",
            "matter": "CANCELLATION",
            "registration": REGISTRATION,
            "answers": [{"title": "注销原因", "text": "与聘用单位解除劳动关系"}],
            "attachments": [],
            **changes,
        }
    )


def request(**changes: Any) -> dict[str, Any]:
    """Return the request of an enterprise to cancel a registration."""
    return cancellation(
        **{
            "title": "注销注册申请书",
            "matter": "ENTERPRISE_CANCELLATION",
            "answers": [
                {"title": "注销原因", "text": "无法与该人员取得联系"},
                {"title": "情况说明", "text": "自2026年6月起未到岗，多次联系未果。"},
            ],
            "attachments": [
                {"kind": "解除劳动关系证明", "filename": "解除劳动合同通知书.pdf", "pages": 3}
            ],
            **changes,
        }
    )


def rename(**changes: Any) -> dict[str, Any]:
    """Return the list that an enterprise confirms before its certificates get its new name."""
    return {
        "profession": "二级注册结构工程师",
        "uscc": "91310000MA1FL0001X",
        "old_name": ENTERPRISE,
        "new_name": "上海示例工程设计集团有限公司",
        "registry_version": "20261124-3",
        "computed_on": "2026-11-24",
        "counts": [
            {"effect": "换发新证书", "count": "2"},
            {"effect": "作废签署，重新签名", "count": "1"},
        ],
        "items": [
            {"number": "1", "name": "张𬭎喆", "effect": "换发新证书"},
            {"number": "2", "name": "王小明", "effect": "换发新证书"},
            {"number": "3", "name": "李四", "effect": "作废签署，重新签名"},
        ],
        "watermark": "演示",
    } | changes
