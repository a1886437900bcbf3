"""Data for every document of second-class structural engineers, as casework gives it."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from PIL import Image, ImageDraw

AT = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
AUTHORITY = "上海市住房和城乡建设管理委员会"
ENTERPRISE = "上海示例建筑设计研究院（集团）有限公司"
QR = "http://127.0.0.1:8000/verify/0f8a6b3c5d1e4f7a9b2c8d6e4f1a3b5c"


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
        "application_no": "31S2C20261124000017",
        "revision": 2,
        "person": person,
        "enterprise": {"name": ENTERPRISE, "uscc": "91310000MA1FL0001X", "phone": "021-62960000"},
        "qualification": qualification,
        "education": {"compulsory": 60, "elective": 62.5},
        "overdue": True,
        "opinion": True,
        "answers": [],
        "photo": portrait(),
        "attachments": [
            {"kind": "资格证书扫描件", "filename": "资格证书.pdf", "pages": 2},
            {"kind": "继续教育证明", "filename": "2026年继续教育学时证明.pdf", "pages": 1},
        ],
        "watermark": "演示",
    } | changes


def renewal(**changes: Any) -> dict[str, Any]:
    """Return the form of a renewal: hours without proof, everything else on record."""
    return application(
        **{
            "title": "二级注册结构工程师延续注册申请表",
            "matter": "RENEWAL",
            "registration": {
                "registration_no": "S22631000012",
                "certificate_no": "DZ31S2202600003X",
                "valid_from": "2023-12-18",
                "valid_to": "2026-12-17",
            },
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
        "received_on": "2026-11-20",
        "accepted_on": "2026-11-24",
        "due_on": "2026-12-22",
        "outcome": "",
        "items": ["资格证书扫描件第2页印章不清晰，请重新扫描后上传。", "请补充必修课学时证明。"],
        "reasons": ["资格证书编号查无记录。", "选修课学时为40学时，未达到60学时。"],
        "remedies": "如不服本决定，可以自收到本决定书之日起六十日内申请行政复议。",
        "authority": AUTHORITY,
        "date": "2026-11-24",
        "watermark": "演示",
        "qr": QR,
    } | changes


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
        "qr": QR,
        "watermark": "演示",
        "copy": None,
    } | changes
