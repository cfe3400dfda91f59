"""How many people the desk needs: queueing formulas, and a plan by the quarter-hour."""
