"""Evidence that is posted with a page: the files of a request."""

from __future__ import annotations

from flask import request

from casework.case.evidence import Upload


def uploads_of(name: str = "evidence") -> list[Upload]:
    """Read the files of a request; an empty field is no file."""
    return [
        Upload(file.filename, file.stream.read())
        for file in request.files.getlist(name)
        if file.filename
    ]
