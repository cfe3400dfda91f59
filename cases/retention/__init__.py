"""How long things are kept: archives, holds, and what the law gives a customer."""
