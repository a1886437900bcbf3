"""中文 or English: what somebody reads pages in, how it is changed, and what there is in English.

The link of the head asks for the page again with `?lang=`; the answer keeps the choice in a cookie
and with the account, and leads back to the page. Who never chose is read to in the language that
the browser asks for, Chinese before any other. What is no page but tells somebody something (a
list as a file, a refusal of `/api`) is said in that language too; papers and facts are in none.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import structlog
from flask import Flask, Response, current_app, g, redirect, request, session
from sqlalchemy.exc import DBAPIError
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response as Answer

from casework.case import offered_professions
from registry.people import languages
from registry.people.languages import Language
from storage.database import writing
from web import problems
from web.english import catalogue, pages
from web.english.catalogue import Catalogue
from web.extensions import office, settings

_LOG = structlog.get_logger(__name__)
COOKIE = "zhuce-language"
ASKED = "lang"  #: parameter of an address
_VERIFICATION = "verification"  #: pages that say what is genuine
_YEAR_S = 365 * 24 * 3600
OWN = Path(__file__).parents[1] / "locale" / "en" / "LC_MESSAGES" / "pages.po"
#: Whose pages are in Chinese only; a note on top of them says so.
_CHINESE_ONLY = ("web.agency.", "web.operations.", "web.studio.")


def install(app: Flask) -> None:
    """Keep what is chosen, and turn pages on their way out."""
    app.before_request(_chosen)
    app.after_request(_answered)
    app.jinja_env.globals |= {
        "in_english": lambda: reads() is Language.ENGLISH,
        "chinese_only": lambda: reads() is Language.ENGLISH and not _is_covered(),
        "language_link": link,
    }


def reads() -> Language:
    """Tell in which language whoever asks for this page reads."""
    known = _known(request.cookies.get(COOKIE))
    if known is not None:
        return known
    asked = request.accept_languages.best_match(("zh-CN", "zh", "en"), "zh-CN")
    return Language.ENGLISH if asked == "en" else Language.CHINESE


def said(text: str) -> str:
    """Give a text in the language of whoever asks, for what is no page; as pages beside it are."""
    if "said_from" not in g:  # lists ask for every cell
        g.said_from = texts() if reads() is Language.ENGLISH and _is_covered() else None
    parts = g.said_from.turned(text) if g.said_from else None
    return "".join(part.text for part in parts) if parts else text


def turned(page: str) -> str:
    """Give a file of HTML in the language of whoever asks for it."""
    return pages.turned(page, texts()) if reads() is Language.ENGLISH else page


def link(language: str) -> str:
    """Give the address of this page in another language; of the first one after a form.

    Pages that say what is genuine repeat nothing of an address, also not there.
    """
    if request.method != "GET" or request.url_rule is None:
        return f"/?{ASKED}={language}"
    asked = b"" if request.blueprint == _VERIFICATION else request.query_string
    query = asked.decode("ascii", "replace")
    return iri_to_uri(f"{request.path}?{query + '&' if query else ''}{ASKED}={language}")


def remember(visitor: str) -> None:
    """Read on in the language of an account, where this browser knows of none."""
    if COOKIE in request.cookies:
        return
    with office().sessions() as database:
        g.language = languages.of(database, visitor)


def _known(text: str | None) -> Language | None:
    return next((language for language in Language if language.value == text), None)


def _chosen() -> Answer | None:
    language = _known(request.args.get(ASKED))
    if language is None or request.method != "GET" or request.url_rule is None:
        return None
    if not _has_pages():
        return None
    g.language = language
    if visitor := session.get("visitor"):
        with writing(office().sessions) as database:
            languages.choose(database, str(visitor), language)
    rest = [(name, text) for name, text in request.args.items(multi=True) if name != ASKED]
    return redirect(iri_to_uri(request.path) + (f"?{urlencode(rest)}" if rest else ""), 303)


def _answered(response: Response) -> Response:
    if chosen := g.get("language"):
        response.set_cookie(
            COOKIE,
            chosen.value,
            max_age=_YEAR_S,
            secure=settings().is_https,
            httponly=True,
            samesite="Lax",
        )
    is_page = response.mimetype == "text/html" and not response.is_streamed
    if not is_page or "Content-Disposition" in response.headers:
        return response
    response.vary.update(("Cookie", "Accept-Language"))
    if reads() is not Language.ENGLISH:
        return response
    response.content_language.add("en" if _is_covered() else "zh-CN")
    if _is_covered():
        response.set_data(turned(response.get_data(as_text=True)))
    return response


def _view_module() -> str:
    view = current_app.view_functions.get(request.endpoint or "")
    return str(getattr(view, "__module__", ""))


def _has_pages() -> bool:
    return _view_module().startswith("web.") and not problems.is_program()


def _is_covered() -> bool:
    """Tell whether this page is in English: every error is, whoever meets it."""
    return g.get("is_error_page", False) or not f"{_view_module()}.".startswith(_CHINESE_ONLY)


def texts() -> Catalogue:
    """Give all texts that are in English: those of pages, and what types say of themselves."""
    try:
        kinds = offered_professions.offered(office())
    except DBAPIError:
        kinds = []  # the page that says so is in English too
    own = {text: None for kind in kinds for text in kind.english}
    return _texts(*own)


@cache
def _texts(*own: bytes) -> Catalogue:
    messages = catalogue.read(OWN.read_bytes())
    for content in reversed(own):
        try:
            messages = [*catalogue.read(content), *messages]
        except ValueError as error:  # deployed before the check told it: pages go on in Chinese
            _LOG.warning("english_catalogue_unread", error=str(error))
    return Catalogue(messages)
