"""Work that a case hands to other departments, and what becomes of it."""
