"""Containerfile and compose file: no engine runs them here, so each word is held against ours."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import click
import yaml

from tests.docs.test_operations import PAGE
from web import fitness
from web.cli import zhuce
from web.settings import Settings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs/operations"
CONTAINER = (FOLDER / "Containerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
OURS = {name: told for name, told in COMPOSE["services"].items() if told["image"] == "zhuce"}
SETTINGS = {f"ZHUCE_{field.name.upper()}" for field in fields(Settings)}


def instructions(word: str) -> list[str]:
    """Give what stands behind an instruction, each time, its lines in one."""
    joined = CONTAINER.replace("\\\n", " ")
    return re.findall(rf"^{word} (.*)$", joined, re.M)


def the_env_file() -> dict[str, str]:
    """Give the settings that chapter 3 of the page writes."""
    written = re.search(r"cat > zhuce.env <<END\n(.*?)\nEND", PAGE, re.S)
    assert written
    return dict(line.split("=", 1) for line in written[1].splitlines())


def test_every_command_is_one_of_ours() -> None:
    """Read by the command line itself: another name or option would be refused."""
    started = [cast("list[str]", told["command"]) for told in OURS.values()]
    started.append(yaml.safe_load(instructions("CMD")[0]))
    assert yaml.safe_load(instructions("ENTRYPOINT")[0]) == ["zhuce"]

    for words in started:
        with click.Context(zhuce) as above:
            name, command, rest = zhuce.resolve_command(above, list(words))
            assert command is not None
            command.make_context(name, rest, parent=above)
    assert {words[0] for words in started} == {"serve", "worker", "token"}


def test_every_variable_is_a_setting() -> None:
    named = {
        variable
        for told in OURS.values()
        for variable in told["environment"]
        if variable.startswith("ZHUCE_")
    }
    named |= {words.partition("=")[0] for words in instructions("ENV")} - {"PATH"}
    named |= {name for name in the_env_file() if name.startswith("ZHUCE_")}

    assert named <= SETTINGS
    assert all(told["env_file"] == "zhuce.env" for told in OURS.values())


def test_what_compose_changes_is_fit_for_production() -> None:
    """With the file of the page and the places of the containers the service may start."""
    random = iter("abcdefgh")
    given = {
        name: re.sub(r"\$\(.*\)", lambda _: f"Zx8vN2cR7mK4tY1wQ6pL9sD3fH5jG0{next(random)}=", value)
        for name, value in the_env_file().items()
    }
    for told in OURS.values():
        places = {name: str(value) for name, value in told["environment"].items()}
        settings = Settings.from_environment(given | places, checked=False)
        faults = {fault.variable for fault in fitness.faults(settings)}
        assert faults <= {"ZHUCE_TIME_STAMPS_CHAIN"}  # the file is the operator's


def test_ports_are_those_of_the_units() -> None:
    [published] = OURS["pages"]["ports"]
    assert published == "127.0.0.1:8000:8000"  # for the proxy of the host alone
    assert "server 127.0.0.1:8000;" in (FOLDER / "nginx.conf").read_text("utf-8")
    assert [name for name in OURS if "ports" in OURS[name]] == ["pages"]
    metrics = the_env_file()["ZHUCE_METRICS_PORT"]
    assert instructions("EXPOSE") == [f"8000 {metrics} 9465"]
    unit = (FOLDER / "zhuce-worker.service").read_text("utf-8")
    assert " ".join(OURS["worker"]["command"]) in unit


def test_every_path_that_is_written_lies_on_a_volume() -> None:
    """The containers are read-only; what two of them share is mounted in both."""
    for told in OURS.values():
        assert told["read_only"] is True
        mounted = [volume.split(":")[1] for volume in told["volumes"]]
        places = told["environment"]
        for variable in ("ZHUCE_CHECKPOINTS", "ZHUCE_TOKEN_SOCKET"):
            assert any(str(places[variable]).startswith(path) for path in mounted)
        for variable in ("ZHUCE_DATABASE_URL", "ZHUCE_KEYS_URL"):
            assert places[variable].rpartition("host=")[2] in mounted
        chain = the_env_file()["ZHUCE_TIME_STAMPS_CHAIN"]
        assert f"{instructions('WORKDIR')[-1]}/{chain}" in mounted
    named = {
        volume.split(":")[0]
        for told in COMPOSE["services"].values()
        for volume in told["volumes"]
        if not volume.startswith(".")
    }
    assert named == set(COMPOSE["volumes"])


def test_the_image_holds_what_make_builds_and_runs_as_nobody_special() -> None:
    assert instructions("USER") == ["zhuce"]
    makes = [words for words in instructions("RUN") if words.startswith("make ")]
    [words] = [shlex.split(words) for words in makes]
    assert words[1:4] == ["setup", "assets", "fonts"]
    extras = words[4].removeprefix("EXTRAS=").split()
    assert all((ROOT / "requirements" / f"{extra}.txt").exists() for extra in extras)
    kept = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert {".git", ".venv", "var"} <= set(kept)
