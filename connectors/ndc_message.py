"""A message of the NDC protocol, cut into its fields; nothing of a transaction is ever read.

NDC parts fields by FS (1C) and groups within a field by GS (1D). A terminal's status is class 1 subclass 2
when it speaks by itself and 2/2 when it answers the host; positions of what follows are those of NCR's
APTRA Advance NDC Reference Manual, as public decoders have them.
"""

import re

from msgspec import Struct

FS, GS = "\x1c", "\x1d"
UNSOLICITED, SOLICITED = "12", "22"
# Transactions, keys, journals and what the host sends: known, and nothing for the device watch to read.
OTHER_CLASSES = frozenset({"11", "13", "21", "23", "61", "62", "63", "1", "3", "4", "6", "7", "8"})
# Of what answers the host: fault, ready, reject, ready with a transaction's data, specific reject, state.
FAULT, READY, REJECT, READY_B, SPECIFIC_REJECT, STATE = "8", "9", "A", "B", "C", "F"
_DESCRIPTORS = frozenset({FAULT, READY, REJECT, READY_B, SPECIFIC_REJECT, STATE})
_MAC = re.compile("[0-9A-F]{8}")
# Fields of a status: no more of them is looked at, or kept.
_STATUS_FIELDS = 4
_MOST_FIELDS = 12


class NdcMessage(Struct, frozen=True, kw_only=True):
    """The parts of a message.

    `fields` are those behind the descriptor, or of an unsolicited status behind the reserved field; none
    of a message that is no status. `time_variant` and `mac` are there where messages are authenticated.
    """

    kind: str
    luno: str
    descriptor: str = ""
    time_variant: str = ""
    mac: str = ""
    fields: tuple[str, ...] = ()

    @property
    def is_status(self) -> bool:
        """Whether the terminal says how it is."""
        return self.kind in (UNSOLICITED, SOLICITED)


class DeviceStatus(Struct, frozen=True):
    """What a status says of one module: who, what happened, how fit it is, how well supplied.

    `severities` and `supplies` are one character for the module and each of its parts.
    """

    device: str
    status: str
    severities: str = ""
    diagnostic: str = ""
    supplies: str = ""


def read_message(message: bytes) -> NdcMessage:
    """Cut a message into its parts; whatever it is, this gives something."""
    parts = message.decode("latin-1").split(FS, _MOST_FIELDS)
    kind, luno = parts[0], parts[1] if len(parts) > 1 else ""
    if kind == UNSOLICITED:
        return NdcMessage(kind=kind, luno=luno, fields=tuple(parts[3 : 3 + _STATUS_FIELDS]))
    if kind != SOLICITED:
        return NdcMessage(kind=kind, luno=luno)
    # The time variant number stands before the descriptor, where there is one; it may be empty.
    rest = parts[3:]
    numbered = len(rest) > 1 and rest[0] not in _DESCRIPTORS and rest[1] in _DESCRIPTORS
    time_variant = rest.pop(0) if numbered else ""
    descriptor = rest.pop(0) if rest else ""
    mac = rest.pop() if time_variant and len(rest) > 0 and _MAC.fullmatch(rest[-1]) else ""
    return NdcMessage(
        kind=kind,
        luno=luno,
        descriptor=descriptor,
        time_variant=time_variant,
        mac=mac,
        fields=tuple(rest),
    )


def device_status(message: NdcMessage) -> DeviceStatus | None:
    """Give what an unsolicited status or a solicited fault says of a module; None where it names none."""
    about_module = message.kind == UNSOLICITED or message.descriptor == FAULT
    if not about_module or not message.fields or not message.fields[0]:
        return None
    first, *rest = message.fields[:_STATUS_FIELDS]
    return DeviceStatus(first[0], first[1:], *rest)


def groups(field: str) -> list[str]:
    """Give the groups of a field."""
    return field.split(GS)
