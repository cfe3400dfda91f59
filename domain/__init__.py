"""What the desk talks about: frozen values without input or output."""
