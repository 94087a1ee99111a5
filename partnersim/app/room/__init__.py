"""The room plays: phones join the workshop, bet, pledge, and tables play the organisations.

`game` is what tables decided, by the rules of `partnersim.game`; `review` looks at what became of it;
`phones` knows who is in and what they have said; `surfaces` says what the facilitator's desk, the
shared screen and each phone show; `web` connects them. Only the last knows the web.
"""
