"""The desk for other systems: JSON over HTTP, for programs with a token of their own."""
