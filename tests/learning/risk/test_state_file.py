"""A learner's state as a file."""

from pathlib import Path

import pytest

from learning.risk.learner import Learner
from learning.risk.settings import Settings, SettingsError
from learning.risk.state_file import NAME, StateError, read_state, write_state
from tests.learning.risk.told import DAY, START, claim, use


def learner() -> Learner:
    made = Learner(Settings(confirm_after=30 * DAY))
    made.see(use("e1"))
    made.told(claim("e1", START + DAY))
    made.told(claim("e1", START + 9 * DAY, fraud=False))
    made.see(use("e2", START + 2 * DAY))
    return made


def test_a_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = learner()
    path = write_state(tmp_path / "new", made)
    again = read_state(tmp_path / "new")
    assert again is not None
    assert write_state(tmp_path / "again", again).read_bytes() == path.read_bytes()
    assert [file.name for file in path.parent.iterdir()] == [NAME]


def test_a_folder_without_a_state_begins_anew(tmp_path: Path) -> None:
    assert read_state(tmp_path) is None
    assert read_state(tmp_path / "none") is None


def test_another_format_is_refused_by_its_number(tmp_path: Path) -> None:
    path = write_state(tmp_path, learner())
    path.write_bytes(b"\x02" + path.read_bytes()[1:])
    with pytest.raises(StateError, match="is not of format 1, which this release reads; learn anew"):
        read_state(tmp_path)


@pytest.mark.parametrize("damage", [slice(0, 0), slice(0, 1), slice(0, -1), slice(0, 400)])
def test_a_damaged_state_is_refused(tmp_path: Path, damage: slice) -> None:
    path = write_state(tmp_path, learner())
    path.write_bytes(path.read_bytes()[damage])
    with pytest.raises(StateError):
        read_state(tmp_path)


def test_settings_that_are_not_those_of_the_state_are_refused(tmp_path: Path) -> None:
    write_state(tmp_path, learner())
    assert read_state(tmp_path, {"confirm_after": 30 * DAY}) is not None
    with pytest.raises(SettingsError, match=r"learnt with another confirm_after, rate \(30 days"):
        read_state(tmp_path, {"confirm_after": DAY, "rate": 0.5, "keep_genuine": 0.1})


def test_a_state_holds_no_object_of_river(tmp_path: Path) -> None:
    assert b"river" not in write_state(tmp_path, learner()).read_bytes()
