"""Which bytes are a JSON object."""

import gzip
from typing import Any

import pytest

from shared import json_object

OBJECTS: dict[str, tuple[bytes, Any]] = {
    "empty": (b"{}", {}),
    "blanks around": (b'\r\n {"a": 1} \t\n', {"a": 1}),
    "UTF-8": ('{"a": "ñ🎓"}'.encode(), {"a": "ñ🎓"}),
    "byte order mark": (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), {"a": 1}),
    "UTF-32": ('{"a": 1}'.encode("utf-32"), {"a": 1}),
    "one key twice": (b'{"a": 1, "a": 2}', {"a": 2}),
    "half a surrogate pair": (b'{"a": "\\ud800"}', {"a": "\ud800"}),
    "half of one as it is": (b'{"a": "\xed\xa0\x80"}', {"a": "\ud800"}),
    "infinity": (b'{"a": -Infinity}', {"a": float("-inf")}),
}
NONE: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \r\n\t ",
    "no JSON": b"a=1",
    "array": b'[{"a": 1}]',
    "not a number": b"NaN",
    "huge number": b'{"a": 1' + b"0" * 5000 + b"}",
    "Latin-1": '{"a": "ñ"}'.encode("latin-1"),
    "overlong UTF-8": b'{"a": "\xc0\xaf"}',
    "cut UTF-8": b'{"a": "p\xe2\x82"}',
    "compressed": gzip.compress(b"{}"),
    "deep arrays": b"[" * 60_000,
    "deep objects": b'{"a":' * 12_000,
    "deep and closed": b'{"a": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
}


@pytest.mark.parametrize(("content", "value"), OBJECTS.values(), ids=OBJECTS)
def test_an_object_is_read(content: bytes, value: Any) -> None:
    assert json_object.parse(content) == value


@pytest.mark.parametrize("content", NONE.values(), ids=NONE)
def test_anything_else_is_none(content: bytes) -> None:
    assert json_object.parse(content) is None
