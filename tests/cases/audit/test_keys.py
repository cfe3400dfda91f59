"""The keys of the audit: made once, kept from others, never replaced."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cases.audit.keys import KEYS_VARIABLE, Keys, default_folder, key_id, public_pem, read_public_key
from cases.errors import KeyTrouble


def test_keys_are_made_at_first_use_for_their_owner_alone(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys")
    assert not keys.has_audit_key
    assert len(keys.audit_key) == 32
    assert key_id(keys.public_key) == key_id(keys.signing_key.public_key())
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in keys.folder.iterdir()}
    assert modes["audit.key"] == modes["signing.key.pem"] == 0o600
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700


def test_the_same_folder_gives_the_same_keys(tmp_path: Path) -> None:
    assert Keys(tmp_path).audit_key == Keys(tmp_path).audit_key
    assert public_pem(Keys(tmp_path).public_key) == public_pem(Keys(tmp_path).public_key)


def test_several_that_make_a_key_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: Keys(tmp_path / "keys").audit_key, range(24)))
    assert len(made) == 1


@pytest.mark.parametrize("name", ["audit.key", "signing.key.pem"])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, name: str) -> None:
    _use(Keys(tmp_path))
    (tmp_path / name).chmod(0o640)
    with pytest.raises(KeyTrouble, match=r"mode 0640\); run: chmod 600"):
        _use(Keys(tmp_path))


@pytest.mark.parametrize(
    ("name", "says"), [("audit.key", "64 hexadecimal digits"), ("signing.key.pem", "no Ed25519 private key")]
)
def test_a_damaged_key_says_so(tmp_path: Path, name: str, says: str) -> None:
    _use(Keys(tmp_path))
    (tmp_path / name).write_text("not a key")
    with pytest.raises(KeyTrouble, match=says):
        _use(Keys(tmp_path))


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyTrouble, match=f"Not a directory; the folder is set by {KEYS_VARIABLE}"):
        _use(Keys(tmp_path / "file" / "keys"))


def test_a_public_key_that_is_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(KeyTrouble, match="No such file"):
        read_public_key(tmp_path / "missing.pem")
    (tmp_path / "some.pem").write_text("x")
    with pytest.raises(KeyTrouble, match="no Ed25519 public key"):
        read_public_key(tmp_path / "some.pem")


def test_keys_lie_beside_the_store_unless_the_environment_names_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEYS_VARIABLE, raising=False)
    assert default_folder(tmp_path) == tmp_path / "keys"
    monkeypatch.setenv(KEYS_VARIABLE, str(tmp_path / "elsewhere"))
    assert default_folder(tmp_path) == default_folder() == tmp_path / "elsewhere"


def _use(keys: Keys) -> None:
    _ = keys.audit_key, keys.signing_key
