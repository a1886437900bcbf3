"""The twin of a certification authority outside: a process of its own with keys of its own.

It certifies whatever it is asked by who knows the password, and says in every certificate that it
is no authority. What it does is what `adapters.keys.authority` asks of a real one: EST (RFC 7030),
a POST to `/revoke`, lists and status answers. POST `/fault` makes it fail:
`{"fault": "down", "of": "lists"}`; without `of` it fails altogether.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs7
from sqlalchemy import select

from adapters.keys.authority import CERTIFICATES, WELL_KNOWN
from refusals.refusal import Refusal
from signing.database import close, locked, open_sessions, writing
from signing.keeping.vault import KeyVault
from signing.keys import profiles
from signing.keys.authority import Authority
from signing.keys.issuing import serial_of
from signing.keys.profiles import Addresses, CertificateProfile
from signing.keys.services import Services
from signing.keys.trust import family_of
from signing.outside.anchors import FAMILIES
from signing.tables import StoredCertificate, StoredKey

HOUSE = "测试用认证机构（替身，签发的证书没有法律效力）"
LARGEST_BYTES = 64 * 1024  #: of a request
_SECRET_BYTES = 32


class AuthorityFault(StrEnum):
    """What is wrong with the authority."""

    NONE = "none"
    DOWN = "down"  #: answers 503
    SLOW = "slow"  #: answers late
    GARBAGE = "garbage"  #: answers what cannot be understood
    WRONG = "wrong"  #: certifies another subject, revokes another certificate
    PENDING = "pending"  #: accepts a request and thinks about it (202)
    REFUSED = "refused"  #: says no to a request


class Half(StrEnum):
    """What of it fails."""

    ENROLMENT = "enrolment"  #: and revocation
    LISTS = "lists"  #: and status answers


@dataclass(frozen=True, kw_only=True)
class Said:
    """An answer."""

    content: bytes
    kind: str = "text/plain; charset=utf-8"
    status: HTTPStatus = HTTPStatus.OK


class AuthorityTwin:
    """Certifies, revokes and publishes."""

    def __init__(self, folder: Path, base_url: str, clock: Callable[[], datetime]) -> None:
        """Keep keys and certificates in a folder; found the authority at the first time."""
        folder.mkdir(parents=True, exist_ok=True)
        self._sessions = open_sessions(f"sqlite:///{folder}/authority.db")
        self._addresses, self._clock = Addresses(base_url.rstrip("/")), clock
        self.keys = Authority(
            self._sessions,
            KeyVault(_secret(folder / "secret")),
            base_url=base_url,
            clock=clock,
            services=Services(house=HOUSE),
        )
        self.faults: dict[Half, tuple[AuthorityFault, float]] = {}
        self.waiting = 0  #: requests that had a slow answer
        for family in FAMILIES:
            chain = self.chain(family)
            pem = b"".join(one.public_bytes(Encoding.PEM) for one in chain)
            (folder / f"{family}.pem").write_bytes(pem)

    def close(self) -> None:
        """Give the database back."""
        close(self._sessions)

    def chain(self, family: str) -> list[x509.Certificate]:
        """Return who issues for a role now, and the root: what the settings of others believe."""
        return self.keys.chain(self._newest(family))

    def _newest(self, family: str) -> str:
        return [name for name in self.keys.names() if family_of(name) == family][-1]

    def certify(self, family: str, request: bytes, *, is_wrong: bool = False) -> x509.Certificate:
        """Certify a PKCS #10 request (DER); the same key again has the same certificate.

        Raises: ValueError for what is no request.
        """
        asked = x509.load_der_x509_csr(request)
        key, subject = asked.public_key(), asked.subject
        if not asked.is_signature_valid or not isinstance(key, ec.EllipticCurvePublicKey):
            raise ValueError("the request does not prove its key")
        if is_wrong:
            subject = profiles.service_name("别的主体", HOUSE)
        public = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        key_id = hashlib.sha256(public + subject.public_bytes()).hexdigest()[:32]
        with writing(self._sessions) as session:
            locked(session, key_id)
            known = session.scalar(
                select(StoredCertificate.der).where(StoredCertificate.key_id == key_id)
            )
            if known is not None:
                return x509.load_der_x509_certificate(known)
            name = self._newest(family)
            certificate = profiles.build(
                CertificateProfile.SIGNER,
                subject,
                key,
                issuer=self.keys.issuer(name),
                at=self._clock(),
                addresses=self._addresses,
            )
            session.add(StoredKey(id=key_id, algorithm="ELSEWHERE", wrapped=b"", kek_id=""))
            session.flush()
            session.add(
                StoredCertificate(
                    serial=serial_of(certificate),
                    issuer=name,
                    profile=CertificateProfile.SIGNER,
                    key_id=key_id,
                    der=certificate.public_bytes(Encoding.DER),
                    not_before=certificate.not_valid_before_utc,
                    not_after=certificate.not_valid_after_utc,
                )
            )
        return certificate

    def publish(self, path: str, body: bytes) -> Said | None:
        """Give a list, an authority's certificate or a status answer; None: there is none."""
        name, _, kind = path.removeprefix("/pki/").rpartition(".")
        if path == "/pki/ocsp":
            return Said(content=self.keys.ocsp(body), kind="application/ocsp-response")
        if name not in self.keys.names():
            return None
        if kind == "crl":
            return Said(content=self.keys.crl(name), kind="application/pkix-crl")
        return Said(content=self.keys.certificate(name), kind="application/pkix-cert")

    def fault(self, half: Half) -> tuple[AuthorityFault, float]:
        """Tell what is wrong with a half of it, and how many seconds a slow answer takes."""
        return self.faults.get(half, (AuthorityFault.NONE, 0.0))


def _secret(path: Path) -> bytes:
    """Read the secret of the folder, made at the first time."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(_SECRET_BYTES))
    return path.read_bytes()


class AuthorityServer:
    """Serves a twin on one address until it is stopped."""

    def __init__(
        self,
        folder: Path,
        secret: str,
        clock: Callable[[], datetime],
        *,
        url: str = "",
        port: int = 0,
    ) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one. `secret` is `name:password`.

        `url` is how others reach it, where that is another address than this one.
        """
        self._stop = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        host, taken = self._server.server_address[:2]
        self.address = url.rstrip("/") or f"http://{host!s}:{taken}"
        self.twin = AuthorityTwin(folder, self.address, clock)
        who = base64.b64encode(secret.encode()).decode()
        parts = {"twin": self.twin, "who": f"Basic {who}", "stop": self._stop}
        self._server.RequestHandlerClass = type("Handler", (_Handler,), parts)

    def serve(self) -> None:
        """Answer until `stop` is called in another thread."""
        self._server.serve_forever(poll_interval=0.05)

    def stop(self) -> None:
        """Stop answering and give the port back."""
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        self.twin.close()


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    twin: AuthorityTwin
    who: str
    stop: threading.Event
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "authority-twin", ""
    timeout = 30.0  # of a connection that says nothing

    def do_GET(self) -> None:
        """Publish, or tell what this is."""
        self._say(self._answered(b""))

    def do_POST(self) -> None:
        """Certify, revoke, answer about a status, or switch a fault."""
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or int(size) > LARGEST_BYTES:
            self.close_connection = True
            self._say(Said(content=b"too large", status=HTTPStatus.BAD_REQUEST))
            return
        body = self.rfile.read(int(size))
        try:
            self._say(self._answered(body))
        except (LookupError, TypeError, ValueError, Refusal) as error:
            text = f"{type(error).__name__}: {error}"[:100]
            self._say(Said(content=text.encode(), status=HTTPStatus.BAD_REQUEST))

    def _answered(self, body: bytes) -> Said:
        path = urlsplit(self.path).path
        if path == "/":
            return Said(content=HOUSE.encode())
        is_published = path.startswith("/pki/")
        given = self.headers.get("Authorization", "").encode("utf-8", "replace")
        if not is_published and not hmac.compare_digest(given, self.who.encode()):
            return Said(content=b"who are you", status=HTTPStatus.UNAUTHORIZED)
        if path == "/fault":
            return self._switched(json.loads(body))
        fault, seconds = self.twin.fault(Half.LISTS if is_published else Half.ENROLMENT)
        if fault is AuthorityFault.SLOW:
            self.twin.waiting += 1
            self.stop.wait(seconds)
        if fault is AuthorityFault.DOWN:
            return Said(content=b"down", status=HTTPStatus.SERVICE_UNAVAILABLE)
        if fault is AuthorityFault.GARBAGE:
            return Said(content=b"<html><body>maintenance", kind="text/html")
        if is_published:
            said = self.twin.publish(path, body)
        elif path == "/revoke":
            said = self._revoked(json.loads(body), fault)
        else:
            said = self._by_est(path, body, fault)
        return said or Said(content=b"no such path", status=HTTPStatus.NOT_FOUND)

    def _by_est(self, path: str, body: bytes, fault: AuthorityFault) -> Said | None:
        family, _, act = path.removeprefix(f"/{WELL_KNOWN}/").partition("/")
        if family not in FAMILIES:
            return None
        if act == "cacerts":
            return _certs(self.twin.chain(family))
        if act not in ("simpleenroll", "simplereenroll"):
            return None
        if fault is AuthorityFault.PENDING:
            return Said(content=b"", status=HTTPStatus.ACCEPTED)
        if fault is AuthorityFault.REFUSED:
            text = "登记的名称与证件不一致".encode()
            return Said(content=text, status=HTTPStatus.BAD_REQUEST)
        is_wrong = fault is AuthorityFault.WRONG
        return _certs([self.twin.certify(family, base64.b64decode(body), is_wrong=is_wrong)])

    def _revoked(self, asked: dict[str, str], fault: AuthorityFault) -> Said:
        if fault is not AuthorityFault.WRONG:
            self.twin.keys.revoke(asked["serial"], asked["reason"])
        serial = asked["serial"] if fault is not AuthorityFault.WRONG else "1"
        return Said(content=json.dumps({"serial": serial}).encode(), kind="application/json")

    def _switched(self, asked: dict[str, str]) -> Said:
        fault = AuthorityFault(asked["fault"])
        halves = [Half(asked["of"])] if "of" in asked else list(Half)
        for half in halves:
            self.twin.faults[half] = fault, float(asked.get("seconds", 10))
        told = {half: self.twin.fault(half)[0] for half in Half}
        return Said(content=json.dumps(told).encode(), kind="application/json")

    def _say(self, said: Said) -> None:
        try:
            self.send_response(said.status)
            self.send_header("Content-Type", said.kind)
            self.send_header("Content-Length", str(len(said.content)))
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(said.content)
        except (BrokenPipeError, ConnectionResetError):  # the client did not wait
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the client logs what it asked for."""


def _certs(certificates: list[x509.Certificate]) -> Said:
    content = pkcs7.serialize_certificates(certificates, Encoding.DER)
    return Said(content=base64.encodebytes(content), kind=f"{CERTIFICATES}; smime-type=certs-only")
