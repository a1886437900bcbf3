"""Put into every process of a measured service by its PYTHONPATH; knows SQLAlchemy and Flask alone.

BENCH_ROOT: modules come from this folder only, not from an installation of another revision.
BENCH_COUNTS: a file that gets a line of JSON for each answered request (`method`, `path`,
`statements`, `checkouts`, `application_reads`, `texts`) and for each statement of other threads.
"""

import os
import sys
from contextvars import ContextVar

if "BENCH_ROOT" in os.environ:
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if "editable" not in getattr(finder, "__module__", "")
    ]


def _count(path: str) -> None:
    import json
    import re
    from typing import Any

    from flask import Flask
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from sqlalchemy.pool import Pool

    about: ContextVar[dict[str, Any] | None] = ContextVar("about", default=None)
    not_counted = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK|PRAGMA|SAVEPOINT|RELEASE)", re.IGNORECASE)
    of_application = re.compile(
        r"\s*SELECT\b.*?\bFROM application\s+WHERE application\.id = ", re.DOTALL
    )
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(line: dict[str, Any]) -> None:
        os.write(file, json.dumps(line).encode() + b"\n")

    def statement(_c: Any, _u: Any, text: str, values: Any, *_: Any) -> None:
        if not_counted.match(text):
            return
        line = about.get()
        if line is None:
            write({"background": text.split("\n")[0][:80]})
            return
        line["statements"] += 1
        line["application_reads"] += bool(of_application.match(text))
        line["texts"].append(f"{' '.join(text.split())} {values!r}")

    def checkout(*_: Any) -> None:
        line = about.get()
        if line is not None:
            line["checkouts"] += 1

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Pool, "checkout", checkout)
    answer = Flask.wsgi_app

    def counted(app: Flask, environ: Any, start_response: Any) -> Any:
        line = {
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"],
            "statements": 0,
            "checkouts": 0,
            "application_reads": 0,
            "texts": [],
        }
        token = about.set(line)
        try:
            return answer(app, environ, start_response)
        finally:
            about.reset(token)
            write(line)

    Flask.wsgi_app = counted  # type: ignore[method-assign]


if "BENCH_COUNTS" in os.environ:
    _count(os.environ["BENCH_COUNTS"])
