"""Columns of Parquet as the fields of events: which types will do, and rows as JSON lines.

The library for Parquet is large and few need it: it is imported when the first such file is opened.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from connectors.errors import MissingLibraryError

_encode_lines = msgspec.json.Encoder().encode_lines
_WHOLE = "; an amount is a whole number of minor units, with its currency beside it: make it an int64"
_ZONED = "; make it a timestamp with a zone (UTC), or text as ISO 8601 with an offset"


def pyarrow() -> Any:
    """Give the library that reads Parquet. Raises MissingLibraryError saying how to come by it."""
    try:
        import pyarrow
        import pyarrow.compute
        import pyarrow.parquet
    except ImportError as error:
        raise MissingLibraryError(
            "Parquet files are read with pyarrow, which is not installed; install it "
            "(pip install 'riskdesk[parquet]'), or turn the files into JSON lines"
        ) from error
    return pyarrow


def complaints(schema: Any) -> list[str]:
    """Say of each column of a pyarrow schema that no event can come of why that is so."""
    return [complaint for field in schema for complaint in _complaints_of(field.name, field.type)]


def lines(batch: Any) -> bytes:
    """Give the rows of a pyarrow record batch as JSON lines.

    What is null in a row is a field that the event does not have, and so is a struct of nulls alone.
    """
    columns = [_values(column) for column in batch.columns]
    return _encode_lines(_rows(batch.schema.names, columns))


def _complaints_of(name: str, kind: Any) -> Iterator[str]:
    types = pyarrow().types
    kind = kind.value_type if types.is_dictionary(kind) else kind
    field = name.rpartition(".")[2]
    if types.is_struct(kind):
        for child in kind:
            yield from _complaints_of(f"{name}.{child.name}", child.type)
    elif types.is_null(kind):
        return
    elif field.endswith("_minor"):
        if not types.is_integer(kind):
            yield f"{name} is {kind}{_WHOLE}"
    elif types.is_timestamp(kind) and kind.tz is None:
        yield f"{name} is {kind}, and nobody can tell which zone its times are of{_ZONED}"
    elif field == "at" or field.endswith("_at"):
        if not (types.is_timestamp(kind) or _is_text(types, kind)):
            yield f"{name} is {kind}{_ZONED}"
    elif types.is_decimal(kind):
        yield f"{name} is {kind}; make it an integer or a float64"
    elif not (
        _is_text(types, kind)
        or types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_boolean(kind)
        or types.is_timestamp(kind)
    ):
        yield f"{name} is {kind}, which no field of an event is; leave it out of the file"


def _is_text(types: Any, kind: Any) -> bool:
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _values(array: Any) -> list[Any]:
    """Give the values of an array, None for null: its own way to a list takes ten times as long."""
    arrow = pyarrow()
    types, kind = arrow.types, array.type
    if types.is_dictionary(kind):
        return _values(array.dictionary_decode())
    if types.is_struct(kind):
        names = [child.name for child in kind]
        children = [_values(child) for child in array.flatten()]
        return [row or None for row in _rows(names, children)]
    if types.is_timestamp(kind):
        return _values(_written(array))
    if types.is_integer(kind) or types.is_floating(kind):
        found: list[Any] = array.fill_null(0).to_numpy(zero_copy_only=False).tolist()
        if array.null_count:
            valid = array.is_valid().to_numpy(zero_copy_only=False).tolist()
            return [value if there else None for value, there in zip(found, valid, strict=True)]
        return found
    if types.is_null(kind):
        return [None] * len(array)
    values: list[Any] = array.to_numpy(zero_copy_only=False).tolist()
    return values


def _written(array: Any) -> Any:
    """Write timestamps of a zone as ISO 8601 in UTC, to the microsecond; needs no table of zones."""
    arrow = pyarrow()
    compute, unit = arrow.compute, array.type.unit
    naive = array.cast(arrow.int64()).cast(arrow.timestamp(unit))
    if unit == "ns":
        naive = compute.floor_temporal(naive, unit="microsecond").cast(arrow.timestamp("us"))
    text = compute.replace_substring(naive.cast(arrow.string()), " ", "T")
    return compute.binary_join_element_wise(text, "Z", "")


def _rows(names: Sequence[str], columns: Sequence[list[Any]]) -> list[dict[str, Any]]:
    rows = zip(*columns, strict=True)
    if not any(None in column for column in columns):
        return [dict(zip(names, row, strict=True)) for row in rows]
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None} for row in rows
    ]
