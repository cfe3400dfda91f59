"""What the pages about rules show: the rule book, pictures, reports."""
