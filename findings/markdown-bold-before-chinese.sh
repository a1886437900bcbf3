#!/usr/bin/env bash
# One would guess  **注意：**请先签名 is a bold 注意： before the rest: the marks open and close around the words, and
#                  **Note:** sign first is.
# What happens     Nothing is bold and four stars stand on the page. CommonMark lets ** close behind a punctuation
#                  mark only if a blank or another punctuation mark follows; Chinese writes none, so that what is most
#                  often set in bold (注意：, （一）, “…”, 【保存】) is not. The same text with the colon outside the
#                  marks, or in English, is bold. Where two such words follow each other the text between them
#                  is bold instead: of 填写**（一）**至**（三）**项 it is 至. Two parsers that follow the specification agree.
# Versions         markdown-it-py 4.3.0, commonmark 0.9.1
# Source           CommonMark 0.31.2, 6.2 "Emphasis and strong emphasis" (left- and right-flanking delimiter runs);
#                  markdown_it/rules_inline/state_inline.py: scanDelims
# Why it matters   Analysts write the guides that applicants read. The stars appear only in Chinese text, only at some
#                  words, and no tool warns. A service in Chinese must widen the rule or tell the writer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check markdown-it-py==4.3.0 commonmark==0.9.1
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import commonmark
from markdown_it import MarkdownIt

BOLD = ["**Note:** sign first", "**注意**：请先签名", "**注意：** 请先签名"]
STARS = ["**注意：**请先签名", "他说**“不同意”**了", "点击**【保存】**后"]
BETWEEN = "填写**（一）**至**（三）**项"
print("markdown-it-py", version("markdown-it-py"), "· commonmark", version("commonmark"))
for text in [*BOLD, *STARS, BETWEEN]:
    shown = MarkdownIt().render(text).strip()
    print(f"{text}  ->  {shown}")
    assert commonmark.commonmark(text).strip() == shown, "the parsers differ now"
    assert ("<strong>" in shown) == (text not in STARS), "read otherwise now"
    assert ("**" in shown) == (text not in BOLD), "read otherwise now"
assert "<strong>至</strong>" in MarkdownIt().render(BETWEEN), "other words are bold now"
PYTHON
