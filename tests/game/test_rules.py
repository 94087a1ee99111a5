"""What was decided becomes interventions that hold just that, and no more of them than are needed."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from partnersim.game.rules import Round, as_played, rules

SEATS = rules().seats
MOVES = st.fixed_dictionaries(
    {}, optional={move: st.sampled_from(list(choices)) for move, choices in rules().moves.items()}
)
ROUNDS = st.lists(st.dictionaries(st.sampled_from(SEATS), MOVES), max_size=rules().rounds)


@settings(max_examples=40, deadline=None)
@given(ROUNDS)
def test_each_lever_is_held_where_and_as_long_as_it_was_chosen(played: list[Round]) -> None:
    chosen = {
        (seat, lever, month): value
        for n, moves_of in enumerate(played)
        for seat, moves in moves_of.items()
        for move, choice in moves.items()
        for lever, value in rules().moves[move][choice].items()
        for month in range(6 * n, 6 * n + 6)
    }
    held = [
        ((seat, one.lever, month), one.value)
        for one in as_played(rules().scenario, played).interventions
        for seat in one.organisations
        for month in range(one.from_month, one.to_month)
    ]
    assert dict(held) == chosen
    assert len(held) == len(chosen)  # nothing is held twice


def test_what_goes_on_is_one_intervention() -> None:
    both = {"council": {"issue": "raise"}, "hospital": {"issue": "raise"}}
    alone = {"council": {"issue": "raise"}}
    held = [
        (one.organisations, one.from_month, one.to_month)
        for one in as_played(rules().scenario, [both, both, alone, {}, alone]).interventions
    ]
    assert held == [(["hospital", "council"], 0, 12), (["council"], 12, 18), (["council"], 24, 30)]
