"""What the desk's own alarms were like, in the figures of ISA-18.2, IEC 62682 and EEMUA 191.

A period is half-open, [from, to), and ends with what is settled: time that nobody has watched yet is not
counted as quiet. Hours and ten-minute periods of a share are counted from the period's start, the last one
may be shorter; a peak is the most in any stretch of that length, wherever it begins. An alarm counts when it
was annunciated, that is when the desk was told; codes that are never suppressed count in the whole and are
given apart as well. Everything is event time.
"""
