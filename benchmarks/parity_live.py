"""A stream as it comes live: files that grow in pieces, a flow that follows them, and its end by SIGTERM."""

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.parity_command import begun, run_here
from benchmarks.parity_streams import Run
from flows.supervisor import free_addresses

_PIECES = 40
_PAUSE_S = 0.02
_LOOK_EVERY_S = 0.05
_LONGEST_S = 300.0
_READ = "riskdesk_read_bytes_total "


class NotFollowedError(RuntimeError):
    """A live run that did not come to what was asked of it; the text says how it ended."""


def pieces(data: bytes, count: int, random: Random) -> Iterator[bytes]:
    """Cut data into so many pieces, at any byte; some may be empty."""
    cuts = sorted(random.randint(0, len(data)) for _ in range(count - 1))
    for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        yield data[begin:end]


def followed(run: Run, alerts: Path) -> None:
    """Write the alerts of `riskdesk run` over files that grow, ended by SIGTERM when all was read.

    What waits for earlier events then is let go by a run on to the end of the input, which a followed one
    never has. Raises NotFollowedError, and RuntimeError when that run fails.
    """
    folder = run.folder / "growing"
    folder.mkdir()
    files = [folder / path.name for path in run.plain]
    contents = [path.read_bytes() for path in run.plain]
    for file in files:
        file.write_bytes(b"")
    command: list[object] = [
        "run", run.flow, "--profile", run.stream.profile, "--store", run.new_store("live"),
        "--alerts", alerts, "--recovery", run.folder / "live", "--epoch-s", 0.5,
        *(part for file in files for part in ("--input", file)),
    ]  # fmt: skip
    flow = _Following(command, run.folder / "live.log")
    try:
        flow.wait_for(0)
        _feed(files, contents, Random(run.stream.name))
        # A line without its end is not read before its rest comes, or the input ends.
        flow.wait_for(sum(content.rfind(b"\n") + 1 for content in contents))
        flow.end()
    finally:
        flow.kill()
    run_here(*command, "--no-follow")


def _feed(files: Sequence[Path], contents: Sequence[bytes], random: Random) -> None:
    for cut in zip(*(pieces(content, _PIECES, random) for content in contents), strict=True):
        for file, piece in zip(files, cut, strict=True):
            with file.open("ab") as appended:
                appended.write(piece)
        time.sleep(_PAUSE_S)


class _Following:
    """A `riskdesk run` that is watched by what it counts."""

    def __init__(self, command: Sequence[object], log: Path) -> None:
        # The supervisor answers on this port, its process on the one behind it.
        port = int(free_addresses(2)[0].rpartition(":")[2])
        self._counts = f"http://127.0.0.1:{port + 1}/metrics"
        self._log = log
        self._process = begun([*command, "--metrics-port", port], log)

    def wait_for(self, size: int) -> None:
        """Wait until so many bytes were read."""
        until_s = time.monotonic() + _LONGEST_S
        while (read := self._read()) is None or read < size:
            if self._process.poll() is not None or time.monotonic() > until_s:
                raise NotFollowedError(f"{read} of {size} bytes were read: {self._words}")
            time.sleep(_LOOK_EVERY_S)

    def end(self) -> None:
        """Ask for the end, and see that it is a good one."""
        self._process.send_signal(signal.SIGTERM)
        if self._process.wait() != 0:
            raise NotFollowedError(f"it did not end well when it was asked to: {self._words}")

    def kill(self) -> None:
        """Leave nothing running."""
        self._process.kill()
        self._process.wait()

    def _read(self) -> float | None:
        """Give how many bytes were read; None while nobody answers."""
        try:
            with closing(urlopen(self._counts, timeout=5)) as answer:
                lines = answer.read().decode().splitlines()
        except (URLError, ConnectionError, TimeoutError):
            return None
        return sum(float(line.removeprefix(_READ)) for line in lines if line.startswith(_READ))

    @property
    def _words(self) -> str:
        return self._log.read_text("utf-8", "replace")[-800:]
