"""A wall clock that can be stepped for the processes of a run alone; the machine's own stays as it is."""

import shutil
import struct
import subprocess
from pathlib import Path

_SOURCE = Path(__file__).with_name("clock_shim.c")


class NoClock(Exception):  # noqa: N818 - it says what there is not
    """The clock cannot be stepped here, with the reason."""


class SteppedClock:
    """The clock of all processes that are started with its environment, from then on."""

    def __init__(self, folder: Path) -> None:
        """Build what shifts the clock in `folder`. Raises NoClock where there is no C compiler."""
        compiler = shutil.which("cc")
        if compiler is None:
            raise NoClock("there is no C compiler (cc)")
        self._shim, self._file = folder / "clock.so", folder / "clock"
        built = subprocess.run(
            [compiler, "-shared", "-fPIC", "-O1", "-o", self._shim, _SOURCE, "-ldl"],
            capture_output=True,
            text=True,
            check=False,
        )
        if built.returncode:
            raise NoClock(f"the clock's shim was not built: {built.stderr[-500:]}")
        self._file.write_bytes(struct.pack("=q", 0))

    @property
    def environment(self) -> dict[str, str]:
        """What a process is started with so that its clock is this one."""
        return {"LD_PRELOAD": str(self._shim), "CHAOS_CLOCK": str(self._file)}

    def step(self, shift_s: int) -> None:
        """Let the clock be so many seconds off."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("=q", shift_s))
