"""What the holder of a void file is shown."""

from __future__ import annotations

import subprocess

from tests.web.desk import Desk


def test_a_void_file_says_so_on_its_pages(me: Desk) -> None:
    """I7, R44: the old file stays readable and carries 已作废 with the reason."""
    me.fills().signs()
    me.open(f"{me.base}/withdraw")
    me.send(f"{me.base}/withdraw", {}, follow=True)
    link = me.soup().select_one('a[href^="/files/documents/"]')
    assert link is not None

    shown = me.open(f"{link['href']}.pdf")

    assert shown.mimetype == "application/pdf"
    program = ["pdftotext", "-raw", "-", "-"]
    read = subprocess.run(program, input=shown.data, capture_output=True, check=True)
    text = "".join(read.stdout.decode().split())
    assert "已作废" in text
    assert "申请已撤回，不具有法律效力" in text
