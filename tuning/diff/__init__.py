"""What differs between the alerts of two runs."""
