"""What a request brings, read before any page sees it: whatever page, whatever field.

Every text of a form or an address passes `registry.readings.text`; a page that knows more of its
field (a number, a day, a name) reads it further with the function of that kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any

from flask import Request
from werkzeug.datastructures import FileStorage, ImmutableMultiDict, MultiDict
from werkzeug.exceptions import BadRequest

from registry import readings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Entries(ImmutableMultiDict[str, Any]):
    """The entries of a form or an address, each text read as what people write; files as sent.

    A file that is typed as text, blank by blank, is found in `as_sent`.
    """

    def __init__(self, mapping: Any = None) -> None:
        sent = MultiDict(mapping) if mapping is not None else MultiDict[str, Any]()
        self.as_sent = sent
        super().__init__([(name, _read(value)) for name, value in sent.items(multi=True)])


def _read(value: Any) -> Any:
    return readings.text(value) if isinstance(value, str) else value


class ReadRequest(Request):
    """A request whose texts are read, and whose body is whole."""

    parameter_storage_class = Entries

    def __init__(self, environ: WSGIEnvironment, *args: Any, **more: Any) -> None:
        """Compare the body with the length that was announced.

        A server that ends the body itself (`wsgi.input_terminated`) ends one that was cut on its
        way too, and a form would arrive empty; without its word werkzeug counts, and a body that
        is too short is a bad request (400).
        """
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)
        self._uploads: list[IO[bytes]] = []
        super().__init__(environ, *args, **more)

    def bring(self, files: Iterable[FileStorage]) -> None:
        """Add files that were kept of an earlier request, as if this one had brought them."""
        brought = [(str(file.name), file) for file in files if str(file.name) not in self.files]
        self.files = Entries([*self.files.items(multi=True), *brought])

    def _get_file_stream(self, *args: Any, **more: Any) -> IO[bytes]:
        """Note where a file goes: one whose form breaks off never comes to `files`."""
        upload = super()._get_file_stream(*args, **more)
        self._uploads.append(upload)
        return upload

    def _load_form_data(self) -> None:
        """Refuse NUL in a form (400): nobody can type it, and no database keeps it."""
        super()._load_form_data()
        if any("\0" in text for entry in self.form.items(multi=True) for text in entry):
            raise BadRequest

    def close(self) -> None:
        """Close what was opened for the files, whatever became of the form."""
        super().close()
        for upload in self._uploads:
            upload.close()
