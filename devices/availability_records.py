"""The availability of a month as plain records: fleet, excuses, days, devices, failures, months."""

from collections.abc import Iterator
from typing import Any

from devices.availability import Account, Assessment, Rate
from devices.failures import Reliability, Spread, commonest
from devices.month import MonthOfFleet
from domain.instants import iso

Record = dict[str, Any]
_MINUTE_MS = 60_000


def availability_records(found: MonthOfFleet) -> Iterator[Record]:
    """Give everything that is known of a month; times in minutes, rates with both their parts."""
    faulty = found.trend[-1]
    yield {
        "record": "fleet",
        "month": str(found.month),
        "first": found.first.isoformat(),
        "last": found.last.isoformat(),
        "devices": len(found.devices),
        "devices_with_a_fault": faulty.faulty,
        **rates(found.account, found.assessment),
        **reliability_record(found.reliability),
        "failures_by_code": dict(commonest(found.failures)),
        "minutes": _minutes(found.account),
    }
    for excuse in found.assessment.excuses:
        yield {
            "record": "excuse",
            "bucket": excuse.bucket,
            "cause": excuse.cause,
            "minutes": excuse.ms / _MINUTE_MS,
            "credit": excuse.share,
            "credited_minutes": excuse.credited_ms / _MINUTE_MS,
        }
    for day, account in found.days.items():
        service = {"service_rate": _rate(account.service_rate), "usable_rate": _rate(account.usable_rate)}
        yield {"record": "day", "day": day.isoformat(), **service, "minutes": _minutes(account)}
    for known in found.devices:
        yield {
            "record": "device",
            "device": known.device.id,
            "branch": known.device.branch,
            "device_kind": known.device.kind,
            "vendor": known.device.vendor,
            "model": known.device.model,
            "care_level": known.device.care_level,
            **rates(known.account, found.assessment_of(known)),
            **reliability_record(found.reliability_of(known)),
            "minutes": _minutes(known.account),
        }
    for failure in found.failures:
        restored = None if failure.restored_ms is None else iso(failure.restored_ms)
        yield {
            "record": "failure",
            "device": failure.device,
            "code": failure.code,
            "component": failure.component,
            "unit": failure.unit,
            "onset": iso(failure.onset_ms),
            "restored": restored,
            "repeat": failure in found.repeats,
        }
    for each in found.trend:
        counts = {"devices_with_a_fault": each.faulty, "devices": each.devices}
        yield {"record": "month", "month": str(each.month), **counts}


def rates(account: Account, assessment: Assessment) -> Record:
    """Give the rates side by side: the assessed one never without what customers met."""
    return {
        "service_rate": _rate(account.service_rate),
        "usable_rate": _rate(account.usable_rate),
        "withdraw_availability": _rate(account.availability("withdraw")),
        "deposit_availability": _rate(account.availability("deposit")),
        "open_rate_assessed": _rate(assessment.open_rate),
        "unknown_rate": _rate(account.unknown_rate),
    }


def reliability_record(found: Reliability) -> Record:
    """Give how often devices failed and how long it took, in minutes, each with its count."""
    return {
        "failures": found.failures,
        "unrestored": found.unrestored,
        "mtbf_minutes": None if found.mtbf_ms is None else found.mtbf_ms / _MINUTE_MS,
        "mttr": _spread(found.repairs),
        "mtta": _spread(found.acknowledgements),
        "repeat_rate": {
            "value": found.repeat_rate,
            "numerator": found.repeats,
            "denominator": found.failures,
        },
    }


def _rate(rate: Rate) -> Record:
    return {
        "value": rate.value,
        "numerator_minutes": rate.numerator_ms / _MINUTE_MS,
        "denominator_minutes": rate.denominator_ms / _MINUTE_MS,
    }


def _spread(found: Spread) -> Record:
    parts = {"mean": found.mean_ms, "median": found.median_ms, "p90": found.p90_ms}
    minutes = {
        f"{name}_minutes": None if length_ms is None else length_ms / _MINUTE_MS
        for name, length_ms in parts.items()
    }
    return {"count": found.number, **minutes}


def _minutes(account: Account) -> dict[str, float]:
    return {bucket: length_ms / _MINUTE_MS for bucket, length_ms in account.by_bucket.items()}
