"""People hide an alarm for a while, with a reason, and take it up again; inside the caller's `writing`."""

from cases.alarms.fingerprints import Fingerprint
from cases.alarms.live import LiveAlarm, event_row
from cases.alarms.memory import add_events
from cases.alarms.policy import AlarmPolicy
from cases.alarms.states import SHOWN, Event, State
from cases.audit.log import record
from cases.database import Database, as_json
from cases.errors import NotFound, NotPossible, WrongUse
from cases.who import Who
from devices.codes import catalogue
from domain.card_masking import mask_text
from domain.instants import iso, span_ms, span_words


def shelve(
    db: Database, name: str, until_ms: int, reason: str, who: Who, now_ms: int, policy: AlarmPolicy
) -> None:
    """Put an alarm on the shelf until `until_ms`; who may is for the caller to check."""
    why = _checked(reason)
    most_ms = span_ms(policy.shelve_most)
    if not now_ms < until_ms <= now_ms + most_ms:
        raise WrongUse(
            f"an alarm is shelved until a time after now, for {span_words(most_ms)} at most; "
            f"allowed is up to {iso(now_ms + most_ms)}"
        )
    alarm = _alarm(db, name)
    if catalogue().never_suppressed(alarm.code):
        raise NotPossible(
            f"{alarm.code} concerns a customer or security and is never hidden; work on its case"
        )
    if alarm.state is State.CLOSED:
        raise NotPossible(f"alarm {alarm.id} is closed; shelve it when it is back")
    before = alarm.shelved_until_ms
    alarm.shelved_until_ms, alarm.shelved_by, alarm.shelve_reason = until_ms, who.name, why
    events = [_event(alarm, now_ms, "shelved", who, new=iso(until_ms), note=why)]
    if alarm.state in SHOWN and alarm.due_ms is None:
        alarm.move(Event.SUPPRESS)
        alarm.suppressed_by, alarm.due_ms = "shelved", until_ms
        events.append(_event(alarm, now_ms, "suppressed", who, new="shelved"))
    elif alarm.suppressed_by == "shelved" and alarm.active:
        alarm.due_ms = until_ms
    elif not alarm.active:
        # It stays the same alarm for as long as it lies there.
        alarm.due_ms = max(until_ms, alarm.due_ms or 0)
    _keep(db, alarm, events)
    record(db, who, "shelved", f"alarm:{alarm.id}", now_ms, before=before, after=until_ms, reason=why)


def unshelve(db: Database, name: str, reason: str, who: Who, now_ms: int) -> None:
    """Take an alarm off the shelf; what time does next with it follows at the next settling."""
    why = _checked(reason)
    alarm = _alarm(db, name)
    until_ms = alarm.shelved_until_ms
    if until_ms is None:
        raise NotPossible(f"alarm {alarm.id} is not on the shelf")
    alarm.unshelve()
    if alarm.suppressed_by == "shelved" and alarm.active:
        alarm.due_ms = now_ms
    _keep(db, alarm, [_event(alarm, now_ms, "unshelved", who, old=iso(until_ms), note=why)])
    record(db, who, "unshelved", f"alarm:{alarm.id}", now_ms, before=until_ms, after=None, reason=why)


def _alarm(db: Database, name: str) -> LiveAlarm:
    """Find an alarm by its id, or the latest with its fingerprint."""
    place, *rest = name.split("|")
    if len(rest) == 3 and rest[1].isdecimal():
        about = Fingerprint(place, rest[0], int(rest[1]), rest[2])
        rows = db.rows("alarms_by_fingerprint", **about._asdict())
    else:
        rows = db.rows("alarms_by_id", ids=as_json([name]))
    if not rows:
        raise NotFound(
            f"there is no alarm {name!r}; name one by its id or as place|component|unit|code, "
            "as `riskdesk devices alarms` shows them"
        )
    return LiveAlarm.of(rows[0])


def _checked(reason: str) -> str:
    if not reason.strip() or len(reason) > 500:
        raise WrongUse("say why, in 1 to 500 characters: the reason is kept with the alarm")
    return mask_text(reason.strip())


def _event(
    alarm: LiveAlarm,
    now_ms: int,
    what: str,
    who: Who,
    *,
    old: str | None = None,
    new: str | None = None,
    note: str | None = None,
) -> dict[str, object]:
    return event_row(alarm.id, now_ms, what, old=old, new=new, note=note, actor=who.name)


def _keep(db: Database, alarm: LiveAlarm, events: list[dict[str, object]]) -> None:
    db.run("keep_alarm", **alarm.row)
    add_events(db, events)
