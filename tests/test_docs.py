"""The documents name what there is."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path

from shared import errors
from shared.errors import ServiceError
from shared.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
CODES = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, ServiceError) and kind is not ServiceError
]


def test_every_setting_is_documented() -> None:
    named = set(re.findall(r"`([A-Z_]{6,})`", README))
    assert {field.name.upper() for field in fields(Settings)} <= named


def test_the_error_table_is_the_one_of_the_code() -> None:
    rows = re.findall(r"^\| (\d{3}) \| `(\w+)` \| (yes|no) \|", README, re.MULTILINE)
    table = [(str(kind.status), kind.code, "yes" if kind.retryable else "no") for kind in CODES]
    assert rows == table


def test_every_link_to_a_file_leads_somewhere() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    links = [
        (document, (ROOT / document).parent / link)
        for document in listed
        for link in re.findall(r"\]\((?!https?:)([^)#\s]+)", (ROOT / document).read_text())
    ]
    assert len(links) > 10
    assert [(document, str(path)) for document, path in links if not path.exists()] == []
