"""A graceful stop: whoever is asked to end says so here, and every source comes to its end."""

from pathlib import Path
from tempfile import NamedTemporaryFile


class StopSign:
    """Tells every source of this process, and through a shared file of all processes, to end.

    Sources look at it at each poll and raise StopIteration, so that the engine takes its last snapshots and
    leaves with everything committed. The file makes one sign of a whole cluster: a process that ends alone
    would leave the others waiting for it.
    """

    def __init__(self, shared: Path | None = None) -> None:
        """Use the file `shared` to ask other processes and to be asked by them; None for this one only."""
        self._shared = shared
        self._reason = ""

    @property
    def shared(self) -> Path | None:
        """The file that others are asked by."""
        return self._shared

    def ask(self, reason: str) -> None:
        """Ask for the end; the first reason stays. May be called from a signal handler."""
        if self.asked:
            return
        self._reason = reason or "no reason given"
        if self._shared is not None:
            # Several processes may ask at once: each needs a draft of its own.
            with NamedTemporaryFile("w", encoding="utf-8", dir=self._shared.parent, delete=False) as draft:
                draft.write(self._reason)
            Path(draft.name).replace(self._shared)

    @property
    def asked(self) -> bool:
        """Whether the end was asked for, here or in another process."""
        if not self._reason and self._shared is not None and self._shared.exists():
            self._reason = self._shared.read_text(encoding="utf-8") or "no reason given"
        return bool(self._reason)

    @property
    def reason(self) -> str:
        """Why the end was asked for; "" while it was not."""
        return self._reason if self.asked else ""

    def clear(self) -> None:
        """Take the sign down, also what an earlier run left in the file: the supervisor's first act."""
        self._reason = ""
        if self._shared is not None:
            self._shared.unlink(missing_ok=True)
