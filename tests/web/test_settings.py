"""Settings are checked once, and a wrong one says which variable to mend."""

from __future__ import annotations

import socket
from dataclasses import fields
from pathlib import Path

import pytest

from adapters.keys.authority_twin import AuthorityTwin
from adapters.systems import ASKED, System
from web.process import outside, wiring
from web.settings import OUTSIDE, AcceptanceMode, Profile, Settings, SettingsError

SECRET = "s" * 32
PRODUCTION = {
    "ZHUCE_PROFILE": "production",
    "ZHUCE_SECRET": "MHbQJ0i2cVYxw4ZrFtDdNkE1oKs8PAlu7G3yXeLqTgI=",
    "ZHUCE_REGISTER_KEY": "tUhQ8h0dXk1E5p4x2bq0fC5mVnJ3rW7yGzA6sLoKQnI=",
    "ZHUCE_SIGNING_KEY": "Zx8vN2cR7mK4tY1wQ6pL9sD3fH5jG0aB8eU2iO7kXrE=",
    "ZHUCE_SESSION_KEY": "pW3rT9yU1iO5aS7dF2gH4jK6lZ8xC0vB3nM5qWeRtYo=",
    "ZHUCE_FILE_KEY": "kJ8hG6fD4sA2pO0iU7yT5rE3wQ1mN9bV8cX6zL4kHgF=",
    "ZHUCE_DATABASE_URL": "postgresql+psycopg://db/zhuce?sslmode=verify-full",
    "ZHUCE_KEYS_URL": "postgresql+psycopg://db/keys?sslmode=verify-full",
    "ZHUCE_BASE_URL": "https://zhuce.example",
    "ZHUCE_DEMO": "0",
    "ZHUCE_CONTACT": "021-23110000",
    "ZHUCE_PORTAL_ISSUER": "https://portal.example",
    "ZHUCE_PORTAL_SECRET": "theirs",
    "ZHUCE_ENTERPRISE_REGISTER_URL": "https://enterprises.example",
    "ZHUCE_QUALIFICATION_REGISTER_URL": "https://qualifications.example",
    "ZHUCE_REAL_NAME_URL": "https://persons.example",
    "ZHUCE_SMS_URL": "https://sms.example",
    "ZHUCE_ENTERPRISE_QUALIFICATIONS_URL": "https://qualified.example",
    "ZHUCE_CERTIFICATE_STORE_URL": "https://store.example",
    "ZHUCE_OUTSIDE_TOKEN": "ours",
    "ZHUCE_PROXIES": "1",
    "ZHUCE_CHECKPOINTS": "/mnt/checkpoints",
    "ZHUCE_AUTHORITY": "embedded",
}


def test_nothing_set_gives_the_embedded_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    settings = Settings.from_environment({})

    assert settings.profile is Profile.EMBEDDED
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.acceptance_mode is AcceptanceMode.RISK_BASED


def test_the_embedded_secret_is_made_once_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    first, second = Settings.from_environment({}), Settings.from_environment({})

    assert first.secret == second.secret
    assert (tmp_path / "var/secret").stat().st_mode & 0o077 == 0
    assert first.secret not in repr(first)


def test_every_setting_is_described() -> None:
    described = (Path(__file__).parents[2] / "docs/settings.md").read_text("utf-8")

    for field in fields(Settings):
        assert f"`ZHUCE_{field.name.upper()}`" in described


def test_the_port_is_part_of_the_default_address() -> None:
    settings = Settings.from_environment({"ZHUCE_SECRET": SECRET, "ZHUCE_PORT": "8123"})

    assert settings.base_url == "http://127.0.0.1:8123"


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")

    settings = Settings.from_environment({"ZHUCE_SECRET_FILE": str(tmp_path / "secret")})

    assert settings.secret == SECRET


def test_keys_of_different_purposes_differ() -> None:
    settings = Settings(secret=SECRET)

    assert settings.key("vault") != settings.key("kek")
    assert settings.key("vault") == Settings(secret=SECRET).key("vault")


def test_production_starts_when_everything_is_named() -> None:
    assert Settings.from_environment(PRODUCTION).is_https


@pytest.mark.proves("J8")
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ZHUCE_DATABASE_URL", "sqlite:///var/zhuce.db"),
        ("ZHUCE_KEYS_URL", "sqlite:///var/keys.db"),
        ("ZHUCE_BASE_URL", "http://zhuce.example"),
        ("ZHUCE_DEMO", "1"),
        ("ZHUCE_CONTACT", ""),
        ("ZHUCE_PORTAL_ISSUER", ""),
        ("ZHUCE_PORTAL_SECRET", ""),
        ("ZHUCE_ENTERPRISE_REGISTER_URL", ""),
        ("ZHUCE_QUALIFICATION_REGISTER_URL", "http://qualifications.example"),
        ("ZHUCE_REAL_NAME_URL", ""),
        ("ZHUCE_SMS_URL", ""),
        ("ZHUCE_ENTERPRISE_QUALIFICATIONS_URL", "http://qualified.example"),
        ("ZHUCE_CERTIFICATE_STORE_URL", ""),
        ("ZHUCE_OUTSIDE_TOKEN", ""),
        ("ZHUCE_SECRET", ""),
        ("ZHUCE_SECRET", "s" * 40),
        ("ZHUCE_OUTSIDE_TOKEN", "theirs"),
        ("ZHUCE_METRICS_TOKEN", "ours"),
        ("ZHUCE_KEYS_URL", "postgresql+psycopg://other@db/zhuce?sslmode=verify-full"),
        ("ZHUCE_PROXIES", "0"),
        ("ZHUCE_CHECKPOINTS", ""),
        ("ZHUCE_AUTHORITY", ""),
        ("ZHUCE_AUTHORITY", "ours"),
        ("ZHUCE_AUTHORITY", "http://ca.example"),
        ("ZHUCE_AUTHORITY", "https://zhuce.example"),
        ("ZHUCE_TIME_STAMPS_URL", "http://time.example"),
        ("ZHUCE_TIME_STAMPS_URL", "https://time.example"),  # and nobody says whom to believe
        ("ZHUCE_TOKEN_PIN", "ours"),
        ("ZHUCE_SECOND_FACTOR", "optional"),
        ("ZHUCE_PORTAL_ISSUER", "http://portal.example"),
        ("ZHUCE_PORTAL_ISSUER", "https://zhuce.example"),
        ("ZHUCE_SMS_URL", "https://zhuce.example/twins/sms"),
        ("ZHUCE_METRICS_PORT", "8000"),
        ("ZHUCE_METRICS_PORT", "70000"),
        ("ZHUCE_DATABASE_URL", "postgresql+psycopg://zhuce@db/zhuce"),
        ("ZHUCE_KEYS_URL", "postgresql+psycopg://zhuce@db/keys?sslmode=require"),
    ],
)
def test_production_refuses_what_is_only_good_for_one_host(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        Settings.from_environment(PRODUCTION | {variable: value})


def test_an_authority_outside_needs_chains_and_a_password(tmp_path: Path) -> None:
    """Instead of `embedded` its address, over https; who is believed stands in the settings."""
    AuthorityTwin(tmp_path, "https://ca.example", wiring.utc_now).close()
    given = PRODUCTION | {
        "ZHUCE_AUTHORITY": "https://ca.example/",
        "ZHUCE_AUTHORITY_CHAINS": str(tmp_path),
        "ZHUCE_AUTHORITY_SECRET": "zhuce:as-the-authority-gave-it",
    }

    assert Settings.from_environment(given).authority == "https://ca.example"

    for variable, value in (
        ("ZHUCE_AUTHORITY", "http://ca.example"),
        ("ZHUCE_AUTHORITY", "https://zhuce.example"),
        ("ZHUCE_AUTHORITY_CHAINS", ""),
        ("ZHUCE_AUTHORITY_CHAINS", str(tmp_path / "nowhere")),
        ("ZHUCE_AUTHORITY_SECRET", ""),
        ("ZHUCE_AUTHORITY_SECRET", "zhuce"),
        ("ZHUCE_AUTHORITY_CLIENT", str(tmp_path / "personal.pem")),  # it has no key
    ):
        with pytest.raises(SettingsError, match=variable):
            Settings.from_environment(given | {variable: value})

    own_again = {"ZHUCE_AUTHORITY": "embedded", "ZHUCE_AUTHORITY_CHAINS": str(tmp_path)}
    settings = Settings.from_environment(PRODUCTION | own_again)
    assert outside.issuing(settings) is None
    former = outside.former(settings)
    assert former is not None  # what it issued is vouched for
    former.close()
    (tmp_path / "agency.pem").unlink()
    with pytest.raises(SettingsError, match="ZHUCE_AUTHORITY_CHAINS"):
        Settings.from_environment(PRODUCTION | own_again)


def test_everything_wrong_is_told_at_once() -> None:
    """Who sets up a service reads one list, not one line after each start."""
    wrong = {"ZHUCE_DEMO": "1", "ZHUCE_PROXIES": "0", "ZHUCE_CONTACT": "021-00000000"}

    with pytest.raises(SettingsError) as told:
        Settings.from_environment(PRODUCTION | wrong)

    lines = str(told.value).splitlines()
    assert {line.split()[0] for line in lines} == set(wrong)


def test_figures_beyond_this_machine_are_for_who_brings_a_token() -> None:
    far = PRODUCTION | {"ZHUCE_METRICS_PORT": "9464", "ZHUCE_METRICS_HOST": "0.0.0.0"}

    with pytest.raises(SettingsError, match="ZHUCE_METRICS_TOKEN is missing"):
        Settings.from_environment(far)

    token = "m7Qk2vXrT9sBnLw4ZpYc6HdJ8fGaE1uR"
    assert Settings.from_environment(far | {"ZHUCE_METRICS_TOKEN": token}).metrics_port == 9464


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_the_embedded_service_listens_here_only_unless_told_twice(host: str) -> None:
    """There everybody may sign in as anybody."""
    given = {"ZHUCE_SECRET": SECRET, "ZHUCE_HOST": host}

    with pytest.raises(SettingsError, match="ZHUCE_OPEN_TO_ALL=1"):
        Settings.from_environment(given)

    assert Settings.from_environment(given | {"ZHUCE_OPEN_TO_ALL": "1"}).host == host
    for own in ("127.0.0.1", "::1", "localhost"):
        assert Settings.from_environment(given | {"ZHUCE_HOST": own}).host == own


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ZHUCE_PORT", "many"),
        ("ZHUCE_DATABASE_URL", "postgresql://db/zhuce"),  # of another driver
        ("ZHUCE_KEYS_URL", "mysql://db/keys"),
        ("ZHUCE_OUTSIDE_TOKEN_FILE", "/nowhere/at/all"),
        ("ZHUCE_PORT", "70000"),
        ("ZHUCE_PORT", "0"),
        ("ZHUCE_PROXIES", "-1"),
        ("ZHUCE_PROFILE", "test"),
        ("ZHUCE_DEMO", "perhaps"),
        ("ZHUCE_SECRET", "short"),
        ("ZHUCE_THREADS", "1"),
        ("ZHUCE_PROCESSES", "0"),
        ("ZHUCE_BASE_URL", "127.0.0.1:8000/app"),
        ("ZHUCE_ACCEPTANCE_MODE", "SOMETIMES"),
        ("ZHUCE_SEAL_VERSION", "1"),
        ("ZHUCE_SEAL_VERSION", "6"),
        ("ZHUCE_SEAL_VERSION", "new"),
        ("ZHUCE_SECOND_FACTOR", "no"),
    ],
)
def test_a_wrong_value_names_its_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        Settings.from_environment({"ZHUCE_SECRET": SECRET} | {variable: value})


@pytest.mark.parametrize("setting", OUTSIDE)
def test_an_address_outside_is_an_address(setting: str) -> None:
    """A word without a scheme would fail only when somebody waits for the answer."""
    variable = f"ZHUCE_{setting.upper()}"
    given = {"ZHUCE_SECRET": SECRET, variable: "registry.example/api"}

    with pytest.raises(SettingsError, match=f"{variable} must begin with https://"):
        Settings.from_environment(given)

    known = given | {variable: "http://127.0.0.1:8100/sms", "ZHUCE_OUTSIDE_TOKEN": "ours"}
    read = Settings.from_environment(known)
    assert getattr(read, setting) == "http://127.0.0.1:8100/sms"


def test_each_system_has_a_setting() -> None:
    """Twins, clients and settings speak of the same systems."""
    assert {system.setting for system in ASKED} == set(OUTSIDE)
    assert {field.name for field in fields(Settings)} > {system.setting for system in System}


def test_a_port_in_use_is_told_with_the_remedy() -> None:
    """Two servers would share the port and answer in turn, each out of its own database."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(wiring.PortTaken, match=f"{port} 已被占用.*ZHUCE_PORT={port + 1}"):
            wiring.bind_port(Settings(secret=SECRET, port=port))

    wiring.bind_port(Settings(secret=SECRET, port=port)).close()
    with pytest.raises(wiring.CannotServe, match="ZHUCE_HOST"):
        wiring.bind_port(Settings(secret=SECRET, host="203.0.113.1", open_to_all=True))


@pytest.mark.proves("F:outside-3")
@pytest.mark.parametrize("token", ["", "line\nend", "汉字", "a blank"])
def test_an_outside_system_without_a_token_that_can_be_sent_is_refused_at_start(
    token: str, tmp_path: Path
) -> None:
    """Every call would fail: say so before anybody waits for an answer."""
    with pytest.raises(SettingsError, match="ZHUCE_OUTSIDE_TOKEN"):
        Settings(
            secret="s" * 32,
            enterprise_register_url="https://register.example",
            outside_token=token,
            files=str(tmp_path),
        )


@pytest.mark.parametrize("purpose", ["REGISTER", "SIGNING", "SESSION", "FILE"])
def test_each_purpose_has_a_secret_of_its_own_long_and_random(purpose: str) -> None:
    """It is refused as a weak secret is; several stand in the former ones alone, none twice."""
    key, former = f"ZHUCE_{purpose}_KEY", f"ZHUCE_FORMER_{purpose}_KEYS"
    other = "ZHUCE_FILE_KEY" if purpose != "FILE" else "ZHUCE_SIGNING_KEY"
    for given in (
        {key: ""},
        {key: "short"},
        {former: f"{SECRET},short"},
        {former: f"{PRODUCTION[key][::-1]},{SECRET}"},
        {key: f"{SECRET},{SECRET}"},
        {key: "a" * 40},
        {key: PRODUCTION["ZHUCE_SECRET"]},
        {former: PRODUCTION[other]},
        {former: PRODUCTION[key]},
    ):
        names = f"ZHUCE_(FORMER_)?({purpose}|{other.split('_')[1]})_KEYS?"
        with pytest.raises(SettingsError, match=names):
            Settings.from_environment(PRODUCTION | given)
    Settings.from_environment(PRODUCTION | {former: PRODUCTION[key][::-1]})
