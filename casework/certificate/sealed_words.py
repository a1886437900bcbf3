"""What a sealed paper says, held against what the register says: certificates and letters alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from cryptography.exceptions import InvalidTag
from sqlalchemy.orm import Session

from casework.office import Office
from pdfgen import text_layer
from refusals.days import day_in_words
from refusals.refusal import Refusal
from signing.judging.verify import Expected

Watch = Callable[[Sequence[str]], Iterable[str]]  #: hands ids through, as a bar on a terminal does


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The first thing in which a sealed paper and the register differ."""

    named: str  #: the paper, "证书DZ31S22026000001"
    what: str  #: "有效期止", or what is wrong with the file as a whole
    register: str = ""  #: what the register says, as it would be printed
    paper: str = "证书文件"

    @property
    def words(self) -> str:
        """Say it in Chinese."""
        said = f"登记为“{self.register}”，{self.paper}不是" if self.register else "请从备份核对"
        return f"{self.named}与登记不符：{self.what}，{said}"


class NotSealed(Exception):
    """A file says nothing: it is gone, or does not bear the agency's seal; the text says which."""


def of(office: Office, sha256: str) -> str:
    """Return the folded words of a paper that the agency sealed; raises `NotSealed`."""
    try:
        pdf = office.files.get(sha256)
    except Refusal as refusal:
        raise NotSealed(str(refusal)) from refusal
    if not office.signatures.examine(pdf, expected=Expected.agency()).ok:
        raise NotSealed("文件没有有效的主管部门印章")
    return text_layer.folded(text_layer.words(pdf))


def held(
    office: Office,
    listed: Sequence[str],
    hold: Callable[[Session, str], Difference | None],
    named: Callable[[Session, str], str],
    watch: Watch,
) -> Iterator[Difference]:
    """Hold each paper of a list of ids, in a session of its own; yield what differs.

    A value that the vault does not open was changed as well: it is told, and stops no other.
    """
    for paper_id in watch(listed):
        with office.sessions() as session:
            try:
                found = hold(session, paper_id)
            except InvalidTag:
                name = named(session, paper_id)
                found = Difference(named=name, what="登记中加密保存的内容被改动，不能解密")
        if found is not None:
            yield found


def day(value: str | date) -> str:
    """Write a day as the templates print it.

    >>> day("2029-01-05"), day("长期")
    ('2029年1月5日', '长期')
    """
    try:
        return day_in_words(value)
    except ValueError:
        return str(value)
