#!/usr/bin/env bash
# One would guess  One interface over a folder, the memory and S3: a key that one store takes, the others take too.
#                  What differs is said when the store is made, or at least for every key of the kind.
# What happens     A key that ends in a number sign and digits, "form#2", is stored in memory and refused by the
#                  folder; "form#2.pdf" and "form#two" pass in both. The folder keeps such names for its own
#                  unfinished files: one that somebody else laid there is not listed at all, as if it were not
#                  there.
# Versions         obstore 0.12.1
# Source           Rust crate object_store, local.rs: is_valid_file_path, and the staging suffix of uploads; seen by
#                  running
# Why it matters   Tests run on the memory store, the authority runs on a folder. Keys made from what people name
#                  their cases ("申请#2") work until somebody numbers one. Keys are hashes, or checked before they are
#                  used.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check obstore==0.12.1
mkdir "$work/folder"
"$work/venv/bin/python" - "$work/folder" <<'PYTHON'
import sys
from importlib.metadata import version
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore

KEYS = {"form": True, "form#2": False, "申请#2": False, "form#2.pdf": True, "form#two": True, "2#": True}
folder, memory = LocalStore(sys.argv[1]), MemoryStore()


def takes(store: ObjectStore, key: str) -> bool:
    try:
        obstore.put(store, key, b"content")
    except BaseError as error:
        assert "trailing" in str(error), error
        return False
    return bytes(obstore.get(store, key).bytes()) == b"content"


def listed(store: ObjectStore) -> set[str]:
    return {entry["path"] for batch in obstore.list(store) for entry in batch}


print("obstore", version("obstore"))
for key, expected in KEYS.items():
    in_memory, in_folder = takes(memory, key), takes(folder, key)
    print(f"{key:11} memory takes it: {in_memory}, folder takes it: {in_folder}")
    assert in_memory and in_folder is expected

assert listed(memory) == set(KEYS)
Path(sys.argv[1], "laid#3").write_bytes(b"content")
print("a file laid#3 in the folder is listed:", "laid#3" in listed(folder))
assert "laid#3" not in listed(folder) and "form#two" in listed(folder)
PYTHON
