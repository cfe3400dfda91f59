"""Two hosts on this machine: network namespaces, joined by a cable that can be pulled."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

from tests.flows.running import Command

_NUMBERS = count()


class NoHosts(Exception):  # noqa: N818 - it says what there is not
    """Hosts cannot be made here, with the reason."""


class Host:
    """One end of the cable: a host with one address."""

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self.address = address
        self._started: list[Command] = []

    @property
    def prefix(self) -> tuple[str, ...]:
        """What a command stands behind to run on this host."""
        return "ip", "netns", "exec", self.name

    def start(self, *arguments: object) -> Command:
        """Start the command on this host; files and sockets in folders are those of the machine."""
        command = Command([str(each) for each in arguments], self.prefix)
        self._started.append(command)
        return command

    def kill(self) -> None:
        """Kill every process of the host at once, as when its power fails."""
        for process in _ip("netns", "pids", self.name).split():
            with suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)
        for command in self._started:
            command.kill()

    def pull(self) -> None:
        """Pull the cable: what is sent is lost, and nobody is told."""
        _ip("-n", self.name, "link", "set", "cable", "down")

    def plug(self) -> None:
        """Plug the cable in again."""
        _ip("-n", self.name, "link", "set", "cable", "up")

    def remove(self) -> None:
        self.kill()
        _ip("netns", "delete", self.name)


def two_hosts() -> Iterator[tuple[Host, Host]]:
    """Give two hosts that reach each other; they are gone afterwards. Raises NoHosts."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        raise NoHosts("two hosts take root and iproute2")
    number = next(_NUMBERS)
    hosts = tuple(
        Host(f"rd{os.getpid()}-{number}-{end}", f"10.231.{os.getpid() % 250}.{end}") for end in (1, 2)
    )
    made = []
    try:
        for host in hosts:
            try:
                _ip("netns", "add", host.name)
            except subprocess.CalledProcessError as error:
                raise NoHosts(f"network namespaces cannot be made: {error.stderr.strip()}") from None
            made.append(host)
        first, second = hosts
        _ip("-n", first.name, "link", "add", "cable", "type", "veth", "peer", "cable", "netns", second.name)
        for host in hosts:
            _ip("-n", host.name, "address", "add", f"{host.address}/24", "dev", "cable")
            _ip("-n", host.name, "link", "set", "lo", "up")
            host.plug()
        yield first, second
    finally:
        for host in made:
            host.remove()


def _ip(*arguments: str) -> str:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def folder_of(host: Host, within: Path) -> Path:
    """A folder that only this host uses."""
    folder = within / host.address
    folder.mkdir(exist_ok=True)
    return folder
