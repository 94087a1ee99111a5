"""The order of a month, as a table, from which a month, a walk through it and runs are made."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numba.core import config

from partnersim.model import (
    coordinators,
    decisions,
    environment,
    initial,
    levers,
    meetings,
    trust,
    within,
    work,
)
from partnersim.model.compiled import entry_point
from partnersim.model.constants import REST_MONTHS
from partnersim.model.draws import root, set_keys
from partnersim.model.native.library import Library, load
from partnersim.model.observe import write_observed
from partnersim.model.record import array_of, new_record
from partnersim.model.state import STATE, pack_detail
from partnersim.model.variants import (
    SLOTS,
    Function,
    Variant,
    VariantError,
    Variants,
    interpreted,
    machine_code,
    read_variants,
    say_compiler,
)


class Row(NamedTuple):
    """One process of the month.

    Attributes
    ----------
    process
        The function, of state and parameters; of the function in its slot before them, if it has
        one. The first line of its docstring says what it does.
    slot
        The slot whose function it calls; empty for none.
    booked
        What the ledger calls its changes of trust; two names are of gains and of losses, and none
        is of what changes no trust.
    goes_on
        Whether it goes on after a collapse.
    """

    process: Any
    slot: str = ""
    booked: tuple[str, ...] = ()
    goes_on: bool = False

    @property
    def name(self) -> str:
        """Return the name of the function."""
        return str(self.process.__name__)

    @property
    def what(self) -> str:
        """Return what the process does, in a sentence: the first line of its docstring."""
        return str(self.process.__doc__).partition("\n")[0]


PHASES = {
    "environment": (
        Row(environment.draw_shocks, goes_on=True),
        Row(environment.near_deadlines, goes_on=True),
        Row(environment.set_capacity, goes_on=True),
        Row(environment.feel_pressure, goes_on=True),
        Row(levers.set_levers, goes_on=True),
    ),
    "events, turnover, withdrawal": (
        Row(environment.let_events_happen, booked=("events",)),
        Row(environment.change_leaders, booked=("turnover",)),
        Row(environment.withdraw_members, slot="leave"),
    ),
    "coordinators meet people": (
        Row(coordinators.change_coordinators),
        Row(coordinators.choose_meetings, slot="meet"),
        Row(coordinators.hold_meetings),
        Row(coordinators.articulate_vision),
        Row(trust.bridge_partners, booked=("bridging",)),
        Row(coordinators.serve_host, booked=("seen to serve the host",)),
        Row(coordinators.convene_partners),
        Row(coordinators.judge_coordinators),
        Row(meetings.spend_time),
    ),
    "organisations meet": (
        Row(meetings.compare_interests),
        Row(meetings.make_contact),
        Row(meetings.show_commitment),
        Row(trust.hear_talk, slot="learn", booked=("meetings",)),
        Row(trust.see_deeds, slot="learn", booked=("deeds",)),
        Row(trust.miss_agreements, booked=("agreements withdrawn",)),
        Row(trust.spend_joint_days, slot="learn", booked=("joint days",)),
        Row(meetings.raise_issues, booked=("flares",)),
        Row(meetings.let_issues_break_out, booked=("ruptures",)),
    ),
    "decide contributions": (
        Row(trust.assess_trust),
        Row(decisions.share_out_work),
        Row(decisions.weigh_initiatives),
        Row(decisions.decide_contributions, slot="decide"),
    ),
    "work and keep promises": (
        Row(work.deliver_promises),
        Row(work.see_what_is_given),
        Row(work.take_decisions, slot="consent", booked=("decided over",)),
        Row(work.do_work),
        Row(work.compare_with_plans),
        Row(trust.judge_partners, booked=("joint work",)),
        Row(trust.follow_theory, booked=("theory",)),
        Row(environment.settle_accounts),
    ),
    "embed, and begin anew": (
        Row(work.embed_work, goes_on=True),
        Row(work.give_up_work, booked=("work given up",)),
        Row(work.begin_initiatives, slot="begin"),
    ),
    "within the organisation": (
        Row(within.update_commitment),
        Row(trust.forget_partners, booked=("decay",)),
        Row(within.update_beliefs),
        Row(levers.change_practice),
        Row(trust.assess_trust),
    ),
}
"""The processes of a month by its phases, in order."""

MONTH = tuple(row for rows in PHASES.values() for row in rows)
END = len(MONTH) + 1
"""The step after the last row, in which the month is counted as gone, as if it were one more row."""


def month_table() -> str:
    """Write the table in Markdown, as docs/odd.md has it."""
    lines = ["| process | what it does | slot | trust, in the ledger |", "|---|---|---|---|"]
    for number, (title, rows) in enumerate(PHASES.items(), start=1):
        lines.append(f"| **{number} {title}** | | | |")
        for row in rows:
            module = row.process.__module__.rpartition(".")[2]
            slot = f"`{row.slot}`" if row.slot else ""
            what = row.what + (" After a collapse too." if row.goes_on else "")
            lines.append(f"| `{module}.{row.name}` | {what} | {slot} | {', '.join(row.booked)} |")
    return "\n".join(lines) + "\n"


# --- What is made of the table --------------------------------------------------------------------


def _in_order(slots: Mapping[str, Function]) -> Function:
    """Write the function that performs the rows in order, with these functions in the slots.

    A collapse ends the month; after it a month is the rows that go on.
    """
    lines = [
        "def perform_rows(first, last, states, parameters):",
        '    """Perform rows `first` to `last`, not included, of the month."""',
        "    state, p = states[0], parameters[0]",
        "    had_collapsed = state.has_collapsed[0]",
    ]
    for at, row in enumerate(MONTH):
        collapsed = "had_collapsed" if row.goes_on else 0
        given = f"{row.slot}, " if row.slot else ""
        lines += [
            f"    if first <= {at} < last and state.has_collapsed[0] == {collapsed}:",
            f"        {row.name}({given}state, p)",
        ]
    lines += [f"    if last == {END}:", "        state.month[0] += 1"]
    scope = {"__name__": __name__, **{row.name: row.process for row in MONTH}, **slots}
    source = "\n".join(lines)
    exec(compile(source, __file__, "exec"), scope)
    scope["perform_rows"].source = source  # no file has it
    return scope["perform_rows"]


def _setting_out(begin: Function) -> Function:
    """Set a place out, with this function in its slot."""

    def set_out(states, parameters, root, replicate):
        """Set a state to some months before the beginning of a replicate, whatever it held before."""
        initial.set_out(begin, states[0], parameters[0], root, replicate)

    return set_out


def _counting(begin: Function) -> Function:
    """Begin to count, with this function in its slot."""

    def begin_counting(states, parameters):
        """Turn a place that has come to rest into one that begins."""
        initial.begin_counting(begin, states[0], parameters[0])

    return begin_counting


def _simulating(set_out: Function, begin_counting: Function, perform_rows: Function) -> Function:
    """Repeat the months of rest and of the run for each replicate."""

    def run_replicates(states, parameters, root, first_replicate, series, detail):
        """Run replicates and write what is observed.

        Parameters
        ----------
        states : array of one STATE record, overwritten; one for each thread
        parameters : array of one record of parameters
        root : uint64[2], from `draws.root`
        first_replicate : int
        series : float64[replicate, months + 1, len(SERIES)], overwritten
        detail : float64[replicate, months + 1, detail_size(n)], overwritten; last axis 0 for none
        """
        state, p = states[0], parameters[0]
        for r in range(series.shape[0]):
            set_out(states, parameters, root, first_replicate + r)
            # In one loop, since the whole month is compiled again wherever it is called.
            for month in range(-REST_MONTHS, p.months + 1):
                if month == 0:
                    begin_counting(states, parameters)
                if month >= 0:
                    write_observed(states, parameters, series[r, month])
                    if detail.shape[2] > 0:
                        pack_detail(state, p, detail[r, month])
                if month < p.months:
                    perform_rows(0, END, states, parameters)

    return run_replicates


# --- The model, with functions of one's own in the slots or without ---------------------------------


class Core(NamedTuple):
    """The model as it is run.

    Compiled functions are handed state and parameters as arrays of one record: taking a record by
    itself apart costs Python a tenth of a millisecond, an array next to nothing. Methods take
    records, made by `partnersim.model.record.new_record`.

    Attributes
    ----------
    variants
        What is in the slots that is not the model's.
    set_out, begin_counting, perform_rows, run_replicates, write_observed
        Machine code; or some are not, where a variant is not.
    """

    variants: tuple[Variant, ...]
    set_out: Function
    begin_counting: Function
    perform_rows: Function
    run_replicates: Function
    write_observed: Function = write_observed

    def start(self, state: Any, p: Any, root: Any, replicate: int) -> None:
        """Set a state to the beginning of a replicate, whatever it held before."""
        arrays = array_of(state), array_of(p)
        self.set_out(*arrays, root, replicate)
        for _ in range(REST_MONTHS):
            self.perform_rows(0, END, *arrays)
        self.begin_counting(*arrays)

    def perform(self, first: int, last: int, state: Any, p: Any) -> None:
        """Perform rows `first` to `last`, not included, of the month."""
        self.perform_rows(first, last, array_of(state), array_of(p))

    def step(self, state: Any, p: Any) -> None:
        """Perform one month; if anything goes wrong in a variant, the state is as it was before."""
        if not self.variants:
            return self.perform(0, END, state, p)
        before = state.copy()
        try:
            self.perform(0, END, state, p)
        except BaseException as error:
            gone = state.month[0]
            for name in STATE.names or ():
                state[name][...] = before[name]
            if isinstance(error, VariantError):
                raise ValueError(f"{error} (months gone: {gone})") from None
            raise

    def observe(self, state: Any, p: Any, row: Any) -> None:
        """Write what is observed of the month gone into `row`: float64[len(SERIES)]."""
        self.write_observed(array_of(state), array_of(p), row)

    def walk(self, state: Any, p: Any) -> Iterator[Row]:
        """Perform one month process by process, and yield the row of each when it has run."""
        had_collapsed = state.has_collapsed[0]
        for at, row in enumerate(MONTH):
            if state.has_collapsed[0] == (had_collapsed if row.goes_on else 0):
                self.perform(at, at + 1, state, p)
                yield row
        self.perform(END, END, state, p)

    def simulate(self, state: Any, p: Any, root: Any, first: int, series: Any, detail: Any) -> None:
        """Run replicates and write what is observed; at a fault of a variant, say in which and when.

        Parameters
        ----------
        state
            A STATE record, overwritten; one for each thread.
        p
            A record of parameters.
        root : uint64[2]
            From `draws.root`.
        first
            The first replicate.
        series : float64[replicate, months + 1, len(SERIES)]
            Overwritten.
        detail : float64[replicate, months + 1, detail_size(n)]
            Overwritten; last axis 0 for none.
        """
        try:
            self.run_replicates(array_of(state), array_of(p), root, first, series, detail)
        except VariantError as error:
            keys, replicate = np.empty_like(state.keys), first
            set_keys(keys, root, replicate)
            while (keys != state.keys).any():  # those of the one that failed
                replicate += 1
                set_keys(keys, root, replicate)
            where = f"(replicate {replicate}, months gone: {state.month[0]})"
            raise ValueError(f"{error} {where}") from None


def _core(own: tuple[Variant, ...], slots: Mapping[str, Function], **options: Any) -> Core:
    """Compile the model with these functions in the slots; `options` are those of `entry_point`."""
    set_out = entry_point(_setting_out(slots["begin"]), **options)
    begin_counting = entry_point(_counting(slots["begin"]), **options)
    perform_rows = entry_point(_in_order(slots), **options)
    run_replicates = entry_point(_simulating(set_out, begin_counting, perform_rows), **options)
    return Core(own, set_out, begin_counting, perform_rows, run_replicates)


_DEFAULTS = {name: slot.default for name, slot in SLOTS.items()}

COMPILED = _core((), _DEFAULTS)
"""The model with its own functions in all slots, as Numba compiles it."""

# Numba looks up by their names what the last one calls.
set_out, begin_counting, perform_rows = COMPILED.set_out, COMPILED.begin_counting, COMPILED.perform_rows


def _choose_machine(library: Library | None) -> Core:
    """Take the native library where it is there and Numba may compile too: without, all is plain Python."""
    if library is None or config.DISABLE_JIT:
        return COMPILED
    return Core(
        (),
        library.set_out,
        library.begin_counting,
        library.perform_rows,
        library.run_replicates,
        library.write_observed,
    )


MODEL = _choose_machine(load())
"""The model with its own functions in all slots, by the fastest machine that is there."""

start, perform, step, walk = MODEL.start, MODEL.perform, MODEL.step, MODEL.walk
observe, simulate = MODEL.observe, MODEL.simulate


def build(variants: Variants | None = None, *, compiled_for: np.dtype | None = None) -> Core:
    """Put functions of one's own into the slots.

    Parameters
    ----------
    variants
        Functions by the names of `SLOTS`; nothing for the model as it is.
    compiled_for
        The type of the parameters that they are compiled for: some seconds for the first time in a
        process, then full speed. With none, they and the processes that call them run in plain
        Python, some milliseconds a month, with the same numbers bit for bit.

    Raises
    ------
    ValueError
        For a name that no slot has.
    TypeError
        For what is no function, takes other parameters, or cannot be compiled.

    Later, one that gives what is impossible raises ValueError or TypeError, which name it.
    """
    own = read_variants(variants)
    if not own:
        return MODEL
    if compiled_for is None:
        return _in_python(own)
    with _COMPILING:
        if own not in _COMPILED:
            _COMPILED[own] = _in_machine_code(own, compiled_for)
        return _COMPILED[own]


_COMPILED: dict[tuple[Variant, ...], Core] = {}
"""Cores already compiled, by their variants, which are equal if their sources are: a cell of a
notebook run again compiles nothing."""

_COMPILING = threading.Lock()


def _in_python(own: tuple[Variant, ...]) -> Core:
    """Call variants, and the processes that call them, in plain Python."""
    functions = {variant.name: interpreted(variant) for variant in own}
    rows = [(at, row) for at, row in enumerate(MONTH) if row.slot in functions]

    def perform_rows(first: int, last: int, states: Any, parameters: Any) -> None:
        state, p = states[0], parameters[0]
        had_collapsed = state.has_collapsed[0]
        for at, row in rows:
            if first <= at < last:
                MODEL.perform_rows(first, at, states, parameters)
                first = at + 1
                if state.has_collapsed[0] == 0:
                    row.process(functions[row.slot], state, p)
                if state.has_collapsed[0] != had_collapsed:  # the month ends here
                    first = last
        MODEL.perform_rows(first, last, states, parameters)

    set_out, begin_counting = MODEL.set_out, MODEL.begin_counting
    if "begin" in functions:
        set_out, begin_counting = _setting_out(functions["begin"]), _counting(functions["begin"])
    run_replicates = _simulating(set_out, begin_counting, perform_rows)
    return Core(own, set_out, begin_counting, perform_rows, run_replicates)


def _in_machine_code(own: tuple[Variant, ...], reads: np.dtype) -> Core:
    """Compile variants and what calls them, now, so that what is wrong is said now."""
    from numba import int64, typeof
    from numba.core.errors import NumbaError

    core = _core(own, _DEFAULTS | {variant.name: machine_code(variant) for variant in own}, cache=False)
    record, parameters = (typeof(array_of(new_record(dtype))) for dtype in (STATE, reads))
    series = typeof(np.empty((1, 1, 1)))
    try:
        if hasattr(core.run_replicates, "machine_code"):  # Numba is on
            core.run_replicates.machine_code.compile(
                (record, parameters, typeof(root(0)), int64, series, series)
            )
    except NumbaError as error:
        raise TypeError(say_compiler(error, own)) from error
    return core
