"""The web desk: pages and an API over `cases`, with no rule of their own."""
