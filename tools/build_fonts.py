"""Build the font folder from Debian's Noto CJK and LXGW WenKai: `build_fonts.py OUTDIR`.

The packages are downloaded with `apt-get download`, unpacked into a temporary folder and never
installed; a package that is installed already is used as it lies. Works as root or not. Each
face is cut down to what documents need and renamed ("Gov …": WenKai's licence reserves its name,
and templates do not depend on where a face came from).

A source is known by its hash, as Debian 12 and 13 give it; another is refused, unless
`ZHUCE_OTHER_FONTS=1` says that whoever runs this has looked at it: what it draws stands on papers.

Names of persons are set in Gov Song Regular alone: it keeps every Chinese character that Noto has.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import uharfbuzz as hb
from fontTools.ttLib import TTCollection, TTFont

NOTO = "usr/share/fonts/opentype/noto/"
WENKAI = "usr/share/fonts/truetype/lxgw-wenkai/"
FEATURES = ("kern", "palt", "halt", "chws", "ccmp", "locl", "mark", "mkmk")
#: SHA-256 of the sources, of Debian 12 (bookworm) and 13 (trixie)
KNOWN = {
    "NotoSerifCJK-Regular.ttc": (
        "a04178ec485dffdff7cc0c0c20e1fce9202d7e2160d805e8e44a4c8841c58481",
        "5d9c31a059600193c9d7968a998bde886ccdc77e934006ad243b41794c496a7d",
    ),
    "NotoSerifCJK-Bold.ttc": (
        "a5d4b046c127da3d7c72f98b46c41489cd29bf52abfdf18aba920903e920d4ac",
        "1505ee3b9c0890fae6302ee0e9c6fd74d690f4a55a6ace1d9944f3f6352d622d",
    ),
    "NotoSansCJK-Regular.ttc": (
        "b76b0433203017ca80401b2ee0dd69350349871c4b19d504c34dbdd80541690a",  # the same in both
    ),
    "LXGWWenKai-Regular.ttf": (
        "bbf534b0ca093928f94d1782855e65a19a32cde82b075d495d072025521953c8",
        "be1d5ee371b25f23ca613c3142d6293328db6253ef0b0c09857e9f30657514a8",
    ),
}
OTHER = "ZHUCE_OTHER_FONTS"
KEPT_NAMES = (0, 13, 14)  #: copyright, licence, address of the licence


def _gb2312() -> set[int]:
    """Return the characters of GB/T 2312: 6763 Chinese ones, letters, punctuation."""
    codes = (bytes([row, cell]) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    return {ord(text) for code in codes if (text := code.decode("gb2312", "ignore"))}


def _ranges(*bounds: tuple[int, int]) -> set[int]:
    """Return the code points of inclusive ranges."""
    return {point for first, last in bounds for point in range(first, last + 1)}


LETTERS = _ranges((0x20, 0x7E), (0xA0, 0x24F), (0x1E00, 0x1EFF), (0x370, 0x3FF), (0x400, 0x45F))
SIGNS = _ranges((0x2010, 0x2040), (0x2150, 0x218B), (0x2190, 0x2193), (0x2460, 0x2473))
SIGNS |= _ranges((0x25A0, 0x25CF), (0x3000, 0x301F), (0x33A1, 0x33A1), (0xFF01, 0xFFE6))
SIGNS |= _ranges((0x2605, 0x2606), (0x2610, 0x2612), (0x2713, 0x2717), (0x2103, 0x2122))
TEXT = _gb2312() | LETTERS | SIGNS
#: every Chinese character of Unicode, extensions included; a face keeps those that it has
NAMES = TEXT | _ranges((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3347F), (0xF900, 0xFAFF))


@dataclass(frozen=True, kw_only=True)
class Face:
    """One file of the font folder and where it is cut from."""

    file: str
    family: str
    style: str
    weight: int
    package: str
    source: str  #: path inside the package
    member: str  #: full name inside a collection; empty where the file is one face
    characters: Iterable[int]


FACES = (
    Face(
        file="GovSong-Regular.otf",
        family="Gov Song",
        style="Regular",
        weight=400,
        package="fonts-noto-cjk",
        source=NOTO + "NotoSerifCJK-Regular.ttc",
        member="Noto Serif CJK SC",
        characters=NAMES,
    ),
    Face(
        file="GovSong-Bold.otf",
        family="Gov Song",
        style="Bold",
        weight=700,
        package="fonts-noto-cjk",
        source=NOTO + "NotoSerifCJK-Bold.ttc",
        member="Noto Serif CJK SC Bold",
        characters=TEXT,
    ),
    Face(
        file="GovHei-Regular.otf",
        family="Gov Hei",
        style="Regular",
        weight=400,
        package="fonts-noto-cjk",
        source=NOTO + "NotoSansCJK-Regular.ttc",
        member="Noto Sans CJK SC",
        characters=TEXT,
    ),
    Face(
        file="GovKai-Regular.ttf",
        family="Gov Kai",
        style="Regular",
        weight=400,
        package="fonts-lxgw-wenkai",
        source=WENKAI + "LXGWWenKai-Regular.ttf",
        member="",
        characters=NAMES,
    ),
)


def _apt(*arguments: str, cwd: Path) -> None:
    """Run apt-get; end with its own words when it fails."""
    done = subprocess.run(["apt-get", *arguments], cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"apt-get {' '.join(arguments)}: {done.stderr.strip()}")


def _download(package: str, folder: Path) -> Path:
    """Return the package file, asking for Debian's index first where the machine has none."""
    try:
        _apt("-qq", "download", package, cwd=folder)
    except OSError:
        lists, cache = (
            folder / "lists",
            folder / "cache",
        )  # ours: no root needed, nothing left behind
        for place in (lists, cache):
            (place / "partial").mkdir(parents=True, exist_ok=True)
        own = ("-qq", "-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache}")
        print("   Debian's package index (this machine has none that serves) …", flush=True)
        _apt(*own, "-o", "APT::Sandbox::User=", "update", cwd=folder)
        _apt(*own, "download", package, cwd=folder)
    return next(folder.glob(f"{package}_*.deb"))


def _unpacked(package: str, folder: Path) -> Path:
    """Return a root that holds the files of `package`: the machine's own, or a temporary one."""
    wanted = [Path("/", face.source) for face in FACES if face.package == package]
    if all(path.exists() for path in wanted):
        print(f"   {package}: installed, used as it lies", flush=True)
        return Path("/")
    print(f"   {package}: apt-get download (about 55 MB) …", flush=True)
    root = folder / package
    archive = _download(package, folder)
    subprocess.run(["dpkg-deb", "--extract", str(archive), str(root)], check=True)
    return root


def require_known(path: Path) -> None:
    """Insist on a source that was looked at; ends with a sentence that says what to do."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest in KNOWN[path.name] or os.environ.get(OTHER) == "1":
        return
    sys.exit(
        f"{path} is not a file that is known here: its SHA-256 is {digest}.\n"
        f"It was exchanged, or comes from a newer package. If you know where it is from, "
        f"{OTHER}=1 make fonts takes it; the pictures of documents may differ."
    )


def _open(path: Path, member: str) -> hb.Face:
    """Return the face called `member` of a collection, or the only one of a file."""
    index = 0
    if member:
        with TTCollection(path, lazy=True) as fonts:
            index = [font["name"].getDebugName(4) for font in fonts].index(member)
    return hb.Face(hb.Blob.from_file_path(str(path)), index)


def _subset(face: hb.Face, characters: Iterable[int]) -> bytes:
    """Return the face cut down to `characters`, without hints (screens of today ignore them)."""
    wish = hb.SubsetInput()
    wish.flags = hb.SubsetFlags.NO_HINTING
    wish.sets(hb.SubsetInputSets.UNICODE).update(characters)
    wish.sets(hb.SubsetInputSets.NAME_ID).update(KEPT_NAMES)
    features = wish.sets(hb.SubsetInputSets.LAYOUT_FEATURE_TAG)
    features.clear()
    features.update(int.from_bytes(tag.encode(), "big") for tag in FEATURES)
    return bytes(hb.subset(face, wish).blob.data)


def _rename(font: TTFont, face: Face) -> None:
    """Give the face our family name; of the old names, copyright and licence stay."""
    table = font["name"]
    table.names = [record for record in table.names if record.nameID in KEPT_NAMES]
    postscript = f"{face.family.replace(' ', '')}-{face.style}"
    full = f"{face.family} {face.style}"
    names = {1: face.family, 2: face.style, 3: postscript, 4: full, 6: postscript}
    for number, text in names.items():
        table.setName(text, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = face.weight


def _runs(points: list[int]) -> list[list[int]]:
    """Return ascending code points as inclusive runs: what `pdfgen.charset` reads.

    >>> _runs([1, 2, 3, 7])
    [[1, 3], [7, 7]]
    """
    runs: list[list[int]] = []
    for point in points:
        if runs and runs[-1][1] == point - 1:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    return runs


def build(face: Face, root: Path, folder: Path) -> None:
    """Write one face of the font folder and the list of its characters; always the same bytes."""
    require_known(root / face.source)
    font = TTFont(io.BytesIO(_subset(_open(root / face.source, face.member), face.characters)))
    font.recalcTimestamp = False
    _rename(font, face)
    for table in ("DSIG", "vhea", "vmtx", "VORG"):  # nothing is set vertically
        if table in font:
            del font[table]
    font.save(folder / face.file)
    characters = sorted(font.getBestCmap())
    (folder / face.file).with_suffix(".json").write_text(json.dumps(_runs(characters)))
    size = (folder / face.file).stat().st_size
    print(f"   {face.file}: {len(characters)} characters, {size / 1e6:.1f} MB", flush=True)


def main() -> None:
    """Download, cut and put in place; an unfinished run leaves the old folder untouched."""
    if len(sys.argv) != 2:
        sys.exit("usage: build_fonts.py OUTDIR")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fonts-") as name:
        temporary = Path(name)
        ready = temporary / "ready"
        ready.mkdir()
        try:
            roots = {
                package: _unpacked(package, temporary)
                for package in dict.fromkeys(face.package for face in FACES)
            }
        except (OSError, subprocess.CalledProcessError) as error:
            packages = " ".join(dict.fromkeys(face.package for face in FACES))
            sys.exit(
                f"The fonts could not be had: {error}\n"
                f"They come from Debian's packages {packages}. On a machine without a network, "
                f"install these two from your own mirror, or copy the font folder of another "
                f"machine to {folder} (setting ZHUCE_FONTS)."
            )
        for face in FACES:
            build(face, roots[face.package], ready)
        for package, root in roots.items():
            source = root / "usr/share/doc" / package / "copyright"
            if source.exists():  # the Open Font License travels with the faces
                shutil.copyfile(source, ready / f"{package}.copyright")
        for path in sorted(ready.iterdir()):
            shutil.move(path, folder / path.name)
    print(f"   fonts are in {os.path.relpath(folder)}", flush=True)


if __name__ == "__main__":
    main()
