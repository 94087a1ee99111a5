"""Organisations and coordinators as Mesa's agents: views on the core's state, with no logic.

Each property reads the state of the month that is; nothing is kept, and nothing can be set: what
is to change is changed by the model (`set_lever`, `fire_event`, `add_coordinator`). Sizes are in
[0, 1] unless a unit is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import mesa

from partnersim.scenario.declarations import LAYERS, LEVERS
from partnersim.scenario.errors import check_name

if TYPE_CHECKING:
    from partnersim.mesa.model import PartnershipModel

T = TypeVar("T")


def _mean(values: Iterable[float]) -> float:
    """Return the mean of some numbers; 0 for none, as in the core."""
    numbers = list(values)
    return float(sum(numbers) / max(len(numbers), 1))


class View(Generic[T]):
    """A property that reads the state: it has a type and a sentence, and cannot be set."""

    def __init__(self, read: Callable[[Any], T], meaning: str) -> None:
        self._read = read
        self.__doc__ = meaning

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, agent: None, owner: type) -> View[T]: ...
    @overload
    def __get__(self, agent: object, owner: type) -> T: ...
    def __get__(self, agent: object | None, owner: type) -> View[T] | T:
        """Read the property of an agent; of a class give the view itself."""
        return self if agent is None else self._read(agent)

    def __set__(self, agent: object, value: Any) -> None:
        """Refuse to set the property: an agent is a view."""
        raise AttributeError(
            f"{type(agent).__name__}.{self._name} is read from the state and cannot be set; "
            "a running model is changed by set_lever, fire_event, add_coordinator and their like"
        )


class _IdsOfModel:
    """The counters of agents, one kept by each model: Mesa 3.3's table of them keeps models alive."""

    def __getitem__(self, model: PartnershipModel) -> Any:
        return model.agent_ids


# --- Organisations --------------------------------------------------------------------------------


def _own(field: str, meaning: str) -> View[float]:
    """View one number of an organisation."""
    return View(lambda self: float(self.model.fields[field][self.index]), meaning)


def _over_layers(field: str, meaning: str) -> View[float]:
    """View what each layer has, as its mean."""
    return View(
        lambda self: _mean(self.model.fields[field][self.index].tolist()), f"{meaning}: mean over layers."
    )


def _over_others(field: str, meaning: str) -> View[float]:
    """View what an organisation has towards each other member, as its mean."""

    def read(self: Organisation) -> float:
        own = self.model.fields[field][self.index].tolist()
        others = [j for j in self.model.members if j != self.index]
        return _mean(row[j] for row in (own if field in OF_LINKS else [own]) for j in others)

    return View(read, f"{meaning}: mean over the other members (and layers).")


def _by_lever(field: str, meaning: str) -> View[dict[str, float]]:
    """View each way of working."""

    def read(self: Organisation) -> dict[str, float]:
        return dict(zip(LEVERS, self.model.fields[field][self.index].tolist(), strict=True))

    return View(read, meaning)


def _by_domain(field: str, meaning: str) -> View[dict[str, float]]:
    """View a weighting of domains."""

    def read(self: Organisation) -> dict[str, float]:
        weights = self.model.fields[field][self.index].tolist()
        return dict(zip(self.model.scenario.domains, weights, strict=True))

    return View(read, meaning)


class Organisation(mesa.Agent):  # type: ignore[misc]  # Mesa gives no types
    """One organisation of the partnership, from the first month to the last.

    It stays an agent when it is absent: see `is_present`. What is by layer, or towards another
    organisation, is given as a mean; `by_layer` and `towards` give the numbers.

    Attributes
    ----------
    name, title
        Short name and the name to show.
    index
        Its place in every array of the state.
    """

    _ids = _IdsOfModel()
    model: PartnershipModel

    def __init__(self, model: PartnershipModel, index: int) -> None:
        super().__init__(model)
        self.index = index
        self.name = model.names[index]
        self.title = model.scenario.organisation_titles[index]

    is_present: View[bool] = View(
        lambda self: bool(self.model.fields["is_present"][self.index]),
        "Whether it is a member now: it may join later, or withdraw.",
    )
    # Layers
    vision_commitment = _over_layers("vision_commitment", "How far the vision counts as its own")
    contribution = _over_layers("contribution", "Share of free capacity promised")
    delivered = _over_layers("delivered", "Share of free capacity given")
    kept = _over_layers("kept", "Whether this month's promise was kept")
    deed = _over_layers("deed", "What it gave against what is expected, at most 1")
    displayed = _over_layers("displayed", "Commitment as shown, before any guardedness")
    belief = _over_layers("belief", "What the others are believed to give")
    # Towards others
    trust = _over_others("trust", "Trust in the others, with any binding agreement in force")
    competence_trust = _over_others("competence_trust", "Trust that the others are able")
    goodwill_trust = _over_others("goodwill_trust", "Trust that the others mean well")
    damage = _over_others("damage", "Damage to the others' reputation (two-layer theory)")
    together = _over_others("together", "Months with the others without a break (loyalty theory)")
    joint = _over_others("joint", "Initiatives that it shares with the others")
    joint_going = _over_others("joint_going", "Pace of these against plan, at most 1")
    contact = _over_others("contact", "How much it and the others see of each other")
    tension = _over_others("tension", "Unresolved issues with the others")
    conflict = _over_others("conflict", "How far objectives and horizons differ")
    agreement = _over_others("agreement", "Strength of binding agreements in force")
    cultural_distance = _over_others("cultural_distance", "How far cultures are apart")
    horizons_apart = _over_others("horizons_apart", "How far planning horizons are apart")
    withdrawn = _over_others(
        "withdrawn", "Strength that the agreement with the others has lost since last month"
    )
    misread = _over_others("misread", "How far the others are read as a stereotype")
    guarded = _over_others("guarded", "Part of the others' display that is hidden from it")
    convened = _over_others("convened", "Brought together with the others this month")
    # Its own
    target_pressure = _own("target_pressure", "Pressure to meet its own targets, now.")
    base_pressure = _own("base_pressure", "Pressure in an ordinary month.")
    deadline = _own("deadline", "Pull of its deadlines, from 0 up.")
    shock = _own("shock", "What chance adds to its pressure, any sign.")
    capacity = _own("capacity", "Staff for joint work against what its part needs, ratio.")
    base_capacity = _own("base_capacity", "The same, before any cut in funding, ratio.")
    accountability = _own("accountability", "How closely it answers to others.")
    incentive_share = _own("incentive_share", "Part of the value of joint work it gets.")
    planning_horizon = _own("planning_horizon", "How far ahead it plans, months.")
    ceiling = _own("ceiling", "The furthest that its commitment can go.")
    stake = _own("stake", "What the work under way is worth to it, any sign.")
    meeting_share = _own("meeting_share", "Part of its free time that meetings take.")
    transition = _own("transition", "Part of its teams that have just moved over.")
    helped = _own("helped", "Help that it had this month in working issues through.")
    load = _own("load", "Initiatives that need it.")
    hands = _own("hands", "Share of its free capacity that works.")
    going = _own("going", "Pace of its joint work against plan, at most 1.")
    got = _own("got", "What joint work brought it a month, over a year, stake.")
    put = _own("put", "What it put in a month, over a year, stake.")
    leaving = _own("leaving", "How far it is on the way to withdraw (with luck = 0).")
    emerging = _own("emerging", "How far a coordinator of its own is on the way (with luck = 0).")
    tilt = _own("tilt", "Of the next initiative towards its domains, from 0 up.")
    own_benefit = _own("own_benefit", "Benefit so far, stake months.")
    own_cost = _own("own_cost", "Cost so far, stake months.")
    harm = _own("harm", "Losses that completed work means to it, stake.")
    objectives = _by_domain("objectives", "What it cares for now, by domain; together 1.")
    base_objectives = _by_domain("base_objectives", "The same, without deadlines.")
    ways_of_working = _by_lever("in_force", "Levers as they are.")
    stated_ways_of_working = _by_lever("stated", "Levers as stated.")
    practised_ways_of_working = _by_lever("practised", "Levers as they would be without intervention.")
    held_ways_of_working = _by_lever("is_held", "1 for a lever that an intervention holds.")

    def by_layer(self, field: str) -> dict[str, float]:
        """Give what each layer has, by layer: board, management and front line.

        Parameters
        ----------
        field
            ``vision_commitment``, ``contribution``, ``delivered``, ``kept``, ``displayed`` or
            ``belief``.

        Raises
        ------
        ValueError
            For another field.
        """
        check_name(field, OF_LAYERS, "view by layer")
        return dict(zip(LAYERS, self.model.fields[field][self.index].tolist(), strict=True))

    def towards(self, field: str, layer: str | None = None) -> dict[str, float]:
        """Give what there is between it and each other organisation, by name.

        Parameters
        ----------
        field
            ``trust``, ``competence_trust`` or ``goodwill_trust``, in the other; or what a pair
            has: ``contact``, ``tension``, ``conflict``, ``agreement``, ``misread``, ``guarded``,
            ``cultural_distance``, ``horizons_apart``, ``convened``.
        layer
            Trust of one layer; the mean over layers if left out. Pairs have no layers.

        Raises
        ------
        ValueError
            For another field, or a layer that there is not.
        """
        check_name(field, (*OF_LINKS, *OF_PAIRS), "view towards others")
        own = self.model.fields[field][self.index]
        if field in OF_LINKS:
            if layer is not None:
                check_name(layer, LAYERS, "layer")
            own = own.mean(axis=0) if layer is None else own[LAYERS.index(layer)]
        elif layer is not None:
            raise ValueError(f"layer = {layer!r}: {field} is of a pair, and pairs have no layers")
        pairs = zip(self.model.names, own.tolist(), strict=True)
        return {name: value for name, value in pairs if name != self.name}

    def __repr__(self) -> str:
        return f"<Organisation {self.name}{'' if self.is_present else ', absent'}>"


OF_LAYERS = ("vision_commitment", "contribution", "delivered", "kept", "deed", "displayed", "belief")
OF_LINKS = ("trust", "competence_trust", "goodwill_trust", "damage", "together")
OF_PAIRS = (
    *("contact", "tension", "conflict", "agreement", "joint", "joint_going", "cultural_distance"),
    *("horizons_apart", "withdrawn", "misread", "guarded", "convened"),
)


# --- Coordinators ---------------------------------------------------------------------------------


def _place(field: str, meaning: str) -> View[float]:
    """View one number that the scenario gives a coordinator."""
    return View(lambda self: float(self.model.parameters.coordinators[field][self.place]), meaning)


def _per_organisation(field: str, meaning: str) -> View[dict[str, float]]:
    """View what a coordinator has with each organisation (over layers: the sum)."""

    def read(self: Coordinator) -> dict[str, float]:
        values = self.model.fields[field][self.place]
        sums = values if values.ndim == 1 else values.sum(axis=1)
        return dict(zip(self.model.names, sums.tolist(), strict=True))

    return View(read, meaning)


class Coordinator(mesa.Agent):  # type: ignore[misc]  # Mesa gives no types
    """One coordinator, appointed or emerged, for as long as it is at work.

    Attributes
    ----------
    name, title
        Short name and the name to show; ``emerged-1`` and so on for those whom nobody appointed.
    host
        The organisation that employs it; empty for none.
    place
        Its place in every array of the state; it moves up when somebody else is appointed.
    """

    _ids = _IdsOfModel()
    model: PartnershipModel

    def __init__(self, model: PartnershipModel, place: int, name: str, host: str) -> None:
        super().__init__(model)
        self.place = place
        self.name = name
        self.host = host
        self.title = next((c.title or name for c in model.scenario.coordinators if c.name == name), name)

    is_at_work: View[bool] = View(
        lambda self: self in self.model.agents, "Whether it is at work; if not, it is no agent."
    )
    is_appointed: View[bool] = View(
        lambda self: self.place < self.model.parameters.coordinators.n_appointed,
        "Whether it was appointed; others emerged among the members.",
    )
    impartiality: View[float] = View(
        lambda self: float(self.model.fields["conduct"][self.place]),
        "Chance that a meeting is held for the partnership and not for the host.",
    )
    skill = _place("skill", "How good it is at it.")
    meetings_per_month = _place("meetings_per_month", "Meetings that it has, as a rule.")
    cost = _place("cost", "Staff days a month.")
    credibility: View[float] = View(
        lambda self: _mean(self.model.fields["credibility"][self.place, self.model.members]),
        "The weight of its word: mean over members.",
    )
    meetings: View[float] = View(lambda self: sum(self.meetings_with.values()), "Meetings this month.")
    credibility_with = _per_organisation("credibility", "The weight of its word, with each.")
    meetings_with = _per_organisation("meetings", "Meetings this month, with each.")
    held_for_host = _per_organisation("held_for_host", "Those of them held for its host.")
    seen_impartial = _per_organisation("seen_impartial", "Those of them seen to serve the partnership.")

    def by_layer(self, field: str, organisation: str) -> dict[str, float]:
        """Give what it has with each layer of an organisation.

        Parameters
        ----------
        field
            ``months_unseen`` (months), ``seen`` (commitment and deeds, as last seen),
            ``has_seen``, ``meetings``, ``weight`` (of this month's meetings), ``held_for_host``
            or ``seen_impartial``.
        organisation
            Its short name.

        Raises
        ------
        ValueError
            For another field or organisation.
        """
        check_name(field, OF_MEETINGS, "view of meetings")
        check_name(organisation, self.model.names, "organisation")
        values = self.model.fields[field][self.place, self.model.names.index(organisation)]
        return dict(zip(LAYERS, values.tolist(), strict=True))

    def __repr__(self) -> str:
        return f"<Coordinator {self.name}{f' of {self.host}' if self.host else ''}>"


OF_MEETINGS = ("months_unseen", "seen", "has_seen", "meetings", "weight", "held_for_host", "seen_impartial")
