"""Working on cases: who holds which task until when, what may happen to a case, and what wakes it."""
