"""Whoever has no mouse: everything is reached by Tab, seen when it has the focus, and pressed."""

from __future__ import annotations

from tests.browser.hands import Hand

MOST_KEYS = 90  #: presses of Tab on one page
_FOCUSED = "element => element === document.activeElement"
_SEEN = """element => ['checkbox', 'radio'].includes(element.type) ||
    getComputedStyle(element).outlineStyle !== 'none' ||
    getComputedStyle(element).boxShadow !== 'none'"""


def tabs_to(hand: Hand, role: str, name: str) -> None:
    """Press Tab until what is called so has the focus, which can be seen."""
    wanted = hand.page.get_by_role(role, name=name).first  # type: ignore[arg-type]  # a role
    for _ in range(MOST_KEYS):
        hand.page.keyboard.press("Tab")
        if wanted.evaluate(_FOCUSED):
            assert wanted.evaluate(_SEEN), f"nothing shows that {name} has the focus"
            return
    raise AssertionError(f"{name} is not reached with the keyboard on {hand.page.url}")


def keys(hand: Hand, role: str, name: str, *, typed: str = "", key: str = "Enter") -> Hand:
    """Reach something with the keyboard, type or press there, and look at what comes."""
    tabs_to(hand, role, name)
    if typed:
        hand.page.keyboard.type(typed)
        return hand
    if key != "Enter":
        hand.page.keyboard.press(key)
        return hand
    with hand.page.expect_navigation():
        hand.page.keyboard.press(key)
    hand.looks()
    return hand
