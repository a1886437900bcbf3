"""A list on its page, or as the file that its reader asked for, which leaves a row in the trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, g, render_template, request

from casework.privacy import bulk_reads
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry.trail import audit
from storage.database import writing
from storage.vault import current_vault
from web.extensions import db, office
from web.lists import asked as questions
from web.lists import exports, query, saved
from web.lists.asked import Asked
from web.lists.listing import Listing
from web.lists.query import CAP, EXPORTED, NOTHING, Page
from web.lists.saved import SavedView


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the templates of a list read."""

    of: Listing
    asked: Asked
    page: Page
    views: Sequence[SavedView]

    @property
    def number(self) -> int:
        """Return the number of this page."""
        return self.asked.page

    @property
    def total(self) -> str:
        """Say how many rows there are, and that no more were counted."""
        if self.page.is_capped:
            return f"共 {CAP} {self.of.unit}以上（只计到 {CAP}）"
        return f"共 {self.page.total} {self.of.unit}"

    def link(self, **more: object) -> str:
        """Give the address of this question, for another page or form."""
        return request.path + questions.address(self.of, self.asked, **more)

    @property
    def next(self) -> str | None:
        """Give the address of the next page."""
        if self.page.after is None:
            return None
        return self.link(page=self.number + 1, after=self.page.after)

    @property
    def clear(self) -> str:
        """Give the address of the whole list."""
        plain = Asked(
            q="",
            filters={},
            sort=self.of.sorts[0],
            page=1,
            after=None,
            faults={},
            typed={},
        )
        return request.path + questions.address(self.of, plain)

    @property
    def numbers(self) -> Iterator[int | None]:
        """Give the numbers of pages to choose from; None where some are left out."""
        last = self.page.pages
        near = {1, 2, last - 1, last, *range(self.number - 1, self.number + 2)}
        before = 0
        for number in sorted(page for page in near if 1 <= page <= last):
            if number > before + 1:
                yield None
            yield number
            before = number

    @property
    def is_open(self) -> bool:
        """Whether something was chosen that the reader must see."""
        return bool(self.asked.filters or self.asked.sort is not self.of.sorts[0])

    @property
    def name(self) -> str:
        """Give the question in words, as the name under which it may be kept."""
        words = [self.asked.q] if self.asked.q else []
        for choice in self.of.filters:
            if word := self.asked.filters.get(choice.key):
                words.append(dict(choice.choices).get(word, word))
        return "、".join(words)[: saved.LONGEST_NAME]

    @property
    def exported(self) -> str:
        """Say what an export leaves out, if it does."""
        return f"最多导出前 {EXPORTED} {self.of.unit}" if self.page.is_capped else ""


def show(
    listing: Listing,
    template: str,
    *,
    args: Mapping[str, str] | None = None,
    status: int = 200,
    **more: Any,
) -> Response | str | tuple[str, int]:
    """Answer with the page of a list, or with the file of the same rows.

    `args` is what was asked, when it is not the address; `status` that of a page with faults of
    its own.
    """
    args = request.args if args is None else args
    asked = questions.read(listing, args)
    faults, page = dict(asked.faults), NOTHING
    if not faults:
        try:
            if (form := args.get("download", "")) in exports.FORMATS:
                return _file(listing, asked, form)
            page = query.page(db.session(), listing, asked)
        except Refusal as error:
            faults["q"] = Fault.of(error)
    shown = Shown(
        of=listing,
        asked=asked,
        page=page,
        views=saved.of(db.session(), g.visitor.actor.id, listing.key),
    )
    html = render_template(template, list=shown, list_faults=faults, today=office().today(), **more)
    return (html, 422 if faults else status)


def _file(listing: Listing, asked: Asked, form: str) -> Response:
    write, mimetype = exports.FORMATS[form]
    rows, place = list(query.everything(db.session(), listing, asked)), office()
    content = write(listing, rows, place.today())
    g.look_is_noted = True  # by the row that says how many were taken
    facts: dict[str, Any] = {"rows": len(rows), "form": form, **asked.filters}
    if asked.q:
        facts["hash"] = current_vault().blind_index(asked.q)
    with writing(place.sessions) as session:
        audit.record(
            session,
            "list.export",
            actor=g.visitor.actor.id,
            acting_for=g.visitor.uscc,
            subject=f"list:{listing.key}",
            at=place.now(),
            facts=facts,
        )
        bulk_reads.watch_list(session, g.visitor.actor.id, place.now(), len(rows))
    name = f"{listing.key}-{place.today():%Y%m%d}.{form}"
    answer = Response(content, mimetype=mimetype)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
