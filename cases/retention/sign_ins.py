"""What is forgotten of who signed in, and from where; that they did is in the audit, and stays."""

from cases.database import Database
from cases.retention.policy import RetentionPolicy
from domain.instants import span_ms


def forget_sign_ins(db: Database, policy: RetentionPolicy, now_ms: int) -> int:
    """Let sessions go that are long over, and names under which signing in failed; say how many.

    Of each user's last session stays when it was, so that whoever no longer comes can be told.
    """
    before_ms = now_ms - span_ms(policy.sign_ins_for)
    with db.writing():
        gone = db.run("purge_sessions", before_ms=before_ms)
        gone += db.run("purge_sign_in_failures", before_ms=before_ms, now_ms=now_ms)
        db.run("blank_sessions", before_ms=before_ms)
    return gone
