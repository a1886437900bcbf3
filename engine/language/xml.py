"""Read XML that strangers wrote: no entities, no network, no DOCTYPE, bounded size."""

from __future__ import annotations

from functools import lru_cache

from lxml import etree

from engine.errors import XmlRefused
from engine.language import malformed

MAX_BYTES = 1_000_000


def read_xml(data: bytes) -> etree._Element:
    """Return the root element; raise XmlRefused for anything but plain, small, well-formed XML."""
    if len(data) > MAX_BYTES:
        smaller = "请缩小该文件：拆成几个，或者删去注释和用不到的部分"
        raise XmlRefused(reason=f"文件超过 {MAX_BYTES // 1000} KB", remedy=smaller)
    if kind := malformed.kind_of(data):
        drawn = "请在原来的工具中打开它，导出为 BPMN 2.0 或者 DMN 1.3 文件"
        raise XmlRefused(reason=f"不是 XML，是 {kind}", remedy=drawn)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_pis=True,
        remove_comments=True,  # a note between elements, or inside a text, changes nothing
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        row, column = error.position
        place = f"第 {row} 行第 {column} 列"
        raise XmlRefused(
            reason=f"{place}：不是格式良好的 XML（{malformed.words(error)}）"
        ) from error
    except ValueError as error:
        raise XmlRefused(reason=f"不是格式良好的 XML（{str(error)[:120]}）") from error
    if root.getroottree().docinfo.doctype:
        raise XmlRefused(reason="含有 DOCTYPE 声明")
    return root


@lru_cache(maxsize=128)
def root_of(data: bytes) -> etree._Element:
    """Read a file once for all who look at it, see `read_xml`; nobody changes what is read."""
    return read_xml(data)
