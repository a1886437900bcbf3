"""Changes that a careful analyst may rightly make: the check lets each pass.

A check that tells what is no slip costs as much as one that tells nothing: whoever is refused
without reason learns to look away.
"""

from __future__ import annotations

from functools import cache

import pytest

from professions import folders
from professions.checks import examination
from tests.offices import FONTS
from tests.professions.folders import BPMN

ENGINEER, BUILDER, SUPERVISOR = "structural-engineer-2", "builder-2", "supervising-engineer"
FORM = "initial.schema.json"
TICKED = (
    "本人所填信息和所传材料真实、有效，同意受聘于上述企业并申请注册；"
    "如有不实，愿承担相应的法律责任。"
)
#: profession, file, text before and after
HONEST = [
    # what is ticked says in other words that it is true
    (BUILDER, FORM, TICKED, "本人保证以上各项属实，自愿申请。"),
    (BUILDER, FORM, TICKED, "本人承诺如实填写；如有虚假，愿承担注销注册等一切后果。"),
    (ENGINEER, FORM, TICKED, "所填内容真实有效；若材料无效，本人承担责任。"),
]


@cache
def shipped(key: str) -> dict[str, bytes]:
    return dict(folders.collect(BPMN / key))


@pytest.mark.parametrize(("key", "file", "old", "new"), HONEST)
def test_an_honest_change_passes(key: str, file: str, old: str, new: str) -> None:
    path = next(path for path in shipped(key) if path.rpartition("/")[2] == file)
    before = shipped(key)[path].decode()
    assert old in before

    told = examination.check({**shipped(key), path: before.replace(old, new).encode()}, FONTS)

    assert told == [], "\n".join(map(str, told))
