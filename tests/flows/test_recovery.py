"""The recovery store: whose it is, that nothing of it is missing, and that one run has it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from bytewax.recovery import init_db_dir

from flows.recovery import STORE_FILES, RecoveryError, Repaired, held, prepare

# --- making and refusing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "recovery"


@pytest.mark.parametrize("there_before", [True, False])
def test_a_store_is_made_in_a_new_or_an_empty_folder_and_is_found_again(folder, there_before):
    if there_before:
        folder.mkdir(parents=True)
    nothing = Repaired(resume_epoch=1, stale=0, tombstones=0)
    assert prepare(folder, "card_risk", "night") == nothing
    assert len(list(folder.glob("part-*.sqlite3"))) == STORE_FILES
    assert prepare(folder, "card_risk", "night") == nothing


def test_a_store_may_be_held_before_it_is_made(folder):
    with held(folder):
        assert prepare(folder, "card_risk", "night").resume_epoch == 1


def test_a_folder_with_something_else_in_it_is_refused_and_left_alone(folder):
    folder.mkdir(parents=True)
    (folder / "part-0.sqlite3").write_text("precious")
    with pytest.raises(RecoveryError, match="not empty and no recovery folder of ours; give an empty"):
        prepare(folder, "card_risk", "night")
    assert [path.name for path in folder.iterdir()] == ["part-0.sqlite3"]
    assert (folder / "part-0.sqlite3").read_text() == "precious"


def test_a_store_whose_making_was_killed_is_made_anew(folder):
    # What is there when the process dies between the first file and the name of the owner.
    folder.mkdir(parents=True)
    (folder / "riskdesk.json.draft").write_bytes(b"")
    init_db_dir(folder, 2)
    (folder / "part-1.sqlite3").write_bytes(b"")
    prepare(folder, "card_risk", "night")
    assert len(list(folder.glob("part-*.sqlite3"))) == STORE_FILES
    assert not (folder / "riskdesk.json.draft").exists()


@pytest.mark.parametrize(
    ("flow", "profile", "stored", "said"),
    [
        (
            "card_risk",
            "other",
            None,
            "of flow card_risk, profile night, format 1; this run is .*profile other",
        ),
        ("device", "night", None, "of flow card_risk, profile night, format 1; this run is flow device"),
        ("card_risk", "night", '"state_format":0', "format 0; this run is .* format 1"),
    ],
)
def test_the_state_of_another_flow_profile_or_format_is_refused(folder, flow, profile, stored, said):
    prepare(folder, "card_risk", "night")
    identity = folder / "riskdesk.json"
    identity.write_text(identity.read_text().replace('"state_format":1', stored or '"state_format":1'))
    with pytest.raises(RecoveryError, match=said) as error:
        prepare(folder, flow, profile)
    assert "give another recovery folder, or run what it belongs to" in str(error.value)


def test_a_folder_that_does_not_say_whose_it_is_is_refused(folder):
    prepare(folder, "card_risk", "night")
    for text in ("", "{", "[]", '{"flow": "card_risk"}'):
        (folder / "riskdesk.json").write_text(text)
        with pytest.raises(RecoveryError, match="does not say whose state this is"):
            prepare(folder, "card_risk", "night")


@pytest.mark.parametrize(
    ("lost", "named"),
    [((2,), "has lost part-2.sqlite3;"), ((0, 3), "part-0.sqlite3, part-3"), (range(4), "part-0.sqlite3;")],
)
def test_lost_part_files_are_named(folder, lost, named):
    prepare(folder, "card_risk", "night")
    for index in lost:
        (folder / f"part-{index}.sqlite3").unlink()
    with pytest.raises(RecoveryError, match=named) as error:
        prepare(folder, "card_risk", "night")
    assert "restore what is missing, or begin anew with an empty folder" in str(error.value)


@pytest.mark.parametrize("damage", [b"no database at all" * 400, b"", None])
def test_a_damaged_part_file_is_refused(folder, damage):
    prepare(folder, "card_risk", "night")
    for path in folder.glob("part-1.sqlite3*"):
        content = damage if damage is not None else path.read_bytes()[:5000]
        path.write_bytes(content if path.name.endswith("3") else b"")
    with pytest.raises(RecoveryError, match="begin anew with an empty folder"):
        prepare(folder, "card_risk", "night")


# --- one run at a time


def test_a_held_folder_is_refused_to_another_run_and_free_again_behind_it(folder):
    with held(folder), pytest.raises(RecoveryError, match="in use by another run; wait for it"), held(folder):
        pass
    with held(folder):
        pass


def test_a_run_that_was_killed_holds_nothing(folder):
    source = f"""
import time
from pathlib import Path
from flows.recovery import held
with held(Path({str(folder)!r})):
    print("held", flush=True)
    time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(RecoveryError), held(folder):
            pass
        os.kill(process.pid, signal.SIGKILL)
    with held(folder):
        pass
