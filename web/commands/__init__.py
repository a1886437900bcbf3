"""The commands of `zhuce`, a module for each group; each imports what it needs when it runs."""

from __future__ import annotations

from collections.abc import Mapping

#: Command → the module of this package that has it, as a function of the same name, `try_` for try.
COMMANDS: Mapping[str, str] = {
    "doctor": "doctor",
    "migrate": "service",
    "check": "types",
    "try": "trial",
    "compare": "trial",
    "deploy": "types",
    "serve": "service",
    "worker": "service",
    "token": "service",
    "import-registrations": "register",
    "calendar": "register",
    "sweep": "operations",
    "upkeep": "operations",
    "incidents": "operations",
    "officer": "officers",
    "client": "clients",
    "correct": "corrections",
    "keys": "keys",
    "verify": "verification",
    "checkpoint": "verification",
    "evidence": "verification",
    "secret": "backups",
    "files": "backups",
    "backup": "backups",
    "restore": "backups",
    "seed": "demonstration",
    "seed-load": "demonstration",
    "demo": "demonstration",
    "twins": "demonstration",
    "fault": "demonstration",
    "twin-authority": "demonstration",
    "completion": "service",
}
