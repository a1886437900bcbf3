#!/usr/bin/env bash
# One would guess  SQLite's full-text search with trigrams is the one for Chinese: it needs no words, it finds any part of
#                  a text, and where LIKE finds somebody, MATCH does.
# What happens     What is asked for must have three characters. Who is called 张三 or 王伟 is never found, and 娜娜 does
#                  not find 欧阳娜娜: MATCH answers with nobody, without an error. LIKE on the same table finds them, and
#                  its plan reads the same for two characters as for three, although the index helps only three. With
#                  the default tokenizer a firm's name of thirteen characters is one word: only who types it from its
#                  beginning, with a star after it, is answered.
# Versions         SQLite 3.53.4 (pysqlite3 0.6.1)
# Source           sqlite.org/fts5.html, 4.3.5 The Trigram Tokenizer; EXPLAIN QUERY PLAN
# Why it matters   An officer looks for a person by name hundreds of times a day. A search that finds 欧阳娜娜 in the
#                  demonstration and never 王伟 sends people away as unknown; names need an index of pairs, or of beginnings.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check pysqlite3==0.6.1
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import pysqlite3.dbapi2 as sqlite

NAMES = [("张三",), ("王伟",), ("欧阳娜娜",), ("上海建筑设计研究院有限公司",)]
database = sqlite.connect(":memory:")
for tokenizer in ("trigram", "unicode61"):
    database.execute(f"CREATE VIRTUAL TABLE {tokenizer}_names USING fts5(name, tokenize='{tokenizer}')")
    database.executemany(f"INSERT INTO {tokenizer}_names VALUES (?)", NAMES)


def found(tokenizer: str, words: str) -> list[str]:
    asked = f"SELECT name FROM {tokenizer}_names WHERE name {words}"
    return [name for name, in database.execute(asked)]


def plan(words: str) -> str:
    return database.execute(f"EXPLAIN QUERY PLAN SELECT name FROM trigram_names WHERE name {words}").fetchone()[3]


print("SQLite", sqlite.sqlite_version, "· pysqlite3", version("pysqlite3"))
for word in ("张三", "娜娜", "阳娜娜"):
    match, like = found("trigram", f"MATCH '{word}'"), found("trigram", f"LIKE '%{word}%'")
    print(f"trigrams, {word}: MATCH {match}, LIKE {like}:", plan(f"LIKE '%{word}%'"))
print("words, 建筑: MATCH", found("unicode61", "MATCH '建筑'"), "· 上海建筑*: MATCH", found("unicode61", "MATCH '上海建筑*'"))
assert found("trigram", "MATCH '张三'") == found("trigram", "MATCH '娜娜'") == []
assert found("trigram", "MATCH '阳娜娜'") == found("trigram", "LIKE '%娜娜%'") == ["欧阳娜娜"]
assert plan("LIKE '%娜娜%'") == plan("LIKE '%阳娜娜%'")
assert found("unicode61", "MATCH '建筑'") == []
PYTHON
