"""What a package leaves out: the traces of its own making, or no second one would be the same."""

# What the timeline and the audit say when a package was made.
EXPORTED = "evidence_exported"
# Seeing a case and packing it change nothing about it; the store's own audit keeps these rows.
OWN_TRACES = frozenset({"viewed", EXPORTED})
