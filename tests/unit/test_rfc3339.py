"""Which texts are date-times with an offset, and the instants they name."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import rfc3339

INSTANTS = {
    "2024-03-15T17:00:00-03:00": datetime(2024, 3, 15, 20, tzinfo=UTC),
    "2024-03-15T20:00:00Z": datetime(2024, 3, 15, 20, tzinfo=UTC),
    "2024-03-15t20:00:00z": datetime(2024, 3, 15, 20, tzinfo=UTC),
    "2024-03-15T20:00:00+00:00": datetime(2024, 3, 15, 20, tzinfo=UTC),
    "2024-03-15T20:00:00-00:00": datetime(2024, 3, 15, 20, tzinfo=UTC),
    "2024-03-16T10:00:00+14:00": datetime(2024, 3, 15, 20, tzinfo=UTC),
    "2024-02-29T23:59:59+23:59": datetime(2024, 2, 29, 0, 0, 59, tzinfo=UTC),
    "2024-03-15T20:00:00.5Z": datetime(2024, 3, 15, 20, 0, 0, 500_000, tzinfo=UTC),
    "2024-03-15T20:00:00.000001Z": datetime(2024, 3, 15, 20, 0, 0, 1, tzinfo=UTC),
    "2024-03-15T20:00:00.123456789123Z": datetime(2024, 3, 15, 20, 0, 0, 123_456, tzinfo=UTC),
    "0001-01-01T00:00:00Z": datetime(1, 1, 1, tzinfo=UTC),
    "9999-12-31T23:59:59Z": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
}
NONE = {
    "empty": "",
    "word": "soon",
    "no offset": "2024-03-15T17:00:00",
    "date": "2024-03-15",
    "time": "17:00:00-03:00",
    "blank between": "2024-03-15 17:00:00Z",
    "no such day": "2024-02-30T17:00:00-03:00",
    "no leap year": "2023-02-29T17:00:00Z",
    "month 13": "2024-13-01T00:00:00Z",
    "day 0": "2024-01-00T00:00:00Z",
    "hour 24": "2024-03-15T24:00:00Z",
    "minute 60": "2024-03-15T10:60:00Z",
    "leap second": "2016-12-31T23:59:60Z",
    "offset of 24 hours": "2024-03-15T10:00:00+24:00",
    "offset of 60 minutes": "2024-03-15T10:00:00+10:60",
    "offset without minutes": "2024-03-15T10:00:00-03",
    "offset without colon": "2024-03-15T10:00:00-0300",
    "offset with seconds": "2024-03-15T10:00:00-03:00:30",
    "no seconds": "2024-03-15T10:00Z",
    "no digit after the point": "2024-03-15T10:00:00.Z",
    "comma": "2024-03-15T10:00:00,5Z",
    "basic form": "20240315T100000Z",
    "week date": "2024-W11-5T10:00:00Z",
    "ordinal date": "2024-075T10:00:00Z",
    "milliseconds of the epoch": "1710522000000",
    "year 0": "0000-01-01T00:00:00Z",
    "year 10000": "10000-01-01T00:00:00Z",
    "before year 1": "0001-01-01T00:00:00+14:00",
    "after year 9999": "9999-12-31T23:59:59-14:00",
    "signed year": "+2024-03-15T10:00:00Z",
    "negative year": "-2024-03-15T10:00:00Z",
    "newline at the end": "2024-03-15T10:00:00Z\n",
    "blank at the start": " 2024-03-15T10:00:00Z",
    "NUL": "2024-03-15T10:00:00Z\0",
    "other digits": "\uff12\uff10\uff12\uff14-03-15T10:00:00Z",
    "other minus": "2024-03-15T10:00:00\u221203:00",
    "zone name": "2024-03-15T10:00:00[America/Argentina/Buenos_Aires]",
    "huge": "2" * 100_000,
}


@pytest.mark.parametrize(("text", "instant"), INSTANTS.items())
def test_a_text_names_an_instant(text: str, instant: datetime) -> None:
    parsed = rfc3339.parse(text)
    assert parsed == instant
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        rfc3339.parse(text)


OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=OFFSETS))
def test_what_python_writes_is_read_back(moment: datetime) -> None:
    assert rfc3339.parse(moment.isoformat()) == moment
