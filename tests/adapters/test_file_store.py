"""Files are kept by content and never overwritten."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from adapters.errors import StoredFileDamaged, StoredFileLocked, StoredFileMissing
from adapters.file_store import ContentStore, memory_store, open_store
from registry.errors import Unavailable
from storage.file_keys import FileKeys


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ContentStore:
    return open_store(str(tmp_path / "files")) if request.param == "folder" else memory_store()


def test_a_file_is_found_by_its_digest(store: ContentStore) -> None:
    """I7: a kept file stays retrievable by the digest under which it was signed."""
    content = b"%PDF-1.7 signed"

    sha256 = store.put(content)

    assert sha256 == hashlib.sha256(content).hexdigest()
    assert store.get(sha256) == content


def test_keeping_the_same_bytes_again_changes_nothing(store: ContentStore) -> None:
    first = store.put(b"twice")

    assert store.put(b"twice") == first
    assert store.get(first) == b"twice"


def test_what_was_never_kept_is_missing(store: ContentStore) -> None:
    with pytest.raises(StoredFileMissing, match="不在文件库中"):
        store.get("0" * 64)

    assert not store.has("0" * 64)


def test_an_altered_file_is_not_served(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    sha256 = store.put(b"the notice")
    (tmp_path / sha256[:2] / sha256).write_bytes(b"another notice")

    with pytest.raises(StoredFileDamaged, match="不一致") as refused:
        store.get(sha256)

    assert refused.value.code == "E_STORED_FILE_DAMAGED"


def test_a_second_opening_finds_what_the_first_kept(tmp_path: Path) -> None:
    sha256 = open_store(str(tmp_path)).put(b"kept")

    assert open_store(f"file://{tmp_path}").get(sha256) == b"kept"


PERSON = b"%PDF-1.7 310101199001010011"


def test_a_file_lies_encrypted_under_a_key_of_its_own(tmp_path: Path) -> None:
    """§traces: no identity number can be read where the files lie; equal heads look unlike."""
    store = open_store(str(tmp_path), FileKeys(b"1" * 32))
    first, second = store.put(PERSON), store.put(PERSON + b" again")

    lying = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    assert lying.keys() == {first, second}
    assert all(b"310101" not in stored and b"PDF" not in stored for stored in lying.values())
    assert lying[first][8:] != lying[second][8 : len(lying[first])]
    assert store.get(first) == PERSON


def test_what_lay_open_is_read_and_closed(tmp_path: Path) -> None:
    """A file from before encryption is read as it is, until it is closed by the rotation."""
    sha256 = open_store(str(tmp_path)).put(PERSON)
    store = open_store(str(tmp_path), FileKeys(b"1" * 32))

    assert store.get(sha256) == PERSON
    assert list(store.addresses()) == [sha256]
    assert store.renew_key(sha256)
    assert not store.renew_key(sha256)
    assert PERSON not in store.stored(sha256)
    assert store.get(sha256) == PERSON


def test_the_key_of_the_deployment_is_changed(tmp_path: Path) -> None:
    """The file stays what it is under its own key; only the wrapping is another."""
    sha256 = open_store(str(tmp_path), FileKeys(b"1" * 32)).put(PERSON)
    before = open_store(str(tmp_path)).stored(sha256)
    both = open_store(str(tmp_path), FileKeys(b"2" * 32, b"1" * 32))
    alone = open_store(str(tmp_path), FileKeys(b"2" * 32))

    with pytest.raises(StoredFileLocked, match="ZHUCE_FORMER_FILE_KEYS"):
        alone.get(sha256)
    assert both.get(sha256) == PERSON
    assert both.renew_key(sha256)

    assert alone.get(sha256) == PERSON
    assert both.stored(sha256)[80:] == before[80:]
    with pytest.raises(StoredFileLocked):
        open_store(str(tmp_path), FileKeys(b"1" * 32)).get(sha256)


@pytest.mark.parametrize("place", [5, 12, 30, 70, 85, 100, -1])
def test_an_altered_closed_file_is_not_served(tmp_path: Path, place: int) -> None:
    store = open_store(str(tmp_path), FileKeys(b"1" * 32))
    sha256 = store.put(PERSON)
    path = tmp_path / sha256[:2] / sha256
    stored = bytearray(path.read_bytes())
    stored[place] ^= 1
    path.write_bytes(bytes(stored))

    with pytest.raises((StoredFileDamaged, StoredFileLocked)):
        store.get(sha256)


def test_cut_and_exchanged_files_are_not_served(tmp_path: Path) -> None:
    store = open_store(str(tmp_path), FileKeys(b"1" * 32))
    first, second = store.put(PERSON), store.put(b"another")
    place = tmp_path / first[:2] / first

    place.write_bytes(store.stored(second))
    with pytest.raises(StoredFileDamaged):
        store.get(first)
    place.write_bytes(store.stored(second)[:60])
    with pytest.raises(StoredFileDamaged):
        store.get(first)


def test_an_erased_file_is_gone(store: ContentStore) -> None:
    """J10: erased is erased, and again is no fault."""
    sha256 = store.put(PERSON)

    store.drop(sha256)
    store.drop(sha256)

    assert not store.has(sha256)


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 256 KiB."""
    folder = tmp_path / "narrow"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("a disk of its own cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_leaves_nothing_and_passes(narrow: Path) -> None:
    """What has no room is not half kept; what lies there is read on; with room it is kept."""
    store = open_store(str(narrow))
    small, large = b"small", b"x" * 2**19
    kept = store.put(small)
    (narrow / "ballast").write_bytes(b"x" * 100_000)

    with pytest.raises(Unavailable, match="文件存储暂时无法连接"):
        store.put(large)

    assert set(store.addresses()) == {"ballast", kept}
    assert store.get(kept) == small
    (narrow / "ballast").unlink()
    assert store.get(store.put(b"y" * 100_000)) == b"y" * 100_000


class NoBucket(BaseHTTPRequestHandler):
    """Answers as an object store that has no such bucket."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(404)
        content = b"<Error><Code>NoSuchBucket</Code></Error>"
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_PUT = do_GET  # noqa: N815  # as http.server has it

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_a_bucket_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """To keep something where there is no place is no missing file."""
    with ThreadingHTTPServer(("127.0.0.1", 0), NoBucket) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ours")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "theirs")
        store = open_store("s3://files/here")

        with pytest.raises(Unavailable, match="文件存储暂时无法连接"):
            store.put(PERSON)
        with pytest.raises(Unavailable):
            next(store.addresses(), None)
        server.shutdown()


def test_a_bucket_that_nobody_answers_for_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library alone would try for three minutes while a person waits."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        for name, value in (
            ("AWS_ENDPOINT_URL", address),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "ours"),
            ("AWS_SECRET_ACCESS_KEY", "theirs"),
        ):
            monkeypatch.setenv(name, value)
        store = open_store("s3://files/here")

        for act in (
            lambda: store.put(b"content"),
            lambda: store.get("0" * 64),
            lambda: store.has("0" * 64),
        ):
            with pytest.raises(Unavailable) as refused:
                act()
            assert refused.value.code == "E_SERVICE_DOWN"


STAGES = [b"%PDF printed", b"%PDF printed, signed", b"%PDF printed, signed, stamped"]


@pytest.fixture(params=["folder", "closed folder", "memory"])
def folding(request: pytest.FixtureRequest, tmp_path: Path) -> ContentStore:
    if request.param == "memory":
        return memory_store()
    keys = FileKeys(b"1" * 32) if request.param == "closed folder" else None
    return open_store(str(tmp_path / "files"), keys)


def kept_in_stages(store: ContentStore) -> list[str]:
    """Keep a paper as it was printed, signed and stamped; give the three addresses."""
    return [store.put(content) for content in STAGES]


def fold(store: ContentStore, number: int) -> int:
    """Fold what the paper was before its stage of this number into it."""
    earlier = {hashlib.sha256(content).hexdigest(): len(content) for content in STAGES[:number]}
    return store.fold(earlier, STAGES[number])


def test_what_another_file_begins_with_takes_no_room_and_is_there(folding: ContentStore) -> None:
    """Issue 15: a version is kept as the beginning of the later one, and found by its digest."""
    addresses = kept_in_stages(folding)

    assert fold(folding, 2) == 2

    assert [folding.get(sha256) for sha256 in addresses] == STAGES
    assert all(folding.has(sha256) for sha256 in addresses)
    assert list(folding.addresses()) == [addresses[-1]]
    assert [len(folding.stored(sha256)) for sha256 in addresses[:2]] == [44, 44]


def test_what_is_folded_is_folded_again(folding: ContentStore) -> None:
    """A paper that is stamped anew holds all that was folded into the one before."""
    addresses = kept_in_stages(folding)
    fold(folding, 1)

    folding.fold({addresses[1]: len(STAGES[1])}, STAGES[2])
    assert [folding.get(sha256) for sha256 in addresses] == STAGES
    fold(folding, 2)

    assert [folding.get(sha256) for sha256 in addresses] == STAGES


def test_what_begins_otherwise_stays_whole(folding: ContentStore) -> None:
    """Neither another file nor another length of the same one is given up."""
    printed, signed, _ = kept_in_stages(folding)
    other = folding.put(b"%PDF another")

    folded = folding.fold({other: 12, printed: 11, signed: 10**9}, STAGES[2])

    assert folded == 0
    assert folding.get(other) == b"%PDF another"
    assert len(set(folding.addresses())) == 4


def test_a_folded_file_stands_by_itself_before_the_other_goes(folding: ContentStore) -> None:
    printed, signed, stamped = kept_in_stages(folding)
    fold(folding, 2)

    folding.unfold(printed)
    folding.unfold(printed)
    folding.unfold("0" * 64)
    folding.drop(stamped)
    folding.drop(signed)

    assert folding.get(printed) == STAGES[0]
    assert not folding.has(signed)
    assert list(folding.addresses()) == [printed]


def test_a_folded_file_needs_no_other_key(tmp_path: Path) -> None:
    """Its octets are under the key of the file that it begins."""
    store = open_store(str(tmp_path), FileKeys(b"1" * 32))
    addresses = kept_in_stages(store)
    fold(store, 2)
    both = open_store(str(tmp_path), FileKeys(b"2" * 32, b"1" * 32))

    assert [both.renew_key(sha256) for sha256 in addresses] == [False, False, True]

    alone = open_store(str(tmp_path), FileKeys(b"2" * 32))
    assert [alone.get(sha256) for sha256 in addresses] == STAGES


@pytest.mark.parametrize("change", ["another file", "longer", "itself", "nowhere"])
def test_an_altered_note_is_not_served(tmp_path: Path, change: str) -> None:
    store = open_store(str(tmp_path))
    printed, signed, stamped = kept_in_stages(store)
    other = store.put(b"%PDF another one")
    fold(store, 2)
    note = tmp_path / printed[:2] / f"{printed}.begins"
    there, length = note.read_bytes()[4:36], note.read_bytes()[36:]
    assert there == bytes.fromhex(stamped)
    changed = {
        "another file": bytes.fromhex(other) + length,
        "longer": there + (len(STAGES[1])).to_bytes(8, "big"),
        "itself": bytes.fromhex(printed) + length,
        "nowhere": bytes(32) + length,
    }[change]
    note.write_bytes(b"ZHB1" + changed)

    with pytest.raises((StoredFileDamaged, StoredFileMissing)):
        store.get(printed)

    assert store.get(signed) == STAGES[1]


def test_a_power_cut_while_folding_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The note is on the disk before the file goes; both there are one file."""
    store = open_store(str(tmp_path))
    addresses = kept_in_stages(store)
    monkeypatch.setattr("adapters.file_store.obstore.delete", _cut)

    with pytest.raises(KeyboardInterrupt):
        fold(store, 2)

    assert (tmp_path / addresses[0][:2] / f"{addresses[0]}.begins").is_file()
    assert [open_store(str(tmp_path)).get(sha256) for sha256 in addresses] == STAGES


def _cut(*_: object) -> None:
    raise KeyboardInterrupt
