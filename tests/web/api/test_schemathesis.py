"""A stranger reads the OpenAPI document and tries everything it says, and what it does not say."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.schemas import BaseSchema

from tests.web.api import program
from tests.web.api.program import Program, office_of
from tests.web.api.test_webhooks import Receiver
from tests.web.desk import Desk
from tests.web.furnished import Clock, _open, _settings, prepared
from web.api import description
from web.api.declared import Route

__all__ = ["prepared"]
_HEALTH = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture]
BOUND = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=_HEALTH,
)


class Stranger:
    """Asks with a good token as fast as the limits allow; half of what he names is there."""

    def __init__(
        self, caller: Program, clock: Clock, ids: dict[str, str], filled: dict[str, str]
    ) -> None:
        self.caller, self.clock, self.ids, self.asked = caller, clock, ids, 0
        self.filled = filled  #: of a task whose form is filled in
        self.version = caller.ask("GET", f"/tasks/{ids['task_id']}/form").headers["ETag"]

    def asks(self, case: Case, *, is_good: bool) -> None:
        """Send one request and hold the answer against the document."""
        self.clock.turn(seconds=20)  # a minute bears six hundred, ten minutes twenty misses
        self.asked += 1
        if self.asked % 30 == 1:
            self.caller.signs_in()
        if is_good and "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = str(self.asked)  # for each request its own
        if is_good and "If-Match" in case.headers:
            case.headers["If-Match"] = self.version
        if self.asked % 2 and case.path_parameters:
            ids = self.ids | (self.filled if "/form/" in case.path else {})
            case.path_parameters = {
                name: ids.get(name, value) for name, value in case.path_parameters.items()
            }
        case.call_and_validate(
            headers={"Authorization": f"Bearer {self.caller.token}", "Accept-Encoding": "identity"}
        )


@pytest.fixture(scope="module")
def stranger(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stranger]:
    """Give the program of an enterprise for which an application waits."""
    folder = tmp_path_factory.mktemp("stranger") / "var"
    shutil.copytree(prepared, folder)
    clock = Clock()
    for app in _open(_settings(folder, f"sqlite:///{folder}/zhuce.db"), clock):
        me = Desk(app).comes_as("person-01").fills().signs()
        caller = program.of_enterprise(app)
        with office_of(app).sessions() as session:
            from registry.applications import documents
            from registry.applications.documents import DocumentKind

            kept = documents.current(session, me.application, DocumentKind.APPLICATION)
        assert kept is not None
        [task] = caller.gets("/tasks")["items"]
        ids = {"application_id": me.application, "document_id": kept.id, "task_id": task["id"]}
        office_of(app).webhooks = Receiver()
        program.registered(app, "person-02", "S2269900777")
        begun = caller.ask("POST", "/cancellations", json={"registration_no": "S2269900777"})
        filled = {"task_id": begun.json["id"], "field": "cancel_proof"}
        yield Stranger(caller, clock, ids, filled)


@pytest.fixture(scope="module")
def interface(stranger: Stranger) -> BaseSchema:
    """Read the document as its readers do."""
    app = stranger.caller.client.application
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("known", description.ROUTES, ids=lambda known: known.name)
def test_whatever_the_document_says_is_so(
    known: Route, mode: GenerationMode, stranger: Stranger, interface: BaseSchema
) -> None:
    """No failure of ours, no status, header or shape that is not told, and nothing odd let in."""
    operation = interface[known.address][known.method.lower()]

    @BOUND
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        stranger.asks(case, is_good=mode is GenerationMode.POSITIVE)

    try:
        ask()
    except Unsatisfiable:  # there is nothing about this route that could be wrong
        assert mode is GenerationMode.NEGATIVE
