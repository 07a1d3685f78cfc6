"""The one text form of time that is read."""

from datetime import UTC, datetime

import pytest

from shared import rfc3339

GOOD = {
    "2024-03-15T17:00:00-03:00": datetime(2024, 3, 15, 20, tzinfo=UTC),
    "2024-03-15t10:00:00z": datetime(2024, 3, 15, 10, tzinfo=UTC),
    "2024-03-15T10:00:00-00:00": datetime(2024, 3, 15, 10, tzinfo=UTC),
    "2024-03-15T10:00:00.5+05:30": datetime(2024, 3, 15, 4, 30, 0, 500_000, tzinfo=UTC),
    "2024-03-15T10:00:00.123456789123Z": datetime(2024, 3, 15, 10, 0, 0, 123_456, tzinfo=UTC),
    "2024-02-29T10:00:00Z": datetime(2024, 2, 29, 10, tzinfo=UTC),
}
BAD = {
    "word": "soon",
    "blank": "",
    "no offset": "2024-03-15T17:00:00",
    "date": "2024-03-15",
    "time": "17:00:00-03:00",
    "no such day": "2024-02-30T17:00:00-03:00",
    "no leap year": "2023-02-29T17:00:00Z",
    "month 13": "2024-13-01T00:00:00Z",
    "hour 24": "2024-03-15T24:00:00Z",
    "minute 60": "2024-03-15T10:60:00Z",
    "leap second": "2016-12-31T23:59:60Z",
    "offset of 25 hours": "2024-03-15T10:00:00+25:00",
    "offset without minutes": "2024-03-15T10:00:00-03",
    "offset without colon": "2024-03-15T10:00:00-0300",
    "offset with seconds": "2024-03-15T10:00:00-03:00:30",
    "no seconds": "2024-03-15T10:00Z",
    "basic form": "20240315T100000Z",
    "week date": "2024-W11-5T10:00:00Z",
    "ordinal date": "2024-075T10:00:00Z",
    "milliseconds of the epoch": "1710522000000",
    "year 0": "0000-01-01T00:00:00Z",
    "before year 1": "0001-01-01T00:00:00+14:00",
    "after year 9999": "9999-12-31T23:59:59-14:00",
    "year 10000": "10000-01-01T00:00:00Z",
    "signed year": "+2024-03-15T10:00:00Z",
    "comma": "2024-03-15T10:00:00,5Z",
    "newline at the end": "2024-03-15T10:00:00Z\n",
    "other digits": "\uff12\uff10\uff12\uff14-03-15T10:00:00Z",
    "NUL": "2024-03-15T10:00:00Z\0",
    "zone name": "2024-03-15T10:00:00[America/Argentina/Buenos_Aires]",
    "huge": "2" * 3000,
}


def test_a_time_is_read_to_the_microsecond() -> None:
    assert {text: rfc3339.parse(text) for text in GOOD} == GOOD


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        rfc3339.parse(text)
