"""Pages go out compressed to whoever takes gzip; static files were compressed when they were built.

Compression tells by its length how much of an answer is like what somebody made us put into it
(BREACH). Three things stand against that: cookies are SameSite=Lax, so that no foreign page can ask
for answers of a session by itself; each answer is longer by a random number of bytes; and the token
of forms is another text in each answer (`web.tokens`). What is signed, sealed or uploaded is no
text and goes out as it is.
"""

from __future__ import annotations

import gzip
import io
import secrets

from flask import Flask, Response, request

LEAST = 1_000  #: bytes: what is shorter gains nothing
LEVEL = 1  #: a page a third longer than at best, for a third of the time
MOST_PADDING = 100  #: bytes
_TEXTS = ("text/html", "text/css", "text/csv", "text/plain", "application/json", "image/svg+xml")


def install(app: Flask) -> None:
    """Compress after everything else was done to an answer: called before all that looks at one."""
    app.after_request(_compressed)


def _compressed(response: Response) -> Response:
    if response.mimetype not in _TEXTS or response.is_streamed or response.direct_passthrough:
        return response
    response.vary.add("Accept-Encoding")
    if (
        "Content-Encoding" in response.headers
        or response.status_code in (206, 304)
        or not request.accept_encodings.quality("gzip")
    ):
        return response
    plain = response.get_data()
    if len(plain) >= LEAST:
        response.set_data(_gzipped(plain))
        response.headers["Content-Encoding"] = "gzip"
        if (tag := response.get_etag()[0]) is not None:
            response.set_etag(tag, weak=True)
    return response


def _gzipped(plain: bytes) -> bytes:
    """Compress; the name of the file in the head of the format is the padding."""
    padding = "-" * secrets.randbelow(MOST_PADDING + 1)
    packed = io.BytesIO()
    with gzip.GzipFile(padding, "wb", LEVEL, packed, mtime=0) as file:
        file.write(plain)
    return packed.getvalue()
