"""The demonstration: people that do not exist walk the real service over HTTP."""

from web.demo.walk.report import run

__all__ = ["run"]
