"""Fixed factors of the model.

Where only the product of two quantities can be known (a learning rate and contact, misreading
and distance, skill and articulation), one of them stands here and is not a parameter. All sizes
are assumed; docs/parameters.md lists them by the sentences beside them, docs/odd.md has the equations.
"""

BOARD, MANAGEMENT, FRONT_LINE = range(3)
N_LAYERS = 3  # layers of an organisation
LAYER_SHARE = 1.0 / N_LAYERS  # multiplied by, since dividing takes longer

# Events, in the order of partnersim.scenario.declarations.EventType (a test compares the two).
LEADER_LEAVES, NATIONAL_TARGET_LANDS, FUNDING_CUT, REORGANISATION = range(4)
COMMON_CRISIS, ORGANISATION_JOINS, ORGANISATION_WITHDRAWS = range(4, 7)

LEAST_MEMBERS = 2  # fewer are no partnership: it has collapsed

# Contact
CONTACT_RATE = 0.15  # monthly: contact fades with a half-life of 4 months
JOINT_DAY_CONTACT = 1.0  # meetings' worth of contact from a joint away day
SHARED_WORK_CONTACT = 0.3  # from working on all initiatives together
CONVENED_CONTACT = 1.0  # from being brought together by a fully credible coordinator
CRISIS_CONTACT = 0.5  # occasions in a full common crisis

# Reading the others
JOINT_DAY_RATE = 0.067  # a joint away day: part of the way to a true view of each other
READING_NOISE = 0.15  # greatest chance error in reading the others in one month
DECAY = 0.01  # monthly return of trust to disposition between those who never meet
AGREEMENT_LOSS = 0.5  # of goodwill, when a full binding agreement is withdrawn
TURNOVER_LOSS = 0.5  # of a relationship, with the person who leaves
GIVING_UP_LOSS = 0.15  # of commitment and competence trust, with two years' work given up
MISREADING = 0.6  # at cultural distance 1
UNDERSTOOD_NEEDS = 0.4  # part of misreading that talk of own needs takes away
POSITION_DAYS = 6.0  # days a year spent on positions that halve misreading
SELF_SERVING = 0.4  # part of commitment hidden by talk of own needs
GUARDED = 0.6  # part hidden by pre-meetings, where interests are opposed
GUARDED_ANYWAY = 0.25  # part of that where they are not
COVERED_BY_AGREEMENT = 0.5  # of missing trust, by a full binding agreement
CROWDING = 0.6  # of good news, where an agreement forces the conduct

# Theories of trust other than our own
DEEDS, TWO_LAYER, LOYALTY = range(3)  # as in partnersim.scenario.declarations.Trust
PERIOD_MONTHS = 3.0  # of theirs, in months: they do not say; assumed
BUILDING, EROSION, SENSITIVITY = 0.1, 0.3, 1.0  # of trust, a period, and of it to surprise [pant2025]
DAMAGE, FORGIVING, AMPLIFIED = 0.6, 0.03, 0.5  # of reputation; erosion among dependants [pant2025]
LOYALTY_FACTOR = 0.5  # how fast trust rises with time together [klos2001]; size assumed

# Issues
CONFLICT_OBJECTIVES, CONFLICT_HORIZONS = 0.7, 0.3  # weights in conflict
SURFACING = 0.5  # monthly, of an issue, where nothing is avoided
RUPTURE = 0.06  # monthly, of issues never raised, when full
RUPTURE_LOSS = 4.0  # times what a flare costs
WORKED_THROUGH_LEAST = 0.3  # chance that an issue is worked through without goodwill
WORKED_THROUGH_GOODWILL = 0.7  # added to it by full goodwill
RESOLVED = 0.6  # of tension, when an issue is worked through
VENTED = 0.2  # when it flares
RUPTURE_VENTED = 0.5  # when it breaks out
COORDINATED_RESOLUTION = 0.6  # of issues that would flare, with a credible coordinator

# Commitment
JOINT_DAY_COMMITMENT = 0.12  # share of the way to the ceiling, per joint away day
WRITTEN_COMMITMENT = JOINT_DAY_COMMITMENT * 0.46 / 1.21  # balliet2010
AWAY_DAY_COMMITMENT = 0.06  # part lost, per own away day
COLLEAGUES = 0.1  # monthly, of each layer towards the others
RESULTS = 0.02  # monthly, towards the ceiling, where work goes as planned
ADOPTION = 0.5  # of divisive ways, dropped by the fully committed
ADOPTION_RATE = 0.05  # monthly
AWAY_DAY_BINDING = 1.0  # how much faster layers follow each other, with an own away day a month

# Promises and work
RELIABILITY = 0.95  # chance that a promise is kept when there is no pressure
PRESSURE_PROMISES = 0.3  # chance of keeping lost to full pressure
SHORTFALL = 0.5  # of a broken promise, delivered all the same
HANDOFF_PROMISES = 0.15  # chance of keeping lost between separately managed teams
AWAY_DAY_PROMISES = 0.1  # won by an own away day a month
HANDOFF_WORK = 0.3  # work lost between separately managed teams that do not trust each other
TRANSITION_WORK = 0.3  # work lost when all teams have just moved over
TRANSITION_MONTHS = 6.0  # mean length of that dip
MANAGEMENT_WORK, FRONT_LINE_WORK = 0.4, 0.6  # weights of the two in work
DIFFICULTY_SPREAD = 0.6  # of the logarithm: work turns out harder or easier than thought
BENEFIT_SPREAD = 0.8  # standard deviation of an initiative's benefit about what was planned
FOCUS = 0.7  # part of a drawn initiative's benefit that falls in one domain
SIZE_SPREAD = 0.5  # greatest relative difference of a drawn size from the usual

# Plans and expectations
HOPED_PACE = 0.5  # against that of members who give all they have
HOPED_SHARE = 0.7  # of free capacity, that partners are hoped to give
PLAN_MONTHS = 24.0  # in which plans follow the pace that is usual
USUAL_MONTHS = 36.0  # in which expectations follow what is usual
RECENT_MONTHS = 12.0  # over which a line of work is looked back at
GIVEN_UP = 0.5  # of the usual pace; below it a line of work is given up
GIVING_UP_MONTHS = 24.0  # of work, whose loss is felt in full
LONGEST_VIEW = 60.0  # months: no benefit is believed further off

# Decisions
BELIEF_BASE, BELIEF_OTHERS, BELIEF_BEFORE = 0.118 / 20, 0.415, 0.569  # fischbacher2010, Table 1
ACCOUNTABILITY_CONSENT = 0.3  # of consent, taken away by full accountability
DECISION_MONTHS = 1.4  # of the members' own work, that one decision frees at trust of one half
ASKING_MONTHS = 0.5  # of the members' own work: with less left, the next decision is asked for
CHASING = 0.5  # of a board's missing consent, with a meeting of a fully credible coordinator
FRAMEWORK = 0.5  # of it, where a full binding agreement stands
COST_BASE = 0.05  # of contributing, stake
ADJUSTMENT = 0.2  # monthly, of a contribution towards its aim
OWN_VIEW, BELIEF = 0.242, 0.666  # fischbacher2010, Table 2; recalled, not checked at the source

# Staff time, in staff days
FREE_DAYS = 40.0  # a month, of an organisation of capacity 1
MEETING_DAYS = 0.5  # a meeting
PRE_MEETING_DAYS = 0.25  # a pre-meeting
DELEGATION = 6.0  # people at an away day
DOCUMENT_DAYS = 0.5  # a document
LINK_DAYS = 1.5  # a month, for a further contact with every partner
MOST_MEETING_SHARE = 0.9  # of free time, at most, goes into meetings

# Coordinators
STARTING_CREDIBILITY = 0.3  # of skill, at the start
HOME_CREDIBILITY = 0.6  # of skill, at the start with the host
CREDIBILITY_RATE = 0.1  # a meeting
CREDIBILITY_OF_DELIVERY = 0.6  # part of credibility that rests on delivery
CREDIBILITY_LOSS = 0.3  # a meeting held for the host
SUSPICION = 0.5  # chance that an impartial act is doubted, without goodwill to the host
HOST_GOODWILL_LOSS = 0.05  # a meeting held for the host
TILT = 0.05  # of the next initiative, a meeting conducted for the host
MOST_TILT = 0.8  # bound of it
ARTICULATION = 0.15  # a meeting
BRIDGING = 0.3  # a meeting

EMERGED_SKILL, EMERGED_MEETINGS, EMERGED_COST = 0.5, 3.0, 5.0  # of one who emerges

# Pressure
DEADLINE = 0.2  # added at the deadline of a target of weight 1
SHOCK_SPREAD, NATIONAL_SHOCK_SPREAD = 0.1, 0.05  # standard deviations, own and common to all
SHOCK_PERSISTENCE = 0.8  # part of a shock left after a month

# The start
REST_MONTHS = 36  # before the beginning, in which a place comes to rest
STARTING_CONTACT, STARTING_TENSION = 0.2, 0.15  # where these months start from
STARTING_CONTRIBUTION = 0.4  # and what is promised
STARTING_COMPETENCE, STARTING_GOODWILL, TRUST_SPREAD = 0.54, 0.3, 0.1  # and trust, with its spread
STARTING_COMMITMENT, STARTING_PACE = 0.48, 0.2  # and commitment, against its ceiling, and pace
DRAWN_BEFORE = 1000  # generation of the first initiatives drawn before the beginning

# Events
TARGET_PRESSURE_OF_CUT = 0.3  # pressure added by a full cut
CRISIS_SHIFT = 0.5  # of divisive ways of working, in a full common crisis
CRISIS_COMMITMENT = 0.5  # share of the way to the ceiling
LEAVING = 0.04  # monthly, of one who only puts in and gets nothing
ACCOUNT_MONTHS = 12.0  # over which members look back at what they get and put in
COLLAPSE_SHARE = 0.5  # of founding capacity; with less left the partnership has collapsed
REPLACEMENT_MONTHS = 3  # without a member that has left, before another takes its place

# What people say of joint working
SURVEY_NOISE, AVOIDANCE_BONUS = 0.05, 0.1  # chance error; gain from avoiding issues
PERCEIVED_CONTACT, PERCEIVED_TALK, PERCEIVED_GOODWILL = 0.4, 0.3, 0.3  # weights of what people say
