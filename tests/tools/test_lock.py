"""What `make` installs: one version of each package, known by its hashes (`requirements/`)."""

from __future__ import annotations

import configparser
import hashlib
import os
import re
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import install
from tools.install import HEAD

ROOT = Path(__file__).parents[2]
ENTRY = re.compile(
    r"^([\w.-]+)==([^ ;]+)(.*) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M
)
GROUPS = ("build", "otel", "pkcs11", "test", "bench", "tools")
#: Copyleft of whole works; the LGPL is imported, not linked into (docs/dependencies.md).
REFUSED = re.compile(r"\bA?GPL|GNU (Affero )?General", re.I)


def locked(group: str) -> dict[str, str]:
    """Give the versions of a file by name; nothing stands in it that is not one with hashes."""
    text = (ROOT / "requirements" / f"{group}.txt").read_text("utf-8")
    assert re.sub(r"^#.*\n", "", ENTRY.sub("", text), flags=re.M) == ""
    return {match[1]: match[2] for match in ENTRY.finditer(text)}


def wanted(group: str) -> list[Requirement]:
    """Give the ranges of setup.cfg that a file must meet."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    text = config["options.extras_require"][group]
    if group == "build":
        text += config["options"]["install_requires"]
    lines = (line.strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("group", GROUPS)
def test_the_lock_meets_every_range(group: str) -> None:
    """A range that was changed without `make lock` is told here and not on another machine."""
    present = {
        name: version
        for before in GROUPS[: GROUPS.index(group) + 1]
        for name, version in locked(before).items()
    }
    for requirement in wanted(group):
        name = canonicalize_name(requirement.name)
        assert name in present, f"{requirement}: run make lock"
        assert present[name] in requirement.specifier, f"{requirement}: run make lock"


def test_make_installs_by_the_lock_alone() -> None:
    """What calls pip in the Makefile installs ourselves alone, or writes the lock."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    ourselves, writer = re.findall(r"^.*pip install.*$", makefile, re.M)
    assert ourselves.endswith("--no-deps --no-build-isolation --editable .")
    assert "uv>" in writer
    installing = re.findall(r"\$\((?:TOOLS_)?LOCKED\) (.+)", makefile)
    assert installing
    for line in installing:  # each on top of those before it
        assert line.split() == list(GROUPS[: len(line.split())]) or line == "build tools", line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a lock of one package, and an index that offers it."""
    wheel = tmp_path / "index" / "one-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr(
            "one-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: one\nVersion: 1.0\n"
        )
        file.writestr("one-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr("one-1.0.dist-info/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    mine = f"{sys.version_info[0]}.{sys.version_info[1]}"
    text = f"{HEAD}{mine}\none==1.0 \\\n    --hash=sha256:{digest}\n"
    (tmp_path / "build.txt").write_text(text, "utf-8")
    return tmp_path


def installing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """Install that lock from that index, without leaving anything behind."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder / "index"))
    monkeypatch.setenv("PIP_DRY_RUN", "1")
    return install.main(["build"], folder)


def test_what_the_lock_knows_is_installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert installing(folder, monkeypatch) is None


def test_a_file_that_was_exchanged_is_refused_with_the_remedy(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(next((folder / "index").iterdir()), "a") as file:
        file.writestr("one.py", "")

    said = installing(folder, monkeypatch)

    assert said == install.OTHER_FILE
    assert "make lock" in said


def test_a_version_that_is_gone_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    next((folder / "index").iterdir()).unlink()

    assert installing(folder, monkeypatch) == install.NOT_FETCHED


def test_a_python_that_the_lock_does_not_know_is_told_before_anything_is_made() -> None:
    said = install.refusal("3.99", install.FOLDER)

    assert said is not None
    assert "written for Python 3.11, 3.12" in said
    assert "this is Python 3.99" in said
    assert "make lock" in said
    assert install.refusal("3.11", install.FOLDER) is None


def test_what_runs_is_licensed_so_that_everybody_may_use_it() -> None:
    """No package under the GPL or AGPL is installed to run or build the service."""
    for name in locked("build"):
        try:
            facts = metadata(name)
        except PackageNotFoundError:  # for another platform
            continue
        said = [facts.get("License-Expression") or "", *(facts.get_all("Classifier") or [])]
        licences = [text for text in said if text.startswith("License ::") or text == said[0]]
        text = " ".join(licences).replace("LGPL", "").replace("GNU Lesser General", "")
        assert not REFUSED.search(text), (name, licences)
