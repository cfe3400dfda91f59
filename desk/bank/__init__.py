"""What the desk asks of the bank's systems: cards' transactions, and the numbers behind tokens."""
