"""Files are kept by content and never overwritten."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from adapters.errors import StoredFileDamaged, StoredFileMissing
from adapters.file_store import ContentStore, memory_store, open_store


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
