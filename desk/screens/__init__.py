"""The screens of the desk, one file each: what a page shows, and which service its buttons call."""
