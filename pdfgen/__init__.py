"""What it looks like: template and data in, PDF with named signature fields out.

`open_templates` gives the renderer of one version of a registration type. Beside it stand the
checks of what people bring: `charset` (can it be printed?), `uploads` (is this PDF harmless?) and
`portraits` (photo in, photo of the certificate's size out).
"""

from pdfgen.pictures import Qr
from pdfgen.templates import RenderedDocument, Templates, open_templates

__all__ = ["Qr", "RenderedDocument", "Templates", "open_templates"]
