"""What it looks like: template and data in, PDF with named signature fields out.

`open_templates` gives the renderer of one version of a registration type. Beside it stand the
checks of what people bring: `charset` (can it be printed?), `uploads` (is this PDF harmless?) and
`portraits` (photo in, photo of the certificate's size out).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pdfgen.pictures import Qr
    from pdfgen.templates import RenderedDocument, Templates, open_templates

__all__ = ["Qr", "RenderedDocument", "Templates", "open_templates"]


def __getattr__(name: str) -> Any:
    """Load Typst when somebody sets a document: who only reads templates goes without."""
    if name not in __all__:
        raise AttributeError(name)
    from pdfgen import pictures, templates

    return pictures.Qr if name == "Qr" else getattr(templates, name)
