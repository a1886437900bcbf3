"""Files that nobody should be able to hurt us with, and files of others: harmless as content.

Each is made from a sealed paper, or from nothing, by a few lines, so that the repository holds no
attack. `Catalogue.cases` gives each with what it must be told as.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from asn1crypto import core

from ofd import der, package, sealing, ses, sm2
from ofd.findings import Problem
from ofd.package import Parts
from ofd.sealing import SEAL, SIGNATURE, VALUE, KeySealer, Stamp
from tests.ofd import twofold
from tests.ofd.authority import NOW, YEAR, Authority
from tests.ofd.resealed import Resealing
from tests.ofd.test_package import BAD, zipped

LIST = "Doc_0/Signs/Signatures.xml"
DOCUMENT = "Doc_0/Document.xml"
CONTENT = "Doc_0/Pages/Page_0/Content.xml"
DAY = timedelta(days=1)
Case = tuple[bytes, Problem | None]
PK = {"local": b"PK\x03\x04", "central": b"PK\x01\x02", "end": b"PK\x05\x06"}


def raw(entries: list[tuple[str, bytes]], comment: bytes = b"", **how: int) -> bytes:
    """Write a ZIP entry by entry, stored; names may repeat, flags and methods may lie."""
    out = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(out, "w") as archive:
        archive.comment = comment
        for name, data in entries:
            entry = zipfile.ZipInfo("x")
            entry.filename = name
            entry.external_attr = how.get("mode", 0o644) << 16
            archive.writestr(entry, data)
    return out.getvalue()


def patched(data: bytes, part: str, offset: int, value: bytes, *, every: bool = False) -> bytes:
    """Write over a field of the first (or each) record of a kind."""
    changed, at = bytearray(data), data.find(PK[part])
    while at >= 0:
        changed[at + offset : at + offset + len(value)] = value
        at = data.find(PK[part], at + 4) if every else -1
    return bytes(changed)


def with_descriptors(parts: Parts) -> bytes:
    """Write a ZIP as a stream, sizes behind the data, as many writers do."""

    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self.kept = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.kept += data
            return len(data)

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        for name, data in parts.items():
            archive.writestr(name, data)
    return bytes(stream.kept)


def with_zip64(parts: Parts) -> bytes:
    """Write each size in 64 bits."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            with archive.open(name, "w", force_zip64=True) as stream:
                stream.write(data)
    return out.getvalue()


def edited(parts: Parts, name: str, old: bytes, new: bytes) -> dict[str, bytes]:
    """Change a part."""
    assert old in parts[name], (name, old)
    return {**parts, name: parts[name].replace(old, new)}


class Catalogue:
    """Makes the cases from one sealed certificate, its authority and a stranger's."""

    def __init__(
        self, sealed: Parts, bare: Parts, stamp: Stamp, own: Authority, stranger: Authority
    ) -> None:
        """Take what the cases are made from."""
        self.sealed, self.bare, self.stamp = dict(sealed), dict(bare), stamp
        self.own, self.stranger = own, stranger

    def cases(self) -> Mapping[str, Case]:
        """Give every case by its name."""
        kinds = (
            self.containers,
            self.twofold,
            self.names,
            self.markup,
            self.covers,
            self.values,
            self.foreign,
            self.resealed,
        )
        every: dict[str, Case] = {}
        for kind in kinds:
            made = kind()
            assert not every.keys() & made.keys()
            every |= made
        return every

    # -- the ZIP ---------------------------------------------------------------------------

    def containers(self) -> dict[str, Case]:
        """ZIPs that lie, nest, hide or end early."""
        whole, bad = package.pack(self.sealed), Problem.UNREADABLE
        small = zipped({"OFD.xml": b"<OFD/>"})
        cases = {f"zip: {name}": (data, bad) for name, (data, _) in BAD.items()}
        cases |= {
            f"cut at {part}/8": (whole[: len(whole) * part // 8], bad) for part in range(1, 8)
        }
        nested = zipped({"OFD.ofd": whole})
        for _ in range(8):
            nested = zipped({"inner.zip": nested})
        return cases | {
            "one byte less": (whole[:-1], bad),
            "a PDF named .ofd": (b"%PDF-1.7\n" + whole, bad),
            "an empty archive": (PK["end"] + bytes(18), bad),
            "only a head": (PK["local"], bad),
            "nothing but heads": (PK["local"] * 100_000, bad),
            "a thousand ends": (small + (PK["end"] + bytes(18)) * 1_000, bad),
            "a package in a package": (zipped({"a.ofd": whole}), bad),
            "nested nine deep": (nested, bad),
            "encrypted": (patched(whole, "central", 8, b"\x01\x00", every=True), bad),
            "strongly encrypted": (patched(whole, "central", 8, b"\x41\x00", every=True), bad),
            "patched data": (patched(whole, "central", 8, b"\x20\x00", every=True), bad),
            "another method in the directory": (patched(whole, "central", 10, b"\x63\x00"), bad),
            "LZMA": (zipped({"OFD.xml": b"<OFD/>"}, zipfile.ZIP_LZMA), bad),
            "a check sum that lies": (patched(whole, "central", 16, b"\0\0\0\0"), bad),
            "a size of 4 GB": (patched(whole, "central", 24, b"\xff\xff\xff\xfe"), bad),
            "a packed size of 4 GB": (patched(whole, "central", 20, b"\xff\xff\xff\xfe"), bad),
            "a size of nothing": (patched(whole, "central", 24, bytes(4)), bad),
            "a place outside": (patched(whole, "central", 42, b"\xff\xff\xff\x7f"), bad),
            "a place of another part": (patched(whole, "central", 42, bytes(4), every=True), bad),
            "a directory far away": (patched(whole, "end", 16, b"\xff\xff\xff\x7f"), bad),
            "a directory that is long": (patched(whole, "end", 12, b"\xff\xff\xff\x7f"), bad),
            "ZIP64 without its record": (patched(whole, "end", 16, b"\xff\xff\xff\xff"), bad),
            "a newer version needed": (patched(whole, "central", 6, b"\xff\x00"), bad),
            "another name in the head": (
                whole.replace(b"OFD.xml", b"OFD.xmm", 1),
                bad,
            ),
            "an extra field that is cut": (patched(whole, "central", 30, b"\x05\x00"), bad),
            "the first tenth inside zeros": (bytes(1 << 20) + whole[: len(whole) // 10], bad),
            "2,001 parts": (zipped({"OFD.xml": b"", **{f"{n}": b"" for n in range(2_000)}}), bad),
            "60,000 marks of parts": (PK["local"] + PK["central"] * 60_000, bad),
            "a name of 60,000 letters": (zipped({"a" * 60_000: b""}), bad),
            "more than is read": (PK["local"] + bytes(package.LARGEST), bad),
            "a part after the end": (whole + b"more" * 20_000, bad),
        }

    def twofold(self) -> dict[str, Case]:
        """Give packages that say two things."""
        theirs = sealing.seal(self.bare, self.stranger.sealer(), self.stamp, at=NOW)
        return twofold.cases(self.sealed, theirs)

    def names(self) -> dict[str, Case]:
        """Names that climb, hide or clash."""
        bad, xml = Problem.UNREADABLE, self.sealed["OFD.xml"]
        every = list(self.sealed.items())
        climbing = {
            "climbs": "../x",
            "climbs far": "../" * 40 + "etc/passwd",
            "climbs in the middle": "Doc_0/../../x",
            "climbs with a backslash": "..\\..\\x",
            "climbs in both ways": "Doc_0\\..\\../x",
            "a dot": ".",
            "two dots": "..",
            "a dot inside": "Doc_0/./x",
            "an empty step": "Doc_0//x",
            "nothing": "",
            "a slash": "/",
        }
        cases = {
            f"name: {what}": (raw([("OFD.xml", xml), (name, b"x")]), bad)
            for what, name in climbing.items()
        }
        uncovered = {
            "absolute": "/etc/passwd",
            "a drive": "C:/x",
            "a share": "//host/x",
            "a device": "CON",
            "turned round": "Doc_0/\u202egnp.exe",
            "white": " ",
            "a line": "Doc_0/a\nb",
            "a screen's code": "Doc_0/\x1b[2Ja",
            "a formula": "=1+1",
            "a mark-up": "<script>alert(1)</script>",
            "braces": "{detail}{0}",
            "a comma": "a,b;c",
            "full-width": "ＯＦＤ．ｘｍｌ",
            "of another plane": "Doc_0/𬭎.xml",
        }
        for what, name in uncovered.items():
            cases[f"name: {what}"] = (raw([*every, (name, b"x")]), Problem.UNCOVERED)
        return cases | {
            "a part twice, both good": (raw([*every, every[0]]), bad),
            "a part twice, the second other": (raw([*every, ("OFD.xml", b"<OFD/>")]), bad),
            "a part twice, the first other": (raw([("OFD.xml", b"<OFD/>"), *every]), bad),
            "a part twice but for case": (raw([*every, ("ofd.XML", b"<OFD/>")]), bad),
            "a part twice but for a slash": (raw([*every, ("/OFD.xml", b"<OFD/>")]), bad),
            "a part twice but for the slant": (
                raw([*every, (CONTENT.replace("/", "\\"), b"<Page/>")]),
                bad,
            ),
            "a folder that is a part": (raw([*every, ("OFD.xml/", b"")]), bad),
            "a folder with a file's content": (raw([*every, ("Doc_0/Other/", b"x")]), bad),
        }

    # -- XML -------------------------------------------------------------------------------

    def markup(self) -> dict[str, Case]:
        """Document types, entities, encodings, floods; in each part that is parsed."""
        bad = Problem.UNREADABLE
        heads = {
            "a document type": b'<!DOCTYPE a [<!ENTITY b "c">]>',
            "a document type of a file": b'<!DOCTYPE a SYSTEM "other.dtd">',
            "an entity of ours": b'<!DOCTYPE a [<!ENTITY b SYSTEM "OFD.xml">]>',
            "a parameter entity": b'<!DOCTYPE a [<!ENTITY % b "c"> %b;]>',
        }
        cases: dict[str, Case] = {}
        for part in ("OFD.xml", DOCUMENT, LIST, SIGNATURE):
            for what, head in heads.items():
                changed = edited(self.sealed, part, b"?>\n", b"?>\n" + head)
                cases[f"{part}: {what}"] = (package.pack(changed), bad)
            broken = {
                "empty": b"",
                "white": b" " * 100,
                "text": "只有文字".encode(),
                "a head alone": b'<?xml version="1.0" encoding="UTF-8"?>',
                "cut": self.sealed[part][: len(self.sealed[part]) // 2],
                "two roots": self.sealed[part] + b"<a/>",
                "UTF-16": self.sealed[part].decode().replace("UTF-8", "UTF-16").encode("utf-16"),
                "UTF-32": self.sealed[part].decode().replace("UTF-8", "UTF-32").encode("utf-32"),
                "UTF-7": self.sealed[part].replace(b'"UTF-8"', b'"UTF-7"'),
                "an encoding that is none": self.sealed[part].replace(b'"UTF-8"', b'"no"'),
                "bad UTF-8": self.sealed[part].replace(b"?>\n", b"?>\n<!-- \xff\xfe -->"),
                "a control character": self.sealed[part].replace(b"?>\n", b"?>\n<!-- \x01 -->"),
                "very deep": b"<a>" * 100_000,
                "very large": self.sealed[part] + b" " * (2 << 20),
                "a flood of attributes": b"<OFD " + b"".join(b'a%d="" ' % n for n in range(60_000)),
            }
            for what, data in broken.items():
                cases[f"{part}: {what}"] = (package.pack({**self.sealed, part: data}), bad)
        flood = b"<a/>" * 250_000
        nodes = b"<b>" + b"<a/>" * 240_000 + b"</b>"
        return cases | {
            "OFD.xml: a flood of elements": (
                zipped({"OFD.xml": b"<OFD><DocBody>" + flood[: 1 << 19] + b"</DocBody></OFD>"}),
                Problem.NOT_SEALED,
            ),
            "OFD.xml: a flood of documents": (
                zipped({"OFD.xml": b"<OFD>" + b"<DocBody/>" * 100_000 + b"</OFD>"}),
                Problem.SEVERAL,
            ),
            "OFD.xml: a flood of data": (
                zipped(
                    {
                        "OFD.xml": b"<OFD><DocBody><DocInfo><CustomDatas>"
                        + b'<CustomData Name="a">b</CustomData>' * 25_000
                        + b"</CustomDatas></DocInfo></DocBody></OFD>"
                    }
                ),
                Problem.NOT_SEALED,
            ),
            "Signatures.xml: a flood of elements": (
                package.pack({**self.sealed, LIST: b"<Signatures>" + nodes + b"</Signatures>"}),
                Problem.NOT_SEALED,
            ),
            "sixteen signatures of a megabyte": (self._many(nodes), bad),
        }

    def _many(self, nodes: bytes) -> bytes:
        """List sixteen signatures, each a large tree."""
        listed = b"".join(b'<Signature ID="%d" BaseLoc="s%d.xml"/>' % (n, n) for n in range(16))
        own = f"<SignedValue>/{VALUE}</SignedValue>".encode()
        tree = b"<Signature>" + nodes + own + b"</Signature>"
        trees = {f"Doc_0/Signs/s{n}.xml": tree for n in range(16)}
        return package.pack(
            {**self.sealed, LIST: b"<Signatures>" + listed + b"</Signatures>", **trees}
        )

    # -- what the seal covers --------------------------------------------------------------

    def covers(self) -> dict[str, Case]:
        """Parts beside the seal, references that lead elsewhere, several of what is one."""
        sealed, loose = self.sealed, Problem.UNCOVERED
        parts = {
            "an annotation": "Doc_0/Annots/Page_0/Annotation.xml",
            "a list of annotations": "Doc_0/Annotations.xml",
            "a template": "Doc_0/Tpls/Tpl_0/Content.xml",
            "an attachment": "Doc_0/Attachs/Attachments.xml",
            "a second tag": "Doc_0/Tags/Tag_1.xml",
            "an extension": "Doc_0/Extensions.xml",
            "a version": "Doc_0/Versions/Version_1.xml",
            "a font": "Doc_0/Res/font_1.otf",
            "a second page": "Doc_0/Pages/Page_1/Content.xml",
            "a second signature that nobody lists": "Doc_0/Signs/Sign_1/Signature.xml",
            "a second value": "Doc_0/Signs/Sign_0/SignedValue2.dat",
            "a second document": "Doc_1/Document.xml",
            "a script": "Doc_0/Res/a.js",
        }
        cases = {
            f"unsigned: {what}": (package.pack({**sealed, name: b"<a/>"}), loose)
            for what, name in parts.items()
        }
        for name in sorted(self.bare):
            partly = {part: data for part, data in self.bare.items() if part != name}
            less = sealing.seal(partly, self.own.sealer(), self.stamp, at=NOW)
            cases[f"sealed without {name}"] = (package.pack({**less, name: self.bare[name]}), loose)
            gone = {part: data for part, data in sealed.items() if part != name}
            told = Problem.UNREADABLE if name == "OFD.xml" else Problem.MISSING
            cases[f"taken out: {name}"] = (package.pack(gone), told)
            changed = {**sealed, name: sealed[name] + b" "}
            digests = [b64encode(sm2.sm3(data)) for data in (sealed[name], changed[name])]
            cases[f"changed: {name}"] = (package.pack(changed), Problem.CHANGED)
            both = edited(changed, SIGNATURE, *digests)
            cases[f"changed with its digest: {name}"] = (package.pack(both), Problem.CHANGED)
        reference = re.search(
            rb'<ofd:Reference FileRef="/OFD.xml">.*?</ofd:Reference>', sealed[SIGNATURE]
        )
        assert reference is not None
        flood = reference[0].replace(b"/OFD.xml", b"/n/%d")
        many = b"".join(flood.replace(b"%d", str(n).encode()) for n in range(7_000))
        nest = b'<ofd:Signature ID="s003" BaseLoc="/%s"/>' % SIGNATURE.encode()
        return cases | {
            "references to parts that are not there": (
                package.pack(edited(sealed, SIGNATURE, reference[0], many)),
                Problem.MISSING,
            ),
            "one reference 7,000 times": (
                package.pack(edited(sealed, SIGNATURE, reference[0], reference[0] * 7_000)),
                Problem.CHANGED,
            ),
            "a reference that climbs": (
                package.pack(edited(sealed, SIGNATURE, b'"/OFD.xml"', b'"/../../OFD.xml"')),
                Problem.CHANGED,
            ),
            "a reference to its own value": (
                package.pack(edited(sealed, SIGNATURE, b'"/OFD.xml"', f'"/{VALUE}"'.encode())),
                Problem.UNCOVERED,
            ),
            "a digest that is none": (
                package.pack(
                    {
                        **sealed,
                        SIGNATURE: re.sub(
                            rb"<ofd:CheckValue>.{4}", b"<ofd:CheckValue>****", sealed[SIGNATURE]
                        ),
                    }
                ),
                Problem.CHANGED,
            ),
            "no references": (
                package.pack(
                    {
                        **sealed,
                        SIGNATURE: re.sub(
                            rb"<ofd:References.*</ofd:References>", b"", sealed[SIGNATURE]
                        ),
                    }
                ),
                Problem.METHOD,
            ),
            "references twice": (
                package.pack(
                    edited(
                        sealed,
                        SIGNATURE,
                        b"</ofd:References>",
                        b"</ofd:References><ofd:References/>",
                    )
                ),
                Problem.METHOD,
            ),
            "the same signature twice": (
                package.pack(
                    edited(sealed, LIST, b"</ofd:Signatures>", nest + b"</ofd:Signatures>")
                ),
                Problem.SEVERAL,
            ),
            "a signature that is not there": (
                package.pack(edited(sealed, LIST, b"Sign_0/Signature", b"Sign_9/Signature")),
                Problem.MISSING,
            ),
            "a list that is its own signature": (
                package.pack(edited(sealed, LIST, SIGNATURE.encode(), LIST.encode())),
                Problem.MISSING,
            ),
            "an empty list": (package.pack({**sealed, LIST: b"<Signatures/>"}), Problem.NOT_SEALED),
            "a seal beside a seal": (self._second(self.own), Problem.SEVERAL),
            "a stranger's seal beside ours": (self._second(self.stranger), Problem.SEVERAL),
            "two documents": (
                package.pack(
                    edited(sealed, "OFD.xml", b"</ofd:DocBody>", b"</ofd:DocBody><ofd:DocBody/>")
                ),
                Problem.SEVERAL,
            ),
            "versions": (
                package.pack(
                    edited(sealed, "OFD.xml", b"<ofd:DocRoot>", b"<ofd:Versions/><ofd:DocRoot>")
                ),
                Problem.SEVERAL,
            ),
            "a list elsewhere": (
                package.pack(edited(sealed, "OFD.xml", LIST.encode(), b"Doc_0/Signs/None.xml")),
                Problem.MISSING,
            ),
            "not sealed": (
                package.pack(self.bare | {"OFD.xml": self._without_list()}),
                Problem.NOT_SEALED,
            ),
        }

    def _without_list(self) -> bytes:
        return re.sub(rb"<ofd:Signatures>.*?</ofd:Signatures>", b"", self.bare["OFD.xml"])

    def _second(self, by: Authority) -> bytes:
        """Seal again beside the first seal, as two signers of one file do."""
        again = sealing.seal(self.bare, by.sealer(), self.stamp, at=NOW)
        renamed = {
            name.replace("Sign_0", "Sign_1"): data.replace(b"Sign_0", b"Sign_1")
            for name, data in again.items()
            if "Sign_0" in name
        }
        listed = (
            b'<ofd:Signature ID="s003" Type="Seal" BaseLoc="/Doc_0/Signs/Sign_1/Signature.xml"/>'
        )
        both = edited(self.sealed, LIST, b"</ofd:Signatures>", listed + b"</ofd:Signatures>")
        return package.pack({**both, **renamed})

    # -- who, when, with what --------------------------------------------------------------

    def _sealed(self, sealer: KeySealer, at: datetime = NOW) -> bytes:
        return package.pack(sealing.seal(self.bare, sealer, self.stamp, at=at))

    def _valued(self, value: bytes) -> bytes:
        return package.pack({**self.sealed, VALUE: value})

    def values(self) -> dict[str, Case]:
        """Seals and values of all kinds; structures that are broken, long or deep."""
        own, value, method = self.own, self.sealed[VALUE], Problem.METHOD
        other = own.holder("同事")
        over = own.holder("离任", end=NOW - DAY)
        early = own.holder("尚未到任", begin=NOW + DAY)
        authority = own.holder("另一机构", is_authority=True)
        small = {
            "nothing": b"",
            "a byte": b"0",
            "an empty sequence": b"\x30\x00",
            "a length that lies": b"\x30\x84\x7f\xff\xff\xff",
            "a length without end": b"\x30\x80" + b"\x30\x80" * 5_000,
            "a length of 127 bytes": b"\x30\xff" + bytes(200),
            "a value cut": value[:-1],
            "a value with more behind": value + b"\0",
            "a flood of fields": der.sequence(b"\x05\x00" * 1_000_000),
            "fields in fields": _nested(2_000),
            "a CMS": der.sequence(der.oid("1.2.840.113549.1.7.2"), der.tlv(0xA0, der.sequence())),
            "text": "印章".encode(),
            "2 MB of zeros": bytes(2 << 20),
        }
        cases = {f"value: {what}": (self._valued(data), method) for what, data in small.items()}
        for what, data in self._structures().items():
            cases[f"value: {what}"] = (self._valued(data), method)
        tbs, _, *rest = der.fields(value)
        named = der.sequence(tbs, der.tlv(der.OCTETS, self._many_names()), *rest)
        swapped = {**self.sealed, SEAL: own.seal(other)}
        return cases | {
            "a certificate of names": (self._valued(named), Problem.NOT_THE_SIGNER),
            "another seal beside": (package.pack(swapped), Problem.SEAL_SWAPPED),
            "no seal beside": (
                package.pack({n: d for n, d in self.sealed.items() if n != SEAL}),
                Problem.MISSING,
            ),
            "another signer with our seal": (
                self._sealed(own.sealer(other, seal=own.seal())),
                Problem.NOT_THE_SIGNER,
            ),
            "an authority that signs": (
                self._sealed(own.sealer(authority)),
                Problem.UNTRUSTED_SIGNER,
            ),
            "a signer whose time is over": (
                self._sealed(own.sealer(over)),
                Problem.CERTIFICATE_OVER,
            ),
            "a signer whose time has not come": (
                self._sealed(own.sealer(early)),
                Problem.CERTIFICATE_OVER,
            ),
            "a seal whose time is over": (
                self._sealed(own.sealer(seal=own.seal(begin=NOW - YEAR, end=NOW - DAY))),
                Problem.SEAL_OVER,
            ),
            "a seal whose time has not come": (
                self._sealed(own.sealer(seal=own.seal(begin=NOW + DAY))),
                Problem.SEAL_OVER,
            ),
            "sealed tomorrow": (
                self._sealed(own.sealer(), NOW + DAY),
                Problem.FUTURE,
            ),
            "a maker of others": (
                self._sealed(own.sealer(seal=own.seal(maker=self.stranger.maker))),
                Problem.UNTRUSTED_MAKER,
            ),
            "our seal in other hands": (
                self._sealed(
                    KeySealer(
                        seal=own.seal(),
                        certificate=self.stranger.signer.certificate.der,
                        key=self.stranger.signer.key,
                    )
                ),
                Problem.NOT_THE_SIGNER,
            ),
            "our certificate, another key": (
                self._sealed(
                    KeySealer(
                        seal=own.seal(),
                        certificate=own.signer.certificate.der,
                        key=self.stranger.signer.key,
                    )
                ),
                Problem.FORGED,
            ),
            "the value of another file": (
                self._valued(
                    own.sealer().value(sm2.sm3(b"another"), property_info=f"/{SIGNATURE}", at=NOW)
                ),
                Problem.CHANGED,
            ),
        }

    def _structures(self) -> Mapping[str, bytes]:
        """Give values in which one field is a flood."""
        tbs, certificate, algorithm, signature, *stamp = der.fields(self.sealed[VALUE])
        version, seal, *rest = der.fields(tbs)
        info, *by = der.fields(seal)
        header, number, kept, picture = der.fields(info)
        kinds = der.fields(kept)

        def of_seal(*parts: bytes) -> bytes:
            changed = der.sequence(der.sequence(*parts), *by)
            own = der.sequence(version, changed, *rest)
            return der.sequence(own, certificate, algorithm, signature, *stamp)

        flood = der.sequence(der.tlv(der.OCTETS, b"x") * 100_000)
        few, stamped = der.sequence(b"\x30\x00" * 8_000), der.tlv(0xA0, der.tlv(der.BITS, flood))
        return {
            "a flood of holders": of_seal(
                header, number, der.sequence(*kinds[:3], flood, *kinds[4:]), picture
            ),
            "a flood in the picture": of_seal(
                header, number, kept, der.sequence(b"\x05\x00" * 500_000)
            ),
            "a certificate that is a flood": der.sequence(
                tbs, der.tlv(der.OCTETS, few), algorithm, signature, *stamp
            ),
            "a stamp that is a flood": der.sequence(
                tbs, certificate, algorithm, signature, stamped, der.tlv(0xA1)
            ),
        }

    def _many_names(self) -> bytes:
        """Give a certificate whose subject has a thousand parts, and an odd one at its end."""
        body, algorithm, signature = der.fields(self.own.signer.certificate.der)
        cut = der.fields(body)
        name = der.tlv(der.SET, der.sequence(der.oid("2.5.4.3"), core.UTF8String("x").dump()))
        cut[5] = der.sequence(name * 1_000, der.tlv(der.SET, der.sequence(der.oid("2.5.4.3"))))
        return der.sequence(der.sequence(*cut), algorithm, signature)

    # -- of others -------------------------------------------------------------------------

    def foreign(self) -> dict[str, Case]:
        """Whole files of other writers: told what they are, how they are sealed, not ours."""
        told, theirs = Problem.FOREIGN, self.stranger
        from tests.ofd.test_ses import old_value

        def written(change: Callable[[bytes], bytes], *, small: bool = False) -> bytes:
            parts = {
                (name.lower() if small and name != "OFD.xml" else name): (
                    change(data) if name.endswith(".xml") else data
                )
                for name, data in self.bare.items()
            }
            return package.pack(sealing.seal(parts, theirs.sealer(), self.stamp, at=NOW))

        def without_year(data: bytes) -> bytes:
            return data.replace(b"http://www.ofdspec.org/2016", b"http://www.ofdspec.org")

        def bare_names(data: bytes) -> bytes:
            plain = data.replace(b"<ofd:", b"<").replace(b"</ofd:", b"</")
            return plain.replace(b"xmlns:ofd=", b"xmlns=")

        whole = sealing.seal(self.bare, theirs.sealer(), self.stamp, at=NOW)
        old = old_value(theirs, sm2.sm3(whole[SIGNATURE]))
        marked = {
            name: b"\xef\xbb\xbf" + data if name.endswith(".xml") else data
            for name, data in self.bare.items()
        }
        extra = {
            **self.bare,
            "Doc_0/Annots/Annotations.xml": b"<Annotations/>",
            "Doc_0/Tpls/Tpl_0/Content.xml": b"<Page/>",
            "Doc_0/Attachs/a.xml": b"<a/>",
        }
        cases = {
            "without the year": written(without_year),
            "without a prefix": written(bare_names),
            "small letters": written(lambda data: data, small=True),
            "comments": written(lambda d: d.replace(b"?>\n", b"?>\n<!-- other software -->\n")),
            "GBK": written(
                lambda d: d.replace(b'"UTF-8"', b'"GB18030"').decode().encode("gb18030")
            ),
            "a byte mark": package.pack(sealing.seal(marked, theirs.sealer(), self.stamp, at=NOW)),
            "more parts, all sealed": package.pack(
                sealing.seal(extra, theirs.sealer(), self.stamp, at=NOW)
            ),
            "version 5": self._sealed(theirs.sealer(seal=theirs.seal(theirs.signer, version=5))),
            "a stream with descriptors": with_descriptors(whole),
            "ZIP64": with_zip64(whole),
            "stored": zipped(whole, zipfile.ZIP_STORED),
            "with folders": raw([("Doc_0/", b""), ("Doc_0/Res/", b""), *whole.items()]),
            "a comment of the archive": raw(list(whole.items()), comment=b"made elsewhere" * 1_000),
        }
        moments = {
            "a time without a zone": (b"20261129040000", Problem.METHOD),
            "a time in Shanghai": (b"20261129120000+0800", Problem.METHOD),
            "a time in parts of seconds": (b"20261129040000.5Z", told),
            "the year 0": (b"00000101000000Z", Problem.METHOD),
            "the year 1": (b"00010101000000Z", Problem.METHOD),
            "the year 9999": (b"99991231235959Z", Problem.METHOD),
            "a day that is none": (b"20260231000000Z", Problem.METHOD),
            "words for a time": (b"yesterday", Problem.METHOD),
        }
        every = {f"of others: {what}": (data, told) for what, data in cases.items()}
        every["of others: version 1"] = (package.pack({**whole, VALUE: old}), Problem.OLD_SEAL)
        for what, (moment, problem) in moments.items():
            data = package.pack({**whole, VALUE: self._timed(whole, moment)})
            every[f"of others: {what}"] = (data, problem)
        name = "<b>章</b>{detail}\u202e" * 40
        odd = ses.Design(number="\x1b[2J", name=name, picture=b"", size=(0, 10**30), signers=())
        maker = theirs.maker
        made = ses.make_seal(
            odd, begin=NOW, end=NOW, maker=maker.certificate.der, sign=maker.key.sign
        )
        every["of others: a seal with an odd name"] = (self._sealed(theirs.sealer(seal=made)), told)
        return every

    def resealed(self) -> dict[str, Case]:
        """Give what a good key seals in an odd way, ours and a stranger's."""
        again = Resealing(self.bare, self.stamp)
        return again.ours(self.own) | again.theirs(self.stranger)

    def _timed(self, whole: Parts, moment: bytes) -> bytes:
        """Sign a value again in which the time is written as it likes."""
        tbs, certificate, algorithm, *_ = der.fields(whole[VALUE])
        version, seal, _, *rest = der.fields(tbs)
        changed = der.sequence(version, seal, der.tlv(der.TIME, moment), *rest)
        signature = der.tlv(der.BITS, b"\0" + self.stranger.signer.key.sign(changed))
        return der.sequence(changed, certificate, algorithm, signature)


def _nested(depth: int) -> bytes:
    """Put a sequence into a sequence, and so on."""
    inner = b""
    for _ in range(depth):
        inner = der.sequence(inner)
    return inner
