"""Passwords: which are let pass, and how they are kept."""

import unicodedata
from functools import cache
from importlib.resources import files
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from cases.errors import WrongUse

# Argon2id as the OWASP Password Storage Cheat Sheet has it: 19 MiB, two passes, one lane. A hash that was
# made with less is made anew when its password is next seen.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
# So many at a time: whoever tries many passwords at once fills neither memory nor processors.
_TURNS = BoundedSemaphore(4)
# Longer ones are refused, so that nobody makes work with them.
_MOST_CHARACTERS = 256
_FEWEST_DIFFERENT = 5
# A name this short may be part of any word.
_SHORTEST_NAME = 3


def check_password(password: str, name: str, fewest: int) -> None:
    """Raise WrongUse, saying what is allowed, for a password that is too easy to guess."""
    said = _one_spelling(password)
    plain = said.casefold()
    if not fewest <= len(said) <= _MOST_CHARACTERS:
        raise WrongUse(f"a password takes {fewest} to {_MOST_CHARACTERS} characters; several words do well")
    if len(set(plain)) < _FEWEST_DIFFERENT:
        raise WrongUse(f"a password takes at least {_FEWEST_DIFFERENT} different characters")
    if len(name) >= _SHORTEST_NAME and name.casefold() in plain:
        raise WrongUse("a password may not contain the user's name")
    if _is_common(plain):
        raise WrongUse("this password is among the first that anybody tries; several unusual words do better")


def hash_password(password: str) -> str:
    """Give what is kept of a password."""
    with _TURNS:
        return _HASHER.hash(_one_spelling(password))


def is_password(kept: str | None, password: str) -> bool:
    """Tell whether a password is the one that was kept; without one that takes as long, and is never so."""
    nobodys = _nobodys()
    with _TURNS:
        try:
            right = _HASHER.verify(kept or nobodys, _one_spelling(password)[:_MOST_CHARACTERS])
        except (VerificationError, InvalidHashError):
            return False
    return right and kept is not None


def is_weak(kept: str) -> bool:
    """Tell whether a password was hashed with less than today's parameters."""
    return _HASHER.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return _HASHER.hash("what nobody has")


def _is_common(plain: str) -> bool:
    bare = plain.strip("0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ")
    return plain in _common() or bare in _common()


@cache
def _common() -> frozenset[str]:
    lines = files("cases.accounts").joinpath("common_passwords.txt").read_text("utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _one_spelling(password: str) -> str:
    """Write what was typed in one way, whichever keyboard it came from (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
