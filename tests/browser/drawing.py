"""The hand of an analyst in the editor of diagrams: tools, clicks, lines, and the panel beside."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

#: Where a place of a shape is on the screen; parts of its width and height, from its corner.
PLACE = """([id, right, down]) => {
  const { modeler } = document.querySelector('[data-editor]');
  const shape = modeler.get('elementRegistry').get(id);
  const drawn = modeler.get('canvas').getGraphics(shape).getBoundingClientRect();
  const box = modeler.get('canvas').viewbox();
  const held = modeler.get('canvas').getContainer().getBoundingClientRect();
  return [held.x + (shape.x + right * shape.width - box.x) * box.scale,
    held.y + (shape.y + down * shape.height - box.y) * box.scale];
}"""

#: Where a line is on the screen, before its end: its middle is a handle, its beginning may lie
#: under the pad of what was chosen last.
ON_LINE = """([from, to]) => {
  const { modeler } = document.querySelector('[data-editor]');
  const line = modeler.get('elementRegistry').find(
    ({ waypoints, source, target }) => waypoints && source.id === from && target.id === to);
  const box = modeler.get('canvas').viewbox();
  const held = modeler.get('canvas').getContainer().getBoundingClientRect();
  const [first, second] = line.waypoints;
  return [held.x + ((first.x + 5 * second.x) / 6 - box.x) * box.scale,
    held.y + ((first.y + 5 * second.y) / 6 - box.y) * box.scale];
}"""

#: So long after a drag diagram-js takes no click: it may be that of the button that was let go.
TRAP_MS = 400


@dataclass(frozen=True)
class Drawing:
    """A diagram that is open in the editor."""

    page: Page

    def at(self, element: str, right: float = 0.5, down: float = 0.5) -> tuple[float, float]:
        """Give a place on the screen: parts of an element's width and height, also beyond it."""
        x, y = self.page.evaluate(PLACE, [element, right, down])
        return x, y

    def takes(self, tool: str) -> None:
        """Take a tool or a shape from the palette."""
        self.page.locator(f".djs-palette .entry[title='{tool}']").click()

    def drags(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press at one place, go to another and let go."""
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move(*end, steps=8)
        mouse.up()

    def makes_room(self, start: tuple[float, float], *, right: float = 0, down: float = 0) -> None:
        """Push everything behind a place away; with Shift, on the whole drawing."""
        self.takes("增减空白")
        self.page.keyboard.down("Shift")
        self.drags(start, (start[0] + right, start[1] + down))
        self.page.keyboard.up("Shift")
        self.page.keyboard.press("Escape")

    def sets(self, shape: str, place: tuple[float, float]) -> None:
        """Set a shape of the palette down; on a line it comes between."""
        self.takes(shape)
        self.page.mouse.move(place[0] - 4, place[1] - 4)
        self.page.mouse.move(*place, steps=3)
        self.page.mouse.click(*place)
        self.page.wait_for_timeout(TRAP_MS)
        self.page.keyboard.press("Escape")  # the label that opens

    def joins(self, source: str, target: str) -> None:
        """Draw a line from one element to another."""
        self.takes("连线")
        for place in (self.at(source), self.at(target)):
            self.page.mouse.move(place[0] - 3, place[1])
            self.page.mouse.move(*place, steps=3)
            self.page.mouse.click(*place)

    def clicks(self, element: str) -> None:
        """Choose a shape by clicking on it."""
        self.page.mouse.click(*self.at(element))

    def clicks_line(self, source: str, target: str) -> None:
        """Choose the line between two elements by clicking on it."""
        self.page.mouse.click(*self.page.evaluate(ON_LINE, [source, target]))

    def over(self, element: str) -> Locator:
        """Give what lies over an element: marks, and the buttons of tokens."""
        return self.page.locator(f".djs-overlays[data-container-id='{element}']")

    def presses(self, element: str, title: str) -> None:
        """Press a button that lies over an element."""
        self.over(element).locator(f"button[title='{title}']:visible").click()

    def ticks(self, name: str) -> None:
        """Tick a box of the panel."""
        self.page.locator(f"[data-panel] [name='{name}']").check()

    def fills(self, **fields: str) -> None:
        """Type into fields of the panel, choose in its lists; one field after the other."""
        for name, value in fields.items():
            field = self.page.locator(f"[data-panel] [name='{name}']")
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
                field.blur()

    def saves(self) -> None:
        """Press 【保存】 and wait for the answer."""
        self.page.get_by_role("button", name="保存").first.click()
        expect(self.page.locator("[data-said]")).to_contain_text("已保存")
