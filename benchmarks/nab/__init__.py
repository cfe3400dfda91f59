"""The Numenta Anomaly Benchmark: its scoring, its protocol without peeking, and the scorers compared."""
