"""What the document templates are given: plain values from the signed content and the register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from refusals.hotline import HOTLINE
from registry import verification_codes
from registry.applications import attachments
from registry.identifiers import IdType, Sex


def remedies(periods: Mapping[str, str], bodies: Sequence[str]) -> str:
    """Say what may be done against a decision, before whom and until when (Law 38)."""
    return (
        f"如不服本决定，可以自收到本决定书之日起{periods['reconsideration']}内"
        f"向{'或者'.join(bodies)}申请行政复议，"
        f"也可以自收到本决定书之日起{periods['litigation']}内依法向人民法院提起行政诉讼。"
    )


def verification(base_url: str, code: str) -> dict[str, str]:
    """Give what a paper says of its verification: the address of the QR code, and what is typed.

    >>> verification("https://zhuce.example", "7K3MQ2X9RAFH")["verify_at"]
    'zhuce.example/verify'
    """
    return {
        "qr": f"{base_url}/verify/{code}",
        "verify_at": f"{base_url.partition('://')[2]}/verify",
        "verify_code": verification_codes.grouped(code),
    }


def person(content: Mapping[str, Any]) -> dict[str, str]:
    """Give the person as printed."""
    facts = content["person"]
    return {
        "name": facts["name"],
        "sex": Sex(facts["sex"]).label,
        "birth": facts["birth"],
        "id_type": IdType(facts["id_type"]).label,
        "id_no": facts["id_no"],
        "mobile": facts["mobile"],
    }


def photo_of(content: Mapping[str, Any]) -> str | None:
    """Give the hash of the photo that was uploaded with a form."""
    photos = (
        attachment["sha256"]
        for attachment in content["attachments"]
        if attachment["kind"] == "PHOTO"
    )
    return next(photos, None)


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What stands on a form beside its content: which case and revision it is of."""

    profession: str  #: its title
    matter: str
    application_no: str
    revision: int
    watermark: str
    hotline: str = HOTLINE  #: for trouble with signing and sealing


def application(
    content: Mapping[str, Any],
    heading: Heading,
    *,
    photo: bytes | None,
    pages: Mapping[str, int | None],
    periods: Mapping[str, str],
) -> dict[str, Any]:
    """Give the data of the application form: exactly the content that is going to be signed."""
    return {
        **asdict(heading),
        "title": content["title"],
        "person": person(content),
        "enterprise": {"phone": None, **content["enterprise"]},
        "registration": dict(content["registration"]) or None,
        "qualification": dict(content["qualification"]),
        "education": dict(content["education"]) or None,
        "overdue": content["overdue"],
        "opinion": content["opinion"],
        "statement": content.get("statement", ""),
        "confirmation": content.get("confirmation", ""),
        "periods": periods,
        "answers": [
            {"title": answer["title"], "text": answer["text"]} for answer in content["answers"]
        ],
        "photo": photo,
        "attachments": [
            {
                "kind": _kind(attachment),
                "filename": attachment["filename"],
                "pages": pages.get(attachment["sha256"]) or 1,
            }
            for attachment in content["attachments"]
        ],
    }


def _kind(attachment: Mapping[str, str]) -> str:
    kind = attachments.AttachmentKind(attachment["kind"])
    return attachment["title"] if kind is attachments.AttachmentKind.OTHER else kind.label
