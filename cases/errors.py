"""What can go wrong at the queue, each with a message that says what to do.

CaseError
├── WrongUse            a store URL, agent or lease that cannot be (a ValueError too)
├── NotFound            no such case or dead letter
├── AlreadyClaimed      another agent holds the case
├── NotYours            the case must be claimed first, or was taken over
├── NotAllowed          the role does not have the right
├── NotPossible         what an action, an order or a proposal has become does not allow it
├── SignInRefused       whoever it was did not prove who they are
│   └── LockedOut       too many tries in a row; the time for which nobody is let in under that name
├── CannotCall          nobody may be called on this task now, or not on this number
├── OnTheLine           the customer is on another call already
├── MustBeKept          a hold, an open case or a duty to keep records forbids it
├── AlreadyClosed       the case has its outcome
├── AlreadyMerged       the case went into another one
├── Outdated            the case is not as it was seen; it has another version by now
├── AlreadyReplayed     the dead letter has left the store
├── KeyTrouble          a key of the audit is missing, wrong or open to others
├── AuditBroken         a row of the audit is not as it was written
├── SealTrouble         the file of seals cannot be read or written
└── StoreError
    ├── StoreMissing    nothing lies where the URL points
    ├── StoreTooNew     written by a newer riskdesk
    ├── StoreTooOld     not brought up to date, where that was not to be done
    ├── StoreBusy       held by another process too long, or its server is away
    └── NotAStore       a file of something else
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

# ruff: noqa: N818 - the names are what the desk says, and the tree shows that they are errors.


class CaseError(Exception):
    """Anything the queue refuses; its message is fit for the person at the desk.

    What is refused often has a `key` and the `values` in its message, by which a desk says it in another
    language. Values that end in `_ms` are times in milliseconds since 1970.
    """

    key = ""
    values: Mapping[str, object] = MappingProxyType({})

    def known_as(self, key: str, **values: object) -> Self:
        """Keep by what this is said in other languages."""
        self.key, self.values = key, values
        return self


class WrongUse(CaseError, ValueError):
    """A value that nothing can be done with; the message says what is allowed."""


class NotFound(CaseError):
    """No case or dead letter has this id."""


class AlreadyClaimed(CaseError):
    """Another agent holds the case and the lease has not run out."""


class NotYours(CaseError):
    """The agent does not hold the case: never claimed, or taken over since."""


class NotAllowed(CaseError):
    """The person's role does not have the right; the message names the roles that do."""


class NotPossible(CaseError):
    """Where the thing stands now does not allow it; the message says what does."""


class SignInRefused(CaseError):
    """Nobody was let in; the message does not say which of name, password and code was wrong."""


class LockedOut(SignInRefused):
    """Too many tries in a row failed; `until_ms` (since 1970) is when the name may be tried again."""

    def __init__(self, message: str, until_ms: int) -> None:
        """Keep until when."""
        super().__init__(message)
        self.until_ms = until_ms


class CannotCall(CaseError):
    """Nobody may be called on this task now, or not on this number; the message says when and where."""


class OnTheLine(CaseError):
    """Somebody is on the phone with this customer already."""


class MustBeKept(CaseError):
    """What was to be erased must be kept; the message gives every reason."""


class AlreadyClosed(CaseError):
    """The case has an outcome and nothing can be added to it."""


class AlreadyMerged(CaseError):
    """The case went into another one, which is to be worked instead."""


class Outdated(CaseError):
    """The case is not as whoever acts has seen it; `version` is the one that it has now."""

    def __init__(self, message: str, version: int) -> None:
        """Keep the version."""
        super().__init__(message)
        self.version = version


class AlreadyReplayed(CaseError):
    """The dead letter was replayed, so a correction would change nothing."""


class KeyTrouble(CaseError):
    """A key of the audit is missing, is not the store's, or can be read by others."""


class AuditBroken(CaseError):
    """A row of the audit is not as it was written; the message names it."""


class SealTrouble(CaseError):
    """The file of seals cannot be read or written."""


class StoreError(CaseError):
    """The store cannot be opened or used."""


class StoreMissing(StoreError):
    """There is no store at the URL, and none was to be made."""


class StoreTooNew(StoreError):
    """The store's schema is newer than this riskdesk knows."""


class StoreTooOld(StoreError):
    """The store's schema is older than this riskdesk's, and was not to be changed."""


class StoreBusy(StoreError):
    """The store is not to be had right now; nothing was changed, and the same may succeed later."""


class NotAStore(StoreError):
    """The file is something else than a riskdesk store."""
