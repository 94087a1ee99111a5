"""Fixed factors of the model.

Where only the product of two quantities can be known (a learning rate and contact, misreading
and distance, skill and articulation), one of them stands here and is not a parameter. All sizes
are assumed; docs/odd.md lists them with the equations that use them.
"""

BOARD, MANAGEMENT, FRONT_LINE = range(3)
N_LAYERS = 3
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
CRISIS_CONTACT = 0.5

# Reading the others
GOODWILL_RATE = 0.25  # monthly, at full contact
MISREADING = 0.6  # at cultural distance 1
UNDERSTOOD_NEEDS = 0.4  # part of misreading that talk of own needs takes away
POSITION_DAYS = 6.0  # days a year spent on positions that halve misreading
SELF_SERVING = 0.4  # part of commitment hidden by talk of own needs
GUARDED = 0.6  # part hidden by pre-meetings, where interests are opposed
GUARDED_ANYWAY = 0.25  # part of that where they are not
COVERED_BY_AGREEMENT = 0.5  # of missing trust, by a full binding agreement
CROWDING = 0.6  # of good news, where an agreement forces the conduct

# Issues
CONFLICT_OBJECTIVES, CONFLICT_HORIZONS = 0.7, 0.3
WORKED_THROUGH_LEAST, WORKED_THROUGH_GOODWILL = 0.3, 0.7
RESOLVED = 0.6  # of tension, when an issue is worked through
VENTED = 0.2  # when it flares
RUPTURE_VENTED = 0.5  # when it breaks out
COORDINATED_RESOLUTION = 0.6  # of issues that would flare, with a credible coordinator

# Commitment
JOINT_DAY_COMMITMENT = 0.12  # share of the way to the ceiling, per joint away day
WRITTEN_COMMITMENT = JOINT_DAY_COMMITMENT * 0.46 / 1.21  # balliet2010
AWAY_DAY_COMMITMENT = 0.06  # part lost, per own away day
AWAY_DAY_BINDING = 1.0  # how much faster layers follow each other, with an own away day a month

# Promises and work
HANDOFF_PROMISES = 0.15  # chance of keeping lost between separately managed teams
AWAY_DAY_PROMISES = 0.1  # won by an own away day a month
HANDOFF_WORK = 0.3  # work lost between separately managed teams
TRANSITION_WORK = 0.3  # work lost when all teams have just moved over
TRANSITION_MONTHS = 6.0
MANAGEMENT_WORK, FRONT_LINE_WORK = 0.4, 0.6
PLANNED_GATE_MONTHS = 2.0
BELIEF_RATE = 0.1  # monthly, towards the pace really seen
PACE_RATE = 0.15  # monthly, of the running mean of progress
LONGEST_VIEW = 60.0  # months: no benefit is believed further off

# Decisions
BELIEF_BASE, BELIEF_OTHERS, BELIEF_BEFORE = 0.118 / 20, 0.415, 0.569  # fischbacher2010, Table 1
ACCOUNTABILITY_CONSENT = 0.3

# Staff time, in staff days
FREE_DAYS = 40.0  # a month, of an organisation of capacity 1
MEETING_DAYS = 0.5  # a meeting
PRE_MEETING_DAYS = 0.25
DELEGATION = 6.0  # people at an away day
DOCUMENT_DAYS = 0.5
LINK_DAYS = 0.1  # a month, for each further contact with a partner
MOST_MEETING_SHARE = 0.9

# Coordinators
STARTING_CREDIBILITY = 0.3
HOME_CREDIBILITY = 0.6
CREDIBILITY_RATE = 0.1  # a meeting
CREDIBILITY_OF_DELIVERY = 0.6
CREDIBILITY_LOSS = 0.3  # a meeting held for the host
SUSPICION = 0.5
HOST_GOODWILL_LOSS = 0.05  # a meeting held for the host
TILT = 0.05  # of the next initiative, a meeting conducted for the host
MOST_TILT = 0.8
ARTICULATION = 0.15  # a meeting
BRIDGING = 0.3  # a meeting

# Events
TARGET_PRESSURE_OF_CUT = 0.3
CRISIS_SHIFT = 0.5  # of divisive ways of working, in a full common crisis
CRISIS_COMMITMENT = 0.5  # share of the way to the ceiling
WITHDRAWAL_MONTHS = 12
REPLACEMENT_MONTHS = 3

# What people say of joint working
PERCEIVED_CONTACT, PERCEIVED_TALK, PERCEIVED_GOODWILL = 0.4, 0.3, 0.3
