"""What passes with time alone: registrations run out, and everything says so at once."""

from __future__ import annotations

from typing import cast

from registry.certificates import registrations
from tests.web.conftest import Clock
from tests.web.place import Place
from web.process import wiring


def test_a_registration_that_ran_out_ends_its_certificate(place: Place) -> None:
    """I14, I18: the day after the last day the code answers 已过期, without anybody acting."""
    certificate = place.certificate()
    with place.office.sessions() as session:
        last = registrations.get(session, certificate.registration_id).valid_to
    clock = cast("Clock", place.office.clock)
    assert wiring.sweep(place.office)["duties_armed"] == 9

    clock.turn(days=(last - place.office.today()).days)
    wiring.sweep(place.office)
    assert place.certificate().validity == "VALID"
    clock.turn(days=1)
    wiring.sweep(place.office)

    place.tab.open(f"/verify/{certificate.qr_token}")
    assert "已过期" in place.tab.text
    assert place.certificate().validity == "EXPIRED"
    assert wiring.sweep(place.office)["duties_armed"] == 0
