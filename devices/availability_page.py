"""The availability of a month as one HTML file that needs nothing else: no script, no font, no network."""

from html import escape
from pathlib import Path

from devices.availability import Rate
from devices.buckets import BUCKETS, Bucket
from devices.month import DeviceMonth, MonthOfFleet
from devices.page import Cell, Keyed, keyed, page, section, table
from devices.pictures import LOSSES, days_picture, trend_picture, worst_picture
from devices.wording import Wording, hours, percent, share

_STYLE = Path(__file__).with_name("availability.css")


def availability_page(found: MonthOfFleet, wording: Wording) -> str:
    """Write the page of a month."""
    say = wording.say
    title = say("title", month=found.month)
    scope = say("scope", devices=len(found.devices), first=found.first, last=found.last)
    sections = [
        section(say("days_picture"), days_picture(found, wording), _legend(found, wording)),
        section(say("trend_picture"), trend_picture(found, wording)),
        section(
            say("worst_picture"),
            worst_picture(found, wording) if found.worst(1) else f"<p>{say('nothing_lost')}</p>",
        ),
        section(say("buckets"), _buckets(found, wording), f"<p>{escape(say('method'))}</p>"),
        section(say("excuses"), *_excuses(found, wording)),
        section(say("failures"), _failures(found, wording)),
        section(say("devices"), _devices(found, wording), kind="long"),
    ]
    body = (f"<p>{escape(scope)}</p>", _headline(found, wording), *sections)
    return page(title, wording.language, _STYLE.read_text("utf-8"), body)


def _headline(found: MonthOfFleet, wording: Wording) -> str:
    """Show the rates side by side: the assessed one never without what customers met."""
    account, assessment, say = found.account, found.assessment, wording.say
    service, open_rate = assessment.service_rate, assessment.open_rate
    credited = 100 * ((open_rate.value or 0) - (service.value or 0))
    figures = [
        _figure(say("service_rate"), service, say("service_rate_is"), wording),
        _figure(say("usable_rate"), account.usable_rate, say("usable_rate_is"), wording),
        _figure(say("withdraw"), account.availability("withdraw"), say("withdraw_is"), wording),
        _figure(say("deposit"), account.availability("deposit"), say("deposit_is"), wording),
        _figure(say("open_rate"), open_rate, say("open_rate_is", credited=f"{credited:.2f}"), wording),
    ]
    faulty, devices = found.trend[-1].faulty, found.trend[-1].devices
    note = escape(say("faulty_devices_is", devices=devices))
    figures.append(f"<div>{escape(say('faulty_devices'))}<b>{faulty}</b><small>{note}</small></div>")
    return "\n".join(('<div class="figures">', *figures, "</div>"))


def _figure(name: str, rate: Rate, meaning: str, wording: Wording) -> str:
    parts = wording.say("of_hours", part=hours(rate.numerator_ms), whole=hours(rate.denominator_ms))
    value = wording.say("none") if rate.value is None else percent(rate)
    notes = f"<small>{escape(parts)}</small><small>{escape(meaning)}</small>"
    return f"<div>{escape(name)}<b>{escape(value)}</b>{notes}</div>"


def _legend(found: MonthOfFleet, wording: Wording) -> str:
    sums = found.account.by_bucket
    keys = [f"<li>{keyed(_bucket(bucket, wording))}</li>" for bucket in LOSSES if sums[bucket]]
    return "\n".join(('<ul class="legend">', *keys, "</ul>"))


def _buckets(found: MonthOfFleet, wording: Wording) -> str:
    account = found.account
    asked_ms = account.demanded_ms
    rows: list[list[Cell]] = []
    for bucket in BUCKETS:
        length_ms = account.by_bucket[bucket]
        is_asked = bucket not in ("planned_stop", "out_of_window") and asked_ms
        share = percent(Rate(length_ms, asked_ms)) if is_asked else ""
        rows.append([_bucket(bucket, wording), hours(length_ms), share])
    heads = [wording.say(key) for key in ("bucket", "hours", "share")]
    return table(heads, rows, [wording.say("total"), hours(account.spent_ms.total()), ""])


def _excuses(found: MonthOfFleet, wording: Wording) -> tuple[str, ...]:
    assessment, say = found.assessment, wording.say
    if not assessment.excuses:
        return (f"<p>{escape(say('nothing_excused'))}</p>",)
    rows: list[list[Cell]] = [
        [
            _bucket(excuse.bucket, wording),
            wording.cause(excuse.cause),
            hours(excuse.ms),
            f"{100 * excuse.share:g} %",
            hours(excuse.credited_ms),
        ]
        for excuse in assessment.excuses
    ]
    rates = {"service": percent(assessment.service_rate), "open": percent(assessment.open_rate)}
    heads = [say(key) for key in ("bucket", "cause", "hours", "credit", "credited")]
    credited_ms = sum(excuse.credited_ms for excuse in assessment.excuses)
    foot = [say("open_rate"), "", "", "", hours(credited_ms)]
    return f"<p>{escape(say('excuses_note', **rates))}</p>", table(heads, rows, foot, words=2)


def _failures(found: MonthOfFleet, wording: Wording) -> str:
    known, say = found.reliability, wording.say
    repairs, answers = known.repairs, known.acknowledgements
    middle = f"{wording.span(repairs.median_ms)} · {wording.span(repairs.p90_ms)}"
    repeats = share(known.repeats, known.failures)
    rows: list[list[Cell]] = [
        [say("failures_began"), str(known.failures), ""],
        [say("unrestored"), str(known.unrestored), f"{known.failures}"],
        [say("mtbf"), wording.span(known.mtbf_ms), f"{hours(known.serving_ms)} h / {known.failures}"],
        [say("mttr"), wording.span(repairs.mean_ms), str(repairs.number)],
        [say("mttr_median"), middle, str(repairs.number)],
        [say("mtta"), wording.span(answers.mean_ms), str(answers.number)],
        [say("repeat_rate"), repeats, f"{known.repeats} / {known.failures}"],
    ]
    return table([say(key) for key in ("figure", "value", "count")], rows)


def _devices(found: MonthOfFleet, wording: Wording) -> str:
    rates = ("service_rate", "usable_rate", "withdraw", "deposit", "open_rate")
    heads = [wording.say(key) for key in ("device", "branch", "model", *rates, "lost", "failures")]
    ranked = sorted(found.devices, key=lambda known: (-known.lost_ms, known.device.id))
    return table(heads, [_device_row(known, found) for known in ranked], words=3)


def _device_row(known: DeviceMonth, found: MonthOfFleet) -> list[Cell]:
    account = known.account
    assessment = found.assessment_of(known)
    rates = (account.service_rate, account.usable_rate)
    able = (account.availability("withdraw"), account.availability("deposit"))
    return [
        known.device.id,
        known.device.branch,
        known.device.model,
        *map(percent, (*rates, *able, assessment.open_rate)),
        hours(known.lost_ms),
        str(len(known.began)),
    ]


def _bucket(bucket: Bucket, wording: Wording) -> Keyed:
    return Keyed(f"bucket-{bucket}", wording.bucket(bucket))
