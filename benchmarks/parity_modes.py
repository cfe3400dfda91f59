"""Every way to come to a stream's alerts; each gives what it found beside what a plain replay gives."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from benchmarks.nights import riskdesk
from benchmarks.parity_command import begun, run_here
from benchmarks.parity_live import followed
from benchmarks.parity_streams import Record, Run
from connectors.alert_file import read_alert_file
from tuning.explain.explanations import Unexplained, explain_all
from tuning.explain.recorded import Recorded
from tuning.explain.slices import Rerun
from tuning.passes import Variant, run_pass

_LOOK_EVERY_S = 0.001
# A quick machine may be done before the blow falls: then it is struck again, earlier.
_ATTEMPTS = 6


class Found(NamedTuple):
    """What a way found; `expected` is what a replay gives, and `what` says which of several runs it is."""

    what: str
    expected: list[Record]
    alerts: list[Record]


class NotShownError(RuntimeError):
    """Why a way could not be tried."""


def modes() -> Mapping[str, Callable[[Run], Iterator[Found]]]:
    """Give every way by its name."""
    return {
        "replay, 1 process": partial(_replay, processes=1),
        "replay, 2 processes": partial(_replay, processes=2),
        "replay, 4 processes": partial(_replay, processes=4),
        "killed and resumed": _killed,
        "live": _live,
        "backtest": _backtest,
        "shadow": _shadow,
        "explain": _explain,
    }


def _replay(run: Run, processes: int) -> Iterator[Found]:
    alerts = run.folder / f"replay-{processes}.jsonl"
    replayed = run_here if processes == 1 else riskdesk
    replayed(*_command(run, run.stream.profile, alerts, "--processes", processes))
    yield Found("", run.golden, _read(alerts))


def _killed(run: Run) -> Iterator[Found]:
    """Kill a replay of two processes with -9 when it has told of some alerts, and let one process go on."""
    count = len(run.golden)
    for attempt in range(_ATTEMPTS):
        name = f"killed-{attempt}"
        alerts = run.folder / f"{name}.jsonl"
        command = _command(run, run.stream.profile, alerts, "--recovery", run.folder / name, "--epoch-s", 0.1)
        if _killed_at([*command, "--processes", 2], alerts, wanted=max(1, count >> attempt + 1), of=count):
            run_here(*command)
            yield Found("", run.golden, _read(alerts))
            return
    raise NotShownError(
        f"the replay was done before it could be killed, {_ATTEMPTS} times: record more events"
    )


def _killed_at(command: list[object], alerts: Path, *, wanted: int, of: int) -> bool:
    """Kill a run once it has told of as many alerts as wanted; gives whether any were still to come."""
    with begun(command, alerts.with_suffix(".log")) as process:
        while process.poll() is None and _lines(alerts) < wanted:
            time.sleep(_LOOK_EVERY_S)
        if process.poll() is not None:
            return False
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").split()
        for victim in (*map(int, children), process.pid):
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        process.wait()
        return _lines(alerts) < of


def _live(run: Run) -> Iterator[Found]:
    alerts = run.folder / "live.jsonl"
    followed(run, alerts)
    yield Found("", run.golden, _read(alerts))


def _backtest(run: Run) -> Iterator[Found]:
    """Two variants in one pass."""
    folder = run.folder / "backtest"
    folder.mkdir()
    variants = (Variant("own", run.stream.profile), Variant("other", run.other))
    ran = run_pass(variants, [str(path) for path in run.stream.inputs], folder, store=run.reference_url)
    yield Found("own profile", run.golden, _read(ran.alerts["own"]))
    yield Found("other profile", _other_alone(run), _read(ran.alerts["other"]))


def _shadow(run: Run) -> Iterator[Found]:
    """The same profile, and another one, in the shadow of the live one."""
    for name, profile, expected in (
        ("same profile", run.stream.profile, run.golden),
        ("other profile", run.other, _other_alone(run)),
    ):
        live, shadow = (run.folder / f"{which}-{name.split()[0]}.jsonl" for which in ("beside", "shadow"))
        run_here(
            "run", run.flow, "--profile", run.stream.profile, "--store", run.new_store(shadow.stem),
            *(part for path in run.plain for part in ("--input", path)),
            "--alerts", live, "--shadow", profile, "--shadow-alerts", shadow, "--no-follow",
        )  # fmt: skip
        yield Found(f"live beside {name}", run.golden, _read(live))
        yield Found(f"shadow of {name}", expected, _read(shadow))


def _explain(run: Run) -> Iterator[Found]:
    """Each alert from the slice of events that explains it alone."""
    again: list[Record] = []
    over = [str(path) for path in run.stream.inputs]
    for explained in explain_all(run.golden, Recorded(run.stream.profile, over, run.reference_url)):
        if isinstance(explained, Unexplained) or explained.slices.exact is None:
            continue  # it is then missing among what was found
        alert, exact = explained.alert, explained.slices.exact
        detector: Any = TypeAdapter(explained.detector).validate_python(alert["parameters"])
        fired = Rerun(detector, exact.tables).alerts(exact.events)
        again += [each for each in fired if each["id"] == alert["id"]]
    yield Found("", run.golden, again)


def _other_alone(run: Run) -> list[Record]:
    """Give what a replay with the other profile gives."""
    alerts = run.folder / "other-alone.jsonl"
    if not alerts.exists():
        run_here(*_command(run, run.other, alerts))
    return _read(alerts)


def _command(run: Run, profile: Path, alerts: Path, *options: object) -> list[object]:
    url = run.new_store(alerts.stem)
    return [
        "replay", profile, *run.stream.inputs, "--store", url, "--alerts", alerts, "--quiet", *options,
    ]  # fmt: skip


def _read(alerts: Path) -> list[Record]:
    return list(read_alert_file(alerts))


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0
