"""Learning from labels which transactions are fraud, and telling what the model is."""
