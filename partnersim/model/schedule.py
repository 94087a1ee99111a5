"""One month, in order; and the loop over months and replicates."""

from partnersim.model.compiled import compiled
from partnersim.model.constants import N_LAYERS
from partnersim.model.coordinators import (
    articulate,
    be_judged,
    bridge,
    bring_together,
    choose_meetings,
    come_and_go,
    hold_meetings,
    serve_host,
)
from partnersim.model.decisions import decide
from partnersim.model.environment import (
    change_leaders,
    feel_pressure,
    fund,
    happen,
    near_deadlines,
    shake,
    spend_time,
    withdraw,
)
from partnersim.model.initial import start
from partnersim.model.levers import practise, set_levers
from partnersim.model.meetings import (
    assess_trust,
    break_out,
    differ,
    hear_talk,
    make_contact,
    miss_agreements,
    raise_issues,
    see_deeds,
    show,
    spend_joint_days,
)
from partnersim.model.observe import observe
from partnersim.model.state import pack_detail
from partnersim.model.within import commit, forget, update_beliefs
from partnersim.model.work import (
    abandon,
    begin_initiatives,
    celebrate,
    deliver,
    embed,
    judge_promises,
    pass_gates,
    work,
)


@compiled
def hold_trust(state, p):
    """With trust frozen, it is again what it was at the start."""
    if p.mechanisms.trust_frozen:
        for i in range(p.n):
            for layer in range(N_LAYERS):
                for j in range(p.n):
                    state.competence_trust[i, layer, j] = state.start_competence_trust[i, layer, j]
                    state.goodwill_trust[i, layer, j] = state.start_goodwill_trust[i, layer, j]


OPENING = (
    # 1 environment
    shake, near_deadlines, fund, feel_pressure, set_levers,
)  # fmt: skip
LIVING = (
    spend_time,
    # 2 events, turnover, withdrawal
    happen, change_leaders, withdraw, hold_trust,
    # 3 coordinators meet people
    come_and_go, choose_meetings, hold_meetings, articulate, bridge, serve_host, bring_together,
    be_judged, hold_trust,
    # 4 organisations meet
    differ, make_contact, show, hear_talk, see_deeds, miss_agreements, spend_joint_days, hold_trust,
    raise_issues, break_out, hold_trust,
    # 5 decide contributions
    assess_trust, decide,
    # 6 work and keep promises
    deliver, judge_promises, pass_gates, work, hold_trust,
    # 7 embed
    embed, celebrate, abandon, begin_initiatives, hold_trust,
    # 8 within the organisation
    commit, forget, hold_trust, update_beliefs, practise, assess_trust,
)  # fmt: skip
SCHEDULE = OPENING + LIVING
"""The processes of a month in order: what `step` calls (a test compares the two)."""


def walk(state, p):
    """One month, process by process: yields each when it has run.

    The same month as `step`, for those who want to look in between.
    """
    for process in OPENING:
        process(state, p)
        yield process
    processes = LIVING if state.has_collapsed[0] == 0 else (embed,)
    for process in processes:
        process(state, p)
        yield process
        if process is hold_trust and state.has_collapsed[0] == 1:
            break
    state.month[0] += 1


@compiled
def step(state, p):
    """One month."""
    # 1 environment
    shake(state, p)
    near_deadlines(state, p)
    fund(state, p)
    feel_pressure(state, p)
    set_levers(state, p)
    if state.has_collapsed[0] == 1:
        embed(state, p)  # what was achieved wears away
        state.month[0] += 1
        return
    spend_time(state, p)
    # 2 events, turnover, withdrawal
    happen(state, p)
    change_leaders(state, p)
    withdraw(state, p)
    hold_trust(state, p)
    if state.has_collapsed[0] == 1:
        state.month[0] += 1
        return
    # 3 coordinators meet people
    come_and_go(state, p)
    choose_meetings(state, p)
    hold_meetings(state, p)
    articulate(state, p)
    bridge(state, p)
    serve_host(state, p)
    bring_together(state, p)
    be_judged(state, p)
    hold_trust(state, p)
    # 4 organisations meet
    differ(state, p)
    make_contact(state, p)
    show(state, p)
    hear_talk(state, p)
    see_deeds(state, p)
    miss_agreements(state, p)
    spend_joint_days(state, p)
    hold_trust(state, p)
    raise_issues(state, p)
    break_out(state, p)
    hold_trust(state, p)
    # 5 decide contributions
    assess_trust(state, p)
    decide(state, p)
    # 6 work and keep promises
    deliver(state, p)
    judge_promises(state, p)
    pass_gates(state, p)
    work(state, p)
    hold_trust(state, p)
    # 7 embed
    embed(state, p)
    celebrate(state, p)
    abandon(state, p)
    begin_initiatives(state, p)
    hold_trust(state, p)
    # 8 within the organisation
    commit(state, p)
    forget(state, p)
    hold_trust(state, p)
    update_beliefs(state, p)
    practise(state, p)
    assess_trust(state, p)
    state.month[0] += 1


@compiled
def step_and_observe(states, parameters, row):
    """One month, and what is observed after it.

    States and parameters are arrays of one record: taking a record by itself apart costs Python
    a tenth of a millisecond, an array next to nothing.
    """
    step(states[0], parameters[0])
    observe(states[0], parameters[0], row)


@compiled
def simulate(state, p, root, first_replicate, series, detail):
    """Run replicates and write what is observed.

    Parameters
    ----------
    state : a STATE record, overwritten; one for each thread
    p : a PARAMETERS record
    root : uint64[2], from `draws.root`
    first_replicate : int
    series : float64[replicate, months + 1, len(SERIES)], overwritten
    detail : float64[replicate, months + 1, detail_size(n)], overwritten; last axis 0 for none
    """
    for r in range(series.shape[0]):
        start(state, p, root, first_replicate + r)
        for month in range(p.months + 1):
            if month > 0:
                step(state, p)
            observe(state, p, series[r, month])
            if detail.shape[2] > 0:
                pack_detail(state, p, detail[r, month])
