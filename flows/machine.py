"""A machine's place in a cluster.

ClusterError            the machines cannot make one cluster; the text says why and what to do
"""

from contextlib import suppress

from msgspec import Struct

from config.addresses import Address, check_apart, resolve
from flows.job import Job


class ClusterError(Exception):
    """The machines cannot make one cluster."""


class Machine(Struct, frozen=True, kw_only=True):
    """This machine's place: the addresses of all in the order of their index, and its own index.

    `anywhere` lets addresses lie outside of private networks.
    """

    addresses: tuple[Address, ...]
    index: int
    anywhere: bool = False

    @property
    def own(self) -> Address:
        """Where this machine is reached, as a number. Raises AddressError, or OSError for an unknown name."""
        return resolve(self.addresses[self.index], anywhere=self.anywhere)

    @property
    def keeper(self) -> Address:
        """Where the meeting is kept, as a number. Raises AddressError, or OSError for an unknown name."""
        return resolve(self.addresses[0], anywhere=self.anywhere)


def check_place(job: Job, machine: Machine) -> None:
    """See that a job can run on a machine. Raises ClusterError, or AddressError for a wrong address."""
    if job.recovery is None:
        raise ClusterError("a cluster of machines needs a recovery folder on each; give --recovery")
    if len(machine.addresses) < 2:
        raise ClusterError("a cluster has at least 2 machines; leave --addresses away for one")
    if not 0 <= machine.index < len(machine.addresses):
        last = len(machine.addresses) - 1
        raise ClusterError(f"--index is {machine.index}; it says which of the addresses is ours, 0 to {last}")
    check_apart(machine.addresses)
    for address in machine.addresses:
        # A name may become known later; it is looked at again whenever the machines meet.
        with suppress(OSError):
            resolve(address, anywhere=machine.anywhere)
