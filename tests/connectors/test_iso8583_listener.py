"""Card messages over TCP: pairs across senders, TLS, answers to echoes, hostile senders, and a calm end."""

import shutil
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple

import iso8583
import orjson
import pytest

from connectors.client_server import tls_context
from connectors.errors import CardSpecError
from connectors.folder_writer import FolderWriter
from connectors.intake import Room
from connectors.iso8583_frames import FrameCutter, frame
from connectors.iso8583_listener import Bounds, CardIntake, CardMessages
from connectors.iso8583_network import NetworkAnswers
from connectors.iso8583_pairing import Pairing
from connectors.iso8583_spec import wire_spec
from tests.connectors.card_messages import NUMBER, RECEIVED, encoded, message, spec_of, translator
from tests.connectors.senders import connected, make_certificates, received, served

ECHO = {"t": "0800", "7": "0301120000", "11": "000001", "33": "00010344", "70": "301"}


class Listening(NamedTuple):
    server: CardMessages
    intake: CardIntake
    events: Callable[[], list[dict]]
    refused: Callable[[], list[dict]]


@contextmanager
def listening(folder: Path, room: Room | None = None, **options) -> Iterator[Listening]:
    """Listen until the block ends."""
    options = {"framing": "binary2", **options}
    writers = [
        FolderWriter(folder / name, clock=lambda: RECEIVED, sync_every_s=1) for name in ("events", "refused")
    ]
    room = room or Room(folder, least_free_bytes=0)
    intake = CardIntake(translator(pairing=Pairing(patience=3600)), *writers, room, lambda: RECEIVED)
    server = CardMessages(("127.0.0.1", 0), intake, **options)

    def lines(name: str) -> list[dict]:
        return [
            orjson.loads(line)
            for path in sorted((folder / name).glob("*.jsonl"))
            for line in path.read_bytes().splitlines()
        ]

    with served(server):
        yield Listening(server, intake, lambda: lines("events"), lambda: lines("refused"))
    for writer in writers:
        writer.close()


def eventually(found: Callable[[], object]) -> None:
    for _ in range(400):
        if found():
            return
        time.sleep(0.025)
    raise AssertionError("it did not come to this")


def framed(*messages: bytes) -> bytes:
    return b"".join(frame(each, "binary2") for each in messages)


def test_request_and_response_of_two_senders_are_one_event(tmp_path):
    with listening(tmp_path) as it, connected(it.server) as acquirer, connected(it.server) as issuer:
        acquirer.sendall(framed(message()))
        eventually(lambda: it.intake.counts["connections"] == 2)
        time.sleep(0.1)
        issuer.sendall(framed(message("0210", f39="51")))
        eventually(it.events)
    (event,) = it.events()
    assert (event["outcome"], event["decline_reason"], event["entry"]) == (
        "declined",
        "insufficient_funds",
        "chip",
    )
    assert NUMBER not in repr(event)


def test_what_waits_for_a_response_is_written_at_the_end(tmp_path):
    with listening(tmp_path) as it:
        with connected(it.server) as sender:
            sender.sendall(framed(message(f11="000001"), message(f11="000002")))
            sender.shutdown(socket.SHUT_WR)
            received(sender)
        assert it.events() == []
        assert it.server.end(10)
        it.intake.end()
        assert len(it.events()) == 2


def test_a_message_that_cannot_be_read_is_refused_and_the_next_one_read(tmp_path):
    with listening(tmp_path) as it, connected(it.server) as sender:
        sender.sendall(framed(b"0200 nonsense " + NUMBER.encode(), message("0220")))
        eventually(it.events)
    (refused,) = it.refused()
    assert (refused["reason"], refused["raw"], refused["offset"]) == ("not_a_message", "", 0)
    assert refused["partition"].startswith("127.0.0.1:")
    assert NUMBER not in repr(refused)


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (b"\xff\xff" + b"x" * 100, "says 65535 bytes"),
        (b"\x00\x50" + b"x" * 40, "ended within a message, of which there are 42 bytes"),
    ],
)
def test_a_broken_stream_ends_its_own_connection_alone(tmp_path, stream, said):
    with listening(tmp_path, bounds=Bounds(message_bytes=4096)) as it:
        with connected(it.server) as bad:
            bad.sendall(framed(message("0220")) + stream)
            bad.shutdown(socket.SHUT_WR)
            received(bad)
        with connected(it.server) as good:
            good.sendall(framed(message("0220", f11="000043")))
            eventually(lambda: len(it.events()) == 2)
    (refused,) = it.refused()
    assert said in refused["detail"]


def test_whatever_bytes_come_the_listener_goes_on(tmp_path):
    random = Random(5)
    with listening(tmp_path, bounds=Bounds(message_bytes=2048)) as it:
        for _ in range(30):
            with connected(it.server) as sender:
                good = bytearray(framed(message(), message("0210", f39="00")))
                for _ in range(random.randint(1, 6)):
                    good[random.randrange(len(good))] = random.randrange(256)
                sender.sendall(bytes(good) if random.random() < 0.8 else random.randbytes(200))
                sender.shutdown(socket.SHUT_WR)
                received(sender)
        with connected(it.server) as sender:
            sender.sendall(framed(message("0220", f11="999999", f41="TERM9999")))
            eventually(lambda: "TERM9999" in repr(it.events()))
    assert NUMBER not in repr((it.events(), it.refused()))


def test_silent_and_slow_senders_are_sent_away(tmp_path):
    with listening(tmp_path, bounds=Bounds(idle_s=0.2, message_s=0.2)) as it:
        with connected(it.server) as silent:
            assert received(silent) == b""
        with connected(it.server) as slow:
            slow.sendall(b"\x00\x80\x30")
            assert received(slow) == b""
        eventually(lambda: it.intake.counts["timed_out"] == 2)


def test_one_sender_too_many_is_sent_away(tmp_path):
    with listening(tmp_path, most_clients=1) as it, connected(it.server):
        eventually(lambda: it.intake.counts["connections"] == 1)
        with connected(it.server) as second:
            assert received(second) == b""


def test_signs_of_life_are_counted_and_are_no_messages(tmp_path):
    with listening(tmp_path, framing="ascii4") as it:
        with connected(it.server) as sender:
            sender.sendall(b"0000" + b"0000" + frame(message("0220"), "ascii4"))
            eventually(it.events)
        eventually(lambda: it.intake.counts["heartbeats"] == 2)
    assert it.refused() == []


def test_nothing_is_read_while_the_disk_has_no_room(tmp_path):
    room = Room(tmp_path, least_free_bytes=shutil.disk_usage(tmp_path).total * 2)
    with listening(tmp_path, room) as it, connected(it.server) as sender:
        sender.sendall(framed(message("0220")))
        time.sleep(0.3)
        assert it.events() == []


def test_echoes_are_answered_only_when_that_was_asked_for(tmp_path):
    with listening(tmp_path) as it, connected(it.server) as sender:
        sender.sendall(framed(encoded(ECHO), message("0220")))
        eventually(it.events)
        sender.shutdown(socket.SHUT_WR)
        assert received(sender) == b""


@pytest.mark.parametrize("framing", ["binary2", "ascii4"])
@pytest.mark.parametrize("code", ["001", "002", "301"])
def test_sign_on_sign_off_and_echo_are_answered_in_the_network_s_way(tmp_path, framing, code):
    answers = NetworkAnswers(spec_of(), framing)
    with listening(tmp_path, framing=framing, answers=answers) as it, connected(it.server) as sender:
        sender.sendall(frame(encoded({**ECHO, "70": code}), framing))
        sender.shutdown(socket.SHUT_WR)
        (frames, _) = FrameCutter(framing).feed(received(sender))
    decoded, _ = iso8583.decode(frames[0].data, wire_spec(spec_of()))
    said = {key: decoded[key] for key in ("t", "7", "11", "33", "39", "70")}
    assert said == {**ECHO, "t": "0810", "39": "00", "70": code}


def test_new_keys_and_transactions_are_not_answered():
    answers = NetworkAnswers(spec_of(), "binary2")
    for asked in (encoded({**ECHO, "70": "101"}), encoded({**ECHO, "t": "0820"}), message(f70="301"), b"x"):
        assert answers.answer(asked) is None


def test_a_network_with_a_header_cannot_be_answered():
    with pytest.raises(CardSpecError, match="has a header of 46 bytes"):
        NetworkAnswers(spec_of("unionpay_header"), "binary2")


def told_off(sender: ssl.SSLSocket) -> None:
    """Send a message; raises OSError where the other side hangs up, as TLS 1.3 does after the handshake."""
    with sender:
        sender.sendall(framed(message("0220", f11="000043")))
        if not sender.recv(1):
            raise ConnectionError("hung up")


def test_senders_come_by_tls_with_a_certificate_of_their_own(tmp_path):
    made = make_certificates(tmp_path)
    tls = tls_context(made.server, made.server_key, made.authority)
    client = ssl.create_default_context(cafile=str(made.server))
    client.load_cert_chain(made.client, made.client_key)
    stranger = ssl.create_default_context(cafile=str(made.server))
    with listening(tmp_path, tls=tls) as it:
        with client.wrap_socket(connected(it.server), server_hostname="127.0.0.1") as sender:
            sender.sendall(framed(message("0220")))
            eventually(it.events)
        with connected(it.server) as plain, pytest.raises(OSError):  # noqa: PT011
            told_off(stranger.wrap_socket(plain, server_hostname="127.0.0.1"))
        with connected(it.server) as plain:
            plain.sendall(framed(message("0220", f11="000044")))
            received(plain)
        assert len(it.events()) == 1
