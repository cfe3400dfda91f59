"""Subscriptions: each is told what it asked for, at its own pace, and nobody else's state matters to it."""

import pytest

from cases.actions.core_banking import Answer, Verdict
from cases.case import Outcome
from cases.delivery.courier import Courier
from cases.delivery.policy import DeliveryPolicy
from cases.delivery.webhooks import SUBSCRIBABLE, check_url
from cases.errors import NotAllowed, NotFound, NotPossible, WrongUse
from cases.outbox import ALARM, after, webhook_topic
from cases.store import Store
from cases.who import Who
from tests.cases.closed import LEAD, OPS, live_case
from tests.cases.made import HOUR_MS, NOON_MS, alert

URL = "https://crm.bank.example/riskdesk"
DAY_MS = 24 * HOUR_MS


class System:
    """A subscriber that answers the same to everything, and keeps what it was told."""

    def __init__(self, verdict: Verdict = Verdict.DONE) -> None:
        self.verdict = verdict
        self.told: list[dict] = []

    def hand_over(self, message):
        self.told.append(message.payload)
        return Answer(verdict=self.verdict, detail="away")


def subscribed(store: Store, *topics: str) -> str:
    return store.webhooks.add(LEAD, URL, topics or ("case",), NOON_MS)[0].id


def tell(store: Store, webhook_id: str, system: System, now_ms: int = NOON_MS) -> list[str]:
    topic = webhook_topic(webhook_id)
    return [
        step.value for step in Courier(store.db, system, (topic,), DeliveryPolicy(), lambda: now_ms).run_due()
    ]


def test_a_subscriber_is_told_of_its_topics_from_now_on(store):
    live_case(store, alert("before", "c1", "u1"))
    cases, outcomes = subscribed(store, "case"), subscribed(store, "disposition")
    case_id = live_case(store, alert("a", "c2", "u2"))
    store.work.claim(case_id, LEAD, NOON_MS)
    store.work.close(case_id, LEAD, None, Outcome.GENUINE, "", NOON_MS)
    heard, decided = System(), System()
    tell(store, cases, heard)
    tell(store, outcomes, decided)
    told = [each["message"] for each in heard.told]
    assert {each["case"] for each in told} == {case_id}
    assert {"alerts", "claimed", "closed"} <= {each["what"] for each in told}
    assert [each["topic"] for each in decided.told] == ["disposition"]


def test_what_a_case_s_change_says_names_nobody(store):
    webhook_id = subscribed(store, "case")
    case_id = live_case(store, alert("a", "card-77", "customer-77", reason="reason 77"))
    store.work.claim(case_id, LEAD, NOON_MS)
    store.work.note(case_id, "note 77 of customer-77", LEAD, NOON_MS)
    heard = System()
    tell(store, webhook_id, heard)
    assert heard.told
    assert "77" not in "".join(str(each) for each in heard.told).replace(case_id, "")
    assert all(set(each["message"]) == {"case", "what"} for each in heard.told)


def test_one_that_is_away_holds_up_nobody_else_and_is_tried_again(store):
    away, well = subscribed(store), subscribed(store)
    live_case(store, alert("a", "c1", "u1"))
    assert set(tell(store, away, System(Verdict.RETRY))) == {"retry"}
    assert set(tell(store, well, System())) == {"delivered"}
    states = [{each.state for each in store.webhooks.deliveries(LEAD, name)} for name in (away, well)]
    assert states == [{"waiting"}, {"delivered"}]
    (first, *_) = store.webhooks.deliveries(LEAD, away)
    again = System()
    tell(store, away, again, NOON_MS + DAY_MS)
    assert {each.state for each in store.webhooks.deliveries(LEAD, away)} == {"delivered"}
    assert first.id in {each.id for each in store.webhooks.deliveries(LEAD, away)}


def test_what_is_given_up_is_seen_told_to_a_lead_once_a_day_and_can_be_told_again(store):
    webhook_id = subscribed(store, "case", "alarm")
    for name in ("a", "b", "c"):
        live_case(store, alert(name, f"card-{name}", f"u-{name}"))
    refusing = System(Verdict.REJECTED)
    assert set(tell(store, webhook_id, refusing)) == {"given_up"}
    with store.db.reading():
        alarms = after(store.db, ALARM, 0, 100)
    assert [message.payload["what"] for message in alarms] == ["not_delivered"]
    # That alarm was for this subscriber too, and when it is refused nobody is alarmed anew.
    tell(store, webhook_id, refusing)
    with store.db.reading():
        assert len(after(store.db, ALARM, 0, 100)) == 1
    found = store.webhooks.deliveries(LEAD, webhook_id)
    assert {each.state for each in found} == {"given_up"}
    assert store.webhooks.try_again(OPS, webhook_id, NOON_MS) == len(found)
    assert set(tell(store, webhook_id, System())) == {"delivered"}


def test_a_removed_subscription_is_told_nothing_more(store):
    webhook_id = subscribed(store)
    live_case(store, alert("a", "c1", "u1"))
    ended = store.webhooks.remove(LEAD, webhook_id, NOON_MS)
    assert (ended.active, ended.ended_ms) == (False, NOON_MS)
    live_case(store, alert("b", "c2", "u2"))
    assert tell(store, webhook_id, System()) == []
    assert store.webhooks.list(LEAD) == ()
    assert store.webhooks.list(LEAD, ended=True) == (ended,)
    assert store.webhooks.subscribers() == ()
    for act in (store.webhooks.remove, store.webhooks.test, store.webhooks.try_again):
        with pytest.raises(NotPossible, match="removed"):
            act(LEAD, webhook_id, NOON_MS)


def test_the_secret_is_shown_once_and_kept_encrypted(store):
    made, secret = store.webhooks.add(LEAD, URL, ("case",), NOON_MS)
    (subscriber,) = store.webhooks.subscribers()
    assert subscriber.secret == secret.encode()
    assert len(secret) > 40
    with store.db.reading():
        (row,) = store.db.rows("webhooks", id=made.id, ended=0)
    assert secret.encode() not in bytes(row["secret"])


def test_a_test_is_told_and_changes_nothing(store):
    webhook_id = subscribed(store)
    store.webhooks.test(OPS, webhook_id, NOON_MS)
    heard = System()
    assert tell(store, webhook_id, heard) == ["delivered"]
    assert heard.told[0]["topic"] == "test"


def test_what_was_told_long_ago_leaves_the_store(store):
    webhook_id = subscribed(store)
    live_case(store, alert("a", "c1", "u1"))
    tell(store, webhook_id, System())
    store.webhooks.test(OPS, webhook_id, NOON_MS + 60 * DAY_MS)
    store.retention.forget_messages(NOON_MS + 60 * DAY_MS)
    assert [each.topic for each in store.webhooks.deliveries(LEAD, webhook_id)] == ["test"]


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.bank.example/",
        "ftp://crm.bank.example/",
        "crm.bank.example",
        "https://",
        "https://user:word@crm.bank.example/",
        "https://crm.bank.example/ a",
        "https://crm.bank.example:port/",
        "https://crm.bank.example/" + "a" * 500,
        "http://10.0.0.1/",
    ],
)
def test_an_address_to_which_nothing_may_go_is_refused(url):
    with pytest.raises(WrongUse):
        check_url(url)


@pytest.mark.parametrize("url", [URL, "http://127.0.0.1:8080/a", "http://localhost/", "http://[::1]:1/"])
def test_an_address_that_is_safe_is_taken(url):
    check_url(url)


def test_what_is_no_topic_and_what_is_no_subscription_is_refused(store):
    for topics in ((), ("core_banking",), ("case", "gossip")):
        with pytest.raises(WrongUse, match="is no topic"):
            store.webhooks.add(LEAD, URL, topics, NOON_MS)
    with pytest.raises(NotFound):
        store.webhooks.deliveries(LEAD, "W-no")
    assert "core_banking" not in SUBSCRIBABLE


def test_only_who_may_manages_subscriptions(store):
    webhook_id = subscribed(store)
    agent = Who("a17")
    for act in (
        lambda: store.webhooks.add(agent, URL, ("case",), NOON_MS),
        lambda: store.webhooks.list(agent),
        lambda: store.webhooks.remove(agent, webhook_id, NOON_MS),
        lambda: store.webhooks.test(agent, webhook_id, NOON_MS),
        lambda: store.webhooks.deliveries(agent, webhook_id),
        lambda: store.webhooks.try_again(agent, webhook_id, NOON_MS),
    ):
        with pytest.raises(NotAllowed):
            act()
