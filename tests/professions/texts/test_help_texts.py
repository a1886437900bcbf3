"""Help texts are Markdown as analysts know it; what would stand as marks is told."""

from __future__ import annotations

import pytest

from professions.texts import help_texts

TITLE = "# 初始注册\n\n"


def _body(text: str) -> str:
    return str(help_texts.read(TITLE + text).body).strip()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**先**签名", "<strong>先</strong>签名"),
        ("**注意：**请先签名", "<strong>注意：</strong>请先签名"),
        ("填写**（一）**至**（三）**项", "<strong>（一）</strong>至<strong>（三）</strong>项"),
        ("点击**【保存】**后", "<strong>【保存】</strong>后"),
        ("第一行，\n第二行", "第一行，第二行"),
        ("two\nlines", "two\nlines"),
        ("见[指南](/guide/initial)", '<a href="/guide/initial" class="govuk-link">指南</a>'),
        ("1\\*2", "1*2"),
        ("A < B", "A &lt; B"),
    ],
)
def test_words_are_shown_as_they_were_meant(text: str, shown: str) -> None:
    assert shown in _body(text)
    assert not list(help_texts.faults(TITLE + text))


def test_lists_tables_and_headings() -> None:
    page = _body("## 步骤\n材料：\n- 照片\n  - 像素\n\n3. 签名\n4. 盖章\n\n|甲|乙|\n|-|-|\n|1|2|")
    for part in (
        '<h2 class="govuk-heading-m">步骤</h2>',
        '<p class="govuk-body">材料：</p>',
        '<ul class="govuk-list govuk-list--bullet">\n<li>照片\n<ul',
        '<ol start="3" class="govuk-list govuk-list--number">',
        '<td class="govuk-table__cell">2</td>',
    ):
        assert part in page
    assert help_texts.read("# 初始**注册**\n\n请看").title == "初始注册"


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("## 谁可以办理\n\n甲", 1, "没有标题"),
        (TITLE + "甲\n\n# 又一个", 5, "两个“# 标题”"),
        (TITLE + "#### 太深", 3, "层次太深"),
        (TITLE + "** 粗 **", 3, "“**”没有成对地起作用"),
        (TITLE + "只有**一半", 3, "“**”没有成对地起作用"),
        (TITLE + "照片 295*413 像素或者 358*441 像素", 3, "数字之间的“*”"),
        (TITLE + "运行 `make`", 3, "没有代码"),
        (TITLE + "![图](/static/a.png)", 3, "不能放图片"),
        (TITLE + "[官网](javascript:alert(1))", 3, "链接没有起作用"),
        (TITLE + "[官网](https://a.cn/b c)", 3, "链接没有起作用"),
        (TITLE + "<b>粗</b>", 3, "不能写 HTML，“<b>”"),
        (TITLE + "甲&nbsp;乙", 3, "不能写 HTML，“&nbsp;”"),
    ],
)
def test_what_would_stand_as_marks_is_told(text: str, line: int, told: str) -> None:
    [fault] = help_texts.faults(text)
    assert (fault.line, told in fault.problem) == (line, True), fault
    assert fault.remedy


def test_amounts_stand_to_the_right_without_a_style_of_their_own() -> None:
    """The pages' policy lets no element bring its own style."""
    page = _body("|项目|金额|\n|:-|-:|\n|注册|0|")
    assert '<td class="govuk-table__cell govuk-table__cell--numeric">0</td>' in page
    assert '<th class="govuk-table__header govuk-table__header--numeric">金额</th>' in page
    assert "style=" not in page


def test_nothing_in_a_help_text_is_html() -> None:
    page = _body('<img src="//a.cn/x">\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1))')
    assert "<img" not in page
    assert "<script" not in page
    assert 'href="javascript' not in page


def test_marks_hide_no_figure() -> None:
    """A figure beside its unit is found by the check however it is set off."""
    assert help_texts.plain("须在**30**日内、__六十__ 周岁前") == "须在30日内、六十 周岁前"


def test_a_long_paragraph_is_joined_line_by_line() -> None:
    """Each mark looks at its neighbours alone, however much stands around it."""
    body = _body("**甲**，\n" * 5_000)
    assert body == f'<p class="govuk-body">{"<strong>甲</strong>，" * 5_000}</p>'
