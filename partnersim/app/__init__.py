"""The workshop app: a trainer, a projector and a room that wants to understand.

What can be said, drawn and remembered stands in modules that know nothing of the web: `world`
(what is simulated), `session` (what one visitor has done), `sentences` and `words` (what is
said), `draw` (what is drawn), `stories`, `links` and `take_home`. The components that show all
this are thin.
"""

ECHARTS = "echarts@5.4.0/dist/echarts.common.min.js"
"""The library that draws charts to read values off; it comes with the page's own files."""
