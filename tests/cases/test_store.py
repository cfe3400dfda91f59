"""Which URLs open a store, and the store's two smaller parts: dead letters and reference data."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cases.dead_letters import LetterStatus
from cases.errors import AlreadyReplayed, NotFound, StoreError, StoreMissing
from cases.store import Store, open_store
from domain.events import Place
from domain.instants import to_ms
from domain.reference import Branch, Card, Customer, PhoneNumber, Reference, Terminal
from domain.rejections import Reason, Rejected

SINCE = datetime(2026, 1, 1, 8, 30, 15, 123456, tzinfo=UTC)
RECORDS = [
    Customer(
        id="u1",
        effective_at=SINCE,
        tier="private",
        time_zone="Asia/Shanghai",
        numbers=(PhoneNumber(reference="n1", kind="mobile", verified_since=SINCE),),
    ),
    Card(id="c1", effective_at=SINCE, customer="u1", last4="4242", issued_branch="b1", issued_at=SINCE),
    Terminal(id="t1", effective_at=SINCE, device="d1", branch="b1", place=Place(lat=31.2, lon=121.5)),
    Terminal(id="t2", effective_at=SINCE),
    Branch(id="b1", effective_at=SINCE, time_zone="Asia/Shanghai"),
]
LETTERS = [
    Rejected(partition="p", offset=20, reason=Reason.NOT_JSON, detail="no JSON", raw=b"{\xff"),
    Rejected(partition="p", offset=3, reason=Reason.BAD_TIME, detail="no time", raw=b"{}"),
    Rejected(partition="a", offset=9, reason=Reason.NOT_JSON, detail="no JSON", raw=b""),
]


@pytest.mark.parametrize(
    "url",
    [
        *("", "desk.db", "sqlite:", "sqlite://", "sqlite:///", "sqlite:////", "sqlite://desk.db"),
        *("sqlite:///folder/", "sqlite:///:memory:", "sqlite:///desk.db?mode=ro", "mysql://h/d"),
    ],
)
def test_a_url_of_no_store_is_refused_with_what_is_allowed(url: str) -> None:
    with pytest.raises(
        ValueError, match=r"allowed is sqlite:///relative/path\.db or sqlite:////absolute/path\.db"
    ):
        open_store(url)


def test_three_slashes_are_relative_and_four_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///here.db").close()
    open_store(f"sqlite:///{tmp_path}/there.db").close()
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {"here.db", "here.db-turn", "there.db", "there.db-turn"}


def test_a_store_that_is_not_there_is_made_only_where_wanted(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing, match=r"no store at .*desk\.db"):
        open_store(f"sqlite:///{tmp_path}/desk.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_store_is_not_made_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"make the folder .*/no first"):
        open_store(f"sqlite:///{tmp_path}/no/desk.db")


def test_a_store_may_be_closed_twice(url: str) -> None:
    with open_store(url) as store:
        store.close()


def test_a_dead_letter_is_kept_once(store: Store) -> None:
    assert store.dead_letters.add(LETTERS, at_ms=7) == 3
    assert store.dead_letters.add([*LETTERS, LETTERS[0]]) == 0
    kept = store.dead_letters.get(LETTERS[0].id)
    assert (kept.rejected, kept.at_ms, kept.status, kept.corrected) == (
        *(LETTERS[0], 7, LetterStatus.NEW, None),
    )


def test_dead_letters_are_counted_by_reason_the_commonest_first(store: Store) -> None:
    assert store.dead_letters.counts() == {}
    store.dead_letters.add(LETTERS)
    assert list(store.dead_letters.counts().items()) == [(Reason.NOT_JSON, 2), (Reason.BAD_TIME, 1)]


def test_dead_letters_are_listed_as_they_lay(store: Store) -> None:
    store.dead_letters.add(LETTERS)
    first, second, third = LETTERS[2], LETTERS[1], LETTERS[0]
    assert [letter.rejected for letter in store.dead_letters.list()] == [first, second, third]
    assert [letter.rejected for letter in store.dead_letters.list(Reason.NOT_JSON)] == [first, third]
    assert [letter.rejected for letter in store.dead_letters.list(limit=2)] == [first, second]
    store.dead_letters.correct(third.id, b"{}")
    corrected = store.dead_letters.list(status=LetterStatus.CORRECTED)
    assert [letter.rejected for letter in corrected] == [third]
    assert store.dead_letters.list(Reason.BAD_TIME, LetterStatus.CORRECTED) == ()


def test_a_dead_letter_is_corrected_until_it_is_replayed(store: Store) -> None:
    store.dead_letters.add(LETTERS)
    letter_id = LETTERS[0].id
    store.dead_letters.correct(letter_id, b"first try")
    corrected = store.dead_letters.correct(letter_id, b"second try")
    assert (corrected.status, corrected.corrected) == (LetterStatus.CORRECTED, b"second try")
    assert corrected.rejected == LETTERS[0]
    assert store.dead_letters.mark_replayed([letter_id, "unknown"]) == 1
    assert store.dead_letters.mark_replayed([letter_id]) == 0
    assert store.dead_letters.get(letter_id).status is LetterStatus.REPLAYED
    with pytest.raises(AlreadyReplayed, match="comes too late"):
        store.dead_letters.correct(letter_id, b"third try")


def test_an_unknown_dead_letter_is_said_to_be_unknown(store: Store) -> None:
    for act in (lambda: store.dead_letters.get("x"), lambda: store.dead_letters.correct("x", b"")):
        with pytest.raises(NotFound, match="no dead letter 'x'"):
            act()


def test_reference_records_come_back_as_they_were(store: Store) -> None:
    store.reference.put(RECORDS)
    store.reference.put(RECORDS)
    kept = list(store.reference.all())
    assert len(kept) == len(RECORDS)
    assert all(record in kept for record in RECORDS)


def test_reference_data_joins_as_of_the_time(store: Store) -> None:
    later = SINCE + timedelta(days=1)
    moved = Customer(id="u1", effective_at=later, tier="standard", time_zone="Asia/Taipei")
    store.reference.put([*RECORDS, moved])
    customers = Reference.of(store.reference.all(), "Asia/Shanghai").customers
    assert [customers.at("u1", to_ms(at)).tier for at in (SINCE, later)] == ["private", "standard"]


def test_the_same_version_again_replaces_the_record(store: Store) -> None:
    store.reference.put(RECORDS)
    store.reference.put([Branch(id="b1", effective_at=SINCE, time_zone="Asia/Taipei")])
    (branch,) = (record for record in store.reference.all() if isinstance(record, Branch))
    assert branch.time_zone == "Asia/Taipei"
