"""Alarm management: which of what devices complain of is shown to people, when, and what becomes of it."""
