"""Small PDF files with empty signature fields, as pdfgen makes large ones."""

from __future__ import annotations

import io
import random
from collections.abc import Mapping

import pikepdf
from pyhanko.pdf_utils.generic import NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec

BOXES = {
    "applicant": (330, 90, 480, 150),
    "enterprise": (60, 60, 180, 180),
    "agency": (380, 60, 500, 180),
}

LOCKS_ALL = FieldMDPSpec(FieldMDPAction.ALL)
LOCKS_ONE = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=["applicant"])


def page(text: str = "form", padding: int = 0) -> bytes:
    """Make a one-page file; `padding` bytes of noise make it as large as a real one."""
    pdf = pikepdf.new()
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    sheet = pdf.add_blank_page(page_size=(595, 842))
    sheet.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
    sheet.Contents = pdf.make_stream(f"BT /F 24 Tf 72 700 Td ({text}) Tj ET".encode())
    if padding:
        pdf.Root.Padding = pdf.make_stream(random.Random(1).randbytes(padding))
    output = io.BytesIO()
    pdf.save(output, deterministic_id=True)
    return output.getvalue()


def with_fields(
    pdf: bytes,
    *names: str,
    lock: bool = True,
    locks: FieldMDPSpec = LOCKS_ALL,
    permits: MDPPerm | None = MDPPerm.NO_CHANGES,
    boxes: Mapping[str, tuple[int, int, int, int]] = BOXES,
) -> bytes:
    """Add empty signature fields; the enterprise's locks what `locks` says and then `permits`."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    for name in names:
        locked = lock and name == "enterprise"
        spec = SigFieldSpec(
            name,
            box=boxes[name],
            field_mdp_spec=locks if locked else None,
            doc_mdp_update_value=permits if locked else None,
        )
        fields.append_signature_field(writer, spec)
    writer.root["/AcroForm"]["/SigFlags"] = NumberObject(3)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def application(text: str = "form", padding: int = 0) -> bytes:
    """Make an application form: empty fields of the applicant and the enterprise."""
    return with_fields(page(text, padding), "applicant", "enterprise")


def notice(text: str = "notice") -> bytes:
    """Make a notice: the empty field of the agency."""
    return with_fields(page(text), "agency")


def in_streams(pdf: bytes) -> bytes:
    """Save a file with another program, its objects in streams."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(output, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return output.getvalue()
