"""People in front of the pages, without a browser: they press what the manual names."""

from __future__ import annotations

import io
import re
from typing import Any

import pikepdf
from flask import Flask
from werkzeug.test import EnvironBuilder, TestResponse

from adapters import world
from tests.web.browser import Tab
from web.demo.portrait import draw

COMPANY = world.COMPANIES[0]
OTHER_COMPANY = next(company for company in world.COMPANIES[1:] if company.pin)
Upload = tuple[str, bytes]


def pdf(pages: int = 1) -> bytes:
    """Return a small, honest PDF."""
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page()
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def pdf_of(size_bytes: int) -> bytes:
    """Return an honest PDF of exactly this size."""
    padding = size_bytes - len(_padded(0))
    made = _padded(padding)
    return _padded(padding - (len(made) - size_bytes))


def _padded(size_bytes: int) -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    document.Root.Padding = pikepdf.Stream(document, b"0" * max(0, size_bytes))
    held = io.BytesIO()
    document.save(held, compress_streams=False, static_id=True)
    return held.getvalue()


class Desk(Tab):
    """Somebody with one session; remembers the application that was started."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.application = ""

    @property
    def base(self) -> str:
        """Give the address of the application."""
        return f"/applications/{self.application}"

    def comes_as(self, who: str) -> Desk:
        """Have signed in at the portal before."""
        companies = {"enterprise": COMPANY, "other-enterprise": OTHER_COMPANY}
        if company := companies.get(who):
            self.arrives("enterprise", company.uscc)
        else:
            self.arrives("person" if who.startswith("person") else "officer", who)
        return self

    def post(
        self, address: str, fields: dict[str, Any], uploads: dict[str, Upload] | None = None
    ) -> TestResponse:
        """Send a form with files and follow where it leads."""
        data: dict[str, Any] = {"csrf_token": self.token(), **self.seen(address), **fields}
        for name, (filename, content) in (uploads or {}).items():
            data[name] = (io.BytesIO(content), filename)
        builder = EnvironBuilder(
            path=address, method="POST", data=data, content_type="multipart/form-data"
        )
        self.page = self.client.open(builder.get_environ())
        builder.close()
        return self._follow()

    def starts(self, matter: str = "INITIAL") -> Desk:
        """Choose a matter and come to its form."""
        self.send("/applications/new", {"matter": matter}, follow=True)
        match = re.search(r"/applications/([0-9a-f]{32})/form", self.page.text)
        assert match, self.text
        self.application = match[1]
        return self

    def saves(self, *, action: str = "save", **changes: Any) -> TestResponse:
        """Fill in the form as the register knows it, with changes, and press a button."""
        uploads = {
            name: changes.pop(name)
            for name in ("photo", "qualification_scans", "ce_proof")
            if isinstance(changes.get(name), tuple)
        }
        fields = {
            "action": action,
            "revision": self.revision(),
            "enterprise_name": COMPANY.name,
            "enterprise_phone": "021-00000001",
            "qualification_region": "SHANGHAI",
            "applicant_opinion": "true",
            **changes,
        }
        sent = {name: value for name, value in fields.items() if value is not None}
        return self.post(f"{self.base}/form", sent, uploads)

    def renews(self, **changes: Any) -> TestResponse:
        """Fill in the three inputs of a renewal, with changes, and press 【保存】."""
        fields = {
            "action": "save",
            "revision": self.revision(),
            "enterprise_phone": "021-00000001",
            "ce_compulsory_hours": "60",
            "ce_elective_hours": "60",
            "applicant_opinion": "true",
            **changes,
        }
        uploads = {name: value for name, value in fields.items() if isinstance(value, tuple)}
        sent = {
            name: value
            for name, value in fields.items()
            if value is not None and name not in uploads
        }
        return self.post(f"{self.base}/form", sent, uploads)

    def revision(self) -> str:
        """Read the revision that the form was shown with."""
        self.open(f"{self.base}/form")
        element = self.soup().select_one("input[name=revision]")
        return str(element["value"]) if element else "0"

    def fills(self) -> Desk:
        """Start and save a good form."""
        self.starts().saves(photo=("我.jpg", draw(1)))
        assert "数据校验已通过" in self.text, self.text
        return self

    def begins(self) -> Desk:
        """【请点击此按钮完成签署】."""
        self.open(f"{self.base}/sign")
        shown = self.soup().select_one("input[name=document_sha256]")
        assert shown, self.text
        self.send(f"{self.base}/sign", {"document_sha256": shown["value"]}, follow=True)
        return self

    def code(self, person: str = "person-01") -> str:
        """Read the newest code on the demonstration phone."""
        return re.findall(r"验证码(\d{6})", self.client.get(f"/phone?person={person}").text)[0]

    def signs(self, person: str = "person-01") -> Desk:
        """Sign the form that was saved."""
        self.begins()
        self.send(f"{self.base}/sign/confirm", {"code": self.code(person)}, follow=True)
        assert "个人数字签名完成" in self.text, self.text
        return self

    def buttons(self) -> list[str]:
        """Give the words on the buttons of the page, those that are links too."""
        return [button.get_text(strip=True) for button in self.soup().select("main .govuk-button")]

    def seals(self, application: str) -> Desk:
        """Agree and seal as the enterprise."""
        address = f"/enterprise/applications/{application}"
        self.send(address, {"action": "agree", "opinion": "true"}, follow=True)
        self.send(f"{address}/seal", {"pin": str(COMPANY.pin)}, follow=True)
        assert "企业电子签章完成" in self.text, self.text
        return self

    def number(self) -> str:
        """Read the number of the application on its page."""
        self.open(self.base)
        match = re.search(r"31S2[A-Z][0-9A-Z]+", self.page.text)
        assert match, self.text
        return match[0]

    def papers(self) -> dict[str, str]:
        """Give the PDFs of the case on this page: what the link says → its address."""
        return {
            link.get_text(strip=True).split("（")[0]: str(link["href"])
            for link in self.soup().select(".documents a")
            if ".ofd" not in str(link["href"])
        }

    def task(self) -> str:
        """Give the address of the first task in the inbox."""
        self.open("/agency/inbox")
        match = re.search(r"/agency/tasks/[\w-]+", self.page.text)
        assert match, self.text
        return match[0]

    def does(self, action: str, **fields: str) -> Desk:
        """Do the first task of the inbox."""
        self.send(self.task(), {"action": action, **fields}, follow=True)
        return self
