"""An installation with its registration types, and people at their desks."""

from __future__ import annotations

from tests.web.furnished import app, app_on_both, clock, desk, me, office, prepared

__all__ = ["app", "app_on_both", "clock", "desk", "me", "office", "prepared"]
