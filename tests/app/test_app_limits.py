"""Whatever link is accepted, every act of every screen answers: in its own words, or plainly no."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("solara", reason="the app needs solara")

from partnersim.app import sentences, take_home
from partnersim.app.levers import all_levers, coordinator_choices, event_kinds
from partnersim.app.links import LinkError, from_link, to_link
from partnersim.app.pages import acts, analyst, page, sheets, view
from partnersim.app.pages.desk import SHEETS, Desk
from partnersim.app.pages.rooms import Room
from partnersim.app.session import MOST_GUESSES, MOST_PEOPLE, MOST_PLEDGES, Guess, Package, Session, State
from partnersim.app.stories import MOST_OPTIONS, stories
from partnersim.app.words import words
from partnersim.app.world import (
    FEWEST_MONTHS,
    MOST_CHANGES,
    MOST_MONTHS,
    N_PAIRS,
    Appointment,
    Change,
    Lever,
    Setting,
    World,
)
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.files import packaged, packaged_text

WORDS = words()
FAULT = WORDS("page.cannot")
PLAIN = [
    re.escape(WORDS("page.at_end")),
    rf"there are {MOST_CHANGES} changes already: take one away first",
    re.escape(WORDS("package.empty")),
    "events: two organisations at least must be there from the start",
]
"""What may be answered where something does not go: each says why."""


def open_desk(state: State) -> Desk:
    desk = Desk(Room("key", Session(state), is_new=True))
    desk.follow()
    return desk


def draw(desk: Desk) -> None:
    """Draw what the page and the notes show, as far as it is done without a browser."""
    view.top(desk)
    page.SHEETS[desk.sheet](desk)
    view.player(desk)
    sheets.notes(desk)


def draw_everything(state: State) -> None:
    """The stage with every line, every sheet, what researchers see, and all that is taken home."""
    desk = open_desk(state)
    desk.told = view.world_explained(desk)
    for line in view.LINES:
        desk.open("")
        desk.line = line
        draw(desk)
    for sheet in SHEETS.values():
        desk.open(sheet)
        for picture in sheets.PICTURES if sheet == "hundred" else ("",):
            desk.picture = picture
            draw(desk)
    analyst.show(desk)
    analyst.bands(desk)
    analyst.plan_of(desk.session)
    for make in take_home.files(desk.session, "").values():
        make()


def offered(desk: Desk) -> Iterator[dict[str, Any]]:
    """Everything that a visitor can click on the screens of a desk."""
    session, scenario = desk.session, desk.session.without.scenario()
    months, names = scenario.months, scenario.organisation_names
    for month in sorted({0, 1, months // 2, months - 1, months}):
        yield {"do": "month", "month": month}
        yield {"do": "deadline", "month": month}
        yield {"do": "why", "trustor": names[0], "trustee": names[-1], "month": month}
        for kind in event_kinds(WORDS):
            where = {"organisation": names[0], "domain": scenario.domains[0]}
            yield {"do": "event", "event": kind.name, "month": month, **where}
        for lever in all_levers(scenario, WORDS):
            for band in lever.bands:
                yield {"do": "lever", "lever": lever.name, "value": band.value, "month": month}
    question = session.question
    if question is not None and session.is_hidden:
        yield {"do": "predict", "hands": [1] * len(question.options)}
        yield {"do": "place_bets"}
    for one in coordinator_choices(scenario, WORDS):
        yield {"do": "coordinator", "choice": one.name}
    story = session.story_shown
    for screen in range(len(story.screens) if story else 0):
        yield {"do": "go_to", "screen": screen}
    for index, _ in enumerate(session.state.bundle):
        yield {"do": "remove", "index": index}
    for index, _ in enumerate(session.state.packages):
        yield {"do": "open_package", "index": index}
        yield {"do": "remove_package", "index": index}
    for index, _ in enumerate(session.state.pledges):
        yield {"do": "unpledge", "index": index}
    yield from ({"do": "sheet", "value": sheet} for sheet in ("", *SHEETS.values()))
    yield from ({"do": "line", "value": line} for line in view.LINES)
    yield from ({"do": "seal", "value": value} for value in (0, 1))
    yield from ({"do": "budget", "days": days} for days in (0, 100))
    yield from ({"do": "share", "value": share} for share in sentences.SHARES)
    yield from ({"do": "open_story", "story": name} for name in stories())
    yield from ({"do": "series", "choice": name} for name in analyst.SCALES)
    yield from ({"do": "arm", "value": arm} for arm in ("without", "with"))
    for do in ("undo", "redo", "next", "back", "ask_reset", "keep", "sandbox", "tell"):
        yield {"do": do}
    if question is not None:
        yield from ({"do": do} for do in ("skip_guess", "take_back"))
    yield {"do": "enter_package", "text": "Table 1"}
    yield {"do": "pledge", "text": "call the council"}
    yield {"do": "luck", "seed": 3, "replicate": N_PAIRS - 1}
    yield {"do": "load", "text": scenario.to_toml()}
    yield {"do": "restore", "link": to_link(session.state)}


def try_everything(state: State, n_acts: int, luck: random.Random) -> None:
    """Draw it all, and try what compares and some of the rest, each from the same state."""
    draw_everything(state)
    messages = list(offered(open_desk(state)))
    compares = [one for one in messages if one["do"] in ("predict", "place_bets", "skip_guess")]
    for message in compares + luck.sample(messages, min(n_acts, len(messages))):
        desk = open_desk(state)
        acts.act(desk, message)
        assert desk.problem != FAULT, message
        assert not desk.problem or any(re.fullmatch(one, desk.problem) for one in PLAIN), (
            message,
            desk.problem,
        )
        draw(desk)


# --- states at their limits ----------------------------------------------------------------------


def some_change(luck: random.Random, world: World) -> Change:
    """A lever, an event, a coordinator or a setting; not all of them fit."""
    scenario = world.scenario()
    last, names = scenario.months - 1, scenario.organisation_names
    match luck.randrange(4):
        case 0:
            lever = luck.choice(all_levers(scenario, WORDS))
            return lever.change(luck.choice(lever.bands).value, luck.choice([0, 1, last]))
        case 1:
            kind = luck.choice(event_kinds(WORDS))
            where = ("", scenario.domains[0]) if kind.needs_domain else (luck.choice(names), "")
            return kind.event(luck.choice([1, last]), *where)
        case 2:
            return Appointment(
                name=luck.choice(["ana", "ben"]),
                title=luck.choice(["", "A" * 60]),
                host=luck.choice(["", *names]),
                from_month=luck.choice([0, last]),
                skill=luck.choice([0.0, 1.0]),
            )
    path, values = luck.choice(
        [
            ("months", (1, FEWEST_MONTHS - 1, FEWEST_MONTHS, 59, MOST_MONTHS, MOST_MONTHS + 1)),
            ("drawn.n_organisations", (2, 12, 13)),
            ("title", ("t" * 60,)),
            (f"organisations.{names[0]}.name", ("other",)),
            (f"organisations.{names[0]}.title", ("<b>" * 20,)),
            ("organisations.*.planning_horizon", (1.0, 240.0)),
        ]
    )
    return Setting(path=path, value=luck.choice(values))


def some_world(luck: random.Random) -> World:
    place = luck.choice(list(packaged()))
    world = World(
        place=place,
        text=luck.choice(["", packaged_text(place)]),
        seed=luck.choice([0, 2**53 - 1]),
        replicate=luck.choice([0, N_PAIRS - 1]),
    )
    for _ in range(luck.choice([0, 1, 4])):
        world = grown(world, some_change(luck, world))
    if luck.random() < 0.1:
        for number in range(MOST_CHANGES - luck.choice([0, 1])):
            lever = Lever(lever="joint_away_days", value=1.0, from_month=number % world.months)
            world = grown(world, lever)
    return world


def grown(world: World, change: Change) -> World:
    """A world with a change, where that fits."""
    try:
        other = world.with_(change)
        other.scenario()
    except ScenarioError:
        return world
    return other


def some_state(luck: random.Random) -> State:
    """A state at the limits of its fields: of a story or not, some that no room can come to."""
    told, screen, bundle = luck.choice([None, *stories()]), 0, ()
    world = some_world(luck)
    if told:
        story = stories()[told]
        screen = luck.randrange(len(story.screens))
        bundle = story.bundle(screen)
        if luck.random() < 0.6:
            world = story.world(screen)
    if luck.random() < 0.4 and len(world.changes) < MOST_CHANGES:
        months = luck.choice([1, 2, FEWEST_MONTHS, 36, MOST_MONTHS])
        world = world.with_(Setting(path="months", value=months))
    fitting = grown(World(place=world.place, text=world.text), Setting(path="title", value="T"))
    if luck.random() < 0.4:
        bundle = tuple(some_change(luck, fitting) for _ in range(luck.choice([1, 2])))
    state = State(
        world=world,
        bundle=bundle,
        is_sealed=luck.random() < 0.3,
        packages=luck.choice([(), (Package(name="<b>", bundle=bundle), Package(name="T"))]),
        budget=luck.choice([0, 1, 10_000]),
        story=told,
        screen=screen,
        month=luck.choice([0, 1, MOST_MONTHS]),
        deadline=luck.choice([0, 1, 84, MOST_MONTHS]),
        pledges=luck.choice([(), ("<b>", " "), ("x" * 200,) * MOST_PLEDGES]),
    )
    return state.model_copy(update={"guesses": some_guesses(luck, state)})


def some_guesses(luck: random.Random, state: State) -> tuple[Guess, ...]:
    """What was said to the question that will be asked, or what nobody asked."""
    try:
        session = Session(state)
        key, question = session._question_key(), session.question
    except ScenarioError:
        return ()
    options = tuple(option.text for option in question.options) if question else ("yes", "no")
    if luck.random() < 0.5:
        options = tuple(f"option {number}" for number in range(luck.randint(2, MOST_OPTIONS)))
    n, answer = len(options), luck.choice([None, 0, len(options) - 1])
    guess = Guess(
        key=key,
        question="?" * luck.choice([0, 200]),
        options=options,
        answer=answer,
        is_placed=answer is not None or luck.random() < 0.5,
        room=tuple(luck.choice([0, MOST_PEOPLE]) for _ in range(n)),
        hundred=() if answer is None else tuple(luck.choice([0, 1000]) for _ in range(n)),
    )
    return (guess,) * luck.choice([0, 1, MOST_GUESSES])


def try_states(first: int, n_states: int, n_acts: int) -> None:
    """Try what is accepted of some states; enough of them are, and some are not."""
    n_accepted = 0
    for seed in range(first, first + n_states):
        luck = random.Random(seed)
        state = some_state(luck)
        try:
            opened = from_link(to_link(state))
        except LinkError as error:
            assert str(error) == WORDS("link.impossible")
            continue
        n_accepted += 1
        try:
            try_everything(opened, n_acts, luck)
        except Exception as error:
            error.add_note(f"seed {seed}: {opened.model_dump_json()[:2000]}")
            raise
    assert 0.3 * n_states < n_accepted < n_states


def test_what_a_link_opens_answers() -> None:
    try_states(0, n_states=6, n_acts=3)


@pytest.mark.slow
def test_what_many_links_open_answers() -> None:
    try_states(100, n_states=100, n_acts=20)


# --- each kind of them ---------------------------------------------------------------------------


def told_state(**changed: Any) -> State:
    """A screen of a story that asks about a month."""
    session = Session()
    session.open_story("impression")
    while session.question is None:
        session.next()
    assert session.question.last_month > FEWEST_MONTHS
    return session.state.model_copy(update=changed)


@pytest.mark.parametrize("months", [1, FEWEST_MONTHS - 1, MOST_MONTHS + 1])
def test_a_partnership_too_short_or_too_long_for_the_screens_is_refused(months: int) -> None:
    world = told_state().world.with_(Setting(path="months", value=months))
    with pytest.raises(LinkError, match="holds something that the app cannot show"):
        from_link(to_link(told_state(world=world)))
    desk = open_desk(told_state())
    acts.act(desk, {"do": "set", "path": "months", "text": str(months)})
    assert desk.problem == (
        f"months = {months}: the app shows {FEWEST_MONTHS} to {MOST_MONTHS} (the command line takes others)"
    )


def test_a_story_does_not_ask_about_months_that_are_not_there() -> None:
    world = told_state().world.with_(Setting(path="months", value=FEWEST_MONTHS))
    desk = open_desk(from_link(to_link(told_state(world=world))))
    assert desk.session.question is None
    assert not desk.session.is_hidden


@pytest.mark.parametrize(
    "switch",
    [
        Setting(path="months", value=60),
        Setting(path="drawn.n_organisations", value=3),
        Setting(path="organisations.hospital.name", value="other"),
    ],
    ids=lambda one: one.path,
)
def test_what_is_compared_stands_side_by_side(switch: Setting) -> None:
    place = "drawn" if "drawn" in switch.path else "integrated-care"
    state = State(world=World(place=place), bundle=(switch,))
    with pytest.raises(LinkError, match="cannot show"):
        from_link(to_link(state))
    session = Session(state.model_copy(update={"bundle": ()}))
    with pytest.raises(ScenarioError):
        session.bundle([switch])
    with pytest.raises(ScenarioError):
        session.take_on(state)


def test_levers_find_the_organisations_that_they_are_about() -> None:
    renamed = World().with_(Setting(path="organisations.hospital.name", value="other"))
    with pytest.raises(LinkError, match="cannot show"):
        from_link(to_link(State(world=renamed)))
    drawn = World(place="drawn").with_(Setting(path="drawn.n_organisations", value=3))
    assert len(from_link(to_link(State(world=drawn))).world.names) == 3


def test_an_answer_to_other_options_is_none() -> None:
    session = Session(told_state())
    assert session.question is not None
    n_more = len(session.question.options) + 1
    guess = Guess(
        key=session._question_key(),
        question="?",
        options=("other",) * n_more,
        room=(0,) * (n_more - 1) + (5,),
        is_placed=True,
        answer=0,
        hundred=(1,) * n_more,
    )
    state = from_link(to_link(told_state(guesses=(guess,))))
    assert Session(state).is_hidden
    draw_everything(state)


def test_a_change_too_many_is_refused_in_words() -> None:
    world = World()
    for month in range(MOST_CHANGES):
        world = world.with_(Lever(lever="joint_away_days", value=1.0, from_month=month))
    desk = open_desk(from_link(to_link(State(world=world))))
    acts.act(desk, {"do": "coordinator", "choice": "independent"})
    assert desk.problem == f"there are {MOST_CHANGES} changes already: take one away first"
    desk.session.change(Lever(lever="joint_away_days", value=2.0, from_month=3))
