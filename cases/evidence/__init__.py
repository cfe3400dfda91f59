"""The evidence package of a case: everything on record about it, signed, ready for the police."""
