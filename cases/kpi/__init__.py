"""What the desk achieved, in figures that keep their numerator and denominator.

Windows are half-open, [from, to). An attempt belongs to the window in which it started, a case to the one in
which it became ready (figures of flow) or closed (figures of outcome). What is open and has failed already
counts as failed now: a case that nobody called must not wait for its first call to spoil the figure.
"""
