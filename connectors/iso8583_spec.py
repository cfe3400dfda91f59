"""How a network writes its card messages, as data: the fields, their encodings, and what their codes mean."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import yaml
from msgspec import Struct

from connectors.errors import CardSpecError
from domain.events import Channel, DeclineReason, Entry, TransactionType

_FOLDER = Path(__file__).parent / "iso8583_specs"
# `n 6`, `ans ..19`, `b ...255`: kind, digits of the length, longest.
_FIELD = re.compile(r"(n|an|ans|z|b) (\.{0,4})([0-9]{1,4})")
_MOST_HEADER_BYTES = 1024
_MTI_BYTES = 4
_CHIP = 55

_TEXT = Literal["ascii", "latin-1", "cp037", "cp500", "gbk", "utf-8"]
_LENGTHS = {"ascii": "ascii", "cp037": "cp037", "cp500": "cp500", "bcd": "bcd", "binary": "b"}


class Encoding(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the parts of a message are written; `text` is that of names and places."""

    mti: Literal["ascii", "cp037", "cp500", "bcd"]
    bitmap: Literal["hex", "cp037", "cp500", "binary"]
    numeric: Literal["ascii", "cp037", "cp500", "bcd"]
    text: _TEXT
    length: Literal["ascii", "cp037", "cp500", "bcd", "binary"]


class Zones(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The zones of times: of field 7, and of fields 12 and 13 by the acquirer's country ("" without one)."""

    transmission: str
    local: dict[str, str]


class ChannelRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The channel of what has one of these codes; a list that is not given fits everything."""

    channel: Channel
    mcc: list[str] | None = None
    condition: list[str] | None = None
    entry: list[str] | None = None


class CardSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One network's messages; the files beside this module say what each part means."""

    network: str
    versions: str
    header_bytes: int
    encoding: Encoding
    zones: Zones
    match: list[int]
    amounts: Literal["iso4217", "two"]
    home_country: str
    country_in_43: str
    fields: dict[int, str]
    processing: dict[str, TransactionType]
    entry: dict[str, Entry]
    response: dict[str, DeclineReason | Literal["approved"]]
    channels: list[ChannelRule]


class _Field(NamedTuple):
    kind: str
    length_digits: int
    longest: int


def known_specs() -> list[str]:
    """Give the names of the specs that ship."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def load_spec(name: str) -> CardSpec:
    """Read a spec: one that ships, by name, or a file of your own, which may extend one of these.

    Raises CardSpecError saying what is wrong, and what is allowed.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else _FOLDER / f"{name}.yaml"
    spec = _converted(path, _merged(path, ()))
    problems = [*_field_problems(spec), *_setting_problems(spec)]
    if problems:
        raise CardSpecError(f"{path.name}: {'; '.join(problems)}")
    return spec


def wire_spec(spec: CardSpec) -> dict[str, dict[str, Any]]:
    """Give the spec as pyiso8583 takes it; text is read byte for byte, as a character may be cut in two."""
    encoding = spec.encoding
    header = {"data_enc": "b", "len_enc": "ascii", "len_type": 0, "max_len": spec.header_bytes}
    bitmap = "b" if encoding.bitmap == "binary" else encoding.bitmap.replace("hex", "ascii")
    fixed = {"len_enc": "ascii", "len_type": 0}
    wire: dict[str, dict[str, Any]] = {
        "h": header,
        "t": {**fixed, "data_enc": "b" if encoding.mti == "bcd" else encoding.mti, "max_len": _MTI_BYTES},
        "p": {**fixed, "data_enc": bitmap, "max_len": 16},
        "1": {**fixed, "data_enc": bitmap, "max_len": 16},
    }
    for number, text in spec.fields.items():
        wire[str(number)] = _wire_field(_field(text), encoding)
    return {key: {"desc": "", **field} for key, field in wire.items()}


def _wire_field(field: _Field, encoding: Encoding) -> dict[str, Any]:
    packed = field.kind in ("n", "z") and encoding.numeric == "bcd"
    digits = field.length_digits
    wire = {
        "len_enc": _LENGTHS[encoding.length],
        "len_type": (digits + 1) // 2 if encoding.length in ("bcd", "binary") else digits,
        "max_len": field.longest,
    }
    if packed:
        return {**wire, "data_enc": "b", "len_count": "nibbles", "left_pad": "0", "right_pad": "F"}
    if field.kind == "b":
        return {**wire, "data_enc": "b"}
    if field.kind == "n":
        return {**wire, "data_enc": encoding.numeric}
    return {**wire, "data_enc": encoding.text if encoding.text in ("cp037", "cp500") else "latin-1"}


def _field(text: str) -> _Field:
    found = _FIELD.fullmatch(text)
    if found is None:
        raise CardSpecError(f"{text!r} is no field; write kind and length, such as `n 6` or `ans ..19`")
    return _Field(found[1], len(found[2]), int(found[3]))


def _merged(path: Path, extending: tuple[Path, ...]) -> dict[str, Any]:
    """Read a file and what it extends; what it says itself counts."""
    if path in extending:
        raise CardSpecError(f"{path.name} extends itself; name another spec or none")
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise CardSpecError(
            f"there is no spec {path.stem!r}; there are {', '.join(known_specs())}, or a .yaml file of yours"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CardSpecError(f"{path} is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict):
        raise CardSpecError(f"{path} must be one mapping, such as `extends: iso87`")
    extended = found.pop("extends", None)
    if extended is None:
        return found
    base = _merged(_FOLDER / f"{extended}.yaml", (*extending, path))
    return _overlaid(base, found)


def _overlaid(base: Mapping[Any, Any], over: Mapping[Any, Any]) -> dict[Any, Any]:
    return {
        **base,
        **{
            key: _overlaid(base[key], value)
            if isinstance(value, dict) and isinstance(base.get(key), dict)
            else value
            for key, value in over.items()
        },
    }


def _converted(path: Path, found: dict[str, Any]) -> CardSpec:
    try:
        return msgspec.convert(found, CardSpec)
    except msgspec.ValidationError as error:
        raise CardSpecError(f"{path.name}: {error}") from None


def _field_problems(spec: CardSpec) -> list[str]:
    problems = [
        f"field {number} is {text!r}; write kind and length, such as `n 6` or `ans ..19`"
        for number, text in spec.fields.items()
        if not _FIELD.fullmatch(text)
    ]
    problems += [
        f"field {number} cannot be; fields are 2 to 128 without 65"
        for number in spec.fields
        if not 2 <= number <= 128 or number == 65
    ]
    if not spec.fields.get(_CHIP, "b").startswith("b"):
        problems.append(f"field {_CHIP} must be bytes, such as `b ...255`: it may hold the card number")
    return problems + [
        f"match names field {n}, which the spec has not" for n in spec.match if n not in spec.fields
    ]


def _setting_problems(spec: CardSpec) -> list[str]:
    problems = []
    for zone in (spec.zones.transmission, *spec.zones.local.values()):
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, OSError, ValueError):
            problems.append(f"{zone!r} is no time zone; write one such as Asia/Shanghai or UTC")
    try:
        if re.compile(spec.country_in_43).groups < 1 and spec.country_in_43:
            problems.append("country_in_43 must have a group around the letters of the country")
    except re.error as error:
        problems.append(f"country_in_43 is no regular expression: {error}")
    if not 0 <= spec.header_bytes <= _MOST_HEADER_BYTES:
        problems.append(f"header_bytes is {spec.header_bytes}; 0 to {_MOST_HEADER_BYTES} are allowed")
    last = spec.channels[-1] if spec.channels else None
    if last is None or any((last.mcc, last.condition, last.entry)):
        problems.append("channels must end with one that fits everything, such as {channel: pos}")
    return problems
