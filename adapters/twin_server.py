"""The twins behind HTTP: every outside system with its documented interface, on one server.

`docs/outside-systems.md` describes the interface. Whoever integrates the service, or tests it,
points the addresses of the settings here and switches faults by POST /fault.
"""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from adapters import world
from adapters.certificate_store import CertificateStoreTwin, read_entry
from adapters.enterprise_qualifications import EnterpriseQualificationsTwin
from adapters.enterprise_register import EnterpriseTwin
from adapters.faults import Faults, OutsideFault
from adapters.qualification_register import QualificationTwin
from adapters.real_name import RealNameTwin
from adapters.sms import SmsTwin
from adapters.systems import ASKED, System
from adapters.wire import plain
from registry.identifiers import IdType
from registry.ports import CertificateState, StoreOperation

LARGEST_BYTES = 16 * 1024 * 1024  #: of a request; certificates travel in it

Question = Mapping[str, Any]
#: What a system makes of a question and its idempotency key; None: it has nothing (404).
Answer = Callable[[Question, str], Any]


class Twins:
    """The systems and their switches."""

    def __init__(self, sessions: sessionmaker[Session], clock: Callable[[], datetime]) -> None:
        """Answer from the fictitious world and the tables of this database."""
        self.stop = threading.Event()  #: ends the waiting of slow answers
        self.faults: Mapping[System, Faults] = {
            system: Faults(system, sessions) for system in ASKED
        }
        self._enterprises = EnterpriseTwin(sessions)
        self._qualified = EnterpriseQualificationsTwin(sessions)
        self._qualifications = QualificationTwin(sessions)
        self._persons = RealNameTwin()
        self._sms = SmsTwin(sessions, clock)
        self._store = CertificateStoreTwin(sessions, clock)
        self.paths: Mapping[str, tuple[System, Answer]] = {
            f"/{system.value}/{path}": (system, answer)
            for system, path, answer in (
                (System.ENTERPRISE_REGISTER, "enterprises", self._enterprise),
                (System.ENTERPRISE_QUALIFICATIONS, "qualified-enterprises", self._qualified_one),
                (System.QUALIFICATION_REGISTER, "certificates", self._certificates),
                (System.REAL_NAME, "persons", self._person),
                (System.SMS, "messages", self._message),
                (System.SMS, "mails", self._mail),
                (System.CERTIFICATE_STORE, "certificates", self._publish),
                (System.CERTIFICATE_STORE, "certificate-states", self._state),
            )
        }

    def _enterprise(self, asked: Question, _: str) -> Any:
        if "name" in asked:
            return [
                plain.as_json(enterprise) for enterprise in self._enterprises.by_name(asked["name"])
            ] or None
        enterprise = self._enterprises.by_uscc(asked["uscc"])
        return [plain.as_json(enterprise)] if enterprise else None

    def _qualified_one(self, asked: Question, _: str) -> Any:
        qualification = self._qualified.of(asked["uscc"])
        return plain.as_json(qualification) if qualification else None

    def _certificates(self, asked: Question, _: str) -> Any:
        credentials = self._qualifications.find(IdType(asked["id_type"]), asked["id_no"])
        holder = {"id_type": asked["id_type"], "id_no": asked["id_no"]}
        return holder | {"certificates": [plain.as_json(credential) for credential in credentials]}

    def _person(self, asked: Question, _: str) -> Any:
        holder = self._persons.check(IdType(asked["id_type"]), asked["id_no"], asked["name"])
        return plain.as_json(holder) if holder else None

    def _message(self, asked: Question, key: str) -> Any:
        self._sms.send(asked["mobile"], asked["text"], key)
        return {"key": key}

    def _mail(self, asked: Question, key: str) -> Any:
        self._sms.mail(asked["address"], asked["subject"], asked["text"], key)
        return {"key": key}

    def _publish(self, asked: Question, key: str) -> Any:
        entry, pdf, ofd = read_entry(asked)
        self._store.publish(entry, pdf, key, ofd=ofd)
        return {"key": key}

    def _state(self, asked: Question, key: str) -> Any:
        state, operation = CertificateState(asked["state"]), StoreOperation(asked["operation"])
        known = self._store.update_state(asked["identifier"], state, operation, key)
        return {"key": key, "known": known}


class TwinServer:
    """Serves the twins on one address until it is stopped."""

    def __init__(self, twins: Twins, token: str, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one. `token` is what clients must bear."""
        self._twins = twins
        handler = type("Handler", (_Handler,), {"twins": twins, "token": token})
        self._server = ThreadingHTTPServer((host, port), handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False

    @property
    def address(self) -> str:
        """The address of the server, without a path."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def url(self, system: System) -> str:
        """Give what the setting of a system has to be."""
        return f"{self.address}/{system.value}"

    def serve(self) -> None:
        """Answer until `stop` is called in another thread."""
        self._server.serve_forever(poll_interval=0.05)

    def stop(self) -> None:
        """Stop answering and give the port back."""
        self._twins.stop.set()
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    twins: Twins
    token: str
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "twins", ""
    timeout = 30.0  # of a connection that says nothing

    def do_GET(self) -> None:
        """Tell the present faults."""
        if self._is_refused():
            return
        if self.path != "/fault":
            self._say(HTTPStatus.NOT_FOUND, {"error": "no such path"})
            return
        self._say(HTTPStatus.OK, {system.value: self._fault(system) for system in ASKED})

    def do_POST(self) -> None:
        """Switch a fault, or answer as one of the systems."""
        try:
            body = self._body()  # read also when it is refused: an unread one breaks the answer
            if self._is_refused():
                return
            asked = plain.record(json.loads(body))
            if self.path == "/fault":
                self._switch(asked)
                return
            self._answer(asked)
        except (LookupError, TypeError, ValueError) as error:
            self._say(HTTPStatus.BAD_REQUEST, {"error": f"{type(error).__name__}: {error}"[:200]})

    def _is_refused(self) -> bool:
        """Refuse whoever does not bear the token."""
        given = self.headers.get("Authorization", "").encode("utf-8", "replace")
        if hmac.compare_digest(given, f"Bearer {self.token}".encode()):
            return False
        self._say(HTTPStatus.UNAUTHORIZED, {"error": "bearer token missing or wrong"})
        return True

    def _body(self) -> bytes:
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or int(size) > LARGEST_BYTES:
            self.close_connection = True
            raise ValueError("the request does not say how long it is, or is too large")
        return self.rfile.read(int(size))

    def _fault(self, system: System) -> dict[str, Any]:
        fault, seconds = self.twins.faults[system].present()
        return {"fault": fault.value, "seconds": seconds}

    def _switch(self, asked: Question) -> None:
        system = System(asked["system"])
        switch = self.twins.faults[system]
        switch.switch(OutsideFault(asked["fault"]), float(asked.get("seconds", 0)))
        self._say(HTTPStatus.OK, {"system": system.value, **self._fault(system)})

    def _answer(self, asked: Question) -> None:
        """Answer as the system whose path this is, with its fault if it has one."""
        if self.path not in self.twins.paths:
            self._say(HTTPStatus.NOT_FOUND, {"error": "no such path"})
            return
        system, answer = self.twins.paths[self.path]
        fault, seconds = self.twins.faults[system].present()
        if fault is OutsideFault.SLOW:
            self.twins.stop.wait(seconds)
        if fault is OutsideFault.DOWN:
            self._say(HTTPStatus.SERVICE_UNAVAILABLE, {"error": "down"})
        elif fault is OutsideFault.ERROR:
            self._say(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "Internal Server Error"})
        elif fault is OutsideFault.GARBAGE:
            self._send(HTTPStatus.OK, b"<html><body>system maintenance", "text/html")
        else:
            key = self.headers.get("Idempotency-Key", "")
            if fault is OutsideFault.WRONG:
                asked, key = of_somebody_else(asked), f"not {key}"
            given = answer(asked, key)
            if given is None:
                self._say(HTTPStatus.NOT_FOUND, {"error": "nothing found"})
            else:
                self._say(HTTPStatus.OK, given)

    def _say(self, status: HTTPStatus, answer: Any) -> None:
        content = json.dumps(answer, ensure_ascii=False).encode()
        self._send(status, content, "application/json; charset=utf-8")

    def _send(self, status: HTTPStatus, content: bytes, media_type: str) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):  # the client did not wait
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the client logs what it asked for."""


def of_somebody_else(asked: Question) -> dict[str, Any]:
    """Give a question like this one about another enterprise or another person."""
    company = next(
        firm
        for firm in world.COMPANIES
        if firm.uscc != asked.get("uscc") and firm.present_name != asked.get("name")
    )
    citizen = next(person for person in world.CITIZENS if person.id_no != asked.get("id_no"))
    other = {"uscc": company.uscc, "name": company.present_name}
    if "id_no" in asked:
        other = {"id_type": citizen.id_type, "id_no": citizen.id_no, "name": citizen.name}
    return {name: other.get(name, value) for name, value in asked.items()}
