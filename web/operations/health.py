"""For machines: is the process alive, and may it get work."""

from __future__ import annotations

import shutil
import time
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, g, jsonify, request
from sqlalchemy.exc import SQLAlchemyError

from casework.keys import stock
from web.extensions import office, settings
from web.process import figures, wiring
from web.visitors import access

bp = Blueprint("health", __name__)

_FREE_FLOOR_BYTES = 200 * 2**20  #: with less room a commit may soon fail


@bp.get("/healthz")
@access.public
def alive() -> Response:
    """Say that the process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
@access.public
def ready() -> tuple[Response, int]:
    """Say whether this process may get work, and what is missing if not."""
    checks = {
        "database": _database_answers(),
        "schema": _schema_is_current(),
        "disk": _has_room(),
        "clock": office().runner.machine.is_right,
    }
    is_ready = all(checks.values())
    status = "ok" if is_ready else "unready"
    warnings = [*_wrong_clock(), *_late_keys()] if checks["database"] else []
    return jsonify(status=status, checks=checks, warnings=warnings), 200 if is_ready else 503


def install(app: Flask) -> None:
    """Measure every request by its route, never by its address."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        began = g.get("began", time.perf_counter())  # unset when refused before anything ran
        seconds = time.perf_counter() - began
        figures.answered(route, request.method, response.status_code, seconds)
        return response


def _database_answers() -> bool:
    """Tell whether the database is there; it tells its time with it."""
    try:
        with office().sessions() as session:
            office().runner.machine.compare(session)
    except SQLAlchemyError:
        return False
    return True


def _wrong_clock() -> list[str]:
    trouble = office().runner.machine.trouble
    return [trouble] if trouble else []


def _late_keys() -> list[str]:
    """Tell which keys should have been replaced; they stop nothing yet, so we are ready still."""
    try:
        return [trouble.words for trouble in stock.of(office(), office().now()).late]
    except SQLAlchemyError:
        return ["密钥库无法读取，请检查 ZHUCE_KEYS_URL 和数据库服务。"]


def _schema_is_current() -> bool:
    try:
        _require_schema_once(settings().database_url)
    except (SQLAlchemyError, wiring.SchemaBehind):
        return False
    return True


@cache
def _require_schema_once(database_url: str) -> None:
    wiring.require_schema(database_url)


def _has_room() -> bool:
    place = settings().files
    if place.startswith("s3://"):
        return True
    return shutil.disk_usage(Path(place)).free > _FREE_FLOOR_BYTES
