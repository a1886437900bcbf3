#!/usr/bin/env bash
# One would guess  In a tagged PDF, `/K x` and `/K [x]` are the same thing: a structure element with one kid. A
#                  document with two signature fields takes two signatures either way.
# What happens     Written as an array of one (Typst writes arrays), pyHanko signs twice without a word and then
#                  judges the first signature void: changed later, in a way that is no filling of a form. It is
#                  pyHanko's own second signature, into a field that was there before, that it cannot explain: it
#                  knows the way to a widget that ends in `K/Obj`, but not the one that ends in `K[0]/Obj`.
# Versions         pyHanko 0.38.0, pyhanko-certvalidator 0.33.0, pikepdf 10.18.0, cryptography 50.0.2
# Source           ISO 32000-1, table 323 (K: a dictionary or an array);
#                  pyhanko/sign/diff_analysis/form_rules_api.py, the search for a field in the structure tree
# Why it matters   The applicant signs, the enterprise seals after him, and the page of verification then says that
#                  the applicant's form was changed. Whoever places fields in tagged PDFs has to write `/K x`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check \
    pyHanko==0.38.0 pyhanko-certvalidator==0.33.0 pikepdf==10.18.0 cryptography==50.0.2 asn1crypto==1.5.1
"$work/venv/bin/python" - <<'PYTHON'
import logging
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from io import BytesIO

import pikepdf
from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pikepdf import Array, Dictionary, Name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

logging.disable(logging.ERROR)  # pyHanko logs why it refuses
FIELDS = ("applicant", "enterprise")


def identity() -> SimpleSigner:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Somebody")])
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    made = made.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    secret = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    certificate = asn1.Certificate.load(made.public_bytes(Encoding.DER))
    return SimpleSigner(certificate, keys.PrivateKeyInfo.load(secret), SimpleCertificateStore())


def form(*, array_of_one: bool) -> BytesIO:
    """Two signature fields on a tagged page; each structure element has its widget as only kid."""
    pdf, out = pikepdf.new(), BytesIO()
    page = pdf.add_blank_page()
    tree = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=Array()))
    page.Annots = Array()
    for number, field in enumerate(FIELDS):
        box = [50, 50 + 100 * number, 150, 100 + 100 * number]
        widget = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=field, F=132, Rect=box)
        widget.P, widget.StructParent = page.obj, number
        page.Annots.append(pdf.make_indirect(widget))
        kid = Dictionary(Type=Name.OBJR, Obj=page.Annots[number], Pg=page.obj)
        element = Dictionary(Type=Name.StructElem, S=Name.Form, P=tree, K=Array([kid]) if array_of_one else kid)
        tree.K.append(pdf.make_indirect(element))
    tree.ParentTree = Dictionary(Nums=Array([0, tree.K[0], 1, tree.K[1]]))
    pdf.Root.StructTreeRoot, pdf.Root.MarkInfo = tree, Dictionary(Marked=True)
    pdf.Root.AcroForm = Dictionary(Fields=Array(list(page.Annots)), SigFlags=3)
    pdf.save(out)
    return out


print("pyHanko", version("pyHanko"))
signer = identity()
for array_of_one in (False, True):
    document = form(array_of_one=array_of_one)
    for field in FIELDS:
        meta = PdfSignatureMetadata(field_name=field)
        writer = IncrementalPdfFileWriter(document)
        document = PdfSigner(meta, signer).sign_pdf(writer, existing_fields_only=True)
    trust = ValidationContext(trust_roots=[signer.signing_cert], allow_fetching=False)
    first = validate_pdf_signature(PdfFileReader(document).embedded_signatures[0], trust)
    form_of_k = "/K [x]" if array_of_one else "/K x"
    verdict = "accepted" if first.bottom_line else "refused"
    print(f"{form_of_k:7} first signature: intact {first.intact}, changes {first.modification_level.name}, {verdict}")
    assert first.intact and first.trusted, "the identity itself must be fine"
    assert first.bottom_line is not array_of_one, "pyHanko judges otherwise now"
PYTHON
