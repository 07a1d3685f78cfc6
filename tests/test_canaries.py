"""What looks for canaries finds them."""

from pathlib import Path

import pytest

from tests.support.canaries import CANARIES, assert_class_tells_nothing, nothing_told_in


@pytest.mark.parametrize("canary", [*CANARIES, "bob@example.com", "ya29.token"])
def test_a_canary_is_found(canary: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(AssertionError, match="told"), nothing_told_in(log):
        log.write_text(f'{{"severity": "INFO"}}\n{{"told": "{canary}"}}\n')
    with pytest.raises(AssertionError, match="told"):
        assert_class_tells_nothing({"calendarError": {"told": canary}})


def test_what_the_class_itself_holds_is_no_matter() -> None:
    assert_class_tells_nothing({"studentEmail": CANARIES[0], "calendarError": {"code": "x"}})
