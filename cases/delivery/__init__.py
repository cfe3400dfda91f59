"""What the desk tells others beside the bank: messages that are handed over, tried again and settled."""
