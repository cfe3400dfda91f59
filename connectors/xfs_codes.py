"""What XFS4IoT status fields, events and errors mean, in the house's codes.

Source: the enumerations of the CEN XFS4IoT specification, as KAL's reference implementation (MIT) has them.
"""

from collections.abc import Mapping
from typing import NamedTuple

from domain.telemetry import Component

SERVICES: dict[str, Component] = {
    "CardReader": "card_reader",
    "CashDispenser": "dispenser",
    "CashAcceptor": "acceptor",
    "CashManagement": "dispenser",
    "KeyManagement": "pinpad",
    "PinPad": "pinpad",
    "Keyboard": "pinpad",
    "Printer": "receipt_printer",
    "Check": "cheque",
    "BarcodeReader": "barcode",
    "Camera": "camera",
    "Auxiliaries": "sensors",
    "VendorApplication": "app",
    "VendorMode": "app",
}
FAULTS: dict[Component, str] = {
    "card_reader": "card_reader_fault",
    "dispenser": "cdm_fatal",
    "acceptor": "cim_fatal",
    "pinpad": "epp_fail",
    "receipt_printer": "receipt_fault",
    "camera": "camera_fail",
    "app": "app_fault",
    "device": "app_fault",
}
# Of these nothing may be read: keys pressed, card data, what is encrypted.
PRIVATE_SERVICES = frozenset({"Keyboard", "PinPad", "Crypto", "TextTerminal", "Biometric", "BarcodeReader"})
PRIVATE_MESSAGES = frozenset({"CardReader.ReadRawData", "CardReader.ChipIO", "CardReader.WriteRawData"})


class Field(NamedTuple):
    """A field of a status: the code of each value, "" where nothing is wrong, None where it says nothing.

    `level` is the code that stands for the condition when nothing is wrong.
    """

    component: Component
    level: str
    codes: Mapping[str, str | None]


def _values(code: str | None, *names: str) -> dict[str, str | None]:
    return dict.fromkeys(names, code)


_DOOR = Field(
    "door",
    "door_open",
    {
        **_values("", "closed", "locked", "bolted"),
        **_values(None, "unknown"),
        "open": "door_open",
        "tampered": "tamper",
    },
)
SHUTTER = {
    **_values("", "closed", "open"),
    **_values(None, "unknown", "notSupported"),
    **_values("shutter_jam", "jammed", "jammedOpen", "jammedPartiallyOpen", "jammedClosed", "jammedUnknown"),
}
TRANSPORT = {"ok": "", "inoperative": "transport_inop", **_values(None, "unknown", "notSupported")}
PAPER = {
    "full": "",
    "low": "receipt_low",
    "out": "receipt_out",
    "jammed": "receipt_jam",
    **_values(None, "unknown", "notSupported"),
}
CAPTURE_BIN = {
    "ok": "",
    "high": "capture_bin_high",
    "full": "capture_bin_full",
    "missing": None,
}


def _alarm(code: str) -> Field:
    return Field("sensors", code, {"off": "", "on": code, **_values(None, "notAvailable", "unknown")})


STATUS: dict[str, Field] = {
    "common.antiFraudModule": Field(
        "sensors",
        "foreign_device",
        {"ok": "", "inoperable": "module_fault", "deviceDetected": "foreign_device", "unknown": None},
    ),
    "cardReader.media": Field(
        "card_reader",
        "card_jam",
        {
            "jammed": "card_jam",
            "unknown": None,
            **_values("", "present", "notPresent", "entering", "latched"),
        },
    ),
    "cashManagement.dispenser": Field(
        "dispenser", "cash_out", {**_values("", "ok", "attention"), "stop": "cash_out", "unknown": None}
    ),
    "cashManagement.acceptor": Field(
        "acceptor", "cash_full", {**_values("", "ok", "attention"), "stop": "cash_full", "unknown": None}
    ),
    "cashAcceptor.banknoteReader": Field(
        "acceptor",
        "cim_fatal",
        {"ok": "", "inoperable": "cim_fatal", **_values(None, "unknown", "notSupported")},
    ),
    "keyManagement.encryptionState": Field(
        "pinpad",
        "keys_lost",
        {
            **_values("", "ready", "initialized"),
            **_values("keys_lost", "notInitialized", "undefined"),
            "notReady": "epp_fail",
            "busy": None,
        },
    ),
    "printer.media": Field(
        "receipt_printer",
        "receipt_jam",
        {
            "jammed": "receipt_jam",
            "unknown": None,
            **_values("", "present", "notPresent", "entering", "retracted"),
        },
    ),
    **{f"auxiliaries.{name}Door": _DOOR for name in ("safe", "cabinetFront", "cabinetRear")},
    **{f"auxiliaries.{name}": _DOOR for name in ("safeDoor", "cabinetDoor")},
    "auxiliaries.tamperSensor": _alarm("tamper"),
    "auxiliaries.seismicSensor": _alarm("seismic"),
    "auxiliaries.silentAlarm": _alarm("silent_alarm"),
    "powerManagement.batteryStatus": Field(
        "power",
        "ups_low",
        {**_values("", "full", "operational"), **_values("ups_low", "low", "critical", "failure")},
    ),
}
# Fields that are a mapping or a list of things which each have fields of their own.
NESTED: dict[str, dict[str, Field]] = {
    "cashDispenser.positions": {
        "shutter": Field("dispenser", "shutter_jam", SHUTTER),
        "transport": Field("dispenser", "transport_inop", TRANSPORT),
    },
    "cashAcceptor.positions": {
        "shutter": Field("acceptor", "shutter_jam", SHUTTER),
        "transport": Field("acceptor", "transport_inop", TRANSPORT),
    },
}
# Fields that say where the mode of operation stands.
MODES: dict[str, dict[str, str]] = {
    "auxiliaries.operatorSwitch": {
        "run": "supervisor_exit",
        "maintenance": "supervisor_enter",
        "supervisor": "supervisor_enter",
    },
    "vendorMode.service": {"active": "supervisor_enter", "inactive": "supervisor_exit"},
}
# The state of the service itself, from whose name the component follows.
DEVICE_STATES: dict[str, int | None] = {
    "online": 0,
    "deviceBusy": None,
    "userError": 2,
    **dict.fromkeys(("offline", "powerOff", "noDevice", "hardwareError"), 4),
}
FRAUD_STATES = frozenset({"fraudAttempt", "potentialFraud"})
ACTION_SEVERITIES = {
    "reset": 3,
    "softwareError": 3,
    "configuration": 3,
    "clear": 3,
    "maintenance": 4,
    "suspend": 3,
}

# Events without a field that matters; an empty code says only that the device lives.
EVENTS: dict[str, tuple[Component, str]] = {
    "CardReader.MediaRetainedEvent": ("card_reader", "card_retained"),
    "CardReader.InvalidMediaEvent": ("card_reader", "card_track_error"),
    "CashDispenser.IncompleteDispenseEvent": ("dispenser", "dispense_short"),
    "CashDispenser.ItemsPresentedEvent": ("dispenser", "notes_presented"),
    "CashManagement.ItemsPresentedEvent": ("dispenser", "notes_presented"),
    "CashManagement.ItemsTakenEvent": ("dispenser", "notes_taken"),
    "CashManagement.NoteErrorEvent": ("dispenser", "note_error"),
    # Something lay where nothing should: it may be a customer's.
    "CashManagement.MediaDetectedEvent": ("dispenser", "cash_uncertain"),
    "CashAcceptor.InputRefuseEvent": ("acceptor", "note_error"),
    "KeyManagement.IllegalKeyAccessEvent": ("pinpad", "illegal_key_access"),
    "VendorMode.ModeEnteredEvent": ("device", "supervisor_enter"),
    "VendorMode.ModeExitedEvent": ("device", "supervisor_exit"),
    **dict.fromkeys(
        (
            "CardReader.MediaInsertedEvent",
            "CardReader.MediaRemovedEvent",
            "CardReader.InsertCardEvent",
            "CashManagement.ItemsInsertedEvent",
            "CashAcceptor.InsertItemsEvent",
            "CashAcceptor.SubCashInEvent",
            "CashDispenser.StartDispenseEvent",
            "Common.PowerSaveChangeEvent",
            "Common.DevicePositionEvent",
            "Common.ExchangeStateChangedEvent",
            "KeyManagement.InitializedEvent",
            "Printer.MediaTakenEvent",
            "Printer.MediaPresentedEvent",
        ),
        ("device", ""),
    ),
}


class EventField(NamedTuple):
    """The field of an event that says what happened, and the component and code of each value."""

    name: str
    codes: dict[str, tuple[Component, str]]
    otherwise: tuple[Component, str] | None = None


EVENT_FIELDS: dict[str, EventField] = {
    "CardReader.MediaDetectedEvent": EventField(
        "position",
        {**dict.fromkeys(("exit", "transport"), ("device", "")), "jammed": ("card_reader", "card_jam")},
        otherwise=("card_reader", "card_retained"),  # it lies in a storage unit
    ),
    "CardReader.CardActionEvent": EventField(
        "to",
        dict.fromkeys(("exit", "transport"), ("device", "")),
        otherwise=("card_reader", "card_retained"),
    ),
    "CashManagement.IncompleteRetractEvent": EventField(
        "reason",
        {
            "foreignItemsDetected": ("dispenser", "foreign_device"),
            "retractAreaFull": ("retract_bin", "retract_full"),
        },
        otherwise=("dispenser", "cash_uncertain"),
    ),
    "Printer.MediaDetectedEvent": EventField(
        "position", {"jammed": ("receipt_printer", "receipt_jam")}, otherwise=("device", "")
    ),
}
# Events that are a field of the status by another name.
STATUS_EVENTS: dict[str, tuple[str, Field]] = {
    "CardReader.RetainBinThresholdEvent": ("state", Field("capture_bin", "capture_bin_full", CAPTURE_BIN)),
    "CashManagement.ShutterStatusChangedEvent": ("shutter", Field("dispenser", "shutter_jam", SHUTTER)),
    "Printer.PaperThresholdEvent": ("threshold", Field("receipt_printer", "receipt_low", PAPER)),
}
# Errors that a command ended with, by service.
ERRORS: dict[str, dict[str, tuple[Component, str]]] = {
    "CardReader": {
        "mediaJam": ("card_reader", "card_jam"),
        "shutterFail": ("card_reader", "card_reader_fault"),
        "mediaRetained": ("card_reader", "card_retained"),
    },
    "CashDispenser": {
        "notDispensable": ("dispenser", "dispense_none"),
        "unableToDispense": ("dispenser", "dispense_none"),
        "itemsLeft": ("dispenser", "cash_uncertain"),
        "shutterNotOpen": ("dispenser", "shutter_jam"),
        "shutterOpen": ("dispenser", "shutter_jam"),
        "cashUnitError": ("dispenser", "cdm_fatal"),
        "safeDoorOpen": ("door", "door_open"),
    },
    "CashAcceptor": {
        "shutterFail": ("acceptor", "shutter_jam"),
        "cashUnitError": ("acceptor", "cim_fatal"),
        "foreignItemsDetected": ("acceptor", "foreign_device"),
    },
    "Printer": {
        "paperJammed": ("receipt_printer", "receipt_jam"),
        "paperOut": ("receipt_printer", "receipt_out"),
    },
}
