"""What the queue is asked for, and what a lead does to many cases at once."""
