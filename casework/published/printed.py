"""The explanation of a version as a tagged PDF, for whom reads on paper or keeps a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import resources
from pathlib import Path

from casework.published.contents import Contents
from casework.published.explained import Explained
from casework.studio.comparing.difference import Difference
from pdfgen.templates import Templates

_NAME = "explanation"


def pdf(
    version: Contents,
    explained: Explained,
    pictures: Sequence[Mapping[str, str]],
    *,
    fonts: Path,
    former: int = 0,
    changes: Sequence[Difference] = (),
) -> bytes:
    """Set the explanation; the same version always gives the same bytes.

    `pictures` are those of `explained.pictures`; `former` is the number of the version before it,
    `changes` what differs from that. Raises what `pdfgen.templates.Templates.render` raises.
    """
    row, kind = version.row, version.kind
    told = asdict(explained)
    for matter in told["matters"]:
        matter["tables"] = [name for _, name in matter["tables"]]
    template = resources.files(__package__).joinpath(f"{_NAME}.typ").read_bytes()
    data = {
        **told,
        "pictures": pictures,
        "title": kind.title,
        "version": f"第{row.number}版",
        "authority": kind.authority,
        "published": f"{row.deployed_at:%Y年%m月%d日}发布",
        "former": f"第{former}版" if former else "",
        "changes": [
            {"title": change.title, "place": change.place, "text": change.text}
            for change in changes
        ],
    }
    return Templates({f"{_NAME}.typ": template}, fonts).render(_NAME, data, at=row.deployed_at).pdf
