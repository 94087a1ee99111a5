"""Check what a visitor did, and do it.

Messages come from a browser and are not trusted: each is read as an `Act`, whose every field is
bounded. What cannot be done is said in plain words, and the page lives on.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from partnersim.app.levers import all_levers, coordinator_choices, event_kinds
from partnersim.app.links import LinkError, from_link
from partnersim.app.pages import view
from partnersim.app.pages.analyst import SCALES
from partnersim.app.pages.desk import Desk
from partnersim.app.sentences import SHARES
from partnersim.app.session import MOST_DAYS
from partnersim.app.world import MOST_MONTHS, MOST_TEXT, N_PAIRS, Appointment, Setting, World
from partnersim.scenario.assignments import parse_assignment
from partnersim.scenario.errors import ScenarioError

MOST_LINK = 100_000

Name = Annotated[str, Field(max_length=80)]
Count = Annotated[int, Field(ge=0, le=999)]


class Act(BaseModel):
    """One thing that a visitor did."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    do: Literal[
        "sheet", "line", "picture", "month", "tell", "share", "deadline", "why", "lever",
        "coordinator", "event", "remove", "undo", "redo", "ask_reset", "reset", "keep",
        "open_story", "sandbox", "next", "back", "go_to", "predict", "place_bets", "take_back",
        "skip_guess", "seal", "budget", "enter_package", "open_package", "remove_package", "pledge",
        "unpledge", "restore", "set", "load", "luck", "series", "arm", "narrow",
    ]  # fmt: skip
    month: Annotated[int, Field(ge=0, le=MOST_MONTHS)] = 0
    index: Annotated[int, Field(ge=0, le=999)] = 0
    screen: Annotated[int, Field(ge=0, le=99)] = 0
    value: float | Name = 0.0
    hands: Annotated[tuple[Count, ...], Field(max_length=12)] = ()
    days: Annotated[int, Field(ge=0, le=MOST_DAYS)] = 0
    choice: Name = ""
    lever: Name = ""
    event: Name = ""
    organisation: Name = ""
    domain: Name = ""
    trustor: Name = ""
    trustee: Name = ""
    arm: Name = ""
    story: Name = ""
    token: Annotated[int, Field(ge=0)] = 0
    path: Annotated[str, Field(max_length=120)] = ""
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 1
    replicate: Annotated[int, Field(ge=0, lt=N_PAIRS)] = 0
    text: Annotated[str, Field(max_length=MOST_TEXT)] = ""
    link: Annotated[str, Field(max_length=MOST_LINK)] = ""


def act(desk: Desk, message: dict[str, Any]) -> None:
    """Do what a visitor did; what cannot be done is said in `desk.problem`."""
    desk.problem = ""
    try:
        _do(desk, Act.model_validate(message))
    except (ScenarioError, LinkError) as error:
        desk.problem = str(error)
    except (ValidationError, ValueError, KeyError, IndexError):
        desk.problem = desk.words("page.cannot")
    if message.get("do") not in ("ask_reset", "narrow"):
        desk.reset_token = None
    desk.follow()
    desk.version += 1


def _do(desk: Desk, act: Act) -> None:
    session = desk.session
    match act.do:
        case "sheet":
            desk.open(str(act.value))
        case "line":
            if act.value in view.LINES:
                desk.line = str(act.value)
        case "picture":
            desk.picture = str(act.value)
        case "month":
            _show_month(desk, act.month)
        case "tell":
            desk.told = view.world_explained(desk)
        case "share":
            if act.value in SHARES:
                desk.share = float(act.value)
        case "deadline":
            session.set_deadline(max(1, act.month))
        case "why":
            _ask_why(desk, act)
        case "arm":
            desk.arm = str(act.value)
        case "narrow":
            desk.is_narrow = bool(act.value)
        case "lever" | "coordinator" | "event":
            _change(desk, act)
        case "remove":
            session.remove(session.state.bundle[act.index])
        case "undo" | "redo" | "next" | "back" | "place_bets" | "take_back" | "skip_guess":
            getattr(session, act.do)()
        case "ask_reset":
            desk.reset_token = session.ask_reset()
        case "reset":
            if not session.reset(act.token):
                raise ScenarioError(desk.words("page.reset_late"))
        case "keep":
            pass
        case "open_story":
            session.open_story(act.story)
            desk.screen = ("", -1)  # also where it is told already: the menu closes
        case "sandbox":
            session.close_story()
            desk.open("")
        case "go_to":
            session.go_to(act.screen)
        case "predict":
            session.predict(act.hands)
        case "seal":
            session.seal(is_sealed=bool(act.value))
        case "budget":
            session.set_budget(act.days)
        case "enter_package":
            session.enter_package(act.text.strip()[:40])
        case "open_package":
            session.open_package(act.index)
            desk.open("")
        case "remove_package":
            session.remove_package(act.index)
        case "pledge":
            if act.text.strip():
                session.pledge(act.text.strip())
        case "unpledge":
            session.unpledge(act.index)
        case "restore":
            session.take_on(from_link(act.link))
        case "set":
            path, value = parse_assignment(f"{act.path}={act.text}")
            session.alter(Setting.model_validate({"path": path, "value": value}))
        case "load":
            session.live_in(World(place="own-place", text=act.text, seed=session.without.seed))
        case "luck":
            session.live_in(session.without.with_luck(act.replicate, act.seed))
        case "series":
            if act.choice in SCALES:
                desk.series = act.choice


def _show_month(desk: Desk, month: int) -> None:
    """Show a month; where the room's bet is answered by then, the answer is given."""
    session = desk.session
    session.show_month(month)
    guess = session.guess
    waits = guess is not None and guess.is_placed and guess.answer is None
    if waits and session.month >= session.reveal_month:
        session.reveal()


def _ask_why(desk: Desk, act: Act) -> None:
    """Explain the trust of some organisations, in the months up to one."""
    names = desk.session.without.names
    desk.trustor = act.trustor if act.trustor in names else ""
    desk.trustee = act.trustee if act.trustee in names and act.trustee != act.trustor else ""
    desk.arm = act.arm or desk.arm
    desk.session.show_month(min(act.month, desk.session.without.months))
    desk.open("why")


def _change(desk: Desk, act: Act) -> None:
    """Pull a lever, appoint or dismiss a coordinator, or let something happen."""
    session, words = desk.session, desk.words
    scenario = (session.with_ or session.without).scenario()
    if act.do == "lever":
        lever = {lever.name: lever for lever in all_levers(scenario, words)}[act.lever]
        if not lever.from_start_only:
            _check_month(desk, act)
        session.change(lever.change(lever.nearest(float(act.value)).value, act.month))
        return
    if act.do == "event":
        kind = {kind.name: kind for kind in event_kinds(words)}[act.event]
        if kind.needs_organisation and not act.organisation:
            raise ScenarioError(words("page.whom", event=kind.label))
        _check_month(desk, act)
        where = ("", act.domain) if kind.needs_domain else (act.organisation, "")
        session.change(kind.event(max(1, act.month), *where))
        return
    chosen = {one.name: one for one in coordinator_choices(scenario, words)}[act.choice].change
    if chosen is not None:
        session.change(chosen)
        return
    for present in [one for one in session.state.bundle if isinstance(one, Appointment)]:
        session.remove(present)
    for person in [one for one in session.without.changes if isinstance(one, Appointment)]:
        session.change(person.model_copy(update={"to_month": max(act.month, person.from_month + 1)}))


def _check_month(desk: Desk, act: Act) -> None:
    """Refuse a change at the end of the timeline, where many screens stand and nothing can begin."""
    if act.month >= desk.session.without.months:
        raise ScenarioError(desk.words("page.at_end"))
