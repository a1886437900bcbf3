"""docs/api.md: its lines do what it says, run by a shell as they stand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from tests.web.api import program
from tests.web.desk import COMPANY, Desk, pdf
from tests.web.furnished import app, clock, prepared

__all__ = ["app", "clock", "prepared"]
PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.M | re.S)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="no curl, no jq")
def test_every_line_does_what_the_page_says(app: Flask, tmp_path: Path) -> None:
    """The first block names what the reader fills in; all others run in one shell."""
    blocks = [(found[1], found[2]) for found in BLOCK.finditer(PAGE)]
    lines = [text for kind, text in blocks if kind == "sh"][1:]
    Desk(app).comes_as("person-01").fills().signs()
    program.registered(app, "person-02", "S2269900777")
    (tmp_path / "notice.pdf").write_bytes(pdf())
    caller = program.of_enterprise(app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    known = {
        "API": f"http://127.0.0.1:{server.server_port}/api/v1",
        "CLIENT_ID": caller.id,
        "CLIENT_SECRET": caller.secret,
        "PIN": str(COMPANY.pin),
        "PROOF": str(tmp_path / "notice.pdf"),
    }

    try:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(lines)],
            env={**os.environ, **known},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    assert done.returncode == 0, done.stderr
    assert done.stdout == "".join(text for kind, text in blocks if kind == "text")
    assert len(lines) >= 5
    assert all(name in blocks[0][1] for name in known)
