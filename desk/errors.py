"""What the web desk refuses by itself.

DeskError
├── SignedOut       nobody is signed in: the page sends the person to sign in, and back
├── Locked          the session is locked: the page asks for the password and keeps what was typed
├── TooOften        something was done more often than the desk allows
└── Away            a system of the bank does not answer
"""

# ruff: noqa: N818 - the names are what the desk says, and the tree shows that they are errors.


class DeskError(Exception):
    """Anything the web desk refuses by itself; its message is fit for the person at the desk."""


class SignedOut(DeskError):
    """Nobody is signed in."""


class Locked(DeskError):
    """The session waits for its password."""


class TooOften(DeskError):
    """Somebody does something too often; the message says when it may be done again."""


class Away(DeskError):
    """A system of the bank does not answer, or answers what cannot be read."""
