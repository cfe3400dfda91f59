"""The passes of a backtest: all profiles in one, and none that a folder of finished work already has."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec

from config.profiles import load_profile
from connectors.streams import writing
from flows.progress import Progress
from tuning.passes import Variant, run_pass


class Passed(NamedTuple):
    """The alert file of each profile by its label, how far the pass came, and which were there already."""

    alerts: dict[str, Path]
    progress: Progress
    kept: tuple[str, ...]


def pass_over(
    variants: Sequence[Variant],
    over: Sequence[str],
    work: Path,
    *,
    store: str | None = None,
    processes: int = 1,
    watch: Callable[[Progress], None] = lambda progress: None,
) -> Passed:
    """Run in one pass what `work` does not have, and keep it there; what is not finished leaves no trace.

    What is kept counts as long as the profile with its tables, the files of `over` (names, sizes, times of
    change), the store's address and the code of the detectors are what they were. Raises as `run_pass` does.
    """
    alerts = {each.label: work / f"{_digest_of(each, over, store)}.alerts.jsonl" for each in variants}
    # The progress is written last: where it is, the alerts are whole.
    done = {label: path.with_suffix(".json") for label, path in alerts.items()}
    kept = tuple(label for label, path in done.items() if path.exists())
    missing = [each for each in variants if each.label not in kept]
    if missing:
        with TemporaryDirectory(dir=work, prefix="unfinished-") as drafts, _signals_kept():
            ran = run_pass(missing, over, Path(drafts), store=store, processes=processes, watch=watch)
            for each in missing:
                ran.alerts[each.label].replace(alerts[each.label])
                with writing(done[each.label]) as out:
                    out.write(msgspec.json.encode(ran.progress))
    progress = msgspec.json.decode(done[variants[0].label].read_bytes(), type=Progress)
    return Passed(alerts, progress, kept)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Undo that a run makes Ctrl-C its own: behind it there is no run any more that could end."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _digest_of(variant: Variant, over: Sequence[str], store: str | None) -> str:
    """Give a digest of what a variant's alerts depend on."""
    text = variant.profile.read_text() if variant.text is None else variant.text
    profile = load_profile(variant.profile, text=text)
    code = Path(str(import_module(profile.detector_package).__file__)).parent
    made = blake2b(digest_size=16)
    for part in (
        version("riskdesk").encode(),
        (store or "").encode(),
        text.encode(),
        *(table.read_bytes() for table in profile.tables),
        *(path.read_bytes() for path in sorted(code.rglob("*.py"))),
        *(_state_of(Path(given)) for given in over),
    ):
        made.update(blake2b(part, digest_size=16).digest())
    return made.hexdigest()


def _state_of(path: Path) -> bytes:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    found = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return repr(found).encode()
