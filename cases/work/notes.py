"""Notes: what somebody wants whoever comes next to know, in the timeline of the case."""

from cases.database import Database
from cases.errors import WrongUse
from cases.who import Right, Who
from cases.work.journal import enter
from cases.work.moves import case_row
from domain.card_masking import mask_text

NOTE = "note"
_LONGEST = 4_000


def add_note(db: Database, case_id: str, text: str, who: Who, now_ms: int) -> None:
    """Put a note into the timeline of a case, also of one that is closed; inside `writing`.

    Card numbers in it are masked. Raises NotAllowed, NotFound, and WrongUse for a note that says nothing or
    is too long.
    """
    who.require(Right.WRITE_NOTES)
    case_row(db, case_id)
    words = text.strip()
    if not 1 <= len(words) <= _LONGEST:
        raise WrongUse(f"a note has 1 to {_LONGEST:,} characters; this one has {len(words):,}")
    enter(db, case_id, who, NOTE, now_ms, note=mask_text(words))
