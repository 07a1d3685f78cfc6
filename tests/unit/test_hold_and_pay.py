"""Which classes take their hours, and what is asked of Mercado Pago and of the page."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra.examples.hold_and_pay import settings as settings_module
from infra.examples.hold_and_pay.classes import WantedClass, is_held, takes_hours
from infra.examples.hold_and_pay.codes import Code, Refused
from infra.examples.hold_and_pay.request_body import read_wanted
from infra.examples.hold_and_pay.sale import price_of, title_of
from infra.examples.hold_and_pay.settings import Settings
from infra.local.mercado_pago.preferences import problems

NOW = datetime(2031, 3, 14, 12, tzinfo=UTC)
SOON, BEFORE = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)
ZONE = ZoneInfo("America/Argentina/Buenos_Aires")
CLAIM = {"calendarClaim": {"token": "a", "expiresAt": SOON}}
ERROR = {"calendarError": {"code": "calendar_unavailable"}}


@pytest.mark.parametrize(
    ("document", "held", "taken"),
    [
        ({"heldUntil": SOON}, True, True),
        ({"heldUntil": SOON, "status": " Pending "}, True, True),
        ({"heldUntil": NOW}, False, False),
        ({"heldUntil": BEFORE}, False, False),
        ({"heldUntil": SOON.isoformat()}, False, False),
        ({"heldUntil": SOON, "status": "cancelled"}, False, False),
        ({"heldUntil": SOON, "status": "completed"}, False, False),
        ({}, False, False),
        ({"heldUntil": BEFORE, **CLAIM}, False, True),
        ({"heldUntil": SOON, **ERROR}, False, True),
        ({"status": "scheduled", **ERROR}, False, True),
        ({"status": "completed", **ERROR}, False, False),
        ({"status": "Cancelled", **CLAIM}, False, False),
        ({"googleEventId": "e", "status": "scheduled"}, False, True),
        ({"googleEventId": "e", "heldUntil": SOON}, False, True),
        ({"googleEventId": "e", "status": "completed"}, False, True),
        ({"googleEventId": "e", "status": "cancelled"}, False, False),
    ],
    ids=str,
)
def test_what_takes_its_hours(document: dict[str, Any], held: bool, taken: bool) -> None:
    assert (is_held(document, NOW), takes_hours(document, NOW)) == (held, taken)


def wanted(start: str = "2031-03-10T17:00-03:00", minutes: float = 60) -> WantedClass:
    begins = datetime.fromisoformat(start)
    ends = begins + timedelta(minutes=minutes)
    return WantedClass(begins, ends, "individual", " Ana@Example.com ")


@pytest.mark.parametrize(
    ("start", "minutes", "days"),
    [
        ("2031-03-10T17:00-03:00", 60, [10]),
        ("2031-03-10T23:00-03:00", 60, [10]),  # ends at midnight
        ("2031-03-10T23:00-03:00", 61, [10, 11]),
        ("2031-03-11T00:00-03:00", 60, [11]),
        ("2031-03-11T02:00+00:00", 120, [10, 11]),
        ("2031-03-10T21:00-03:00", 240, [10, 11]),
    ],
)
def test_the_schools_days(start: str, minutes: float, days: list[int]) -> None:
    assert wanted(start, minutes).days(ZONE) == [date(2031, 3, day) for day in days]


@pytest.mark.parametrize("minutes", [0, -1, 240.1])
def test_hours_that_no_class_has(minutes: float) -> None:
    with pytest.raises(ValueError, match="after start"):
        wanted(minutes=minutes)


def test_a_student_is_one_however_the_address_is_typed() -> None:
    other = WantedClass(wanted().start, wanted().end, "individual", "ana@example.com")
    assert (other.student, other.student_key) == (wanted().student, wanted().student_key)


def test_price_and_title() -> None:
    prices = {"individual": Decimal("999.99")}
    assert price_of(wanted(minutes=90), prices) == Decimal("1499.99")
    assert title_of(wanted("2031-03-11T01:00+00:00"), ZONE) == "Clase individual, 10/03/2031 22:00"
    with pytest.raises(Refused, match="individual"):
        price_of(WantedClass(wanted().start, wanted().end, "grupal", "a@b.com"), prices)


BODY = {
    "start": "2031-03-10T17:00:00.000Z",
    "end": "2031-03-10T18:00:00.000Z",
    "classType": "individual",
    "studentEmail": "ana@example.com",
}


def test_what_a_page_sends() -> None:
    read = read_wanted({**BODY, "learningFocus": " B2 ", "price": 1, "studentName": "Ana"})
    assert (read.start, read.end - read.start) == (
        datetime(2031, 3, 10, 17, tzinfo=UTC),
        timedelta(hours=1),
    )
    assert (read.learning_focus, read.student_name) == ("B2", "Ana")


@pytest.mark.parametrize(
    "changes",
    [
        {"start": None},
        {"start": "tomorrow"},
        {"start": "2031-03-10T17:00:00"},
        {"start": "2021-03-10T17:00:00Z", "end": "2021-03-10T18:00:00Z"},
        {"start": "0001-01-01T00:00:00+10:00"},
        {"end": "2031-03-10T17:00:00Z"},
        {"end": "2031-03-10T21:00:01Z"},
        {"classType": 1},
        {"studentEmail": "ana"},
        {"studentEmail": f"a@{'b' * 260}.com"},
        {"studentName": "a" * 101},
        {"learningFocus": ["B2"]},
    ],
    ids=str,
)
def test_what_no_page_should_send(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        read_wanted({**BODY, **changes})
    assert refused.value.code is Code.INVALID_REQUEST


GOOD = {"MERCADO_PAGO_ACCESS_TOKEN": "t", "HOURLY_PRICE_GRUPAL": "500.50"}


def test_settings() -> None:
    read = Settings.from_environ({**GOOD, "ALLOWED_ORIGINS": "https://a.com, https://b.com"})
    assert read.hourly_prices == {"grupal": Decimal("500.50")}
    assert read.origins == ("https://a.com", "https://b.com")
    assert (read.hold, read.grace) == (timedelta(minutes=15), timedelta(minutes=5))


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"MERCADO_PAGO_ACCESS_TOKEN": " "}, "MERCADO_PAGO_ACCESS_TOKEN"),
        ({"HOURLY_PRICE_GRUPAL": ""}, "HOURLY_PRICE_INDIVIDUAL"),
        ({"HOURLY_PRICE_GRUPAL": "1,000"}, "HOURLY_PRICE_GRUPAL"),
        ({"HOURLY_PRICE_GRUPAL": "0"}, "HOURLY_PRICE_GRUPAL"),
        ({"HOURLY_PRICE_GRUPAL": "NaN"}, "HOURLY_PRICE_GRUPAL"),
        ({"HOLD_MINUTES": "5"}, "HOLD_MINUTES"),
        ({"HOLD_MINUTES": "1441"}, "HOLD_MINUTES"),
        ({"GRACE_MINUTES": "0"}, "GRACE_MINUTES"),
        ({"GRACE_MINUTES": "-1"}, "GRACE_MINUTES"),
        ({"TIME_ZONE": "Mars"}, "TIME_ZONE"),
        ({"K_SERVICE": "s", "FIRESTORE_EMULATOR_HOST": "h"}, "FIRESTORE_EMULATOR_HOST"),
        ({"K_SERVICE": "s", "MERCADO_PAGO_EMULATOR_URL": "h"}, "MERCADO_PAGO_EMULATOR_URL"),
    ],
    ids=str,
)
def test_bad_settings_are_named(bad: dict[str, str], named: str) -> None:
    with pytest.raises(Refused, match=named) as refused:
        Settings.from_environ({**GOOD, **bad})
    assert refused.value.code is Code.MISCONFIGURED


def test_the_readme_names_every_code_and_setting() -> None:
    source = Path(settings_module.__file__).parent
    readme = (source / "README.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \| (\w+) \|", readme, re.MULTILINE)
    assert rows == [(code.word, str(code.status), code.severity) for code in Code]
    settings = re.findall(r'"([A-Z_]{6,})"', (source / "settings.py").read_text())
    assert {*settings, "HOLD_MINUTES"} <= set(re.findall("`([A-Z_]{6,})`", readme)) | {"K_SERVICE"}


ASKED: dict[str, Any] = {
    "items": [{"title": "Clase", "quantity": 1, "unit_price": 10.5, "currency_id": "ARS"}],
    "expires": True,
    "expiration_date_from": "2031-03-10T17:00:00.000-03:00",
    "expiration_date_to": "2031-03-10T17:10:00.000-03:00",
    "payment_methods": {"excluded_payment_types": [{"id": "ticket"}]},
}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, []),
        ({"items": []}, ["items is invalid"]),
        ({"items": [{"title": "Clase", "quantity": 1, "unit_price": "10"}]}, ["items is invalid"]),
        ({"expires": "true"}, ["expires is invalid"]),
        ({"expiration_date_to": "2031-03-10T17:10:00-03:00"}, ["expiration_date_to is invalid"]),
        ({"expiration_date_to": "2031-03-10T17:10:00.000Z"}, ["expiration_date_to is invalid"]),
        (
            {"expiration_date_to": "2031-03-10T16:59:00.000-03:00"},
            ["expiration_date_to must be after expiration_date_from"],
        ),
        (
            {"payment_methods": {"excluded_payment_types": [{"id": "cash"}]}},
            ["payment_methods is invalid"],
        ),
        ({"expiry": True}, ["expiry is invalid"]),
        ({"auto_return": "approved"}, ["auto_return invalid. back_url.success must be defined"]),
    ],
    ids=str,
)
def test_what_the_stand_in_takes(changes: dict[str, Any], wrong: list[str]) -> None:
    assert problems(ASKED | changes) == wrong
