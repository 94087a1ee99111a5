"""The kernel: runs are simulated into a buffer and measured together, for everything that runs.

`partnersim.run`, a sweep's workers and the app all hand parts to it: parameters, and at which
address of the common random numbers their runs begin. What a run gives depends on these alone, not
on what else is in the buffer. It loads the compiled core when it is used, which takes a while.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from partnersim.model.series import SERIES
from partnersim.runs.measures import Floats, Wholes, measure, name_series

if TYPE_CHECKING:
    from partnersim.model.native.library import Library
    from partnersim.model.variants import Variant, Variants

MOST_TOGETHER = 200
"""The most runs that are measured together, and in memory with all their months."""


FEW = 4
"""Times as many rows as there are lanes, from which on what is over costs little beside the others."""

MOST_WAITING = 8
"""The most kinds of points of which some wait for others like them."""


class NotFiniteError(ArithmeticError):
    """A run gave something that is not a number."""


class Compiled(NamedTuple):
    """The compiled core, and the variants of one's own that were put into its slots.

    Attributes
    ----------
    simulate
        Runs replicates of one point.
    variants
        What is in the slots that is not the model's.
    library
        The native library, which runs several points side by side; None where there is none.
    """

    simulate: Callable[..., None]
    variants: tuple[Variant, ...]
    library: Library | None = None


def compiled_for(variants: Variants | None) -> Compiled:
    """Load the compiled core, with variants of one's own in its slots where there are any.

    Raises
    ------
    ValueError, TypeError
        As `partnersim.model.schedule.build`, and so does what it returns.
    """
    from partnersim.model import schedule
    from partnersim.model.native.library import load

    if not variants:
        return Compiled(schedule.simulate, (), None if schedule.MODEL is schedule.COMPILED else load())
    from partnersim.scenario.translate import PARAMETERS

    core = schedule.build(variants, compiled_for=PARAMETERS)
    return Compiled(core.simulate, core.variants)


class Part(NamedTuple):
    """Runs of one set of parameters, whose addresses follow one another.

    Attributes
    ----------
    parameters
        A record of the core's, which is read before the next part is asked for; or the library's copy of it.
    first : int
        Address of the first run: the replicate whose random numbers it has.
    rows : range
        Numbers by which the caller knows these runs.
    detail
        float64[len(rows), months + 1, ...] that is filled; None where it is not kept.
    """

    parameters: Any
    first: int
    rows: range
    detail: Floats | None = None

    def cut(self, begin: int, end: int) -> Part:
        """Return some of the part's runs."""
        detail = None if self.detail is None else self.detail[begin:end]
        return Part(self.parameters, self.first + begin, self.rows[begin:end], detail)


class Batch(NamedTuple):
    """Runs that were measured together: their rows, and by name what was observed and measured."""

    rows: Wholes
    series: dict[str, Floats]
    measures: dict[str, Floats]

    def put_into(self, kept: Mapping[str, Floats]) -> None:
        """Put the measures that are kept into their rows."""
        for name, values in kept.items():
            values[self.rows] = self.measures[name]


class Kernel:
    """Simulates in one buffer that is filled again and again; one for each thread.

    Parameters
    ----------
    compiled
        What `compiled_for` gave.
    seed, months
        Of all runs.
    most
        Runs in the buffer.
    """

    def __init__(self, compiled: Compiled, seed: int, months: int, most: int = MOST_TOGETHER) -> None:
        from partnersim.model.draws import root
        from partnersim.model.record import new_record
        from partnersim.model.state import STATE

        self._simulate, self._state = compiled.simulate, new_record(STATE)
        self._library = compiled.library
        self._seed, self._root = seed, root(seed)
        self._buffer = np.empty((most, months + 1, len(SERIES)))
        self._no_detail = np.empty((most, months + 1, 0))
        self._addresses = np.empty(most, np.int64)

    def run(self, parts: Iterable[Part], errors: dict[int, Exception] | None = None) -> Iterator[Batch]:
        """Run parts one after another, and give them measured, as many at a time as there is room.

        Parameters
        ----------
        parts
            Taken one at a time.
        errors
            Where given, a run that fails, or gives what is not a number, is noted here by its row
            and costs no other; its numbers in a batch mean nothing. Else its error is raised.
        """
        most = len(self._buffer)
        rows: list[int] = []
        for group in self._groups(parts):
            if len(rows) + sum(len(part.rows) for part in group) > most:
                yield self._measure(rows, errors)
                rows = []
            rows += self._fill(group, len(rows), errors)
        if rows:
            yield self._measure(rows, errors)

    def _groups(self, parts: Iterable[Part]) -> Iterator[list[Part]]:
        """Cut parts to the buffer, and put small ones together that can be run side by side.

        These are parts of as many rows, whose parameters are alike in all whole numbers and switches:
        arms of a sweep take turns, so a part waits for others of its kind. What a part of a few rows has
        beyond full lanes waits too.
        """
        most, lanes = len(self._buffer), self._library.lanes if self._library else 1
        waiting: dict[Any, list[Part]] = {}
        for whole in parts:
            for begin in range(0, len(whole.rows), most):
                part = whole.cut(begin, begin + most)
                over = len(part.rows) % lanes if len(part.rows) < FEW * lanes else 0
                size = over or len(part.rows)
                if self._library is None or part.detail is not None or not size < lanes <= most // size:
                    yield [part]
                    continue
                if full := len(part.rows) - size:
                    yield [part.cut(0, full)]
                    part = part.cut(full, full + size)
                like, parameters = self._library.take(part.parameters)
                kind, part = (size, like), part._replace(parameters=parameters)
                waiting.setdefault(kind, []).append(part)
                if len(waiting[kind]) == lanes:
                    yield waiting.pop(kind)
                elif len(waiting) > MOST_WAITING:
                    yield waiting.pop(next(iter(waiting)))
        yield from waiting.values()

    def _fill(self, group: list[Part], at: int, errors: dict[int, Exception] | None) -> list[int]:
        """Simulate runs into the free rows of the buffer; return the rows that are there."""
        rows: list[int] = []
        for part in group:
            end = at + len(rows) + len(part.rows)
            self._addresses[end - len(part.rows) : end] = part.first + np.arange(len(part.rows))
            rows += part.rows
        end = at + len(rows)
        if len(group) > 1 and self._library is not None:
            firsts, detail = [part.first for part in group], self._no_detail[at:end]
            points = [part.parameters for part in group]
            self._library.run_points(points, self._root, firsts, self._buffer[at:end], detail)
            return rows
        (part,) = group
        if isinstance(part.parameters, np.ndarray):  # it waited, and no other came
            part = part._replace(parameters=part.parameters[0])
        detail = self._no_detail[at:end] if part.detail is None else part.detail
        try:
            self._simulate(self._state, part.parameters, self._root, part.first, self._buffer[at:end], detail)
        except MemoryError:
            raise
        except Exception as error:
            if errors is None:
                raise
            if len(part.rows) == 1:
                errors[part.rows[0]] = error
                return []
            there: list[int] = []
            for number in range(len(part.rows)):  # one by one, so that only what fails is lost
                there += self._fill([part.cut(number, number + 1)], at + len(there), errors)
            return there
        return rows

    def _measure(self, rows: list[int], errors: dict[int, Exception] | None) -> Batch:
        """Measure the runs in the buffer."""
        recorded = self._buffer[: len(rows)]
        if errors is not None:
            _note_not_finite(recorded, rows, errors)
        series = name_series(recorded)
        addresses = self._addresses[: len(rows)]
        measured = measure(series, seed=self._seed, first_replicate=addresses)
        return Batch(np.array(rows, np.int64), series, measured)


def _note_not_finite(recorded: Floats, rows: list[int], errors: dict[int, Exception]) -> None:
    """Note runs in which anything observed is not a number; it always should be one."""
    is_bad = ~np.isfinite(recorded)
    for at in np.flatnonzero(is_bad.any(axis=(1, 2))).tolist():
        month, series = (int(index) for index in np.argwhere(is_bad[at])[0])
        errors[rows[at]] = NotFiniteError(
            f"{SERIES[series]} is {recorded[at, month, series]} in month {month}"
        )
        recorded[at] = 0.0
