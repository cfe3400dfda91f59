"""Who may sign in at the desk, and with what: users, passwords, codes, sessions, and programs with tokens."""
