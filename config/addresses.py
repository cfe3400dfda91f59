"""Addresses of a cluster's machines, and the networks in which they may lie.

AddressError            an address cannot be used; the text says which, why, and what may be given
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

# Networks that no router of the internet forwards to: RFC 1122 3.2.1.3, RFC 1918, RFC 4291 2.5.3, RFC 4193.
_OURS = tuple(
    map(ip_network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7"))
)
_HIGHEST_PORT = 65_535


class AddressError(ValueError):
    """An address of a cluster cannot be used."""


class Address(NamedTuple):
    """A machine's name or number, and the first of the two ports that it listens on."""

    host: str
    port: int

    def __str__(self) -> str:
        """Write it as it is given; a number of IPv6 in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def behind(self) -> "Address":
        """The port behind this one, where the machine's process of the engine listens."""
        return Address(self.host, self.port + 1)


def parse_address(text: str) -> Address:
    """Read `host:port` or `[ipv6]:port`. Raises AddressError."""
    host, colon, port = text.strip().rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        colon = ""
    if not (colon and host and port.isascii() and port.isdigit() and 0 < int(port) < _HIGHEST_PORT):
        raise AddressError(
            f"{text!r} is no address; give host:port or [ipv6]:port, the port from 1 to {_HIGHEST_PORT - 1}"
        )
    return Address(host, int(port))


def check_apart(addresses: Sequence[Address]) -> None:
    """Check that no two machines would listen on one port.

    Each listens on its port and on the one behind it. Raises AddressError.
    """
    taken: dict[Address, Address] = {}
    for address in addresses:
        for port in (address, address.behind):
            if port in taken:
                raise AddressError(
                    f"{address} and {taken[port]} would both listen on {port}: each machine needs its port "
                    "and the one behind it"
                )
            taken[port] = address


def resolve(address: Address, *, anywhere: bool = False) -> Address:
    """Give the address with the number that its name stands for now.

    The engine hands objects from process to process and runs what it unpickles: whoever reaches its port
    can run programs there. So a number outside private networks is refused unless `anywhere` is set. Raises
    AddressError for such a one, and OSError while the name is not known.
    """
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    number = ip_address(str(found[0][4][0]).partition("%")[0])
    check_private(number, address, anywhere=anywhere)
    return Address(str(number), address.port)


def check_private(number: IPv4Address | IPv6Address, of: Address, *, anywhere: bool) -> None:
    """Check that a number lies where only our own machines are. Raises AddressError."""
    if number.is_unspecified:
        raise AddressError(f"{of} is every address of a machine; give the one that the others reach it by")
    if anywhere or any(number in network for network in _OURS):
        return
    raise AddressError(
        f"{of} is {number}, outside of {', '.join(map(str, _OURS))}: whoever reaches a port of the cluster "
        "can run programs on its machines. Give private addresses, or, where nobody else reaches the ports, "
        "set --addresses-anywhere"
    )


def is_loopback(address: Address) -> bool:
    """Tell whether a resolved address is reached from its own machine only."""
    return ip_address(address.host).is_loopback
