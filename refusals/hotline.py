"""Whom people ring about digital certificates: the one place of the number (R7: manual line 4)."""

from __future__ import annotations

HOTLINE = "021-962600"
