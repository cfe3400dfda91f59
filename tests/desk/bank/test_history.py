"""The history of cards: what a plain scan would find, from files and a bank's system, or why not."""

import gzip
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.reference_files import read_reference
from desk.bank.history import (
    HistoryAway,
    HistoryEntry,
    HttpHistory,
    NoHistory,
    NoHistorySetUp,
)
from desk.bank.recorded_history import RecordedHistory, entry_of
from domain.events import Place, Transaction
from domain.instants import from_ms, to_ms
from domain.reference import Reference
from tests.desk.bank_system import NOW_MS, SECRET, BankSystem, serving

NIGHT = Path(__file__).parents[3] / "replay_data" / "night"
HOUR_MS = 3_600_000


def transaction(event_id: str, at_ms: int, card: str = "crd-a", **more: object) -> Transaction:
    return Transaction(
        event_id=event_id,
        at=from_ms(at_ms),
        card=card,
        amount_minor=100,
        currency="CNY",
        channel="pos",
        **more,  # type: ignore[arg-type]
    )


def line(event: Transaction) -> bytes:
    return msgspec.json.encode(event) + b"\n"


def ids(entries: Sequence[HistoryEntry]) -> list[str]:
    return [entry.event_id for entry in entries]


def packed(ending: str, content: bytes) -> bytes:
    if ending == ".gz":
        return gzip.compress(content)
    return zstandard.ZstdCompressor().compress(content) if ending == ".zst" else content


def test_the_recorded_night_is_what_a_plain_scan_of_it_finds() -> None:
    with zstandard.open(NIGHT / "transactions.jsonl.zst") as file:
        events = [msgspec.json.decode(each) for each in file.read().splitlines()]
    cards = ["crd-tsqsbfnh", "crd-tdrtdfsp"]
    from_at, to_at = to_ms(datetime(2026, 9, 18, 4, tzinfo=UTC)), to_ms(datetime(2026, 9, 18, 9, tzinfo=UTC))
    expected = [
        event["event_id"]
        for event in events
        if event["kind"] == "transaction"
        and event["card"] in cards
        and from_at <= to_ms(datetime.fromisoformat(event["at"])) <= to_at
    ]
    assert len(expected) > 10
    with RecordedHistory([NIGHT / "transactions.jsonl.zst"]) as history:
        found = history.around(cards, from_at, to_at)
    assert sorted(ids(found)) == sorted(expected)
    assert [entry.at_ms for entry in found] == sorted(entry.at_ms for entry in found)


def test_with_reference_data_an_entry_has_its_customer_last_digits_and_place() -> None:
    reference = Reference.of(
        (record for record in read_reference([NIGHT / "reference.jsonl.zst"])), "Asia/Shanghai"
    )
    with RecordedHistory([NIGHT / "transactions.jsonl.zst"], reference) as history:
        found = history.around(["crd-tsqsbfnh"], 0, 2 * NOW_MS)
    assert {(entry.customer, entry.last4) for entry in found} == {("cus-pgptqvqm", "8094")}
    assert {"Suzhou", "Chengdu"} <= {entry.place for entry in found}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.sampled_from("abcd"), st.integers(0, 20)), min_size=1, max_size=40
    ),
    st.integers(0, 50),
    st.integers(0, 50),
    st.integers(1, 45),
    st.sampled_from(["", ".gz", ".zst"]),
)
def test_any_span_and_limit_give_what_a_plain_scan_gives(
    tmp_path_factory: pytest.TempPathFactory,
    said: list[tuple[int, str, int]],
    from_ms: int,
    to_ms: int,
    limit: int,
    ending: str,
) -> None:
    # An event that comes twice is the same event.
    events = list({f"e{each[2]}": transaction(f"e{each[2]}", each[0], each[1]) for each in said}.values())
    path = tmp_path_factory.mktemp("recorded") / f"some.jsonl{ending}"
    path.write_bytes(packed(ending, b"".join(map(line, [*events, *events]))))
    middle = (from_ms + to_ms) / 2
    within = [event for event in events if event.card in ("a", "b") and from_ms <= to_ms_of(event) <= to_ms]
    near = sorted(within, key=lambda event: (abs(to_ms_of(event) - middle), event.event_id))[:limit]
    expected = [event.event_id for event in sorted(near, key=lambda event: (to_ms_of(event), event.event_id))]
    with RecordedHistory([path]) as history:
        assert ids(history.around(["a", "b"], from_ms, to_ms, limit)) == expected


def to_ms_of(event: Transaction) -> int:
    return to_ms(event.at)


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_what_comes_to_a_file_is_read_and_nothing_twice(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"growing.jsonl{ending}"
    path.write_bytes(packed(ending, line(transaction("e1", 1))))
    with RecordedHistory([path]) as history:
        assert ids(history.around(["crd-a"], 0, 9)) == ["e1"]
        with path.open("ab") as file:
            file.write(packed(ending, line(transaction("e2", 2)) + line(transaction("e3", 3))))
        assert ids(history.around(["crd-a"], 0, 9)) == ["e1", "e2", "e3"]


def test_half_of_a_line_waits_for_the_rest_of_it(tmp_path: Path) -> None:
    path = tmp_path / "growing.jsonl"
    whole = line(transaction("e1", 1, place=Place(lat=31, lon=120, city="Suzhou"))) + line(
        transaction("e2", 2)
    )
    with RecordedHistory([path]) as history:
        for end in range(len(whole) + 1):
            path.write_bytes(whole[:end])
            found = ids(history.around(["crd-a"], 0, 9))
            assert found == ["e1", "e2"][: len(found)]
        assert found == ["e1", "e2"]


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_bytes(line(transaction("e1", 1)) * 3)
    with RecordedHistory([path]) as history:
        assert ids(history.around(["crd-a"], 0, 9)) == ["e1"]
        path.write_bytes(line(transaction("e2", 2)))
        assert ids(history.around(["crd-a"], 0, 9)) == ["e2"]


def test_of_a_folder_all_recorded_files_count_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line(transaction("e1", 1)))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(line(transaction("e2", 2))))
    (tmp_path / "README.md").write_bytes(line(transaction("e3", 3)))
    with RecordedHistory([tmp_path]) as history:
        assert ids(history.around(["crd-a"], 0, 9)) == ["e1", "e2"]


def test_other_kinds_nonsense_and_card_numbers_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    grown = line(transaction("e2", 2)).replace(b'"event_id"', b'"loyalty":"gold","event_id"')
    path.write_bytes(
        b'{"kind":"progress","at":"2026-09-18T04:00:00Z"}\n'
        b"\xff\xfe no JSON\n\n"
        + line(transaction("e1", 1, merchant="4012" + "8888" + "8888" + "1881"))
        + grown
    )
    with RecordedHistory([path]) as history:
        assert ids(history.around(["crd-a"], 0, 9)) == ["e2"]
        assert b"88888888" not in b"".join(each.read_bytes() for each in history._index.parent.iterdir())


def test_the_index_is_private_and_goes_with_its_history(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_bytes(line(transaction("e1", 1)))
    with RecordedHistory([path]) as history:
        folder = history._index.parent
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_files_that_are_gone_or_damaged_are_said_to_be(tmp_path: Path) -> None:
    with (
        RecordedHistory([tmp_path / "gone.jsonl"]) as history,
        pytest.raises(HistoryAway, match=r"gone\.jsonl"),
    ):
        history.around(["crd-a"], 0, 9)
    damaged = tmp_path / "damaged.jsonl.zst"
    damaged.write_bytes(zstandard.ZstdCompressor().compress(line(transaction("e1", 1)))[:-9] + b"123456789")
    with RecordedHistory([damaged]) as history, pytest.raises(HistoryAway, match="is damaged"):
        history.around(["crd-a"], 0, 9)


def test_who_asks_while_all_is_still_being_read_is_told_so(tmp_path: Path) -> None:
    with (
        RecordedHistory([tmp_path], patience_s=0.05) as history,
        history._reading,
        pytest.raises(HistoryAway, match="still being read"),
    ):
        history.around(["crd-a"], 0, 9)


def test_several_who_ask_at_once_are_all_answered(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_bytes(b"".join(line(transaction(f"e{number:04d}", number)) for number in range(2000)))
    answers: list[int] = []
    with RecordedHistory([path], patience_s=60) as history:
        asking = [
            Thread(target=lambda: answers.append(len(history.around(["crd-a"], 0, 5000)))) for _ in range(6)
        ]
        for each in asking:
            each.start()
        for each in asking:
            each.join()
    assert answers == [2000] * 6


def test_without_a_history_the_page_is_told_that_there_is_none() -> None:
    with pytest.raises(NoHistorySetUp, match="no history of transactions is set up"):
        NoHistory().around(["crd-a"], 0, 1)


@pytest.fixture
def system() -> Iterator[BankSystem]:
    with serving(BankSystem()) as running:
        yield running


def history_at(system: BankSystem) -> HttpHistory:
    return HttpHistory(system.url, SECRET, lambda: NOW_MS, 5.0)


def said(event_id: str, at_ms: int, **more: object) -> dict[str, object]:
    return {
        **{"event_id": event_id, "at_ms": at_ms, "card": "crd-a", "amount_minor": 100, "currency": "CNY"},
        **{"type": "purchase", "channel": "pos", "outcome": "approved", **more},
    }


def test_the_banks_system_is_asked_once_and_its_answer_put_in_order(system: BankSystem) -> None:
    system.says({"entries": [said("e2", 20, place="Suzhou"), said("e1", 10), said("e1", 10)], "took_ms": 3})
    found = history_at(system).around(["crd-a", "crd-b"], 0, 1000, limit=7)
    assert ids(found) == ["e1", "e2"]
    assert found[1].place == "Suzhou"
    assert system.got == [
        {
            "cards": ["crd-a", "crd-b"],
            "from": "1970-01-01T00:00:00.000Z",
            "to": "1970-01-01T00:00:01.000Z",
            "limit": 7,
        }
    ]


def test_what_nobody_asked_for_is_left_out(system: BankSystem) -> None:
    others = [said("e1", 10, card="crd-other"), said("e2", 2000), said("e3", 500), said("e4", 501)]
    system.says({"entries": others})
    assert ids(history_at(system).around(["crd-a"], 0, 1000, limit=1)) == ["e3"]


def test_of_no_cards_nobody_is_asked(system: BankSystem) -> None:
    assert history_at(system).around([], 0, 1000) == ()
    assert system.got == []


@pytest.mark.parametrize(
    ("said_back", "status", "why"),
    [
        ({}, 200, "something else than entries"),
        (b"<html>", 200, "something else than entries"),
        ({"entries": [said("e1", 1, lat=91.0)]}, 200, "something else than entries"),
        ({"entries": [said("e1", 1, merchant="4012" + "8888" + "8888" + "1881")]}, 200, "card numbers"),
        ({}, 503, "is away: it answered 503"),
    ],
)
def test_an_answer_that_cannot_be_used_is_no_history(
    system: BankSystem, caplog: pytest.LogCaptureFixture, said_back: object, status: int, why: str
) -> None:
    caplog.set_level("DEBUG")
    system.says(said_back, status)
    with pytest.raises(HistoryAway, match=why) as away:
        history_at(system).around(["crd-a"], 0, 1000)
    assert "88888888" not in caplog.text + str(away.value)


def test_a_system_that_is_away_is_said_to_be() -> None:
    with serving(BankSystem()) as gone:
        history = history_at(gone)
    with pytest.raises(HistoryAway, match="the bank's history of transactions is away"):
        history.around(["crd-a"], 0, 1000)


def test_an_entry_says_of_a_transaction_what_pages_show() -> None:
    event = transaction(
        "e1", 5, outcome="declined", decline_reason="wrong_pin", place=Place(lat=31, lon=120, city="Suzhou")
    )
    entry = entry_of(event)
    assert (entry.outcome, entry.decline_reason, entry.place, entry.lat) == (
        "declined",
        "wrong_pin",
        "Suzhou",
        31,
    )
    assert entry_of(transaction("e2", 6)).lat is None
