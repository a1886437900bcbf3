"""What is wrong with XML that is none, in words for its author."""

from __future__ import annotations

import re

from lxml import etree

_TAGS = (
    (
        r"Opening and ending tag mismatch: (\S+) line (\d+) and ([^\s,]+)",
        "第 {2} 行的标签 {1} 没有结束，却写了 {3} 的结束标签",
    ),
    (r"Premature end of data in tag (\S+) line (\d+)", "文件不完整，第 {2} 行的标签 {1} 没有结束"),
    (r"XML declaration allowed only at the start", "“<?xml”之前不能有空行或者其他内容"),
    (r"Namespace prefix (\S+)", "前缀 {1} 没有声明"),
    (r"Excessive depth in document: (\d+)", "元素套了 {1} 层以上"),
    (r"Attribute (\S+) redefined", "属性 {1} 写了两次"),
    (r"Entity '([^']+)' not defined", "不认识 &{1};，“&”要写成 &amp;"),
)
_KINDS = {
    "ERR_DOCUMENT_EMPTY": "文件是空的，或者不是以“<”开头",
    "ERR_DOCUMENT_END": "末尾有多余的内容",
    "ERR_NAME_REQUIRED": "“&”要写成 &amp;，“<”要写成 &lt;",
    "ERR_ENTITYREF_SEMICOL_MISSING": "“&”要写成 &amp;",
    "ERR_LT_IN_ATTRIBUTE": "属性值中的“<”要写成 &lt;",
    "ERR_ATTRIBUTE_NOT_STARTED": "属性值要加英文引号",
    "ERR_ATTRIBUTE_NOT_FINISHED": "属性值的引号没有成对",
    "ERR_ATTRIBUTE_WITHOUT_VALUE": "属性没有值",
    "ERR_SPACE_REQUIRED": "属性之间要有空格",
    "ERR_EQUAL_REQUIRED": "属性名称之后缺少等号",
    "ERR_GT_REQUIRED": "标签没有以“>”结束",
    "ERR_LTSLASH_REQUIRED": "缺少结束标签",
    "ERR_INVALID_CHAR": "有不能使用的字符",
    "ERR_INVALID_ENCODING": "不是 UTF-8 编码的文字",
    "ERR_UNKNOWN_ENCODING": "不认识所写的编码，请写 UTF-8",
    "ERR_UNSUPPORTED_ENCODING": "不认识所写的编码，请写 UTF-8",
    "ERR_COMMENT_NOT_FINISHED": "注释没有结束",
    "ERR_CDATA_NOT_FINISHED": "CDATA 没有结束",
}


def words(error: etree.XMLSyntaxError) -> str:
    """Say what is wrong; the parser's own words where there are no better ones."""
    for pattern, text in _TAGS:
        if said := re.search(pattern, error.msg):
            return text.format(said[0], *said.groups())
    kind = next((name for name, code in vars(etree.ErrorTypes).items() if code == error.code), "")
    return _KINDS.get(kind, error.msg[:120])


#: How files begin that people take for texts.
_BEGINS = {
    b"PK\x03\x04": "ZIP 或者 Office 文件",
    b"\xd0\xcf\x11\xe0": "旧版 Office 文件",
    b"\x1f\x8b": "gzip 压缩文件",
    b"%PDF": "PDF 文件",
    b"\x89PNG": "PNG 图片",
    b"\xff\xd8\xff": "JPG 图片",
    b"{": "JSON 文件",
}


def kind_of(data: bytes) -> str:
    """Say what a file is by how it begins; empty where it may be a text.

    >>> kind_of(b"%PDF-1.7"), kind_of(b"<definitions/>")
    ('PDF 文件', '')
    """
    return next((kind for start, kind in _BEGINS.items() if data.startswith(start)), "")
