"""What is learnt from streams and from the desk, published as tables."""
