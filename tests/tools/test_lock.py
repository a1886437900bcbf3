"""What `make` installs: one version of each package, known by its hashes (`requirements/`)."""

from __future__ import annotations

import configparser
import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
ENTRY = re.compile(r"^(\S+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M)
GROUPS = ("build", "test", "bench")
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
        assert present[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_make_installs_by_the_lock_alone() -> None:
    """Each line that installs asks for hashes, or installs ourselves without anything else."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    installing = re.findall(r"^\t@\$\((?:INSTALL|LOCKED)\).*|^.*pip install.*", makefile, re.M)
    assert installing
    for line in installing:
        is_named = line.startswith(("INSTALL", "LOCKED"))
        by_hash = line.startswith("\t@$(LOCKED) -r requirements/")
        ourselves = "--no-deps --no-build-isolation --editable ." in line
        assert is_named or by_hash or ourselves or "pip-tools" in line, line


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
