"""The order of the demonstration: every matter of the manual, each with its cast."""

from __future__ import annotations

from adapters import demonstration, world
from web.demo.walk.authority import CorrectionStory, ReopeningStory, Rescission
from web.demo.walk.casts import cast_of, engineer, main_cast
from web.demo.walk.one_sided import ByEnterprise, Contested
from web.demo.walk.story import Story
from web.demo.walk.tales import Cancellation, CopyStory, ExchangeStory, Further, Rename, Renewal


def stories(base: str) -> list[Story]:
    """Give every story, in the order of the manual."""
    return [
        Story(base, main_cast()),
        *(
            Further(base, cast_of(known), profession=known)
            for known in demonstration.of_all()
            if known.walker
        ),
        Renewal(base, engineer("renewal-open")),
        Cancellation(base, engineer("practising-3")),
        Contested(base, engineer("left")),
        ByEnterprise(base, engineer("gone")),
        CopyStory(base, engineer("practising-1")),
        ExchangeStory(base, engineer("paper-1")),
        Rename(base, engineer("rename-1", company=5)),
        CorrectionStory(base, engineer("misnamed")),
        ReopeningStory(base, engineer("rejected")),
        Rescission(base, engineer("practising-2")),
    ]


def engineers() -> list[str]:
    """Give the keys of the engineers who have to stand somewhere before the stories begin."""
    playing = {story.cast.person for story in stories("")}
    keys = (citizen.subject.removeprefix("engineer-") for citizen in world.ENGINEERS)
    return [key for key in keys if f"engineer-{key}" in playing]
