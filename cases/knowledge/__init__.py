"""What the desk knows: articles that are versioned, tied to detectors and found from a case."""
