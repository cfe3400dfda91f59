"""In which order a desk with few calls an hour saves the most money."""
