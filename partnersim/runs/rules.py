"""Rules of one's own in place of the model's.

The core is a tree of functions: a step calls processes, and these call what decides, meets and
learns. A rule is one of these functions. To replace it, all that leads to it is made again from
its own code, with only the name of the replaced one bound to something else; everything else
stays what it is. So there is one implementation of the model, no switch in it, and what a run
without own rules costs is nothing.
"""

from __future__ import annotations

import ast
import dis
import hashlib
import inspect
import math
import re
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from numbers import Real
from types import CodeType, FunctionType
from typing import Any

import numba
import numpy as np
from numba import int64, typeof
from numba.core.errors import NumbaError

from partnersim.model import initial, observe, schedule
from partnersim.model.compiled import compiled
from partnersim.model.constants import N_LAYERS
from partnersim.model.draws import root, set_keys
from partnersim.model.record import array_of, new_record
from partnersim.model.series import SERIES
from partnersim.model.state import STATE
from partnersim.scenario.errors import suggest
from partnersim.scenario.translate import PARAMETERS

__all__ = ["Core", "Rule", "Rules", "build", "replaceable", "restore"]

Function = Callable[..., Any]
Rules = Mapping[str, Function]
"""Functions of one's own by the name of the function of the core that each replaces."""

ROUNDING = 1e-9
"""How far outside its range a share may lie, from rounding."""

NOT_RULES = "partnersim.model.draws"
"""What leads to chance is no rule: all arms share their luck."""

NOTHING, NUMBER, NAN, NO_SERIES = (
    "returns something; must write into state and return nothing",
    "returns nothing; must return one number",
    "returned NaN; must return a number",
    "leaves a state of which not all series are finite numbers",
)


# --- What can be replaced -------------------------------------------------------------------------


def replaceable() -> dict[str, str]:
    """Every function of the core that can be replaced, with what it does.

    All that a month, the start and the observation call, in order of the month, except draws.
    What each reads and writes is in its source, `partnersim/model`, and in docs/odd.md.
    """
    return {
        name: (inspect.getdoc(function) or "").split("\n\n")[0].replace("\n", " ")
        for name, function in _originals().items()
    }


@cache
def _originals() -> dict[str, Function]:
    """Functions that can be replaced, by name."""
    roots = (schedule.step, initial.start, observe.observe)
    found: dict[Function, None] = {}

    def visit(function: Function) -> None:
        for value in _globals_of(function).values():
            if _is_core(value) and value.__module__ != NOT_RULES and value not in found:
                found[value] = None
                visit(value)

    for function in roots:
        visit(function)
    return {function.__name__: function for function in found if function not in roots}


@dataclass(frozen=True)
class Rule:
    """A function of one's own in the place of one of the core's.

    Attributes
    ----------
    name
        The function of the core that it replaces.
    function
        Module and name of one's own.
    sha256
        Of its source, that of its helpers and the numbers that both take from their module.
    """

    name: str
    function: str
    sha256: str
    call: Function = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.function} (sha256 {self.sha256[:12]})"

    def to_json(self) -> dict[str, str]:
        """Give what identifies it."""
        return {"function": self.function, "sha256": self.sha256}

    @property
    def said(self) -> str:
        """How messages name it."""
        return f"rule {self.name!r} ({self.function})"


def _read(rules: Rules | None) -> tuple[Rule, ...]:
    """Check names and signatures of own rules; in order of their names."""
    if rules is None:
        return ()
    if not isinstance(rules, Mapping):
        raise TypeError(f"rules: must be a mapping of names to functions, not {rules!r}")
    return tuple(_read_one(name, rules[name]) for name in sorted(rules, key=str))


def _read_one(name: str, function: Function) -> Rule:
    known = _originals()
    if name not in known:
        raise ValueError(
            f"rules: {name!r} is no rule of the model; {suggest(str(name), list(known))}"
        )
    if not callable(function):
        raise TypeError(f"rule {name!r}: must be a function, not {function!r}")
    python = _python(function)
    module = getattr(python, "__module__", None) or type(python).__module__
    label = f"{module}.{getattr(python, '__qualname__', type(python).__qualname__)}"
    rule = Rule(name, label, _fingerprint(python), function)
    wanted = inspect.signature(_python(known[name]))
    try:
        inspect.signature(python).bind(*wanted.parameters)
    except TypeError as error:
        raise TypeError(f"{rule.said}: must take {wanted}: {error}") from None
    return rule


def _fingerprint(function: Function) -> str:
    """SHA-256 of what a function does, as far as its own package says it."""
    digest = hashlib.sha256()
    seen: set[Function] = set()

    def add(value: Any) -> None:
        value = getattr(_python(value), "__func__", _python(value))
        if isinstance(value, np.ndarray):
            digest.update(f"{value.dtype} {value.shape}".encode() + value.tobytes())
        elif not isinstance(value, FunctionType) or _package(value) != _package(function):
            digest.update(getattr(value, "__name__", repr(value)).encode())
        elif value not in seen:
            seen.add(value)
            digest.update(_source(value).encode())
            add(value.__defaults__)
            for cell in value.__closure__ or ():
                add(cell.cell_contents)
            for name, part in _globals_of(value).items():
                digest.update(name.encode())
                add(part)

    add(function)
    return digest.hexdigest()


def _package(function: Function) -> str:
    """The package, or the module on its own, of a function."""
    return (getattr(function, "__module__", None) or "").partition(".")[0]


def _source(function: FunctionType) -> str:
    """The text of a function; its code, where no text was kept."""
    try:
        return inspect.getsource(function)
    except OSError:
        return f"{function.__code__.co_code!r} {function.__code__.co_consts!r}"


# --- The core, with own rules in it ---------------------------------------------------------------


@dataclass(frozen=True)
class Core:
    """The core's functions, with own rules in them.

    Attributes
    ----------
    rules
        What was replaced; none for the core as it is.
    start, step, walk, observe, simulate
        As in `partnersim.model`. With own rules, `step` leaves the state as it was before the
        month if anything goes wrong in it.
    """

    rules: tuple[Rule, ...]
    start: Function
    step: Function
    walk: Callable[..., Iterator[Function]]
    observe: Function
    simulate: Function

    def step_and_observe(self, state: Any, p: Any, row: Any) -> None:
        """One month, and what is observed after it.

        Parameters
        ----------
        state, p
            Records of STATE and PARAMETERS made by `partnersim.model.record.new_record`.
        row : float64[len(SERIES)]
            Overwritten.
        """
        if self.rules:
            self.step(state, p)
            self.observe(state, p, row)
        else:  # as arrays of one record, which Python hands to compiled code much faster
            schedule.step_and_observe(array_of(state), array_of(p), row)


def build(rules: Rules | None, *, compiled: bool = False) -> Core:
    """Put own rules into the core.

    A rule has the parameters of the function that it replaces, and does as that one does: it
    writes into `state`, or returns a number. It calls what it names: core functions as they are,
    also where those are replaced too, so that a rule may call the one whose place it takes.

    Parameters
    ----------
    rules
        Own functions by the name of the core's, see `replaceable`; nothing for the core as it is.
    compiled
        Whether they are compiled: some seconds for the first time in a process, then full speed.
        Otherwise they and what leads to them run in plain Python, some milliseconds a month, with
        the same numbers bit for bit.

    Raises
    ------
    ValueError
        For a name that no function of the core has.
    TypeError
        For what is no function, takes other parameters, or cannot be compiled.

    Later, a rule that returns NaN or puts numbers out of range raises ValueError, one that returns
    the wrong thing TypeError; both name it.
    """
    own = _read(rules)
    if not own:
        return Core(
            (), initial.start, schedule.step, schedule.walk, observe.observe, schedule.simulate
        )
    if not compiled:
        return _put_together(own, _guard, _leave)
    with _COMPILING:
        if own not in _COMPILED:
            _COMPILED[own] = _put_together(own, _compiled_guard, _compile)
        return _COMPILED[own]


_COMPILED: dict[tuple[Rule, ...], Core] = {}
"""Rules are equal if their sources are: a cell of a notebook run again compiles nothing."""

_COMPILING = threading.Lock()


def _put_together(
    rules: tuple[Rule, ...],
    guard: Callable[[Rule], Function],
    finish: Callable[[Function], Function],
) -> Core:
    """Make again all that leads to some rules.

    Parameters
    ----------
    rules
        What is replaced.
    guard
        Makes of a rule what stands in the place of the core's function.
    finish
        What is done to all functions made again: `_compile` or `_leave`.
    """
    known, who = _originals(), _said(rules)
    made = {known[rule.name]: guard(rule) for rule in rules}
    start = _remake(initial.start, made, finish)
    step = _remake(schedule.step, made, finish)
    walk = _remake(schedule.walk, made, finish)
    watch = _remake(observe.observe, made, finish)

    def watch_and_check(state, p, row):  # type: ignore[no-untyped-def]
        watch(state, p, row)
        if not is_sound(state, p):
            raise _RuleError(who, "")
        for at in range(len(row)):
            if not math.isfinite(row[at]):
                raise _RuleError(who, NO_SERIES)

    is_compiled = finish is _compile
    made[observe.observe] = finish(watch_and_check)
    if is_compiled and step is not schedule.step:
        made[schedule.step] = _inline(step)
    simulate = _remake(schedule.simulate, made, finish)
    if is_compiled:
        _compile_now(simulate, rules)
    check = made[observe.observe]
    return Core(
        rules,
        start,
        _unharmed(step, check),
        _checked(walk, check),
        watch,
        _telling_where(simulate),
    )


def _leave(function: Function) -> Function:
    """Leave a function in plain Python."""
    return function


def _compile(function: Function) -> Function:
    """Compile as the core is, but keep nothing on disk: a cache would not see changed rules."""
    compile_: Callable[[Function], Function] = numba.njit(nogil=True, error_model="numpy")
    return compile_(function)


def _inline(function: Function) -> Function:
    """Make a function part of what calls it: all it calls is then put together once, not twice."""
    compile_: Callable[[Function], Function] = numba.njit(
        nogil=True, error_model="numpy", inline="always"
    )
    return compile_(_python(function))


def _compile_now(simulate: Any, rules: tuple[Rule, ...]) -> None:
    """Compile for the arguments that it will have, so that what is wrong is said now."""
    if not hasattr(simulate, "compile"):  # Numba is off
        return
    record, parameters = (typeof(new_record(dtype)) for dtype in (STATE, PARAMETERS))
    rows = typeof(np.empty((1, 1, 1)))
    try:
        simulate.compile((record, parameters, typeof(root(0)), int64, rows, rows))
    except NumbaError as error:
        text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
        meant = [r for r in rules if getattr(_python(r.call), "__name__", "") in text]
        lines = [line for line in text.splitlines() if line.strip()][:MOST_LINES]
        raise TypeError(
            f"{_said(tuple(meant) or rules)}: cannot be compiled, or returns another type than "
            "the rule it replaces:\n" + "\n".join(lines)
        ) from error


MOST_LINES = 16
"""Of Numba's message."""


# --- Making functions again -----------------------------------------------------------------------


def _python(function: Any) -> Any:
    """The Python function of a compiled one."""
    return getattr(function, "py_func", function)


def _is_core(value: Any) -> bool:
    """Whether a value is a function of the core, compiled or not."""
    module = getattr(value, "__module__", None) or ""
    return isinstance(_python(value), FunctionType) and module.startswith("partnersim.model.")


def _globals_of(function: Function) -> dict[str, Any]:
    """What the names that a function uses stand for in its module, in order of use."""
    python = _python(function)
    return {
        name: python.__globals__[name]
        for name in _names_in(python.__code__)
        if name in python.__globals__
    }


def _names_in(code: CodeType) -> Iterator[str]:
    """Global names that code uses, also in functions within it; not those of attributes."""
    for instruction in dis.get_instructions(code):
        if instruction.opname == "LOAD_GLOBAL":
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


def _clone(function: FunctionType, names: Mapping[str, Any]) -> FunctionType:
    """The same code, with some of the names that it uses standing for something else."""
    twin = FunctionType(
        function.__code__,
        {**function.__globals__, **names},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    twin.__doc__ = function.__doc__
    return twin


def _remake(
    function: Function,
    made: dict[Function, Function],
    finish: Callable[[Function], Function],
) -> Any:
    """Make a function again if it leads to one that is replaced; else it stays.

    Parameters
    ----------
    function
        Of the core.
    made
        What each function of the core becomes; filled on the way.
    finish
        What is done to those made again: compile them, or nothing.
    """
    if function in made:
        return made[function]
    made[function] = function
    changed: dict[str, Any] = {}
    for name, value in _globals_of(function).items():
        new = _remake_value(value, made, finish)
        if new is not value:
            changed[name] = new
    # `walk` is a generator, and no compiled function to begin with.
    end = finish if hasattr(function, "py_func") else lambda twin: twin
    made[function] = end(_clone(_python(function), changed)) if changed else function
    return made[function]


def _remake_value(
    value: Any, made: dict[Function, Function], finish: Callable[[Function], Function]
) -> Any:
    """A function, or each of some functions, made again; all else as it is."""
    if _is_core(value):
        return _remake(value, made, finish)
    if isinstance(value, tuple) and any(map(_is_core, value)):
        parts = tuple(_remake(part, made, finish) for part in value)
        return value if parts == value else parts
    return value


def _helpers(function: FunctionType) -> dict[str, FunctionType]:
    """Plain functions of its own package that a rule calls by name."""
    return {
        name: value
        for name, value in _globals_of(function).items()
        if isinstance(value, FunctionType)
        and value is not function
        and _package(value) == _package(function)
    }


def _compile_own(function: Any) -> Any:
    """Compile a rule and the plain functions that it calls; what is compiled stays as it is."""
    if hasattr(function, "py_func"):
        return function
    if not isinstance(function, FunctionType):
        raise TypeError(f"{function!r}: only functions can be compiled")
    helpers = {name: _compile_own(helper) for name, helper in _helpers(function).items()}
    return _compile(_clone(function, helpers))


# --- Guards ---------------------------------------------------------------------------------------

NO_END = float("inf")
RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(
        (
            "competence_trust", "goodwill_trust", "trust", "vision_commitment", "contribution",
            "delivered", "contact", "tension", "target_pressure", "credibility",
        ),
        (0.0, 1.0),
    ),
    **dict.fromkeys(("meetings", "work", "work_delivered", "staff_days"), (0.0, NO_END)),
    **dict.fromkeys(("stake", "belief"), (-NO_END, NO_END)),
}  # fmt: skip
"""Fields of the state that `is_sound` looks at, and where finite numbers in them must lie."""


@compiled
def is_share(value):  # type: ignore[no-untyped-def]
    """Whether a number lies in [0, 1]; NaN does not."""
    return -ROUNDING <= value <= 1.0 + ROUNDING


@compiled
def is_amount(value):  # type: ignore[no-untyped-def]
    """Whether a number is 0 or more, and finite."""
    return -ROUNDING <= value < np.inf


@compiled
def is_sound(state, p):  # type: ignore[no-untyped-def]
    """Whether the fields named in `RANGES` are finite and within them."""
    sound = is_amount(state.work_delivered[0]) and is_amount(state.staff_days[0])
    for i in range(p.n):
        sound &= math.isfinite(state.stake[i]) and is_share(state.target_pressure[i])
        for j in range(p.n):
            sound &= is_share(state.contact[i, j]) and is_share(state.tension[i, j])
        for layer in range(N_LAYERS):
            sound &= is_share(state.vision_commitment[i, layer])
            sound &= is_share(state.contribution[i, layer])
            sound &= is_share(state.delivered[i, layer])
            sound &= math.isfinite(state.belief[i, layer])
            for j in range(p.n):
                sound &= is_share(state.competence_trust[i, layer, j])
                sound &= is_share(state.goodwill_trust[i, layer, j])
                sound &= is_share(state.trust[i, layer, j])
    for c in range(p.coordinators.n):
        for i in range(p.n):
            sound &= is_share(state.credibility[c, i])
            for layer in range(N_LAYERS):
                sound &= is_amount(state.meetings[c, i, layer])
    for m in range(p.programme.n_simultaneous):
        sound &= is_amount(state.work[m])
    return sound


def _fault(state: Any) -> str:
    """Name the first number of a state that is out of range."""
    for name, (low, high) in RANGES.items():
        values = state[name]
        is_right = (values >= low - ROUNDING) & (values <= high + ROUNDING) & np.isfinite(values)
        if not is_right.all():
            place = np.argwhere(~is_right)[0].tolist()
            wanted = f"from {low:g} to {high:g}" if high < NO_END else "finite"
            wanted = "0 or more" if (low, high) == (0.0, NO_END) else wanted
            return f"{name}{place} is {values[tuple(place)]:g}; must be {wanted}"
    raise AssertionError("a state that is not sound has no fault")


def _said(rules: tuple[Rule, ...]) -> str:
    """Name one or more rules."""
    return " or ".join(rule.said for rule in rules)


def _is_process(rule: Rule) -> bool:
    """Whether a rule is a step of the month, which leaves a sound state behind."""
    return _originals()[rule.name] in schedule.SCHEDULE


@cache
def _returns_number(name: str) -> bool:
    """Whether a function of the core returns something."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(_python(_originals()[name]))))
    return any(isinstance(node, ast.Return) and node.value for node in ast.walk(tree))


def _guard(rule: Rule) -> Function:
    """Call a rule in plain Python; what is wrong with it names it."""
    returns_number, is_process = _returns_number(rule.name), _is_process(rule)

    def guarded(*arguments: Any) -> Any:
        try:
            value = rule.call(*arguments)
        except (TypeError, ValueError) as error:
            kind = ValueError if isinstance(error, ValueError) else TypeError
            raise kind(f"{rule.said}: {error}") from error
        except Exception as error:
            error.add_note(f"in {rule.said}")
            raise
        if not returns_number and value is not None:
            raise TypeError(f"{rule.said}: {NOTHING}")
        if returns_number and not isinstance(value, Real | np.bool_):
            raise TypeError(f"{rule.said}: returned {_described(value)}; must return one number")
        if value != value:
            raise ValueError(f"{rule.said}: {NAN}")
        if is_process and not is_sound(*arguments):
            raise ValueError(f"{rule.said}: {_fault(arguments[0])}")
        return value

    # The name of the process, for those who walk through a month.
    guarded.__name__ = rule.name
    return guarded


def _described(value: Any) -> str:
    """Give type and shape of what was returned."""
    if value is None:
        return "nothing"
    shape = getattr(value, "shape", None)
    return type(value).__name__ + (f" of shape {shape}" if shape is not None else "")


class _RuleError(Exception):
    """Raised in compiled code: who is at fault, and how; nothing, if the state shows it."""


def _compiled_guard(rule: Rule) -> Function:
    """Compile a rule so that it says when it returns NaN or leaves an unsound state."""
    try:
        call = _compile_own(rule.call)
    except TypeError as error:
        raise TypeError(f"rule {rule.name!r}: {error}") from None
    who = rule.said
    no_number, no_nothing = f"{who}: {NUMBER}", f"{who}: {NOTHING}"
    if _returns_number(rule.name):

        def guarded(*arguments):  # type: ignore[no-untyped-def]
            value = call(*arguments)
            if value is None:
                raise TypeError(no_number)
            if value != value:
                raise _RuleError(who, NAN)
            return value

    elif _is_process(rule):

        def guarded(state, p):  # type: ignore[no-untyped-def, misc]
            if call(state, p) is not None:
                raise TypeError(no_nothing)
            if not is_sound(state, p):
                raise _RuleError(who, "")

    else:

        def guarded(*arguments):  # type: ignore[no-untyped-def]
            if call(*arguments) is not None:
                raise TypeError(no_nothing)

    guarded.__name__ = rule.name
    return _compile(guarded)


def restore(state: Any, before: Any) -> None:
    """Make a state what another is, in place: both STATE records."""
    for name in before.dtype.names:
        state[name][...] = before[name]


def _unharmed(step: Function, check: Function) -> Function:
    """Step that either happens or does not: at any error the state is as it was."""

    def safe_step(state: Any, p: Any) -> None:
        before = state.copy()
        try:
            step(state, p)
            check(state, p, np.empty(len(SERIES)))
        except _RuleError as fault:
            told = _told(fault, state)
            restore(state, before)
            raise ValueError(told) from None
        except BaseException:
            restore(state, before)
            raise

    return safe_step


def _checked(
    walk: Callable[..., Iterator[Function]], check: Function
) -> Callable[..., Iterator[Function]]:
    """Walk through a month; at its end, look at where it led."""

    def walk_and_check(state: Any, p: Any) -> Iterator[Function]:
        try:
            yield from walk(state, p)
            check(state, p, np.empty(len(SERIES)))
        except _RuleError as fault:
            raise ValueError(_told(fault, state)) from None

    return walk_and_check


def _telling_where(simulate: Function) -> Function:
    """Simulate; at a fault, say in which replicate and when."""

    def simulate_and_tell(
        state: Any, p: Any, root: Any, first_replicate: int, series: Any, detail: Any
    ) -> None:
        try:
            simulate(state, p, root, first_replicate, series, detail)
        except _RuleError as fault:
            told, month = _told(fault, state), state.month[0]
            replicate = _whose_luck(state, root, first_replicate, len(series))
            raise ValueError(f"{told} (replicate {replicate}, months gone: {month})") from None

    return simulate_and_tell


def _told(fault: _RuleError, state: Any) -> str:
    """A fault in words."""
    who, what = fault.args
    return f"{who}: {what or _fault(state)}"


def _whose_luck(state: Any, root: Any, first_replicate: int, n: int) -> int:
    """Which of n replicates a state is of."""
    keys = np.empty_like(state.keys)
    for replicate in range(first_replicate, first_replicate + n):
        set_keys(keys, root, replicate)
        if (keys == state.keys).all():
            return replicate
    raise AssertionError("a state has the keys of none of the replicates simulated")
