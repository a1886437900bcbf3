"""What a cheat can do: sign with keys that should not, and change files after signing."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from datetime import timedelta

import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp

from signing import Signatures
from signing.database import writing
from signing.der import CmsTemplate
from signing.keys import profiles
from signing.keys.authority import ROOT, Clock
from signing.keys.custody import Signer
from signing.keys.profiles import Addresses, CertificateProfile, Issuer
from signing.making import pades
from signing.outside.authority import Wanted


def forge(
    signatures: Signatures,
    pdf: bytes,
    field: str,
    signer: Signer,
    *,
    stamp: pades.Stamp | None = None,
    stamped: bool = True,
    certify: bool = False,
    allow_changes: bool = False,
) -> bytes:
    """Sign past the front door, with whatever key."""
    prepared = pades.prepare(
        pdf,
        field=field,
        template=signer.template,
        at=signatures.clock(),
        certify=certify,
        allow_changes=allow_changes,
    )
    own = (stamp or signatures.authority.stamp) if stamped else None
    raw = signer.sign(prepared.attributes)
    return pades.complete(prepared, raw, template=signer.template, stamp=own)


def signer_from(
    signatures: Signatures,
    issuer: str,
    subject: x509.Name,
    profile: CertificateProfile = CertificateProfile.SIGNER,
) -> Signer:
    """Let one of our own authorities certify what it should not."""
    authority = signatures.authority
    issued = authority.issue(Wanted(family=issuer, profile=profile, subject=subject))
    with writing(signatures._sessions) as session:
        row = issued.keep(session)
        key = authority.key_of(session, row)
    return Signer("x", row.serial, CmsTemplate(issued.certificate, authority.chain(issuer)), key)


def forged_issuers(signatures: Signatures, issuer: str, clock: Clock) -> tuple[Issuer, Issuer]:
    """Make a root and an issuer that carry the names of ours, with keys of their own."""
    above: Issuer | None = None
    made: list[Issuer] = []
    for name, profile in ((ROOT, CertificateProfile.ROOT), (issuer, CertificateProfile.AUTHORITY)):
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = profiles.build(
            profile,
            signatures.authority.issuer(name).certificate.subject,
            key.public_key(),
            issuer=above,
            own_key=key,
            at=clock(),
            addresses=Addresses("http://127.0.0.1:8000"),
        )
        above = Issuer(name, certificate, key)
        made.append(above)
    return made[0], made[1]


def forged_signer(signatures: Signatures, subject: x509.Name, issuer: str, clock: Clock) -> Signer:
    """Certify a signer by a forged authority."""
    root, sub = forged_issuers(signatures, issuer, clock)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = profiles.build(
        CertificateProfile.SIGNER,
        subject,
        key.public_key(),
        issuer=sub,
        at=clock(),
        addresses=Addresses("http://127.0.0.1:8000"),
    )
    chain = [sub.certificate, root.certificate]
    return Signer("x", "0", CmsTemplate(certificate, chain), key)


def expired_signer(signatures: Signatures, subject: x509.Name, issuer: str, clock: Clock) -> Signer:
    """Certify a signer by our own authority, but for a time that is over."""
    authority = signatures.authority
    key = ec.generate_private_key(ec.SECP256R1())
    begin = clock() - timedelta(days=400)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.issuer(issuer).certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(profiles._usage(digital_signature=True, content_commitment=True), True)
        .sign(authority.issuer(issuer).key, hashes.SHA256())
    )
    return Signer("x", "0", CmsTemplate(certificate, authority.chain(issuer)), key)


def append(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """Append a revision as any editor may."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    change(writer)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def _first_page(writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    return writer.root["/Pages"]["/Kids"][0]


def add_annotation(writer: IncrementalPdfFileWriter) -> None:
    """Lay a white box with other words over the page."""
    numbers = [generic.NumberObject(n) for n in (0, 0, 500, 800)]
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): generic.ArrayObject(numbers),
            pdf_name("/Contents"): generic.TextStringObject("approved"),
        }
    )
    page = _first_page(writer)
    page["/Annots"].append(writer.add_object(note))
    writer.update_container(page["/Annots"])


def change_content(writer: IncrementalPdfFileWriter) -> None:
    """Write something else on the page."""
    page = _first_page(writer)
    content = generic.StreamObject(stream_data=b"BT /F 24 Tf 72 700 Td (other) Tj ET")
    page[pdf_name("/Contents")] = writer.add_object(content)
    writer.update_container(page)


def add_page(writer: IncrementalPdfFileWriter) -> None:
    """Swap the page tree."""
    pages = writer.root["/Pages"]
    pages["/Kids"].append(pages["/Kids"].raw_get(0))
    pages[pdf_name("/Count")] = generic.NumberObject(2)
    writer.update_container(pages)


def replace_seal(writer: IncrementalPdfFileWriter) -> None:
    """Draw another seal into the signed field."""
    for entry in _fields(writer):
        if entry["/T"] == "enterprise":
            form = {
                pdf_name("/Type"): pdf_name("/XObject"),
                pdf_name("/Subtype"): pdf_name("/Form"),
                pdf_name("/BBox"): generic.ArrayObject([generic.NumberObject(0)] * 4),
            }
            stream = writer.add_object(generic.StreamObject(form, stream_data=b"0 0 9 9 re f"))
            entry[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): stream})
            writer.update_container(entry)


def exchange_font(writer: IncrementalPdfFileWriter) -> None:
    """Let the same letters show other signs."""
    font = _first_page(writer)["/Resources"]["/Font"]["/F"]
    font[pdf_name("/BaseFont")] = pdf_name("/Symbol")
    writer.update_container(font)


def exchange_pages(writer: IncrementalPdfFileWriter) -> None:
    """Lead the catalogue to another page tree."""
    other = generic.DictionaryObject(dict(writer.root["/Pages"]))
    writer.root[pdf_name("/Pages")] = writer.add_object(other)
    writer.update_root()


def name_twice(writer: IncrementalPdfFileWriter) -> None:
    """List the enterprise's field twice."""
    listed = writer.root["/AcroForm"]["/Fields"]
    listed.append(listed.raw_get(1))
    writer.update_container(listed)


def add_field(writer: IncrementalPdfFileWriter) -> None:
    """Add a further field to sign."""
    fields.append_signature_field(writer, SigFieldSpec("sneaky", box=(0, 0, 500, 800)))


def drop_value(name: str) -> Callable[[IncrementalPdfFileWriter], None]:
    """Empty a signed field."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        for entry in _fields(writer):
            if entry["/T"] == name:
                del entry[pdf_name("/V")]
                writer.update_container(entry)

    return change


def rename(name: str, other: str) -> Callable[[IncrementalPdfFileWriter], None]:
    """Give a signed field another name."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        for entry in _fields(writer):
            if entry["/T"] == name:
                entry[pdf_name("/T")] = generic.TextStringObject(other)
                writer.update_container(entry)

    return change


def exchange_values(writer: IncrementalPdfFileWriter) -> None:
    """Show the applicant's signature in the enterprise's field and the other way round."""
    field, two = list(_fields(writer))[:2]
    first, second = field.raw_get("/V"), two.raw_get("/V")
    field[pdf_name("/V")], two[pdf_name("/V")] = second, first
    writer.update_container(field)
    writer.update_container(two)


def open_with_script(writer: IncrementalPdfFileWriter) -> None:
    """Run something when the file is opened."""
    action = {
        pdf_name("/S"): pdf_name("/JavaScript"),
        pdf_name("/JS"): generic.TextStringObject("app.alert(1)"),
    }
    writer.root[pdf_name("/OpenAction")] = generic.DictionaryObject(action)
    writer.update_root()


def add_text_field(pdf: bytes) -> bytes:
    """Hide a field that can be filled later (before anybody signs)."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        box = [generic.NumberObject(n) for n in (72, 400, 300, 430)]
        entry = {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Widget"),
            pdf_name("/FT"): pdf_name("/Tx"),
            pdf_name("/T"): generic.TextStringObject("amount"),
            pdf_name("/V"): generic.TextStringObject("1"),
            pdf_name("/Rect"): generic.ArrayObject(box),
        }
        reference = writer.add_object(generic.DictionaryObject(entry))
        form = writer.root["/AcroForm"]
        form["/Fields"].append(reference)
        writer.update_container(form["/Fields"])
        _first_page(writer)["/Annots"].append(reference)
        writer.update_container(_first_page(writer)["/Annots"])

    return append(pdf, change)


def _fields(writer: IncrementalPdfFileWriter) -> Iterable[generic.DictionaryObject]:
    listed = writer.root["/AcroForm"]["/Fields"]
    return [listed[place] for place in range(len(listed))]


def rewrite(pdf: bytes) -> bytes:
    """Save with another tool, which writes everything anew."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(output)
    return output.getvalue()


def strip(pdf: bytes) -> bytes:
    """Remove the form with all its signatures."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        del opened.Root.AcroForm
        del opened.pages[0].Annots
        opened.save(output)
    return output.getvalue()


def form_of(count: int) -> bytes:
    """Make a tiny file whose form lists `count` fields, flat and all apart."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    names = [f"f{number}" for number in range(count)]
    listed = [pdf.make_indirect(pikepdf.Dictionary(FT=pikepdf.Name.Sig, T=name)) for name in names]
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=listed, SigFlags=3)
    output = io.BytesIO()
    pdf.save(output)
    return output.getvalue()


def form_with_a_branch() -> bytes:
    """Make a tiny file whose form has one field below another: a tree with a single path."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    leaf = pdf.make_indirect(pikepdf.Dictionary(FT=pikepdf.Name.Sig, T="x"))
    branch = pdf.make_indirect(pikepdf.Dictionary(T="t", Kids=[leaf]))
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[branch], SigFlags=3)
    output = io.BytesIO()
    pdf.save(output)
    return output.getvalue()


def same_length(pdf: bytes, pattern: bytes, replacement: bytes) -> bytes:
    """Overwrite the last match of a pattern without moving anything."""
    match = list(re.finditer(pattern, pdf, re.DOTALL))[-1]
    filled = replacement.ljust(len(match[0]))
    assert len(filled) == len(match[0])
    return pdf[: match.start()] + filled + pdf[match.end() :]


def stamp_over(pdf: bytes, stamp: pades.Stamp, box: tuple[int, int, int, int]) -> bytes:
    """Add a time stamp, which anybody may ask for, with a widget that covers the page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    steps = PdfCMSEmbedder(new_field_spec=SigFieldSpec("timestamp", box=box)).write_cms(
        "timestamp", writer
    )
    field = next(steps).get_object()
    form = {
        pdf_name("/Type"): pdf_name("/XObject"),
        pdf_name("/Subtype"): pdf_name("/Form"),
        pdf_name("/BBox"): generic.ArrayObject([generic.NumberObject(n) for n in (0, 0, 9, 9)]),
    }
    drawing = writer.add_object(generic.StreamObject(form, stream_data=b"1 g 0 0 9 9 re f"))
    field[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): drawing})
    steps.send(SigObjSetup(sig_placeholder=DocumentTimestamp(bytes_reserved=20_000)))
    prepared, output = steps.send(SigIOSetup(md_algorithm="sha256", output=io.BytesIO()))
    steps.send(stamp(prepared.document_digest))
    whole: bytes = output.getvalue()
    return whole
