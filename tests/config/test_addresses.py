"""Addresses of a cluster are read with care, and lie where only our own machines are."""

import socket

import pytest

from config.addresses import Address, AddressError, check_apart, is_loopback, parse_address, resolve


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("10.0.0.1:9000", "10.0.0.1", 9000),
        (" flow-0.flow:9000 ", "flow-0.flow", 9000),
        ("[fd00::1]:9000", "fd00::1", 9000),
    ],
)
def test_an_address_is_a_host_and_a_port(text, host, port):
    address = parse_address(text)
    assert address == Address(host, port)
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text",
    ["", ":9000", "host", "host:", "host:0", "host:65535", "host:nine", "fd00::1:9000", "host:-1", "host:٣"],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(AddressError, match="give host:port"):
        parse_address(text)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.7.7", "::1", "fd12::7"],
)
def test_private_networks_are_trusted(host):
    assert resolve(Address(host, 9000)) == Address(host, 9000)


@pytest.mark.parametrize(
    "host", ["8.8.8.8", "172.32.0.1", "100.64.0.1", "169.254.1.1", "2001:4860:4860::8888", "fe80::1"]
)
def test_any_other_network_is_refused_unless_the_operator_insists(host):
    address = Address(host, 9000)
    with pytest.raises(AddressError, match=r"can run programs on its machines.*--addresses-anywhere"):
        resolve(address)
    assert resolve(address, anywhere=True) == address


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_every_address_of_a_machine_is_none(host):
    with pytest.raises(AddressError, match="the one that the others reach it by"):
        resolve(Address(host, 9000), anywhere=True)


def test_a_name_is_judged_by_the_number_it_stands_for():
    assert is_loopback(resolve(Address("localhost", 9000)))


def test_a_name_that_nobody_knows_may_be_known_later():
    with pytest.raises(socket.gaierror):
        resolve(Address("no-such-machine.invalid", 9000))


def test_machines_need_two_ports_each():
    check_apart([parse_address(text) for text in ("10.0.0.1:9000", "10.0.0.2:9000", "10.0.0.1:9002")])
    with pytest.raises(AddressError, match=r"would both listen on 10\.0\.0\.1:9001"):
        check_apart([parse_address("10.0.0.1:9000"), parse_address("10.0.0.1:9001")])
