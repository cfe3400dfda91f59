"""The alerts of a store, read back as they were told."""

import orjson
import pytest

from cases import alert_records
from cases.errors import NotAllowed
from cases.store import Store
from cases.who import Role, Who
from domain.alerts import alert_record
from tests.cases.made import HOUR_MS, NOON_MS, alert

ANALYST = Who("ana", Role.ANALYST)


def test_all_alerts_come_in_the_order_of_time_and_id_as_an_alert_file_has_them(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [alert(f"a{number}", f"c{number % 3}", at_ms=-number // 2 * HOUR_MS) for number in range(7)]
    store.cases.take_in(told, NOON_MS)
    monkeypatch.setattr(alert_records, "_PAGE", 2)
    expected = [
        orjson.loads(orjson.dumps(alert_record(each)))
        for each in sorted(told, key=lambda each: (each.at_ms, each.id))
    ]
    assert list(store.alert_records.all(ANALYST, NOON_MS)) == expected


def test_who_read_them_is_on_record_before_the_first_is_given(store: Store) -> None:
    records = store.alert_records.all(ANALYST, NOON_MS)
    (entry,) = store.audit.list(Who("otto", Role.AUDITOR), NOON_MS, verb="viewed")
    assert (entry.actor, entry.object) == ("ana", "queue:alerts")
    assert list(records) == []


def test_whoever_may_not_read_cases_may_not_read_alerts(store: Store) -> None:
    with pytest.raises(NotAllowed, match="may not read cases"):
        store.alert_records.all(Who("olga", Role.OPS), NOON_MS)
