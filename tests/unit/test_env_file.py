"""What infra/setup.sh stores in `.env`, line by line."""

from pathlib import Path

import pytest

from infra.commands import env_file


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A=1\nREGION=old\nB=2\n", "A=1\nREGION=new\nB=2\n"),
        ("A=1\n# REGION=old\nB=2\n", "A=1\nREGION=new\nB=2\n"),
        ("# REGION=old\nREGION=\n", "# REGION=old\nREGION=new\n"),
        ("# the REGION=old one\nMY_REGION=x", "# the REGION=old one\nMY_REGION=x\nREGION=new\n"),
        ("", "REGION=new\n"),
    ],
)
def test_one_line_is_changed(tmp_path: Path, before: str, after: str) -> None:
    file = tmp_path / ".env"
    file.write_text(before)
    file.chmod(0o644)
    env_file.store(file, "REGION", "new")
    assert file.read_text() == after
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("value", ["", "a b", "a #b", '"a"', "it's #1", "*/5 * * * *"])
def test_what_is_stored_is_read(tmp_path: Path, value: str) -> None:
    file = tmp_path / ".env"
    file.touch()
    env_file.store(file, "REGION", value)
    assert env_file.read(file, {"REGION"}) == ({"REGION": value}, [])


def test_a_link_stays_a_link_and_a_new_file_is_the_example(tmp_path: Path) -> None:
    link, file = tmp_path / ".env", tmp_path / "elsewhere"
    link.symlink_to(file)
    env_file.store(link, "REGION", "new")
    assert link.is_symlink()
    assert "\nREGION=new\n" in file.read_text()
    assert "# TIME_ZONE=" in file.read_text()
