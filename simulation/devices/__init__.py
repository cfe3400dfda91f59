"""A simulated fleet: what machines report through a month of weather, and what was really wrong."""
