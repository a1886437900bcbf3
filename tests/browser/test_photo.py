"""The portrait is cut to the size of each profession, and nothing else is done to it."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import expect

from casework.case import offered_professions
from casework.office import Office
from tests.browser.hands import Hand, pdf
from tests.pdfgen.samples import portrait
from web.demo.portrait import draw

pytestmark = [pytest.mark.browser, pytest.mark.proves("F:uploads-2")]

Sits = Callable[..., Hand]
TYPES = {"structural-engineer-2": (295, 413), "builder-2": (413, 579)}
WIDTHS = (360, 768, 1280)
_FILE = "const file = document.querySelector('input[type=file][name=photo]').files[0];"
CHOSEN = f"""async () => {{
  {_FILE}
  const picture = await createImageBitmap(file);
  return [picture.width, picture.height, file.type, file.name];
}}"""
COLOURS = f"""async () => {{
  {_FILE}
  const picture = await createImageBitmap(file);
  const canvas = new OffscreenCanvas(413, 579);
  const context = canvas.getContext('2d', {{ willReadFrequently: true }});
  context.drawImage(picture, 0, 0);
  return [3, 206, 409].map((x) => [...context.getImageData(x, 300, 1, 1).data]);
}}"""


CHOSEN_AND_SENT = """(bytes) => {
  const input = document.querySelector('input[type=file][name=photo]');
  const chosen = new DataTransfer();
  chosen.items.add(new File([new Uint8Array(bytes)], '证件照.png', { type: 'image/png' }));
  input.files = chosen.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
  [...input.form.querySelectorAll('button')].find((b) => b.innerText.startsWith('暂存')).click();
}"""
PEOPLE = {"structural-engineer-2": "person-09", "builder-2": "person-07"}


def _fills(me: Hand, kind: str) -> Hand:
    """Open the form of somebody who may fill it, begun now or before."""
    me.comes_as("person", PEOPLE[kind]).goes(f"/applications/new?type={kind}")
    if me.page.get_by_role("button", name="初始注册", exact=True).is_enabled():
        return me.presses("初始注册").sees("个人照片")
    return me.goes("/applications").presses("继续填写").sees("个人照片")


def _picture(size: tuple[int, int]) -> tuple[str, str, bytes]:
    return "证件照.png", "image/png", portrait(size, "PNG")


def test_every_size_is_known(office: Office) -> None:
    """What these tests expect is what the professions say; others stand in their own stories."""
    known = {kind.key: kind.photo for kind in offered_professions.offered(office)}
    assert known.items() >= TYPES.items()


def test_a_form_waits_for_its_photo(somebody: Sits) -> None:
    """R26: who sends the form at once is asked for the frame first, then the form goes on."""
    me = _fills(somebody(), "builder-2")

    me.page.evaluate(CHOSEN_AND_SENT, list(portrait((1600, 900), "PNG")))
    me.page.get_by_role("button", name="使用此照片").click()

    me.presses("继续填写").sees("证件照.jpg")
    kept = me.page.locator("img.portrait").first
    expect(kept).to_have_js_property("naturalWidth", TYPES["builder-2"][0])
    me.page.locator("button[name=remove]").first.click()


@pytest.mark.parametrize("kind", TYPES)
def test_the_photo_is_cut_to_the_size_of_the_profession(somebody: Sits, kind: str) -> None:
    """R26: at every width of the screen, to the pixel, and the server takes it by its own name."""
    me = _fills(somebody(width=WIDTHS[0]), kind)
    for width in WIDTHS:
        me.page.set_viewport_size({"width": width, "height": 900})
        for size in (TYPES[kind], (1000, 1400), (1600, 900), (700, 2100)):
            me.uploads(photo=_picture(size))
            me.sees("使用此照片").picture(f"cut-{kind}-{width}-{size[0]}")
            me.page.get_by_role("button", name="使用此照片").click()
            expect(me.page.locator("#photo-preview")).to_be_visible()
            expected = [*TYPES[kind], "image/jpeg", "证件照.jpg"]
            assert me.page.evaluate(CHOSEN) == expected, (width, size)

        me.presses("暂存，稍后再填").presses("继续填写").sees("证件照.jpg")

        kept = me.page.locator("img.portrait").first
        expect(kept).to_have_js_property("naturalWidth", TYPES[kind][0])
        expect(kept).to_have_js_property("naturalHeight", TYPES[kind][1])
        me.page.locator("button[name=remove]").first.click()


def test_what_is_framed_is_what_is_kept(somebody: Sits) -> None:
    """R26: the middle of the picture, where the frame is, to its edges; nothing is added."""
    halves = Image.new("RGB", (1500, 700), "red")
    halves.paste("blue", (750, 0, 1500, 700))
    held = io.BytesIO()
    halves.save(held, "PNG")
    me = _fills(somebody(), "builder-2")

    me.uploads(photo=("我.png", "image/png", held.getvalue()))
    me.page.get_by_role("button", name="使用此照片").click()
    expect(me.page.locator("#photo-preview")).to_be_visible()

    left, middle, right = me.page.evaluate(COLOURS)
    assert left[0] > 240 > 20 > left[2]
    assert right[2] > 240 > 20 > right[0]
    assert middle not in (left, right)


def test_a_small_photo_is_not_enlarged(somebody: Sits) -> None:
    """R26: too few pixels are told with both figures; no script makes them more."""
    me = _fills(somebody(), "builder-2")

    me.uploads(photo=("小.png", "image/png", portrait((100, 120), "PNG")))
    expect(me.page.locator("#photo-dialog")).to_be_hidden()
    expect(me.page.locator("[data-told]")).to_contain_text("照片过小（100×120 像素）")
    me.presses("暂存，稍后再填")

    me.sees("照片过小（100×120 像素），不得小于 413×579 像素").picture("small-photo")


def test_a_frame_cannot_be_drawn_too_small(somebody: Sits) -> None:
    """R26: the frame keeps the pixels that are asked, however small it is drawn."""
    me = _fills(somebody(), "builder-2")
    me.uploads(photo=_picture((500, 700))).sees("使用此照片")
    corner = me.page.locator("cropper-handle[action=se-resize]").bounding_box()
    assert corner
    me.page.mouse.move(corner["x"] + 3, corner["y"] + 3)
    me.page.mouse.down()
    me.page.mouse.move(corner["x"] - 100, corner["y"] - 140, steps=20)
    me.page.mouse.up()
    me.page.get_by_role("button", name="使用此照片").click()
    expect(me.page.locator("#photo-preview")).to_be_visible()

    assert me.page.evaluate(CHOSEN)[:2] == [413, 579]


@pytest.mark.parametrize(
    "other",
    [
        ("证书.pdf", "application/pdf", pdf()),
        ("手机.webp", "image/webp", portrait((600, 840), "WEBP")),
    ],
    ids=["pdf", "webp"],
)
def test_what_is_no_photo_opens_no_dialog(somebody: Sits, other: tuple[str, str, bytes]) -> None:
    """R26, R120: other files dropped as photo get one text; what was cut before is not shown."""
    me = _fills(somebody(), "structural-engineer-2")
    me.uploads(photo=("我.jpg", "image/jpeg", draw(9)))
    me.page.get_by_role("button", name="使用此照片").click()
    expect(me.page.locator("#photo-preview")).to_be_visible()

    me.uploads(photo=other)
    expect(me.page.locator("#photo-preview")).to_be_hidden()
    expect(me.page.locator("#photo-dialog")).to_be_hidden()
    expect(me.page.locator("[data-told]")).to_contain_text("仅支持 JPEG 或 PNG 照片")
    me.presses("暂存，稍后再填")

    me.sees("仅支持 JPEG 或 PNG 照片").picture(f"{other[0]}-as-photo")
