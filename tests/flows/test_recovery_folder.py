"""The state on disk: it stays as large as what is remembered, and can be seen, made small, and copied."""

import os
import pickle
import sqlite3
import subprocess
import tarfile
from contextlib import suppress
from pathlib import Path
from pickle import UnpicklingError

import pytest
from msgspec.structs import replace

from flows.job import Job
from flows.recovery import RecoveryError, held, prepare, repair
from flows.recovery_backup import compact, export
from flows.recovery_survey import latest_event_ms, survey
from flows.snapshots import read_plain
from flows.supervisor import supervise
from tests.flows.counted import counts, write_events, write_profile
from tests.flows.made import minute_ms, use

pytestmark = pytest.mark.slow

KEYS = 40


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job over uses of forty terminals, each of its blocks an epoch."""
    return Job(
        profile=write_profile(tmp_path),
        inputs=(tmp_path / "events.jsonl",),
        alerts=tmp_path / "alerts.jsonl",
        recovery=tmp_path / "recovery",
        epoch_s=0.0,
        block_bytes=2000,
        log_level="error",
    )


def grow(job: Job, first: int, count: int) -> None:
    """Append uses; the terminals come in turn, so that every epoch touches some and all are touched."""
    write_events(
        job.inputs[0], [use(f"e{n:06}", n / 60, f"t{n % KEYS}") for n in range(first, first + count)]
    )


def go_on(job: Job) -> None:
    assert supervise(job, lambda progress: None) == (0, "")


def size(job: Job) -> tuple[int, int]:
    """How many rows and bytes the store has."""
    rows = size = 0
    for path in job.recovery.glob("part-*.sqlite3"):
        with sqlite3.connect(path) as file:
            for table in ("snaps", "exs", "fronts", "commits", "parts"):
                rows += file.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
            (pages,), (page,) = (
                file.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
            )
        file.close()
        size += pages * page
    return rows, size


def epochs(job: Job) -> int:
    return survey(job.recovery).resume_epoch


# --- growth


def test_over_many_epochs_and_starts_the_store_stays_as_large_as_what_is_remembered(job):
    grow(job, 0, 1000)
    go_on(job)
    rows, bytes_then = size(job)
    begun = epochs(job)
    for start in range(3):
        grow(job, 1000 * (start + 1), 1000)
        go_on(job)
    assert epochs(job) > begun + 200
    assert size(job)[0] <= rows + 2  # the start before the last
    assert size(job)[1] <= bytes_then * 1.2
    repair(job.recovery)
    assert size(job)[0] == rows


def test_what_the_engine_wrote_of_earlier_starts_is_taken_away_and_the_run_goes_on(job):
    for start in range(4):
        grow(job, 10 * start, 10)
        go_on(job)
    repair(job.recovery)
    starts = []
    for path in job.recovery.glob("part-*.sqlite3"):
        with sqlite3.connect(path) as file:
            starts += [
                n for (n,) in file.execute("SELECT ex_num FROM exs UNION ALL SELECT ex_num FROM fronts")
            ]
        file.close()
    assert starts == [3, 3]
    grow(job, 40, 1)
    go_on(job)
    assert counts(job.alerts)[-1] == ("e000040", 2)


# --- looking


def test_a_survey_tells_whose_state_it_is_and_how_much(job):
    grow(job, 0, 90)
    go_on(job)
    found = survey(job.recovery)
    assert (found.flow, found.profile, found.partitioned_by) == ("card_risk", "counted", "card")
    assert not found.in_use
    steps = {step.step: step for step in found.steps}
    watched = steps["card_risk.watch_terminal"]
    assert watched.keys == KEYS
    assert 1 < watched.rows <= KEYS
    assert watched.bytes > 10 * KEYS
    assert steps["card_risk.blocks"].rows == 1
    assert steps["card_risk.blocks"].keys is None
    assert found.event_ms == latest_event_ms(job.recovery) == minute_ms(89 / 60)
    assert found.saved_ms is not None
    assert found.file_bytes >= size(job)[1]
    with held(job.recovery):
        assert survey(job.recovery).in_use


def test_a_survey_counts_what_was_not_committed_and_leaves_it(job):
    grow(job, 0, 40)
    go_on(job)
    with sqlite3.connect(job.recovery / "part-0.sqlite3") as file:
        row = "2026-01-01 00:00:00", "card_risk.watch_terminal", "1", 9999, b"\x80"
        file.execute("INSERT INTO snaps VALUES (?, ?, ?, ?, ?)", row)
    file.close()
    assert survey(job.recovery).not_committed == 1
    assert survey(job.recovery).not_committed == 1


def test_a_store_that_nothing_was_saved_into_has_no_age(tmp_path):
    prepare(tmp_path / "recovery", "card_risk", "night")
    found = survey(tmp_path / "recovery")
    assert (found.resume_epoch, found.steps, found.saved_ms, found.event_ms) == (1, (), None, None)
    assert latest_event_ms(tmp_path / "recovery") is None


def test_looking_runs_nothing_that_the_store_names(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "went_off"),)

    with pytest.raises(UnpicklingError, match=r"mkdir is no plain value"):
        read_plain(pickle.dumps(Bomb()))
    assert not (tmp_path / "went_off").exists()


@pytest.mark.parametrize("ask", [survey, compact, lambda folder: export(folder, folder / "x.tar")])
def test_what_is_no_recovery_folder_of_ours_is_refused_and_left_alone(tmp_path, ask):
    with pytest.raises(RecoveryError, match=r"no recovery folder of ours: there is no riskdesk.json in it"):
        ask(tmp_path)
    assert list(tmp_path.iterdir()) == []


# --- making small


def test_compacting_gives_the_room_of_what_is_gone_back_and_the_run_goes_on(job):
    grow(job, 0, 80)
    go_on(job)
    with sqlite3.connect(job.recovery / "part-1.sqlite3") as file:
        for number in range(200):
            row = "card_risk.watch_terminal", f"gone{number}", 1
            file.execute("INSERT INTO snaps VALUES ('then', ?, ?, ?, ZEROBLOB(9999))", row)
            file.execute("INSERT INTO snaps VALUES ('then', ?, ?, 2, NULL)", row[:2])
    file.close()
    done = compact(job.recovery)
    assert done.repaired.tombstones == 400
    assert done.after_bytes < done.before_bytes - 1_900_000
    assert done.after_bytes == sum(path.stat().st_size for path in job.recovery.glob("part-*.sqlite3*"))
    grow(job, 80, 1)
    go_on(job)
    assert counts(job.alerts)[-1] == ("e000080", 3)


def test_the_state_of_a_run_is_not_compacted_under_its_feet(job):
    prepare(job.recovery, "card_risk", "counted")
    with held(job.recovery), pytest.raises(RecoveryError, match="in use by another run"):
        compact(job.recovery)


# --- copying


@pytest.mark.parametrize("name", ["backup.tar", "backup.tgz", "backup.tar.gz"])
def test_a_backup_that_is_unpacked_goes_on_as_the_folder_did(job, tmp_path, name):
    grow(job, 0, 50)
    go_on(job)
    export(job.recovery, tmp_path / name)
    assert (tmp_path / name).stat().st_mode & 0o077 == 0
    assert {path.name for path in tmp_path.iterdir()} >= {name, "recovery"}
    grow(job, 50, 50)
    go_on(job)
    told = job.alerts.read_bytes()

    restored = tmp_path / "restored"
    restored.mkdir()
    subprocess.run(["tar", "-xf", tmp_path / name, "-C", restored], check=True)
    go_on(replace(job, recovery=restored))
    assert job.alerts.read_bytes() == told


def test_a_backup_of_a_run_at_work_is_of_one_moment(job, tmp_path):
    """Taken again and again while epochs end all the time, each backup resumes to what a quiet run gives."""
    grow(job, 0, 3000)
    whole = replace(job, alerts=tmp_path / "whole.jsonl", recovery=None)
    go_on(whole)
    backups: list[Path] = []

    def back_up(progress: object) -> None:
        target = tmp_path / f"b{len(backups)}.tar"
        if (job.recovery / "formats.json").exists():
            with suppress(RecoveryError):  # written all the time
                export(job.recovery, target)
                backups.append(target)

    assert supervise(replace(job, epoch_s=0.05), back_up) == (0, "")
    assert len(backups) >= 3
    seen = set()
    for number in {0, len(backups) // 2, len(backups) - 1}:
        folder = tmp_path / f"restored{number}"
        with tarfile.open(backups[number]) as archive:
            archive.extractall(folder, filter="data")
        seen.add(survey(folder).resume_epoch)
        alerts = tmp_path / f"alerts{number}.jsonl"
        alerts.write_bytes(job.alerts.read_bytes())
        go_on(replace(job, recovery=folder, alerts=alerts))
        # Blocks are cut elsewhere, so that those of one block come in another order.
        assert sorted(counts(alerts)) == sorted(counts(whole.alerts))
    assert len(seen) > 1
