"""Headers of every answer: no inline script, no foreign content, nothing kept by caches."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from web.settings import Settings

_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "frame-src 'self'",  # the exact PDF beside its signing button
    "object-src 'none'",
    "base-uri 'none'",
)
#: Pages whose editor places what it draws by attributes of style; no script may stand in them.
_DRAWN_AT = ("studio_files.edit", "studio_files.save")
_LONGEST_WORDS = 1_000_000  #: bytes of a form without files, or of one field
#: The browser's PDF viewer needs scripts of its own; foreign pages may still not frame the file.
_PDF_POLICY = "frame-ancestors 'self'"


def _draws() -> bool:
    return request.endpoint in _DRAWN_AT


def install(app: Flask, settings: Settings) -> None:
    """Set the headers after every request, and the sizes and hosts we answer to."""
    host = urlsplit(settings.base_url).hostname or "127.0.0.1"
    app.config.update(
        TRUSTED_HOSTS=[host, "127.0.0.1", "localhost"] if settings.is_embedded else [host],
        MAX_CONTENT_LENGTH=40 * 2**20,  # twenty files of 2 MiB at most in one form
        MAX_FORM_MEMORY_SIZE=_LONGEST_WORDS,
        MAX_FORM_PARTS=200,
        SESSION_COOKIE_NAME="__Host-zhuce" if settings.is_https else "zhuce",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # the usual way to wrap an app
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    forms_go_to = "form-action 'self'"
    if settings.portal_issuer:
        issuer = urlsplit(settings.portal_issuer)
        forms_go_to += f" {issuer.scheme}://{issuer.netloc}"
    page_policy = "; ".join((*_POLICY, forms_go_to, "frame-ancestors 'none'"))

    @app.before_request
    def bound() -> None:
        """Bound what is read into memory: werkzeug itself bounds only forms with files."""
        if request.mimetype != "multipart/form-data":
            request.max_content_length = _LONGEST_WORDS

    @app.after_request
    def secure(response: Response) -> Response:
        headers = response.headers
        is_pdf = response.mimetype == "application/pdf"
        policy = f"{page_policy}; style-src-attr 'unsafe-inline'" if _draws() else page_policy
        headers.setdefault("Content-Security-Policy", _PDF_POLICY if is_pdf else policy)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if settings.is_https:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        headers.setdefault("Cache-Control", "no-store")
        return response
