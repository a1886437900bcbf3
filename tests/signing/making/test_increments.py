"""What signing appends besides the signature: nothing about the document itself."""

from __future__ import annotations

from signing import Signatures
from tests.signing import files, story


def test_signing_leaves_the_metadata_alone(signatures: Signatures) -> None:
    """R41: an archive file stays one; pyHanko would write XMP and Info anew."""
    form = files.application()

    signed = story.sign(signatures, form)
    sealed = story.seal(signatures, signed.pdf)
    whole = signatures.augment(sealed.pdf)

    for trace in (b"/ModDate", b"/Producer", b"/Metadata", b"xmpmeta"):
        assert trace not in whole[len(form) :]
