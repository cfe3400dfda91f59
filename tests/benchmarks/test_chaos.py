"""Everything around a flow fails, and what it leaves behind is what a quiet run leaves; else it is told."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from random import Random

import pytest

from benchmarks.chaos import Outcome
from benchmarks.chaos_faults import Faults
from benchmarks.chaos_places import Surroundings
from cases.store import open_store
from tests.cases.made import alert
from tests.flows.running import ROOT


@pytest.mark.slow
@pytest.mark.parametrize("form", [(), ("--hosts",)], ids=["one host", "two hosts"])
def test_a_short_run_loses_nothing_and_doubles_nothing(form: tuple[str, ...]) -> None:
    if form and (os.geteuid() != 0 or shutil.which("ip") is None):
        pytest.skip("NOT TESTED ON TWO HOSTS: it takes root and iproute2")
    done = subprocess.run(
        [
            sys.executable, "-m", "benchmarks.chaos", "--events", "60000", "--faults", "5", "--away", "5",
            "--spacing", "10", *form,
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("faults: 5 lost: 0 doubled: 0 catch_up_s: ")


def test_what_is_missing_is_lost_and_what_is_too_many_is_doubled(tmp_path) -> None:
    outcomes = []
    for name, numbers, lines in (("quiet", "12", "a\nb\n"), ("stormy", "13", "b\nb\n")):
        url, alerts = f"sqlite:///{tmp_path}/{name}.db", tmp_path / name
        alerts.write_text(lines)
        with open_store(url) as store:
            store.cases.take_in([alert(number, f"c{number}") for number in numbers])
        outcomes.append(Outcome.of(url, alerts).found)
    quiet, stormy = outcomes
    # Each time an alert in the store, its case, and a line of the file.
    assert (quiet - stormy).total() == 3
    assert (stormy - quiet).total() == 3


def test_every_kind_of_fault_happens_before_any_comes_again() -> None:
    around = Surroundings(folder=ROOT, server=None, environment={})  # type: ignore[arg-type]
    faults = Faults(None, around, Random(1), away_s=0)  # type: ignore[arg-type]
    planned = Counter(faults.plan(12))
    assert len(planned) == 5
    assert set(planned.values()) <= {2, 3}
    assert faults.plan(12) != faults.plan(12)
