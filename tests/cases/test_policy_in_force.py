from datetime import timedelta

import pytest

from cases.errors import StoreError
from cases.policy import QueuePolicy
from cases.policy_in_force import policy_in_force, put_in_force
from cases.ranking import RankPolicy
from cases.store import Store, open_store

STRICT = QueuePolicy(ranking=RankPolicy(sla_critical=timedelta(seconds=30)))


def test_a_store_that_no_flow_has_filled_goes_by_the_defaults(store: Store):
    assert store.policy == QueuePolicy() == policy_in_force(store.db)


def test_what_a_flow_brings_holds_for_all_who_come_after(url: str):
    with open_store(url, policy=STRICT) as flow:
        assert flow.policy == STRICT
    with open_store(url) as desk:
        assert desk.policy == STRICT


def test_every_change_stays_on_record_and_the_same_again_is_none(store: Store):
    for policy in (STRICT, STRICT, QueuePolicy(), STRICT):
        put_in_force(store.db, policy)
    assert policy_in_force(store.db) == STRICT
    with store.db.reading():
        assert store.db.rows("policy_in_force")[0]["version"] == 3


def test_one_of_another_riskdesk_is_refused_with_what_to_do(url: str):
    with open_store(url) as store, store.db.writing():
        store.db.run("add_policy", version=1, body='{"ranking": {"sla_unheard_of": "PT1S"}}')
    with pytest.raises(StoreError, match=r"does not fit this riskdesk .*run a flow with a profile"):
        open_store(url)
