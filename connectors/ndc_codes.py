"""What the characters of NDC status messages mean, in the house's codes.

Source: device status, error severity and supplies status of NCR's APTRA Advance NDC Reference Manual, as
public decoders (ut-codec, Apache-2.0) list them.
"""

from typing import NamedTuple

from domain.telemetry import Component

SEVERITIES = "01234"
# 0 says nothing new in a status and "not configured" in a configuration.
NOTHING, GOOD, LOW, OUT, OVERFILL = "01234"
SUSPENDED = "3"


class Fitness(NamedTuple):
    """The condition whose severity a module reports."""

    component: Component
    code: str
    unit: int = 0


class Supply(NamedTuple):
    """What of a module runs out or fills up, and the code of each level; `level` stands for all of them."""

    component: Component
    level: str
    low: str = ""
    out: str = ""
    overfill: str = ""
    unit: int = 0


class Sensor(NamedTuple):
    """A sensor's condition, and the character that says that it holds."""

    component: Component
    code: str
    holds: str = "1"
    unit: int = 0


_CASSETTES = tuple(range(1, 8))

# The module itself, then its parts in the order of their characters.
FITNESS: dict[str, tuple[Fitness, ...]] = {
    "A": (Fitness("clock", "module_fault"),),
    "B": (Fitness("power", "power_fail"),),
    "C": (Fitness("app", "disk_fault"),),
    "D": (Fitness("card_reader", "card_reader_fault"), Fitness("card_reader", "card_reader_fault", 2)),
    "E": (
        Fitness("dispenser", "cdm_fatal"),
        *(Fitness("cassette", "cassette_fault", unit) for unit in _CASSETTES),
    ),
    "F": (Fitness("depository", "depository_fault"),),
    "G": (Fitness("receipt_printer", "receipt_fault"),),
    "H": (Fitness("journal", "journal_fault"),),
    "K": (Fitness("depository", "module_fault", 1),),  # the night safe
    "L": (Fitness("pinpad", "epp_fail"),),
    "M": (Fitness("camera", "camera_fail"),),
    "P": (Fitness("sensors", "module_fault"),),
    "Q": (Fitness("display", "module_fault"),),  # the touch screen
    "R": (Fitness("device", "module_fault"),),  # the supervisor's keys
    "S": (Fitness("display", "display_fail"),),
    "V": (Fitness("statement_printer", "statement_fault"),),
    "Y": (Fitness("coin_dispenser", "coin_fault"),),
    "a": (Fitness("audio", "module_fault"),),
    "f": (Fitness("barcode", "module_fault"),),
    "q": (Fitness("cheque", "module_fault"),),
    "w": (Fitness("acceptor", "cim_fatal"),),
    "\\": (Fitness("depository", "module_fault", 2),),  # the envelope dispenser
}


def _printer(component: Component, stem: str) -> tuple[Supply, ...]:
    """Paper (unit 0), ribbon, print head and knife: what wears out is ordered like paper."""
    low, out = f"{stem}_low", f"{stem}_out"
    return tuple(Supply(component, low, low, out, unit=unit) for unit in range(4))


def _notes(component: Component, units: tuple[int, ...]) -> tuple[Supply, ...]:
    return tuple(Supply(component, "cash_low", "cash_low", "cash_out", "cash_full", unit) for unit in units)


SUPPLIES: dict[str, tuple[Supply, ...]] = {
    "D": (Supply("capture_bin", "capture_bin_full", "capture_bin_high", "", "capture_bin_full"),),
    "E": (Supply("reject_bin", "reject_full", overfill="reject_full"), *_notes("cassette", _CASSETTES)),
    "F": (Supply("depository", "depository_full", overfill="depository_full"),),
    "G": _printer("receipt_printer", "receipt"),
    "H": _printer("journal", "journal"),
    "V": _printer("statement_printer", "statement"),
    "Y": _notes("coin_dispenser", (1, 2, 3, 4)),
    "w": (Supply("acceptor", "cash_full", overfill="cash_full"),),
}

# What happened, by module and the first character of its status; an empty list is nothing to tell.
STATUSES: dict[str, dict[str, tuple[tuple[Component, str], ...]]] = {
    "A": {"1": (("clock", "clock_reset"),), "2": (("clock", "clock_stopped"),)},
    "D": {
        "0": (),
        "1": (("card_reader", "card_retained"),),  # not taken in time, captured or jammed
        "2": (("card_reader", "card_retained"),),  # not ejected, captured or jammed
        **dict.fromkeys("347", (("card_reader", "card_track_error"),)),
    },
    "E": {
        "0": (),
        "1": (("dispenser", "dispense_short"),),
        "2": (("dispenser", "dispense_none"),),
        "3": (("dispenser", "cash_uncertain"),),
        "4": (("dispenser", "dispense_none"),),
        "5": (("dispenser", "cash_retracted"),),
    },
    "F": {
        "0": (),
        "1": (),  # the customer took too long
        "2": (("depository", "depository_fault"),),
        **dict.fromkeys("34", (("depository", "deposit_not_credited"), ("depository", "note_jam"))),
    },
    "G": {**dict.fromkeys("0245", ()), "1": (("receipt_printer", "print_failed"),)},
    "H": {
        **dict.fromkeys("0278=", ()),
        **dict.fromkeys("16>", (("journal", "print_failed"),)),
        **dict.fromkeys("9;", (("journal", "ej_backlog"),)),
        **dict.fromkeys(":<", (("journal", "tamper"),)),  # its log is not what was written
    },
    "L": {"1": (("pinpad", "epp_fail"),), "2": (("pinpad", "keys_lost"),)},
    "V": {**dict.fromkeys("023456", ()), "1": (("statement_printer", "print_failed"),)},
    "Y": {
        "0": (),
        **dict.fromkeys("13<", (("coin_dispenser", "dispense_none"),)),
        "4": (("coin_dispenser", "cash_uncertain"),),
        **dict.fromkeys("9:", (("coin_dispenser", "cash_uncertain"), ("coin_dispenser", "note_jam"))),
        ";": (("coin_dispenser", "dispense_none"), ("coin_dispenser", "note_jam")),
        "=": (("coin_dispenser", "tamper"), ("coin_dispenser", "cash_uncertain")),
    },
    "w": {
        **dict.fromkeys("0129", ()),
        "3": (("acceptor", "deposit_not_credited"),),
        "4": (("acceptor", "notes_left"),),
        "5": (("device", "command_rejected"),),  # the host wants to vault what is not there
        **dict.fromkeys("68", (("acceptor", "escrow_stuck"),)),
        "7": (("acceptor", "cash_retracted"),),
        "?": (("acceptor", "counterfeit_note"),),
        "@": (("acceptor", "suspect_note"),),
    },
}

# The characters behind a sensor status, behind the one for supervisor mode.
SENSORS: tuple[Sensor, ...] = (
    Sensor("sensors", "seismic"),
    Sensor("door", "door_open"),
    Sensor("sensors", "silent_alarm"),
    Sensor("door", "enclosure_open"),
    Sensor("depository", "bin_out", holds="0"),
    Sensor("capture_bin", "bin_out", holds="0"),
    Sensor("reject_bin", "bin_out", holds="0"),
    *(Sensor("cassette", "bin_out", holds="0", unit=unit) for unit in (1, 2, 3, 4)),
    *(Sensor("coin_dispenser", "bin_out", holds="0", unit=unit) for unit in range(5)),
)

# Where the hardware fitness of a configuration has the severity of which module.
CONFIGURED_FITNESS: dict[int, Fitness] = {
    0: FITNESS["A"][0],
    1: Fitness("network", "comms_fault"),
    2: Fitness("app", "disk_fault"),
    3: FITNESS["D"][0],
    4: FITNESS["E"][0],
    5: FITNESS["F"][0],
    6: FITNESS["G"][0],
    7: FITNESS["H"][0],
    10: FITNESS["K"][0],
    11: FITNESS["L"][0],
    12: FITNESS["M"][0],
    13: Fitness("door", "module_fault"),
    14: Fitness("app", "module_fault"),  # the exchangeable disk
    **{14 + unit: FITNESS["E"][unit] for unit in (1, 2, 3, 4)},
    21: FITNESS["V"][0],
    22: Fitness("display", "module_fault", 1),  # signage
    25: FITNESS["S"][0],
    26: Fitness("device", "module_fault", 1),  # media entry
    27: FITNESS["\\"][0],
    28: Fitness("cheque", "module_fault", 1),  # document processing
    29: FITNESS["Y"][0],
    32: FITNESS["a"][0],
    34: FITNESS["w"][0],
    35: FITNESS["q"][0],
}
# And where its supplies have which.
CONFIGURED_SUPPLIES: dict[int, Supply] = {
    3: SUPPLIES["D"][0],
    4: SUPPLIES["E"][0],
    5: SUPPLIES["F"][0],
    6: SUPPLIES["G"][0],
    7: SUPPLIES["H"][0],
    **{14 + unit: SUPPLIES["E"][unit] for unit in (1, 2, 3, 4)},
}
