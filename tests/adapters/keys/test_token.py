"""The agency's keys in a token (SoftHSM): made there, used there, renewed with an overlap."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from adapters.keys import service
from adapters.keys.client import TokenOverSocket
from adapters.keys.device import Device
from adapters.keys.service import TokenHeld, TokenService
from registry.errors import Unavailable
from signing import Role, Signatures, open_signatures
from signing.database import open_sessions
from signing.errors import TokenMissing
from signing.keys import tokens
from signing.keys.services import Services
from signing.tables import StoredKey
from tests.signing.files import notice
from tests.web.conftest import FONTS

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
AGENCY = "上海市住房和城乡建设管理委员会"
PIN = "87654321"
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.skipif(not MODULE.exists(), reason="SoftHSM is not installed (softhsm2)")


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(settings))
        words = f"--init-token --free --label agency --so-pin 12345678 --pin {PIN}".split()
        tool = str(shutil.which("softhsm2-util"))
        subprocess.run([tool, *words], check=True, capture_output=True)
        yield Device(MODULE, "agency", PIN)


@pytest.fixture
def token(device: Device, tmp_path: Path) -> Iterator[TokenOverSocket]:
    """Serve the token as `zhuce token` does."""
    path = tmp_path / "token.sock"
    serving = TokenService(path, device)
    thread = threading.Thread(target=serving.serve_forever, args=(0.05,))
    thread.start()
    yield TokenOverSocket(path)
    serving.shutdown()
    serving.server_close()
    thread.join()
    assert not path.exists()


def opened(folder: Path, token: TokenOverSocket | None) -> Signatures:
    return open_signatures(
        f"sqlite:///{folder}/keys.db",
        kek=b"k" * 32,
        base_url="http://127.0.0.1",
        fonts=FONTS,
        clock=lambda: NOW,
        services=Services(token=token),
    )


def test_the_seal_is_made_in_the_token_and_holds(token: TokenOverSocket, tmp_path: Path) -> None:
    """The key database knows an id; what the token signed is what a key of ours would have."""
    signatures = opened(tmp_path, token)
    signatures.custody.enrol_agency(AGENCY)

    sealed = signatures.seal_as_agency(notice(), key="notice")
    message = signatures.sign_message(b"said")

    assert signatures.examine(sealed.pdf).signatures[0].ok
    assert signatures.sign_message(b"said") == message
    with open_sessions(f"sqlite:///{tmp_path}/keys.db")() as session:
        kinds = session.scalars(select(StoredKey.algorithm)).all()
    assert kinds.count(tokens.ALGORITHM) == 1
    signatures.close()


def test_a_renewal_overlaps(token: TokenOverSocket, tmp_path: Path) -> None:
    """From a key of ours to one in the token, and to the next; what was sealed before holds."""
    ours = opened(tmp_path, None)
    first = ours.custody.enrol_agency(AGENCY)
    papers = [ours.seal_as_agency(notice(), key="0").pdf]
    ours.close()
    signatures = opened(tmp_path, token)
    serials = [first.serial]

    for number in (1, 2):
        papers.append(signatures.seal_as_agency(notice(), key=f"{number}a").pdf)
        serials.append(signatures.lifecycle.renew(Role.AGENCY, AGENCY).serial)
        papers.append(signatures.seal_as_agency(notice(), key=f"{number}b").pdf)

    assert len(set(serials)) == 3
    assert all(signatures.examine(pdf).signatures[0].ok for pdf in papers)
    signatures.close()


def test_without_the_token_nothing_is_sealed(token: TokenOverSocket, tmp_path: Path) -> None:
    """Both are told, with the remedy: no token is set, or nobody holds it."""
    signatures = opened(tmp_path, token)
    signatures.custody.enrol_agency(AGENCY)
    signatures.close()

    alone = opened(tmp_path, None)
    with pytest.raises(TokenMissing, match="zhuce token") as refused:
        alone.seal_as_agency(notice(), key="notice")
    alone.close()
    assert refused.value.code == "E_TOKEN_MISSING"
    nobody = opened(tmp_path, TokenOverSocket(tmp_path / "nobody.sock"))
    with pytest.raises(Unavailable, match="密码设备暂时无法连接"):
        nobody.seal_as_agency(notice(), key="notice")
    nobody.close()


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[]", b"nonsense", b'{"sign": "ab", "digest": "YQ=="}', b'{"sign": "zz"}'],
)
def test_what_is_no_request_is_a_fault(device: Device, line: bytes) -> None:
    assert service.answered(device, line).keys() == {"fault"}


def test_a_key_that_is_not_there_is_a_fault_and_the_token_goes_on(token: TokenOverSocket) -> None:
    with pytest.raises(Unavailable):
        token.sign("ab" * 16, b"d" * 32)

    assert token.make("cd" * 16) == token.make("cd" * 16)


def test_one_process_holds_the_token(
    token: TokenOverSocket, device: Device, tmp_path: Path
) -> None:
    """A second one is refused and leaves the first its socket; one left behind is replaced."""
    with pytest.raises(TokenHeld, match="另一个进程") as refused:
        TokenService(tmp_path / "token.sock", device)
    assert refused.value.code == "E_TOKEN_HELD"
    assert token.make("cd" * 16)

    left = tmp_path / "left.sock"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(left))
    TokenService(left, device).server_close()


def test_only_our_own_account_may_ask(token: TokenOverSocket, tmp_path: Path) -> None:
    assert (tmp_path / "token.sock").stat().st_mode & 0o777 == 0o600
