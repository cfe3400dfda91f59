"""Why an alert fired, and the few events that fire it again."""
