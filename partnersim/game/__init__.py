"""The game: people at tables and programs in Python play organisations, by the same rules.

`rules` says what a seat may decide each half-year and makes a scenario of what was decided; `seats`
says what a seat is shown, and plays a scenario; `policies` has a few plain ways to play, and
`parallel` gives the game to PettingZoo.
"""
