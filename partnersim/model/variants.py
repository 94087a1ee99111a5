"""Slots: places of the model that another function may fill, and functions of one's own for them.

A slot has a name, a signature and a default, which is a function of the model with that very
signature. A function of one's own is plain Python: as it is where one steps through months,
compiled where many runs are made. What it gives is looked at each time, and what is wrong says
whose it is.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from numbers import Real
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from partnersim.model.compiled import compiled
from partnersim.model.coordinators import need_for_meeting
from partnersim.model.decisions import decide_as_scenario_says
from partnersim.model.environment import chance_of_leaving
from partnersim.model.trust import learn_from_news
from partnersim.model.work import board_consent, draw_initiative

__all__ = ["SLOTS", "Slot", "Variant", "VariantError", "Variants", "read_variants"]

Function = Callable[..., Any]
Variants = Mapping[str, Function]
"""Functions of one's own by the name of the slot that each fills."""

ROUNDING = 1e-9
"""A number may lie this far outside its range, from rounding."""


class Slot(NamedTuple):
    """A place of the model that another function may fill.

    Attributes
    ----------
    default
        The model's own function; one of one's own has the same parameters.
    what
        What the function in it says.
    low, high
        Ends of the range of the number that it returns.
    returns_number
        Whether it does; or writes the next initiative into the state.
    """

    default: Any
    what: str
    low: float = 0.0
    high: float = 1.0
    returns_number: bool = True

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names of the parameters of a function that fills the slot."""
        return tuple(inspect.signature(_python(self.default)).parameters)


def _python(function: Any) -> Any:
    """Return the Python function behind a compiled one."""
    return getattr(function, "py_func", function)


SLOTS = {
    "decide": Slot(decide_as_scenario_says, "how a layer decides what to contribute"),
    "learn": Slot(learn_from_news, "how trust learns from what is seen"),
    "meet": Slot(need_for_meeting, "whom a coordinator meets", -1e9, 1e9),
    "consent": Slot(board_consent, "how a board consents"),
    "leave": Slot(chance_of_leaving, "who leaves the partnership"),
    "begin": Slot(draw_initiative, "what is begun next", returns_number=False),
}
"""The slots by name; docs/variants.md tells what each means, its parameters and what it returns."""


@dataclass(frozen=True)
class Variant:
    """A function of one's own in a slot.

    Attributes
    ----------
    name
        The slot that it fills.
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
        """Give what identifies the variant."""
        return {"function": self.function, "sha256": self.sha256}

    @property
    def said(self) -> str:
        """Return the words by which messages name the variant."""
        return f"variant {self.name!r} ({self.function})"


def read_variants(variants: Variants | None) -> tuple[Variant, ...]:
    """Check names and signatures of functions of one's own; in order of their slots' names.

    Raises
    ------
    ValueError
        For a name that no slot has.
    TypeError
        For what is no function, or takes other parameters.
    """
    if variants is None:
        return ()
    if not isinstance(variants, Mapping):
        raise TypeError(f"variants: must be a mapping of slots to functions, not {variants!r}")
    return tuple(_read(name, variants[name]) for name in sorted(variants, key=str))


def _read(name: str, function: Function) -> Variant:
    if name not in SLOTS:
        near = get_close_matches(str(name), SLOTS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(SLOTS)}"
        raise ValueError(f"variants: {name!r} is no slot of the model; {hint}")
    python = _python(function)
    if not isinstance(python, FunctionType):
        raise TypeError(f"variant {name!r}: must be a function, not {function!r}")
    label = f"{python.__module__}.{python.__qualname__}"
    variant = Variant(name, label, _fingerprint(python), function)
    wanted = SLOTS[name].parameters
    try:
        inspect.signature(python).bind(*wanted)
    except TypeError as error:
        raise TypeError(f"{variant.said}: must take ({', '.join(wanted)}): {error}") from None
    return variant


def _fingerprint(function: FunctionType) -> str:
    """Return the SHA-256 of what a function does, as far as its own package says it."""
    digest = hashlib.sha256()
    seen: set[FunctionType] = set()

    def package(value: Any) -> str:
        return (getattr(value, "__module__", None) or "").partition(".")[0]

    def add(value: Any) -> None:
        value = _python(value)
        if isinstance(value, np.ndarray):
            digest.update(f"{value.dtype} {value.shape}".encode() + value.tobytes())
        elif not isinstance(value, FunctionType) or package(value) != package(function):
            digest.update(getattr(value, "__name__", repr(value)).encode())
        elif value not in seen:
            seen.add(value)
            digest.update(_source(value).encode())
            used = inspect.getclosurevars(value)
            for name, part in sorted({**used.globals, **used.nonlocals}.items()):
                digest.update(name.encode())
                add(part)
            add(value.__defaults__)

    add(function)
    return digest.hexdigest()


def _source(function: FunctionType) -> str:
    """Return the text of a function or, where no text was kept, its code."""
    try:
        return inspect.getsource(function)
    except OSError:
        return f"{function.__code__.co_code!r} {function.__code__.co_consts!r}"


# --- What they give is looked at ------------------------------------------------------------------


class VariantError(ValueError):
    """A function of one's own gave what is impossible; the message names it and what it gave."""

    def __str__(self) -> str:
        said, what, *value = self.args
        return f"{said}: returned {value[0]:g}; must be {what}" if value else f"{said}: {what}"


IMPOSSIBLE = (
    "must leave work_size[m] above 0 and finite, benefit_mix[m] 0 or more "
    "each and 1 in all, and needs[m] 0 or 1 each"
)


@compiled
def is_possible(m, state, p):
    """Return whether the initiative in place m of the programme is possible."""
    total = 0.0
    for k in range(p.n_domains):
        if not state.benefit_mix[m, k] >= 0.0:
            return False
        total += state.benefit_mix[m, k]
    for i in range(p.n):
        if state.needs[m, i] != 0.0 and state.needs[m, i] != 1.0:
            return False
    return 0.0 < state.work_size[m] < np.inf and abs(total - 1.0) <= 1e-6


def guarded(variant: Variant, call: Function) -> Function:
    """Call a function of one's own, and look at what it gives.

    Parameters
    ----------
    variant
        Whose it is.
    call
        The function, in plain Python or compiled; what is made of it can be compiled if it is.
    """
    said, slot = variant.said, SLOTS[variant.name]
    what = f"from {slot.low:g} to {slot.high:g}"
    low, high = slot.low - ROUNDING, slot.high + ROUNDING

    def begin(m, number, state, p):
        call(m, number, state, p)
        if not is_possible(m, state, p):
            raise VariantError(said, IMPOSSIBLE)

    def number(*arguments):
        value = float(call(*arguments))
        if not low <= value <= high:  # nor is NaN
            raise VariantError(said, what, value)
        return value

    return number if slot.returns_number else begin


def interpreted(variant: Variant) -> Function:
    """Put a function of one's own into plain Python, where anything may be wrong with it."""

    def call(*arguments: Any) -> Any:
        try:
            value = _python(variant.call)(*arguments)
        except Exception as error:
            error.add_note(f"in {variant.said}")
            raise
        if SLOTS[variant.name].returns_number and not isinstance(value, Real | np.bool_):
            shape = getattr(value, "shape", None)
            returned = "nothing" if value is None else type(value).__name__
            returned += f" of shape {shape}" if shape else ""
            raise TypeError(f"{variant.said}: returned {returned}; must return one number")
        return value

    return guarded(variant, call)


def machine_code(variant: Variant) -> Function:
    """Compile a function of one's own as the model is; nothing is kept on disk."""
    own = variant.call if hasattr(variant.call, "py_func") else compiled(variant.call, cache=False)
    return compiled(guarded(variant, own), cache=False)


def say_compiler(error: Exception, variants: tuple[Variant, ...]) -> str:
    """Name the function of which Numba complains, and quote the complaint."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    meant = [v for v in variants if f"{_python(v.call).__name__}" in text] or variants
    who = " or ".join(variant.said for variant in meant)
    lines = [line for line in text.splitlines() if line.strip()][:MOST_LINES]
    return (
        f"{who}: cannot be compiled, or does not return one number; what it calls must be "
        "compiled too (@partnersim.model.compiled.compiled):\n" + "\n".join(lines)
    )


MOST_LINES = 16
"""Lines of Numba's message that are quoted, at most."""
