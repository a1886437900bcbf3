"""Append to a PDF and change nothing else in it."""

from __future__ import annotations

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter


class Increment(IncrementalPdfFileWriter):
    """A writer that leaves the metadata alone: written anew by pyHanko, they are no longer PDF/A.

    Who signed and when is in the signature; the document stays what its maker said it is. Writing
    XMP anew would also take half of the time of a signature.
    """

    def _update_meta(self) -> None:
        """Keep XMP and Info as they are."""
