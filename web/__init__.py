"""Who sees what: pages, command line, settings and the wiring of everything."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType
    from wsgiref.types import StartResponse, WSGIEnvironment

    from flask import Flask

    from casework.office import Office
    from web.settings import Settings

#: Every module that has pages; each exposes its blueprint as `bp`.
PAGES = (
    "public.home",
    "public.guide",
    "public.privacy",
    "sign_in.pages",
    "sign_in.sign_up",
    "sign_in.second_factor",
    "operations.health",
    "public.verification",
    "operations.incidents",
    "operations.keys",
    "operations.key_holders",
    "operations.versions",
    "operations.posts",
    "operations.factor_resets",
    "operations.trail",
    "operations.outside",
    "programs.clients",
    "programs.webhooks",
    "studio.front",
    "studio.versions",
    "studio.diagrams",
    "studio.tables",
    "studio.drafts",
    "studio.files",
    "studio.previews",
    "studio.trying.plays",
    "studio.trying.coverage",
    "studio.publications",
    "studio.new_types.beginning",
    "studio.new_types.steps",
    "studio.comparisons",
    "studio.flow",
    "studio.explanations",
    "studio.migrating.migrations",
    "studio.form_editor",
    "studio.manifest_editor",
    "applicant.applications",
    "applicant.overview",
    "applicant.application_form",
    "applicant.signature",
    "enterprise.confirmation",
    "enterprise.rename",
    "enterprise.seals",
    "enterprise.overview",
    "enterprise.operators",
    "applicant.contested",
    "enterprise.roster",
    "enterprise.list_check",
    "agency.tasks",
    "agency.proposals",
    "agency.case_files",
    "agency.reopenings",
    "agency.people",
    "applicant.hearings",
    "agency.held",
    "agency.holidays",
    "agency.opinion_templates",
    "agency.workload",
    "applicant.change",
    "applicant.certificates",
    "applicant.certificate_copies",
    "applicant.exchange",
    "applicant.digital_certificate",
    "applicant.own_data",
    "visitors.files",
    "visitors.channels",
    "visitors.notices",
    "visitors.case_messages",
    "visitors.saved_views",
    "visitors.kept_forms",
    "visitors.session_list",
    "public.pki",
    "api.description",
)
#: Pages of the twins and of the demonstration, only on the embedded default.
TWINS = ("sign_in.portal", "demo.phone", "demo.tour")


def page_modules(settings: Settings) -> list[ModuleType]:
    """Import the pages that there are under these settings; each has its blueprint `bp`."""
    names = (*PAGES, *(TWINS if settings.is_embedded else ()))
    return [import_module(f"web.{name}") for name in names]


def create_app(settings: Settings, office: Office | None = None) -> Flask:
    """Build the app of one process.

    `office` may be given by whoever opened one already; otherwise it is opened as `settings` say.
    """
    from flask import Flask

    from web import errors, extensions, tokens, ui
    from web.english import language
    from web.forms.entries import ReadRequest
    from web.operations import health, traces
    from web.process import wiring
    from web.sign_in import pages
    from web.ui import compression, security
    from web.visitors import access, kept_forms, seen, sessions, witness

    app = Flask(__name__, static_folder=None)
    app.jinja_environment = ui.Pages
    app.request_class = ReadRequest
    app.config["SECRET_KEY"] = settings.session_keys()[0]
    # The newest last, as itsdangerous wants it: it signs, and those before still open.
    app.config[tokens.KEYS] = settings.session_keys()[::-1]
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # a token lives as long as its session
    office = office or wiring.open_office_of(settings)
    compression.install(app)  # first: it is the last to see an answer
    security.install(app, settings)  # before the rest: how much of a form may be read
    language.install(app)  # turns what all after it have answered
    witness.install(app)  # whatever refuses a request is known by whence it came
    kept_forms.install(app)  # before the token of a form is judged
    extensions.install(app, office, settings)
    app.session_interface = sessions.StoredSessions(office.sessions, office.clock)
    health.install(app)
    access.install(app)
    errors.install(app)
    ui.install(app)
    seen.install(app)
    for page in page_modules(settings):
        app.register_blueprint(page.bp)
    pages.install(app, settings)
    _keep_connections(app)
    traces.install(app)
    _serve_static(app)
    return app


def _keep_connections(app: Flask) -> None:
    """Let each request use the connections that it took again, until it is answered."""
    from storage.connections import keeping

    answer = app.wsgi_app

    def keep(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with keeping():
            return answer(environ, start_response)

    app.wsgi_app = keep  # type: ignore[method-assign]  # the usual way to wrap an app


def _serve_static(app: Flask) -> None:
    """Serve what `make assets` built, under names that change with the content."""
    from whitenoise import WhiteNoise  # type: ignore[import-untyped]  # it ships no types

    folder = Path(__file__).parent / "static"
    app.add_url_rule("/static/<path:filename>", endpoint="static", build_only=True)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]  # the usual way to wrap an app
        app.wsgi_app,
        root=folder if folder.is_dir() else None,
        prefix="/static/",
        max_age=3600,
        immutable_file_test=r"/static/dist/.+[-.][0-9A-Za-z]{8,}\.\w+$",
        add_headers_function=_static_headers,
    )


def _static_headers(headers: dict[str, str], _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
