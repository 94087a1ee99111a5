"""The ledger of trust: what each mechanism added to it and took from it, month by month.

One replicate is lived through again, process by process, and trust is compared before and after
each. What is attributed therefore adds up to the whole change, link by link, and the kernel of
the ensembles carries nothing of it. Where only some months are in question, those before them are
lived through a whole month at a time, which is some forty times as quick.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import partnersim
from partnersim.model.room import MOST_REPLICATE, MOST_SEED
from partnersim.runs.measures import Flags, Floats
from partnersim.runs.wording import capital, join
from partnersim.scenario.declarations import LAYERS
from partnersim.scenario.errors import ScenarioError, check_name, whole_number
from partnersim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from partnersim.model.schedule import Row
    from partnersim.model.variants import Variant, Variants

Kind = Literal["competence", "goodwill", "trust"]
KINDS: tuple[Kind, Kind] = ("competence", "goodwill")
"""The kinds that are booked; `trust`, of which they are the two factors, follows from them."""

SAID = {
    "events": "events",
    "turnover": "people leaving",
    "bridging": "what the coordinator had seen of them",
    "seen to serve the host": "a coordinator seen to serve the host",
    "meetings": "what was said in meetings",
    "deeds": "what was really delivered",
    "agreements withdrawn": "agreements being withdrawn",
    "joint days": "joint away days",
    "flares": "rows over issues that came to the table",
    "ruptures": "issues that were avoided and came out",
    "decided over": "decisions taken over their heads",
    "joint work": "how joint work went",
    "theory": "the theory of trust that was chosen",
    "work given up": "work given up",
    "decay": "time without contact",
}
"""Each mechanism in plain words, as the cause in a sentence; the table of
`partnersim.model.schedule` names its processes."""

MECHANISMS = tuple(SAID)


@dataclass(frozen=True)
class Ledger:
    """Every change of trust in one replicate, or in some of its months, and its cause.

    Parameters
    ----------
    scenario, seed, replicate
        What was run.
    mechanisms
        The causes, in the order of the axis of `changes`.
    changes
        float64[months, mechanism, kind, trustor, layer, trustee], any sign: kind 0 is competence
        trust, 1 goodwill trust. Summed over mechanisms it is the change of the month.
    competence_trust, goodwill_trust
        float64[months + 1, trustor, layer, trustee], in [0, 1]: before the first of these months
        and after each.
    variants
        Functions of one's own that were in its slots; none for the model as it is.
    from_month
        The first month explained, counted from 1: row 0 of `changes`.
    """

    scenario: Scenario
    seed: int
    replicate: int
    mechanisms: tuple[str, ...]
    changes: Floats
    competence_trust: Floats
    goodwill_trust: Floats
    variants: tuple[Variant, ...] = ()
    from_month: int = 1

    @property
    def to_month(self) -> int:
        """Return the last month explained."""
        return self.from_month + len(self.changes) - 1

    def totals(
        self,
        trustor: str | None = None,
        trustee: str | None = None,
        month: int | None = None,
        kind: Kind = "goodwill",
    ) -> dict[str, float]:
        """Return what each mechanism changed: mean over the chosen links, sum over the chosen months.

        Parameters
        ----------
        trustor, trustee
            Names of organisations; None for all.
        month
            One month, counted from 1; None for all that are explained.
        kind
            Which trust.

        Raises
        ------
        ScenarioError
            For an organisation that the run does not have, or a month that is not explained.
        """
        links = self._links(trustor, trustee)
        booked = self.trust_changes() if kind == "trust" else self.changes[:, :, KINDS.index(kind)]
        if month is not None:
            _check_month("month", month, self.from_month, self.to_month)
            booked = booked[[month - self.from_month]]
        changes = booked.sum(axis=0)
        means = np.moveaxis(changes, 2, 1)[:, :, links].mean(axis=(1, 2))
        return dict(zip(self.mechanisms, (float(mean) for mean in means), strict=True))

    def level(
        self, month: int, trustor: str | None = None, trustee: str | None = None, kind: Kind = "goodwill"
    ) -> float:
        """Return the mean trust of the chosen links after a month (0 for the start).

        Raises
        ------
        ScenarioError
            For an organisation that the run does not have, or a month that is not explained.
        """
        before = self.from_month - 1
        _check_month("month", month, before, self.to_month)
        if kind == "trust":
            trust = np.sqrt(self.competence_trust * self.goodwill_trust)
        else:
            trust = self.goodwill_trust if kind == "goodwill" else self.competence_trust
        links = self._links(trustor, trustee)
        return float(np.moveaxis(trust[month - before], 1, 0)[:, links].mean())

    def trust_changes(self) -> Floats:
        """Return what each mechanism changed of trust, which is sqrt(C G) of its two kinds.

        float64[months, mechanism, trustor, layer, trustee]: a month's change of the root of one
        kind is weighed by the mean root of the other, so that mechanisms add up to the change.
        """
        roots = [np.sqrt(trust) for trust in (self.competence_trust, self.goodwill_trust)]
        sums = [root[1:] + root[:-1] for root in roots]
        changes = np.zeros_like(self.changes[:, :, 0])
        for kind, (own, other) in enumerate(((sums[0], sums[1]), (sums[1], sums[0]))):
            weight = np.divide(other, 2 * own, out=np.zeros_like(own), where=own > 0)
            changes += self.changes[:, :, kind] * weight[:, None]
        return changes

    def sentences(
        self, trustor: str | None = None, trustee: str | None = None, month: int | None = None
    ) -> list[str]:
        """Tell what moved goodwill and competence trust, the largest causes first."""
        first, last = (self.from_month, self.to_month) if month is None else (month, month)
        who, when = self._who(trustor, trustee), self._when(first, last)
        said = []
        for kind in reversed(KINDS):
            totals = self.totals(trustor, trustee, month, kind)
            start = self.level(first - 1, trustor, trustee, kind)
            end = self.level(last, trustor, trustee, kind)
            moved = f"{_moved(end - start)} {when}, from {start:.2f} to {end:.2f}"
            said.append(f"{capital(who)}: {kind} trust {moved}.")
            for verb, sign in (("raised", 1.0), ("lowered", -1.0)):
                causes = [(n, v) for n, v in totals.items() if sign * v >= 0.0005]
                causes.sort(key=lambda cause: -abs(cause[1]))
                if causes:
                    listed = [f"{SAID[name]} ({value:+.3f})" for name, value in causes[:4]]
                    said.append(f"It was {verb} most by {join(listed)}.")
        return said

    def _repr_html_(self) -> str:
        """Show a figure and a table of all links, for notebooks."""
        return partnersim.as_html(self)

    def _who(self, trustor: str | None, trustee: str | None) -> str:
        titles = dict(zip(self.scenario.organisation_names, self.scenario.organisation_titles, strict=True))
        of = titles[trustor] if trustor else "everybody"
        return f"{of} trusting {titles[trustee] if trustee else 'the others'}"

    def _when(self, first: int, last: int) -> str:
        if first == last:
            return f"in {_calendar(first)}"
        if (first, last) == (1, self.scenario.months):
            return f"over {last} months"
        return f"from {_calendar(first)} to {_calendar(last)}"

    def _links(self, trustor: str | None, trustee: str | None) -> Flags:
        """Find the links [trustor, trustee] that are meant."""
        names = self.scenario.organisation_names
        links = ~np.eye(len(names), dtype=bool)
        for axis, name in enumerate((trustor, trustee)):
            if name is None:
                continue
            check_name(name, names, "organisation in this scenario")
            chosen = np.array(names) == name
            links &= chosen[:, None] if axis == 0 else chosen[None, :]
        if not links.any():
            raise ScenarioError(f"between {trustor!r} and itself there is no trust to explain")
        return links


def explain(
    scenario: Scenario | str | Path,
    seed: int = 1,
    replicate: int = 0,
    *,
    variants: Variants | None = None,
    from_month: int = 1,
    to_month: int | None = None,
) -> Ledger:
    """Live one replicate through again and say what changed trust.

    Parameters
    ----------
    scenario, seed, replicate
        Which run.
    variants
        As for `partnersim.run`; here they run in plain Python.
    from_month, to_month
        The months to explain, both included, counted from 1; all, unless told otherwise. What is
        said of them is the same as in a ledger of all months, and known sooner: what comes after
        them is not lived through, and what comes before them is not looked into.

    Raises
    ------
    ScenarioError
        For months that the run does not have.
    ValueError
        For a seed or replicate out of range; for variants as in `partnersim.run`.
    TypeError
        For variants as in `partnersim.run`.
    """
    from partnersim.model.draws import root
    from partnersim.model.record import new_record
    from partnersim.model.schedule import build
    from partnersim.model.state import STATE
    from partnersim.scenario.translate import to_parameters

    seed = whole_number("seed", seed, 0, MOST_SEED)
    replicate = whole_number("replicate", replicate, 0, MOST_REPLICATE)
    scenario = Scenario.load(scenario)
    _check_month("from_month", from_month, 1, scenario.months)
    to_month = scenario.months if to_month is None else to_month
    _check_month("to_month", to_month, from_month, scenario.months)
    core = build(variants)
    state, parameters = new_record(STATE), to_parameters(scenario)
    core.start(state, parameters, root(seed), replicate)
    for _ in range(1, from_month):
        core.step(state, parameters)
    n, months = scenario.n_organisations, to_month - from_month + 1
    changes = np.zeros((months, len(MECHANISMS), 2, n, len(LAYERS), n))
    trust = np.empty((months + 1, 2, n, len(LAYERS), n))
    trust[0] = _trust(state, n)
    for month in range(months):
        before = trust[month]
        for row in core.walk(state, parameters):
            after = _trust(state, n)
            _book(changes[month], row, after - before)
            before = after
        trust[month + 1] = before
    return Ledger(
        scenario,
        seed,
        replicate,
        MECHANISMS,
        changes,
        competence_trust=trust[:, 0],
        goodwill_trust=trust[:, 1],
        variants=core.variants,
        from_month=from_month,
    )


def _check_month(name: str, month: int, first: int, last: int) -> None:
    if not first <= month <= last:
        raise ScenarioError(f"{name} = {month}: must be from {first} to {last}")


def _trust(state: Any, n: int) -> Floats:
    """Copy competence and goodwill trust now: float64[kind, trustor, layer, trustee]."""
    return np.stack([state.competence_trust[:n, :, :n], state.goodwill_trust[:n, :, :n]])


def _book(month: Floats, row: Row, change: Floats) -> None:
    """Book a process's changes of trust as the table says; gains and losses apart if it does."""
    if len(row.booked) == 1:
        month[MECHANISMS.index(row.booked[0])] += change
    elif row.booked:
        gains, losses = map(MECHANISMS.index, row.booked)
        month[gains] += np.maximum(change, 0.0)
        month[losses] += np.minimum(change, 0.0)
    elif change.any():
        raise AssertionError(f"{row.name} changes trust, and the ledger has no name for it")


def _calendar(month: int) -> str:
    """Write month 40 as 'year 4, month 4'."""
    return f"year {(month - 1) // 12 + 1}, month {(month - 1) % 12 + 1}"


def _moved(change: float) -> str:
    if abs(change) < 0.005:
        return "hardly moved"
    return "rose" if change > 0 else "fell"
