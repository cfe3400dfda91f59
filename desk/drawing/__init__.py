"""Drawings as SVG text: from values and words to markup, with nothing read and nothing remembered.

Colours come from classes of `desk/static/drawing.css`; there is no style attribute and no script, as the
desk's content security policy allows neither. A caller passes words in the reader's language and marks what
comes back as safe: every text in it is escaped here.

time_line      transactions around a case, a lane for each card
place_map      where they were, with the ways between
branch_map     branches by what state they are in: where they lie, or by region
bars           columns with a limit
spark          a line as small as a word
gauge          how many of how many
ledger         a device's day as states that follow one another
"""
