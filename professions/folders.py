"""Where the files of a registration type come from: its folder, what it builds on, shared parts."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from professions import positions
from refusals.refusal import Refusal

MANIFEST = "type.toml"
EXAMPLES = "examples"


class RegistrationTypeRefused(Refusal):
    """注册类型“{folder}”无法使用：{reason}。请按 bpmn/README.md 修改。"""

    code = "E_REGISTRATION_TYPE"


def collect(folder: Path) -> dict[str, bytes]:
    """Return the closed set of a type: its own files, over those it builds on, and shared ones.

    Paths are relative to `folder`; those of a shared folder start with the folder's name. With
    `based_on`, every file of that type counts that has no namesake in `folder`.
    Examples tell stories to people and tests; they are no part of what runs.
    """
    manifest = _manifest_in(folder)
    files = {**_base(folder), **_files(folder)}
    for name in _names(folder, manifest, "shared"):
        files |= {f"{name}/{path}": data for path, data in _files(_beside(folder, name)).items()}
    return files


def origins(folder: Path) -> dict[str, str]:
    """Return where each file of a type lies: path in the type → path beside `folder`.

    >>> origins(Path("bpmn/builder-2"))["initial.bpmn"]
    'structural-engineer-2/initial.bpmn'
    """
    manifest = _manifest_in(folder)
    places: dict[str, str] = {}
    for name in (*bases(folder), folder.name):
        places |= {path: f"{name}/{path}" for path in _files(_beside(folder, name))}
    for name in _names(folder, manifest, "shared"):
        places |= {f"{name}/{path}": f"{name}/{path}" for path in _files(_beside(folder, name))}
    return places


def shared(folder: Path) -> list[str]:
    """Return the names of the folders whose files a type takes over."""
    return [*bases(folder), *_names(folder, _manifest_in(folder), "shared")]


def own_files(folder: Path) -> frozenset[str]:
    """Return the paths of the files that a type answers for.

    The one that no other is built on answers for the shared parts too.

    >>> sorted(own_files(Path("bpmn/builder-2")))[:2]
    ['continuing_education.dmn', 'documents/certificate.typ']
    """
    origin, based = origins(folder), bool(bases(folder))
    others = () if based else shared(folder)
    ours = (folder.name, *others)
    return frozenset(path for path, place in origin.items() if place.partition("/")[0] in ours)


def _manifest_in(folder: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads((folder / MANIFEST).read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        reason, remedy = positions.of_bytes(error.object)
        raise _refused(folder, MANIFEST, reason, remedy) from error
    except OSError as error:
        raise RegistrationTypeRefused(
            MANIFEST, folder=folder.name, reason=_unopened(folder, error)
        ) from error
    except ValueError as error:
        reason = positions.of_toml(error)
        raise RegistrationTypeRefused(MANIFEST, folder=folder.name, reason=reason) from error


def _unopened(folder: Path, error: OSError) -> str:
    """Say why there is no manifest to read; a name in capitals is another one on a server."""
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    meant = next((name for name in names if name.lower() == MANIFEST), None)
    if meant is not None and meant != MANIFEST:
        return f"没有 {MANIFEST}，只有 {meant}：文件名的大小写须一致，请改名"
    if isinstance(error, IsADirectoryError):
        return f"{MANIFEST} 是文件夹，不是文件：请改名，换成文件"
    absent = isinstance(error, FileNotFoundError)
    return f"没有 {MANIFEST}" if absent else f"不能读取（{error.strerror}），请检查权限"


def bases(folder: Path) -> list[str]:
    """Return the name of the folder that the type builds on, if any."""
    name = _manifest_in(folder).get("based_on")
    return [] if name is None else [str(name)]


def _base(folder: Path) -> dict[str, bytes]:
    for name in bases(folder):
        beside = _beside(folder, name)
        if bases(beside):
            reason = f"based_on 的 {name} 自己也有 based_on，请直接写最初的文件夹"
            raise RegistrationTypeRefused(MANIFEST, folder=folder.name, reason=reason)
        return _files(beside)
    return {}


def _names(folder: Path, manifest: Mapping[str, Any], name: str) -> list[str]:
    listed = manifest.get(name, [])
    if not isinstance(listed, list):
        reason = f"{name} 应为文件夹名称的列表"
        raise RegistrationTypeRefused(MANIFEST, folder=folder.name, reason=reason)
    return [str(file) for file in listed]


def _beside(folder: Path, name: str) -> Path:
    """Return the folder of that name beside `folder`; nothing outside can be named."""
    beside = folder.parent / name
    if not beside.is_dir() or beside.parent != folder.parent or name in ("", ".", ".."):
        reason = f"没有共用文件夹 {name}"
        raise RegistrationTypeRefused(MANIFEST, folder=folder.name, reason=reason)
    return beside


def _files(folder: Path) -> dict[str, bytes]:
    contents = {}
    for path in sorted(_told(folder)):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
            raise _refused(folder, name, "是指向文件夹以外的链接", "请换成文件本身")
        if path.is_dir():
            continue
        if not path.is_file():
            raise _refused(folder, name, "不是文件，或者是失效的链接", "请换成文件本身，或者删除")
        if not name.isprintable():
            shown = name.encode("ascii", "backslashreplace").decode()
            raise _refused(folder, shown, "文件名称含有不能显示的字符", "请改名")
        try:
            contents[name] = path.read_bytes()
        except OSError as error:
            raise _refused(folder, name, f"不能读取（{error.strerror}）", "请检查权限") from error
    return contents


def _told(folder: Path) -> Iterator[Path]:
    """Yield what lies in a folder, neither hidden nor an example, folders too."""
    for place, folders, files in os.walk(folder):
        left = (EXAMPLES,) if place == str(folder) else ()
        folders[:] = [name for name in folders if _counts(name, left)]
        yield from (Path(place, name) for name in (*folders, *files) if _counts(name, left))


def _counts(name: str, left: Collection[str]) -> bool:
    return not name.startswith((".", "__")) and name not in left


def _refused(folder: Path, name: str, reason: str, remedy: str) -> RegistrationTypeRefused:
    return RegistrationTypeRefused(name, folder=folder.name, reason=reason, remedy=remedy)
