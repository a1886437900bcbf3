"""What a form leaves in the database, however it was typed; each time it begins from the same."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from pysqlite3 import dbapi2
from sqlalchemy import event, inspect, select, tuple_

from casework.office import Office
from storage.database import Base
from tests.web.desk import Desk
from tests.web.fields import Place

#: Rows that say who asked, when and how often, not what he said.
_NOTED = frozenset({"web_session", "web_attempts", "audit_event", "audit_head", "day_count", "job"})
_ASKED = frozenset({"table_answer", "web_refusal"})  #: what a look or a refusal leaves
#: What is drawn anew with each press, and what is counted from it.
_DRAWN = re.compile(
    r'name="csrf_token"[^>]*|name="request"[^>]*|nonce="[^"]*"|data-token="[^"]*"'
    r"|name=.seen.[^>]*|.size_bytes.: \d+|\b(?:[2-9A-HJ-NP-Z]{4}-?){3}\b"
    r"|[0-9a-f]{32,}|\d{6}(?=，)|[0-9A-Za-z_+/=-]{36,}"
)

_READS = re.compile(r"\s*(SELECT|PRAGMA|BEGIN|SAVEPOINT|RELEASE)\b")
_WORD = re.compile(r"\w+")  #: of a statement: the tables are among them

#: What would do in a field, by its name; any other is told why something happened.
_FITS = {
    "q": "张示例",
    "name": "张示例",
    "id_no": "31010119900307299X",
    "title": "示例意见",
    "year": "2027",
    "holidays": "2027-01-01",
    "workdays": "2027-01-02",
    "source": "国办发明电〔2026〕示例1号",
    "until": "2027-11-24",
    "acts_until": "2027-11-24",
    "ruled_on": "2026-11-02",
    "ruling_no": "（2026）沪01行终845542号",
    "address": "example-845542@example.com",
    "url": "https://hooks.example.cn/in",
    "login": "zhangshili",
    "code": "845542",
    "old_pin": "135790",
    "new_pin": "8455420",
    "again_pin": "8455420",
    "pin": "135790",
    "seconds": "9",
    "overlap_days": "3",
    "path": "help/example.md",
    "steps": "2",
    "effective_at": "2026-12-24 10:00",
}


def fitting(name: str) -> str:
    """Give what could be typed in a field that stands empty."""
    return _FITS.get(name, "示例人力长见 845542 abc，见裁定书。")


#: What is told once, of the press before.
_TOLD = re.compile(
    r'<div class="govuk-notification-banner .*?</h2>.*?</div>.*?</div>\s*</div>', re.DOTALL
)

Answer = tuple[int, str, str]


class Ground:
    """The databases of an installation as they were, to begin from again.

    Whatever is written in this process is heard, so that only those tables are looked at.
    """

    def __init__(self, app: Flask, live: Path, kept: Path) -> None:
        self.app, self.live, self.kept = app, live, kept
        office: Office = app.extensions["zhuce_office"]
        opened = {"zhuce.db": office.sessions, "keys.db": office.signatures._sessions}
        #: names of what may have been written since, by database
        self._written: dict[str, set[str]] = {name: set() for name in opened}
        for name, sessions in opened.items():
            event.listen(sessions.kw["bind"], "before_cursor_execute", self._hearing(name))

    def _hearing(self, database: str) -> Callable[..., None]:
        written = self._written[database]

        def hear(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
            if not _READS.match(statement):
                written.update(_WORD.findall(statement))

        return hear

    def keep(self) -> None:
        """Begin from what stands now."""
        shutil.copytree(self.live, self.kept, dirs_exist_ok=True)
        for written in self._written.values():
            written.clear()

    def again(self) -> None:
        """Undo whatever was done since."""
        for database, written in self._written.items():
            if written:
                with self._beside(database) as live, live:
                    live.execute("PRAGMA synchronous=OFF")
                    live.execute("BEGIN IMMEDIATE")
                    for name in self._tables(live) & {*written, "sqlite_sequence"}:
                        live.execute(f'DELETE FROM main."{name}"')
                        live.execute(f'INSERT INTO main."{name}" SELECT * FROM was."{name}"')
            written.clear()

    @contextmanager
    def _beside(self, database: str = "zhuce.db") -> Iterator[dbapi2.Connection]:
        """Open what stands now, with what was kept beside it."""
        live = dbapi2.connect(self.live / database, isolation_level=None)
        live.execute("ATTACH ? AS was", (str(self.kept / database),))
        try:
            yield live
        finally:
            live.close()

    @staticmethod
    def _tables(live: dbapi2.Connection) -> set[str]:
        return {
            row[0]
            for row in live.execute("SELECT name FROM was.sqlite_master WHERE type = 'table'")
        }

    def counted(self) -> Counter[str]:
        """Count the rows of each table, but for those that every request leaves."""
        live = dbapi2.connect(self.live / "zhuce.db")
        names = sorted(Base.metadata.tables.keys() - (_NOTED - {"job"}) - _ASKED)
        counts = [f"SELECT '{name}', count(*) FROM \"{name}\"" for name in names]
        rows = live.execute(" UNION ALL ".join(counts)).fetchall()
        live.close()
        return Counter(dict(rows))

    def left(self) -> str:
        """Tell what rows there are that were not, what is drawn by chance left out."""
        told = [str(row) for name in self._changed() for row in self._rows(name)]
        return "\n".join(sorted(_DRAWN.sub("…", row) for row in told))

    def _changed(self) -> set[str]:
        asked = 'SELECT EXISTS (SELECT * FROM main."{0}" EXCEPT SELECT * FROM was."{0}")'
        names = (Base.metadata.tables.keys() - _NOTED) & self._written["zhuce.db"]
        with self._beside() as live:
            return {name for name in names if live.execute(asked.format(name)).fetchone()[0]}

    def _rows(self, name: str) -> list[dict[str, Any]]:
        table = Base.metadata.tables[name]
        key = inspect(table).primary_key.columns
        names = ", ".join(f'"{column.name}"' for column in key)
        asked = f'SELECT * FROM main."{name}" EXCEPT SELECT * FROM was."{name}"'
        with self._beside() as live:
            new = live.execute(f"SELECT {names} FROM ({asked})").fetchall()
        with self.app.extensions["zhuce_office"].sessions() as session:
            rows = session.execute(select(table).where(tuple_(*key).in_(new))).mappings()
            return [{k: v for k, v in row.items() if not isinstance(v, bytes)} for row in rows]


def answered(ground: Ground, desk: Desk, place: Place, typed: str) -> Answer:
    """Type something on fresh ground; give status, page or way, and what it leaves.

    A refusal leaves nothing; a question in an address neither.
    """
    ground.again()
    also = {name: fitting(name) for name in place.left}
    if place.method == "get":
        desk.open(place.asked(typed))
    else:
        desk.send(place.action, {**dict(place.others), **also, place.name: typed})
    left = ground.left() if place.method == "post" and desk.page.status_code < 400 else ""
    if desk.page.status_code == 303:
        return 303, _DRAWN.sub("…", desk.page.location), left
    main = desk.page.text.partition("<main")[2].partition("</main>")[0]
    shown = " ".join(_TOLD.sub("", main or desk.page.text).split())
    return desk.page.status_code, _DRAWN.sub("…", shown), left
