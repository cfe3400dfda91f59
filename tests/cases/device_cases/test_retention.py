"""Cases of devices are archived, purged and forgotten as others are."""

from cases.case import Outcome, Status
from cases.integrity import faults
from cases.retention.requests import Kind
from cases.store import Store
from tests.cases.closed import OFFICER, OPS
from tests.cases.device_cases.machines import LEAD, on_record, one_case, raised
from tests.cases.made import NOON_MS
from tests.cases.retention.old_desk import DAY_MS, YEARS_LATER_MS


def closed(store: Store) -> str:
    made = raised("a", "card_retained", members=[("card-1", "u1")])
    case_id = one_case(store, made)
    on_record(store, case_id, made, "unacknowledged")
    store.work.close(case_id, LEAD, None, Outcome.DEVICE_RESOLVED, "", NOON_MS, reason="customer_contacted")
    return case_id


def test_the_case_of_a_device_leaves_the_store_with_its_items_and_cards(store: Store, tmp_path) -> None:
    closed(store)
    store.retention.archive(tmp_path, OPS, YEARS_LATER_MS)
    store.retention.purge(tmp_path, OPS, YEARS_LATER_MS)
    assert store.cases.list(Status) == ()
    assert store.device_cases.retained(LEAD, YEARS_LATER_MS) == ()
    assert faults(store.db) == ()


def test_who_is_forgotten_is_not_named_on_the_record_of_their_card(store: Store) -> None:
    closed(store)
    later_ms = NOON_MS + 190 * DAY_MS
    request = store.retention.ask(Kind.ERASE, "u1", "the customer's letter", LEAD, later_ms)
    store.retention.approve(request.id, OFFICER, later_ms)
    store.retention.erase(request.id, None, LEAD, later_ms)
    (card,) = store.device_cases.retained(LEAD, later_ms)
    assert (card.customer, card.card, card.last4) == ("erased-1", "erased-1-card-1", None)
