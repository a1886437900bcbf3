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
from collections.abc import Callable
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


def waiting(base: str, number: str) -> dict[str, str]:
    """Tell a story as far as the review; give the address of the task that waits."""
    told = story(base, int(number), {})
    for name, step in told.steps():
        if name == "审查":
            break
        step()
    address = told._task_of(told.hand("reviewer"))
    told.close()
    return {"task": urljoin(f"{base}/agency/inbox", address)}


def opens(base: str, number: str, address: str, times: str) -> dict[str, int]:
    """Open a page so many times as the reviewer."""
    told = story(base, int(number), {})
    hand, size = told.hand("reviewer"), 0
    for _ in range(int(times)):
        page = hand.open(address)
        if page.status != 200:
            raise RuntimeError(f"{address}: {page.status}")
        size = len(page.content)
    told.close()
    return {"bytes": size}


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


def signing(folder: str, rounds: str) -> dict[str, float]:
    """Give the median CPU milliseconds of a seal, a verification and an archive, warm.

    The form is a real one, of three pages with a photo, under two signatures (B-T).
    """
    story, samples = module("tests.signing.story"), module("tests.pdfgen.samples")
    pades, role = module("signing.making.pades", "signing.pades"), module("signing").Role
    fonts = Path(os.environ["ZHUCE_FONTS"])
    templates = module("pdfgen").open_templates(
        module("tests.offices").files_of_type(), fonts=fonts
    )
    form = templates.render("application", samples.application(), at=samples.AT).pdf
    Path(folder).mkdir(parents=True, exist_ok=True)

    def opened() -> Any:
        """Open the keys anew: nothing is remembered of the files that were judged."""
        return module("signing").open_signatures(
            f"sqlite:///{folder}/keys.db",
            kek=bytes(32),
            base_url="http://127.0.0.1:8000",
            fonts=fonts,
            clock=lambda: samples.AT,
        )

    signatures = opened()
    story.enrol(signatures)
    signed = story.sign(signatures, form).pdf
    sealed = story.seal(signatures, signed).pdf
    by_pin = getattr(story, "enterprise_signer", None)  # earlier trees opened keys without it
    signer = (
        by_pin(signatures) if by_pin else signatures.custody.signer(role.ENTERPRISE, story.USCC)
    )
    picture = signatures._seal(signer.name, code=story.USCC)

    def seal() -> None:
        prepared = pades.prepare(
            signed,
            field="enterprise",
            template=signer.template,
            at=samples.AT,
            appearance=picture,
        )
        raw, stamp = signer.sign(prepared.attributes), signatures.authority.stamp
        pades.complete(prepared, raw, template=signer.template, stamp=stamp)

    def fresh() -> Any:
        other = opened()
        other.examine(sealed)  # for what is read once
        return lambda: other.augment(sealed)

    works = {
        "seal": lambda: seal,
        "verify": lambda: lambda: signatures.examine(sealed),
        "archive": fresh,
    }
    return {name: _median_cpu_ms(work, int(rounds)) for name, work in works.items()}


def _median_cpu_ms(ready: Callable[[], Callable[[], object]], rounds: int) -> float:
    """Time what `ready` gives, made ready anew for each round."""
    taken = []
    for _ in range(rounds + 2):
        work = ready()
        gc.collect(0)
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken[2:]) * 1000


COMMANDS = {
    "stories": stories,
    "visit": visit,
    "waiting": waiting,
    "opens": opens,
    "render": render,
    "signing": signing,
}

if __name__ == "__main__":
    sys.path.pop(0)  # this folder
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
