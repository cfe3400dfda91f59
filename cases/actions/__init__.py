"""What the desk does to others: blocks, releases, reports; proposed by one person and checked by another."""
