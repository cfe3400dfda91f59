"""What the wallboard shows: how things stand, tile by tile."""
