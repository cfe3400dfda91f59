"""What can go wrong at the queue, each with a message that says what to do.

CaseError
├── WrongUse            a store URL, agent or lease that cannot be (a ValueError too)
├── NotFound            no such case or dead letter
├── AlreadyClaimed      another agent holds the case
├── NotYours            the case must be claimed first, or was taken over
├── NotAllowed          the role does not have the right
├── AlreadyClosed       the case has its outcome
├── AlreadyMerged       the case went into another one
├── AlreadyReplayed     the dead letter has left the store
└── StoreError
    ├── StoreMissing    nothing lies where the URL points
    ├── StoreTooNew     written by a newer riskdesk
    ├── StoreBusy       another process held the write lock too long
    └── NotAStore       a file of something else
"""

# ruff: noqa: N818 - the names are what the desk says, and the tree shows that they are errors.


class CaseError(Exception):
    """Anything the queue refuses; its message is fit for the person at the desk."""


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


class AlreadyClosed(CaseError):
    """The case has an outcome and nothing can be added to it."""


class AlreadyMerged(CaseError):
    """The case went into another one, which is to be worked instead."""


class AlreadyReplayed(CaseError):
    """The dead letter was replayed, so a correction would change nothing."""


class StoreError(CaseError):
    """The store cannot be opened or used."""


class StoreMissing(StoreError):
    """There is no store at the URL, and none was to be made."""


class StoreTooNew(StoreError):
    """The store's schema is newer than this riskdesk knows."""


class StoreBusy(StoreError):
    """The write lock was not to be had within the busy timeout."""


class NotAStore(StoreError):
    """The file is something else than a riskdesk store."""
