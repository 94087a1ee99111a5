"""The one palette: colours, dashes and sizes of type of every picture, on paper or on a page.

Colours are told apart by those who see few, and in print without colour by how dark they are;
with them go dashes, widths or shapes, so that none stands alone. Lengths are pixels of a picture.
"""

BLUE, GREEN, PURPLE, ORANGE = COLOURS = ("#12436D", "#28A197", "#801650", "#F46A25")
DARK = ("#12436D", "#1A6B64", "#801650", "#A8410C")
"""The colours in shades dark enough for text on white."""

DASHES = ("", "20 7", "24 6 5 6", "5 6")
"""Dashes that go with the colours of lines: lengths drawn and left out."""

SHADES = ("#092135", "#12436D", "#2073BC", "#6BACE6", "#ADD1F1")
"""Blue from dark to light, for what has an order."""

INK, QUIET, GREY, PAPER = "#0B0C0C", "#505A5F", "#BFBFBF", "#FFFFFF"

MAX_SERIES = len(COLOURS)
"""The most things that a picture can tell apart."""

TYPE = 24
"""The size of type, legible from the back of a room at 1280 pixels across."""

LINE = 28
"""The distance from one line of text of that size to the next."""

TITLE, NUMBER = 33, 36
"""Sizes of the message of a page, and of numbers that are to be seen first."""
