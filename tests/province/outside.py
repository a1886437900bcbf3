"""Everything outside, behind TLS at one address: `python -m tests.province.outside`.

Each system has a name of its own: the portal, the registers (the shipped twins), a bucket (moto),
and the proxy before our own hosts, which passes every request on to the next of them.
"""

from __future__ import annotations

import http.client
import itertools
import json
import ssl
import sys
import threading
import urllib.request
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from moto.server import ThreadedMotoServer

from adapters import world
from adapters.qualification_register import QualificationTwin
from adapters.systems import System
from adapters.twin_server import Twins, TwinServer
from registry import tables
from registry.identifiers import IdType
from registry.ports import QualificationFacts
from signing.database import open_sessions
from signing.keeping.vault import KeyVault
from signing.keys.authority import Authority
from signing.keys.trust import ROOT, SERVICE
from storage import vault
from storage.database import open_database, sessions_of
from tests.province.portal import Portal
from web.demo.walk.server import free_port
from web.process import wiring

TOKEN = "as-the-outside-systems-gave-it"  # stands on the page
SECRET = "zhuce:as-the-authority-gave-it"  # too
BUCKET = "zhuce"
SYSTEMS = {
    "enterprises.example": System.ENTERPRISE_REGISTER,
    "qualified.example": System.ENTERPRISE_QUALIFICATIONS,
    "qualifications.example": System.QUALIFICATION_REGISTER,
    "persons.example": System.REAL_NAME,
    "sms.example": System.SMS,
    "store.example": System.CERTIFICATE_STORE,
}
US, PORTAL, OBJECTS, DATABASE = (
    "zhuce.example",
    "portal.example",
    "objects.example",
    "database.example",
)
TIME = "time.example"
ISSUER = "ca.example"  #: the authority that issues; a process of its own
NAMES = (*SYSTEMS, TIME, ISSUER, US, PORTAL, OBJECTS, DATABASE)
MESSAGES = "messages.jsonl"  #: what the short messages said, a line each


class Handler(BaseHTTPRequestHandler):
    """Answers one connection, as whoever it was addressed to."""

    folder: Path
    portal: Portal
    time: Authority
    routes: dict[str, Any]  #: name → (host and port, beginning of the path), one after the other
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        name = str(self.headers.get("Host", "")).partition(":")[0]
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        if name == PORTAL:
            self._as_portal(body)
        elif name == TIME:
            self._as_time_service(body)
        else:
            self._passed_on(name, body)

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815  # as http.server has it

    def _as_portal(self, body: bytes) -> None:
        path, query = urlsplit(self.path).path, urlsplit(self.path).query
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if path == "/.well-known/openid-configuration":
            self._say(self.portal.description())
        elif path == "/keys":
            self._say(self.portal.keys())
        elif path == "/token":
            self._say(self.portal.token(form["code"]))
        elif self.command == "POST":
            address = self.portal.sent_back(query, form["subject"])
            self._send(303, [("Location", address)], b"")
        else:
            page = self.portal.page(query).encode()
            self._send(200, [("Content-Type", "text/html; charset=utf-8")], page)

    def _as_time_service(self, body: bytes) -> None:
        """Stamp, or give the list of an authority: `/pki/tsa`, `/pki/NAME.crl`."""
        path = self.path.rpartition("/")[2]
        if path == "tsa":
            kind, answer = "application/timestamp-reply", self.time.timestamp(body)
        else:
            kind, answer = "application/pkix-crl", self.time.crl(path.removesuffix(".crl"))
        self._send(200, [("Content-Type", kind)], answer)

    def _passed_on(self, name: str, body: bytes) -> None:
        if name == "sms.example":
            with (self.folder / MESSAGES).open("ab") as file:
                file.write(body + b"\n")
        place, beginning = next(self.routes[name])
        headers = {
            key: value
            for key, value in self.headers.items()
            if key.lower() not in ("connection", "host", "x-forwarded-for")
        }
        headers["Host"] = place  # moto takes another name for that of a bucket
        if name == US:
            headers |= {"Host": name, "X-Forwarded-Host": name, "X-Forwarded-Proto": "https"}
            headers["X-Forwarded-For"] = self.client_address[0]
        upstream = http.client.HTTPConnection(place, timeout=60)
        upstream.request(self.command, beginning + self.path, body or None, headers)
        answer = upstream.getresponse()
        content = answer.read()
        dropped = ("connection", "transfer-encoding", "content-length")
        given = [(key, value) for key, value in answer.getheaders() if key.lower() not in dropped]
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self._send(answer.status, given, content, length=length)
        upstream.close()

    def _say(self, answer: dict[str, Any]) -> None:
        self._send(200, [("Content-Type", "application/json")], json.dumps(answer).encode())

    def _send(
        self,
        status: int,
        headers: list[tuple[str, str]],
        content: bytes,
        *,
        length: str | None = None,
    ) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def qualifies(register: QualificationTwin) -> None:
    """Enter what the first citizen of the fictitious world has qualified for."""
    citizen = world.CITIZENS[0]
    for credential in world.credentials(citizen.subject):
        issued_on = (wiring.utc_now() - timedelta(days=credential.days_ago)).date()
        facts = QualificationFacts(
            certificate_no=credential.number,
            issued_on=issued_on,
            issuer=credential.issuer,
            profession=credential.profession,
        )
        register.enter(IdType(citizen.id_type), citizen.id_no, facts)


def time_service(folder: Path) -> Authority:
    """Found a time-stamping service with keys of its own; `time.pem` says whom to believe."""
    authority = Authority(
        open_sessions(f"sqlite:///{folder}/time.db"),
        KeyVault(b"t" * 32),
        base_url=f"https://{TIME}",
        clock=wiring.utc_now,
    )
    chain = [authority.certificate(name) for name in (SERVICE, ROOT)]
    (folder / "time.pem").write_text("".join(map(ssl.DER_cert_to_PEM_cert, chain)))
    return authority


class Server(ThreadingHTTPServer):
    """Says nothing of browsers that hang up."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing."""


def main(folder: Path, address: str, issuer: str, *hosts: str) -> None:
    """Serve until stopped, with `tls.pem` and `tls.key` of the folder."""
    vault.configure(vault.Vault(b"v" * 32))
    database = open_database(f"sqlite:///{folder}/outside.db")
    tables.metadata.create_all(database)
    qualifies(QualificationTwin(sessions_of(database)))
    twins = TwinServer(Twins(sessions_of(database), wiring.utc_now), TOKEN)
    threading.Thread(target=twins.serve, daemon=True).start()
    bucket = ThreadedMotoServer("127.0.0.1", free_port(), verbose=False)
    bucket.start()
    objects = ":".join(map(str, bucket.get_host_and_port()))
    made = urllib.request.Request(f"http://{objects}/{BUCKET}", method="PUT")
    urllib.request.urlopen(made)
    twin = urlsplit(twins.address).netloc
    Handler.folder, Handler.portal, Handler.time = folder, Portal(), time_service(folder)
    Handler.routes = {
        US: itertools.cycle([(host, "") for host in hosts]),
        OBJECTS: itertools.repeat((objects, "")),
        ISSUER: itertools.repeat((issuer, "")),
        **{name: itertools.repeat((twin, f"/{system}")) for name, system in SYSTEMS.items()},
    }
    server = Server((address, 443), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem", folder / "tls.key")
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    sys.stdout.write("serving\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
