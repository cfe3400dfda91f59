"""Who did or saw what, in rows that cannot be changed unnoticed."""
