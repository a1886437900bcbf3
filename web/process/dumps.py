"""Whole databases as one file: SQLite by `VACUUM INTO`, PostgreSQL by its own tools.

Both are the database at one moment, taken while others write.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

from pysqlite3 import dbapi2  # two SQLites in one process take each other's locks away
from sqlalchemy import URL, inspect, make_url

from refusals.refusal import Refusal
from storage.database import open_database

_SAID = 300  #: characters of what a tool says


class DumpToolMissing(Refusal):
    """找不到命令 {tool}。请安装与数据库同一版本的 PostgreSQL 客户端程序，并放入 PATH。"""

    code = "E_DUMP_TOOL"


class DumpFailed(Refusal):
    """数据库的备份或者恢复没有完成：{said}。请按提示排除后重新运行。"""

    code = "E_DUMP_FAILED"


def is_empty(url: str) -> bool:
    """Tell whether the database has no table; one that does not exist yet has none."""
    address = make_url(url)
    if _is_sqlite(address) and not Path(str(address.database)).exists():
        return True  # asking would make it
    engine = open_database(url)
    try:
        return not inspect(engine).get_table_names()
    finally:
        engine.dispose()


def dump(url: str, file: Path) -> None:
    """Write the database to a new file, as it is at one moment.

    Raises: DumpToolMissing, DumpFailed.
    """
    address = make_url(url)
    if not _is_sqlite(address):
        _run("pg_dump", address, "--format=custom", "--no-owner", "--no-acl", f"--file={file}")
        return
    if not Path(str(address.database)).is_file():
        raise DumpFailed(said=f"没有文件 {address.database}")
    try:
        with closing(dbapi2.connect(str(address.database))) as source:
            source.execute("VACUUM INTO ?", (str(file),))
    except dbapi2.Error as error:
        raise DumpFailed(said=str(error)) from error


def load(file: Path, url: str) -> None:
    """Fill an empty database from a dump of its kind, whole or not at all.

    Raises: DumpToolMissing, DumpFailed.
    """
    address = make_url(url)
    if not _is_sqlite(address):
        words = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-acl")
        _run("pg_restore", address, *words, str(file))
        return
    target = Path(str(address.database))
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(dbapi2.connect(file)) as source, closing(dbapi2.connect(target)) as copy:
            source.backup(copy)
    except dbapi2.Error as error:
        raise DumpFailed(said=str(error)) from error


def kind_of(url: str) -> str:
    """Name the kind of database: a dump fills one of its own kind only."""
    return make_url(url).get_backend_name()


def _is_sqlite(address: URL) -> bool:
    return address.get_backend_name() == "sqlite"


def _run(tool: str, address: URL, *words: str) -> None:
    """Run a tool of PostgreSQL; the password goes by the environment, where no list shows it."""
    if shutil.which(tool) is None:
        raise DumpToolMissing(tool=tool)
    secret = {"PGPASSWORD": address.password} if address.password else {}
    run = subprocess.run(  # noqa: S603 (PostgreSQL's own program)
        [tool, f"--dbname={_without_password(address)}", *words],
        env={**os.environ, **secret},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise DumpFailed(said=run.stderr.strip()[-_SAID:])


def _without_password(address: URL) -> str:
    bare = address.set(drivername="postgresql")._replace(password=None)
    return bare.render_as_string(hide_password=False)
