#!/usr/bin/env bash
# One would guess  tomlkit edits a file and leaves alone what was not touched. A value that is a dictionary becomes a table; whoever adds
#                  one to a file adds exactly that.
# What happens     Where the group is written with dotted keys, `fee.due = 80` and `fee.account = "A"`, adding fee.reduced = {share: 50}
#                  writes a header [fee.reduced] between the two. In TOML all that follows a header belongs to it, so the
#                  account, which nobody touched, is now fee.reduced.fee.account. In memory the document still reads as meant; the
#                  file that was saved does not. Under another header it is worse: the new table itself goes to the
#                  root, without its parent. Plain values and lists of them are added rightly, and so are tables beside headers.
# Versions         tomlkit 0.15.2, read back by Python's own tomllib
# Source           TOML 1.0, Table (a header holds until the next header or the end of the file); tomlkit/container.py, _render_table and
#                  _render_simple_item: a dotted table is rendered in the place of its keys, a table in it with its header
# Why it matters   A form adds one setting to an analyst's file. The fee has no account any more, the page that saved it shows that
#                  it has, and the fault comes up with the next start. What was written has to be read back and compared with
#                  what was meant before it is kept.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check tomlkit==0.15.2
"$work/venv/bin/python" - <<'PYTHON'
import tomllib
from importlib.metadata import version

import tomlkit

DOTTED = 'fee.due = 80\nfee.account = "A"\n'
HEADED = '[fee]\ndue = 80\naccount = "A"\n'
UNDER = '[initial]\nfee.due = 80\nfee.account = "A"\n'
REDUCED = {"share": 50}
FEE = {"due": 80, "account": "A", "reduced": REDUCED}


def saved(text: str, *place: str, value: object = REDUCED) -> dict[str, object]:
    """Add `reduced` to the fee; check that memory has what is meant, and give what the saved text says."""
    document = tomlkit.parse(text)
    fee = document
    for name in place:
        fee = fee[name]
    fee["reduced"] = value
    assert fee.unwrap() == {**FEE, "reduced": value}
    print(tomlkit.dumps(document).replace("\n\n", "\n"))
    return tomllib.loads(tomlkit.dumps(document))


print("tomlkit", version("tomlkit"), "\n")
assert saved(HEADED, "fee") == {"fee": FEE}
assert saved(DOTTED, "fee", value=50) == {"fee": {**FEE, "reduced": 50}}
assert saved(DOTTED, "fee") == {"fee": {"due": 80, "reduced": {"share": 50, "fee": {"account": "A"}}}}
assert saved(UNDER, "initial", "fee") == {"initial": {"fee": {"due": 80}}, "fee": {"reduced": {"share": 50, "fee": {"account": "A"}}}}
PYTHON
