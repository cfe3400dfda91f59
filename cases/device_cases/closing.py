"""Why a device's case was closed: from a short list, so that the precision of each code can be computed."""

from enum import StrEnum

from cases.errors import WrongUse


class CloseReason(StrEnum):
    """What an alarm turned out to be."""

    FIXED_REMOTELY = "fixed_remotely"
    FLM_FIXED = "flm_fixed"  # by the branch's staff: first line maintenance
    SLM_FIXED = "slm_fixed"  # by the vendor or another department: second line maintenance
    CLEARED_ITSELF = "cleared_itself"
    NO_FAULT_FOUND = "no_fault_found"
    PARENT_OUTAGE = "parent_outage"  # it followed from an outage that has a case of its own
    PLANNED_WORK = "planned_work"
    FALSE_DETECTION_RULE = "false_detection_rule"  # the detector is wrong
    FALSE_DETECTION_DATA = "false_detection_data"  # what the device reports is wrong
    CUSTOMER_CONTACTED = "customer_contacted"
    UNDETERMINED = "undetermined"


def checked_reason(reason: str | None, kind: str) -> str | None:
    """Give a reason as it is kept. Raises WrongUse for another word and for a device's case without one."""
    allowed = ", ".join(CloseReason)
    if reason is None:
        if kind == "device":
            raise WrongUse(f"say why the case of a device is closed: one of {allowed}")
        return None
    try:
        return CloseReason(reason).value
    except ValueError:
        raise WrongUse(f"{reason!r} is no reason to close a case; there are: {allowed}") from None
