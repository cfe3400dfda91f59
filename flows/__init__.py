"""The only place that wires things together: the dataflows over Bytewax and their supervisor."""
