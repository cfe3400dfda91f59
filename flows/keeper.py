"""The keeper of a cluster's meeting: a thread of the supervisor of machine 0."""

import logging
import socket
from contextlib import suppress
from enum import Enum
from queue import Queue
from threading import Thread

from config.addresses import Address
from flows.meeting import (
    Alike,
    Anew,
    Beat,
    Begin,
    Done,
    Fresh,
    Hello,
    Kept,
    Later,
    Line,
    Over,
    Plan,
    Ready,
    Refused,
    Said,
    Stop,
)
from flows.shares import ShareError, agree
from flows.signals import RELOAD

log = logging.getLogger(__name__)


class _Stage(Enum):
    """How far a meeting is."""

    GATHERING = "gathering"
    PREPARING = "preparing"
    RUNNING = "running"
    ENDING = "ending"


class Keeper:
    """Listens, brings the supervisors of all machines together, and relays what concerns all of them."""

    def __init__(self, at: Address, machines: int) -> None:
        """Listen. Raises OSError when the port is taken or the address is not this machine's."""
        self._machines = machines
        self._heard: Queue[tuple[Line, Said | None] | None] = Queue()
        self._lines: dict[int, Line] = {}
        self._hellos: dict[int, Hello] = {}
        self._said: set[int] = set()
        self._fresh: dict[int, Fresh] | None = None
        self._stage = _Stage.GATHERING
        family = socket.AF_INET6 if ":" in at.host else socket.AF_INET
        self._server = socket.create_server((at.host, at.port), family=family, reuse_port=False)
        self._thread = Thread(target=self._keep, daemon=True)
        self._thread.start()
        Thread(target=self._let_in, daemon=True).start()

    def close(self) -> None:
        """End the meeting: who is still in it notices at once."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._heard.put(None)
        self._thread.join()

    def _let_in(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                Thread(target=self._listen, args=(Line(connection),), daemon=True).start()

    def _listen(self, line: Line) -> None:
        for said in line.hear():
            self._heard.put((line, said))
        self._heard.put((line, None))

    def _keep(self) -> None:
        while True:
            heard = self._heard.get()
            if heard is None:
                break
            line, said = heard
            if isinstance(said, Hello):
                self._greet(line, said)
            elif (index := self._index(line)) is None:
                line.close()
            elif said is None:
                self._lose(index)
            else:
                self._take(index, said)
        for line in self._lines.values():
            line.close()

    def _greet(self, line: Line, hello: Hello) -> None:
        if hello.index in self._lines:
            line.say(Later(why=f"machine {hello.index} is already there, or was a moment ago"))
            line.close()
            return
        if not 0 <= hello.index < self._machines:
            line.say(Refused(why=f"there are {self._machines} machines, so none with index {hello.index}"))
            line.close()
            return
        self._lines[hello.index] = line
        self._hellos[hello.index] = hello
        if len(self._lines) == self._machines:
            self._plan()
        else:
            missing = sorted(set(range(self._machines)) - self._lines.keys())
            log.warning("waiting for machines of the cluster", extra={"missing": missing})

    def _plan(self) -> None:
        hellos = self._hellos
        try:
            _check_alike({index: hello.alike for index, hello in hellos.items()})
            agreed = agree({index: hello.share for index, hello in hellos.items()})
        except ShareError as error:
            self._to_all(Refused(why=str(error)))
            self._begin_anew()
            return
        self._stage = _Stage.PREPARING
        self._said.clear()
        self._to_all(Plan(agreed=agreed, addresses=tuple(hellos[index].address for index in sorted(hellos))))

    def _take(self, index: int, said: Said) -> None:
        if isinstance(said, Beat):
            self._lines[index].say(said)
        elif isinstance(said, Stop):
            self._to_all(said)
            self._stage = _Stage.ENDING if self._stage is _Stage.RUNNING else self._stage
        elif isinstance(said, Anew):
            if self._stage is _Stage.RUNNING and self._fresh is None:
                self._fresh = {}
                self._to_all(said)
        elif isinstance(said, Fresh):
            self._compare(index, said)
        elif isinstance(said, Ready | Done):
            self._said.add(index)
            if len(self._said) == self._machines:
                self._said.clear()
                running = self._stage is not _Stage.PREPARING
                self._to_all(Over() if running else Begin())
                self._stage = _Stage.RUNNING
                if running:
                    self._begin_anew()

    def _compare(self, index: int, fresh: Fresh) -> None:
        """Note what a machine has read anew; once all have, all begin again with it, or nobody does."""
        if self._fresh is None or self._stage is not _Stage.RUNNING:
            return
        self._fresh[index] = fresh
        if len(self._fresh) < self._machines:
            return
        read, self._fresh = self._fresh, None
        alike = {index: each.alike for index, each in read.items() if each.alike is not None}
        try:
            if len(alike) < self._machines:
                troubles = (
                    f"machine {index}: {each.why}" for index, each in sorted(read.items()) if each.why
                )
                raise ShareError("; ".join(troubles))
            _check_alike(alike)
        except ShareError as error:
            self._to_all(Kept(why=str(error)))
        else:
            self._to_all(Stop(why=RELOAD))
            self._stage = _Stage.ENDING

    def _lose(self, index: int) -> None:
        self._lines.pop(index).close()
        self._hellos.pop(index)
        if self._stage is not _Stage.GATHERING:
            log.error("a machine of the cluster is gone; all begin again", extra={"machine": index})
            self._begin_anew()

    def _begin_anew(self) -> None:
        for line in self._lines.values():
            line.close()
        self._lines.clear()
        self._hellos.clear()
        self._fresh = None
        self._stage = _Stage.GATHERING

    def _index(self, line: Line) -> int | None:
        return next((index for index, known in self._lines.items() if known is line), None)

    def _to_all(self, said: Said) -> None:
        for line in self._lines.values():
            line.say(said)


def _check_alike(machines: dict[int, Alike]) -> None:
    first = machines[0]
    for index, found in sorted(machines.items()):
        different = [
            name.replace("_", " ")
            for name in Alike.__struct_fields__
            if getattr(found, name) != getattr(first, name)
        ]
        if different:
            raise ShareError(
                f"machines 0 and {index} differ in {', '.join(different)}: give all machines the same "
                "version, profile, inputs and outputs"
            )
