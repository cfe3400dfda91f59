"""A supervisor's seat in the meeting of a cluster's machines."""

from collections.abc import Callable
from queue import Empty, Queue
from threading import Event, Thread

from connectors.stopping import StopSign
from flows.meeting import BEAT_EVERY_S, Anew, Beat, Hello, Kept, Line, Said, Stop

_LOOK_EVERY_S = 0.1


class Seat:
    """Says, hears, and tells that it is still there.

    `gone` is set once the meeting has broken, or was left; `stop` is what a machine said that all should end
    for. `anew` is up while all are asked to read their profiles anew, and `kept` says why they keep what they
    have.
    """

    def __init__(self, line: Line, hello: Hello, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Come to the meeting by a connection; `meanwhile` is called now and then while waiting."""
        self.gone = Event()
        self.stop: Stop | None = None
        self.anew = False
        self.kept = ""
        self._line = line
        self._meanwhile = meanwhile
        self._heard: Queue[Said] = Queue()
        for task in (self._listen, self._beat):
            Thread(target=task, daemon=True).start()
        line.say(hello)

    def say(self, said: Said) -> None:
        """Say something to the keeper."""
        self._line.say(said)

    def next(self, unless: StopSign) -> Said | None:
        """Wait for the next thing that is said and the seat does not note; None when it will not come."""
        while not unless.asked:
            self._meanwhile()
            try:
                return self._heard.get(timeout=_LOOK_EVERY_S)
            except Empty:
                if self.gone.is_set() and self._heard.empty():
                    return None
        return None

    def leave(self) -> None:
        """Leave the meeting."""
        self.gone.set()
        self._line.close()

    def _listen(self) -> None:
        for said in self._line.hear():
            if isinstance(said, Stop):
                self.stop = said
            elif isinstance(said, Anew):
                self.anew = True
            elif isinstance(said, Kept):
                self.kept = said.why
            elif not isinstance(said, Beat):
                self._heard.put(said)
        self.gone.set()

    def _beat(self) -> None:
        while not self.gone.wait(BEAT_EVERY_S):
            self._line.say(Beat())
