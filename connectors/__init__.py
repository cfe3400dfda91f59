"""Ways in and out: files, codec, dead letters, sinks; plain arguments only."""
