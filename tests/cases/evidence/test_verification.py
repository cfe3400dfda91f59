"""A package that was changed anywhere is found out, with what is wrong."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cases.errors import NotFound
from cases.evidence.verification import Checked, verify_package
from tests.cases.evidence.conftest import Made, files

_PARTS = (
    *("README.txt", "actions.json", "alerts.json", "attempts.csv", "audit.json", "case.pdf"),
    *("recordings.json", "timeline.jsonl", "transactions.csv"),
)


def check(made: Made, folder: Path, changed: dict[str, bytes | None]) -> tuple[str, ...]:
    """Check the package with some files changed, taken out (None) or put in."""
    kept = files(made.package) | changed
    packed = BytesIO()
    with ZipFile(packed, "w") as package:
        for name, content in kept.items():
            if content is not None:
                package.writestr(name, content)
    return _check(made, folder, packed.getvalue()).faults


def _check(made: Made, folder: Path, package: bytes) -> Checked:
    path = folder / "package.zip"
    path.write_bytes(package)
    return verify_package(path, made.key)


def test_the_package_as_it_was_signed_has_no_fault(made: Made, tmp_path: Path) -> None:
    assert _check(made, tmp_path, made.package) == (made.case_id, len(_PARTS), ())


@pytest.mark.parametrize("name", _PARTS)
def test_every_part_that_was_changed_is_named(made: Made, tmp_path: Path, name: str) -> None:
    changed = files(made.package)[name].replace(b"e", b"f", 1)
    assert check(made, tmp_path, {name: changed})[0] == (
        f"{name} was changed: its SHA-256 is not the one in manifest.json"
    )


@pytest.mark.parametrize("name", _PARTS)
def test_every_part_that_was_taken_out_is_named(made: Made, tmp_path: Path, name: str) -> None:
    assert check(made, tmp_path, {name: None}) == (f"{name} is missing",)


def test_a_part_that_was_put_in_is_named(made: Made, tmp_path: Path) -> None:
    assert check(made, tmp_path, {"letter.pdf": b"x"}) == (
        "letter.pdf was put in: manifest.json does not list it",
    )


def test_a_part_changed_together_with_the_manifest_breaks_the_signature(made: Made, tmp_path: Path) -> None:
    manifest = files(made.package)["manifest.json"].replace(made.case_id.encode(), b"C0000000000")
    (fault,) = check(made, tmp_path, {"manifest.json": manifest})
    assert "does not carry the signature of key" in fault


def test_a_package_that_another_key_signed_is_found_out(made: Made, tmp_path: Path) -> None:
    thief = Ed25519PrivateKey.generate()
    signature = thief.sign(files(made.package)["manifest.json"])
    (fault,) = check(made, tmp_path, {"manifest.sig": signature})
    assert "signed with another key" in fault


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sig"])
def test_without_manifest_or_signature_nothing_can_be_said(made: Made, tmp_path: Path, name: str) -> None:
    assert check(made, tmp_path, {name: None}) == (
        f"{name} is missing, so that nothing can be said of the rest",
    )


def test_a_manifest_of_another_format_is_refused(made: Made, tmp_path: Path) -> None:
    assert check(made, tmp_path, {"manifest.json": b"[]"})[-1].startswith(
        "manifest.json is not one of format"
    )


def test_a_name_that_is_there_twice_is_told(made: Made, tmp_path: Path) -> None:
    packed = BytesIO(made.package)
    with ZipFile(packed, "a") as package, pytest.warns(UserWarning, match="Duplicate name"):
        package.writestr("actions.json", b"{}")
    faults = _check(made, tmp_path, packed.getvalue()).faults
    assert "actions.json is in the package 2 times" in faults


@pytest.mark.parametrize("cut", [0, 10, 1000])
def test_what_is_no_zip_says_so(made: Made, tmp_path: Path, cut: int) -> None:
    (fault,) = _check(made, tmp_path, made.package[:cut]).faults
    assert "is no whole zip" in fault


def test_a_package_that_is_not_there_says_so(made: Made, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no package at"):
        verify_package(tmp_path / "none.zip", made.key)


def test_a_row_of_the_audit_that_was_changed_does_not_stand_under_its_seal(
    made: Made, tmp_path: Path
) -> None:
    audit = orjson.loads(files(made.package)["audit.json"])
    audit["rows"][2]["actor"] = "agent-8"
    faults = check(made, tmp_path, {"audit.json": orjson.dumps(audit)})
    assert f"row {audit['rows'][2]['seq']} of the audit does not stand under its seal" in faults


def test_a_seal_that_was_changed_is_told(made: Made, tmp_path: Path) -> None:
    audit = orjson.loads(files(made.package)["audit.json"])
    audit["seals"][0]["sealed_at_ms"] += 1
    faults = check(made, tmp_path, {"audit.json": orjson.dumps(audit)})
    assert any("is not signed by this key" in fault for fault in faults)


@pytest.mark.parametrize("written", [b"", b"[]", b"{}", b'{"seals": [1], "rows": []}'])
def test_an_excerpt_that_is_none_is_told(made: Made, tmp_path: Path, written: bytes) -> None:
    assert check(made, tmp_path, {"audit.json": written})[-1] == "audit.json is no excerpt of an audit"
