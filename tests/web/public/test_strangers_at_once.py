"""Files of strangers that take long, and everybody else meanwhile: the server as it serves."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from flask import Flask
from waitress import wasyncore

from ofd import package
from signing.judging import apart
from tests.signing import files
from web.serving import Process

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GIVE_UP_S = 60.0  #: so that a fault ends the test; nothing is measured


@dataclass
class Gate:
    """Before the examiner: each file says that it is there, and waits until the gate opens."""

    put = staticmethod(apart._put)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    open: threading.Event = field(default_factory=threading.Event)

    def hold(self, *question: object) -> bytes:
        self.arrived.release()
        assert self.open.wait(GIVE_UP_S)
        return self.put(*question)  # type: ignore[arg-type]  # handed on as it came


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made, examiners = Gate(), apart._Examiners()
    monkeypatch.setattr(apart, "_put", made.hold)
    monkeypatch.setattr(apart, "_EXAMINERS", examiners)
    yield made
    made.open.set()
    examiners.close()


@contextmanager
def served(app: Flask, threads: int) -> Iterator[httpx.Client]:
    """Serve with so many threads, as `make run` does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = Process(app, listener, threads)
        thread = threading.Thread(target=process.run)
        thread.start()
        try:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with httpx.Client(base_url=address, timeout=GIVE_UP_S) as client:
                yield client
        finally:
            process.stop()
            thread.join(GIVE_UP_S)
            wasyncore.close_all(process._server._map)


#: A file of nobody in each form, and what is said of it in the end.
FILES = {
    "file.pdf": (files.notice, "文件中没有电子签名"),
    "file.ofd": (lambda: package.pack({"OFD.xml": b"<ofd/>"}), "不是可以读取的OFD"),
}


def upload(client: httpx.Client, name: str) -> httpx.Response:
    content, _ = FILES[name]
    return client.post("/verify", files={"file": (name, content(), "application/octet-stream")})


@pytest.mark.proves("F:verification-7")
@pytest.mark.parametrize(
    ("threads", "places", "name"),
    [(4, 2, "file.pdf"), (4, 2, "file.ofd"), (2, 1, "file.pdf")],
)
def test_four_files_that_take_long_hold_up_no_other_page(
    app: Flask, gate: Gate, threads: int, places: int, name: str
) -> None:
    """Those that are examined wait for as long as it takes; everybody else is answered."""
    with served(app, threads) as client, ThreadPoolExecutor(places) as pool:
        try:
            held = [pool.submit(upload, client, name) for _ in range(places)]
            for _ in held:
                assert gate.arrived.acquire(timeout=GIVE_UP_S)

            refused = [upload(client, name) for _ in range(4 - places)]
            pages = [client.get(page) for page in ("/", "/verify", "/healthz", "/verify/0")]

            assert not any(answer.done() for answer in held)
            for told in refused:
                assert (told.status_code, told.headers["retry-after"]) == (503, "2")
                assert "正在查验的文件较多" in told.text
            assert [page.status_code for page in pages] == [200, 200, 200, 404]
        finally:
            gate.open.set()
        for answer in held:
            assert FILES[name][1] in answer.result(GIVE_UP_S).text
        assert FILES[name][1] in upload(client, name).text  # a place is free again
