"""Runs inside the modules of one revision: tells its stories, renders its form. Answers in JSON.

What a revision calls its parts may change: each is asked for by the names it has had.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urljoin


def module(*names: str) -> ModuleType:
    """Give the first of these modules that this revision has."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not name.startswith(str(error.name)):
                raise
    raise ModuleNotFoundError(" or ".join(names))


def story(base: str, number: int, lent: dict[str, Any]) -> Any:
    """Give one whole 初始注册 of the crowd, not told yet."""
    casts = module("web.demo.walk.casts", "web.demo.casts")
    told = module("web.demo.walk.story", "web.demo.story")
    return told.Story(base, casts.crowd_cast(number), lent=lent)


def stories(base: str, first: str, last: str, hands: str = "3") -> dict[str, float]:
    """Tell stories, `hands` at a time; officers and enterprises stay signed in."""
    here = threading.local()

    def tell(number: int) -> None:
        if not hasattr(here, "lent"):
            here.lent = {}
        told = story(base, number, here.lent)
        told.tell()
        told.lend()
        told.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(int(hands)) as pool:
        list(pool.map(tell, range(int(first), int(last) + 1)))
    return {"seconds": time.perf_counter() - began}


def visit(base: str, number: str, folder: str) -> dict[str, float | str]:
    """Tell a story; keep its form; weigh the first view and the page of the application."""
    told = story(base, int(number), {})
    told.tell()
    hand = told.hand("person")
    documents = told.documents()
    title = next(title for title in documents if "申请表" in title)
    form = Path(folder) / "form.pdf"
    form.write_bytes(documents[title])
    answer = {
        "form": str(form),
        "first_view_bytes": _weigh(hand, "/"),
        "status_page_bytes": _weigh(hand, told.application),
    }
    told.close()
    return answer


def _weigh(hand: Any, address: str) -> int:
    """Give the bytes that a browser with an empty cache loads for a page."""
    page = hand.open(address)
    parts = page.tree.xpath(
        "//link[@rel='stylesheet' or @rel='icon' or @rel='modulepreload']/@href"
        " | //script/@src | //img/@src"
    )
    total = 0
    for part in [page.url, *dict.fromkeys(urljoin(page.url, str(part)) for part in parts)]:
        if not str(part).startswith("data:"):
            total += int(hand.client.get(str(part)).num_bytes_downloaded)
    return total


def render(rounds: str) -> dict[str, float]:
    """Give the median CPU milliseconds of the application form, three pages with a photo."""
    templates_of = module("pdfgen").open_templates
    samples, offices = module("tests.pdfgen.samples"), module("tests.offices")
    templates = templates_of(offices.files_of_type(), fonts=Path(os.environ["ZHUCE_FONTS"]))
    data, taken = samples.application(), []
    for _ in range(3):
        templates.render("application", data, at=samples.AT)
    for _ in range(int(rounds)):
        gc.collect(0)
        began = time.process_time()
        templates.render("application", data, at=samples.AT)
        taken.append(time.process_time() - began)
    return {"ms": statistics.median(taken) * 1000}


COMMANDS = {"stories": stories, "visit": visit, "render": render}

if __name__ == "__main__":
    sys.path.pop(0)  # this folder
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
