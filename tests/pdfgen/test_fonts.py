"""The font folder: complete, ours by name, and a clear word where it cannot be built."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from tools import build_fonts


@pytest.mark.parametrize("face", build_fonts.FACES, ids=lambda face: face.file)
def test_each_face_is_there_under_our_name(face: build_fonts.Face, fonts: Path) -> None:
    """R22: templates ask for our names; the list beside a face holds exactly its characters."""
    with TTFont(fonts / face.file, lazy=True) as font:
        names, characters = font["name"], set(font.getBestCmap())

    assert names.getDebugName(1) == face.family
    assert "Open Font License" in (names.getDebugName(13) or "")
    assert not any("LXGW" in str(record) for record in names.names if record.nameID in (1, 4, 6))
    runs = json.loads((fonts / face.file).with_suffix(".json").read_text())
    assert {p for first, last in runs for p in range(first, last + 1)} == characters
    assert set(map(ord, "上海市住房和城乡建设管理委员会〔2026〕①、。（）")) <= characters


def test_without_packages_and_network_the_remedy_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Set-up: it names the two packages and the other way to get a font folder."""
    nowhere = [dataclasses.replace(face, source="nowhere.ttf") for face in build_fonts.FACES]

    def offline(*arguments: str, cwd: Path) -> None:
        raise OSError(f"apt-get {arguments[-1]}: Temporary failure resolving")

    monkeypatch.setattr(build_fonts, "FACES", nowhere)
    monkeypatch.setattr(build_fonts, "_apt", offline)
    monkeypatch.setattr("sys.argv", ["build_fonts.py", str(tmp_path / "fonts")])

    with pytest.raises(SystemExit, match="fonts-noto-cjk fonts-lxgw-wenkai") as caught:
        build_fonts.main()

    assert "Temporary failure resolving" in str(caught.value)
    assert "ZHUCE_FONTS" in str(caught.value)
    assert list((tmp_path / "fonts").iterdir()) == []


def test_a_source_that_nobody_has_looked_at_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What a font draws stands on certificates: a file of another hash is told, not taken."""
    for face in build_fonts.FACES:
        assert Path(face.source).name in build_fonts.KNOWN
    other = tmp_path / "NotoSansCJK-Regular.ttc"
    other.write_bytes(b"drawn by somebody else")

    with pytest.raises(SystemExit, match="SHA-256 is 57bac012") as caught:
        build_fonts.require_known(other)

    assert "ZHUCE_OTHER_FONTS=1 make fonts" in str(caught.value)
    monkeypatch.setenv(build_fonts.OTHER, "1")
    build_fonts.require_known(other)


def test_runs_of_code_points() -> None:
    """What `charset` reads: inclusive runs."""
    assert build_fonts._runs([1, 2, 3, 7, 9, 10]) == [[1, 3], [7, 7], [9, 10]]
