"""Planted cases of ``loading_incomplete``: treatment began with injections, and the loading course was not finished.

Loading is five injections in four weeks in the UK (seven in three weeks with neurological signs), and seven in ten
weeks in the US; the US list begins six weeks later.
"""

from pipelines.demo.planted.case import NEW_SITE, NOT_ELIGIBLE, Person, case, number
from pipelines.demo.planted.rows import diagnosis, dispensed, injections, lab, oral_b12, ppi, prescribed

TWO_WEEKS = (100, 98, 96, 94, 92)
"""Five injections on alternate days, the first 100 days ago."""

# One case, one line:
# fmt: off
_DATES = (
    case("open 2", "three injections, begun 28 days ago", injections(28, 26, 24), us=NOT_ELIGIBLE),
    case(NOT_ELIGIBLE, "begun 27 days ago: loading still runs", injections(27, 25, 23)),
    case("open 3", "begun 70 days ago: the first day in the US", injections(70, 68, 66), us="open 2"),
    case("open 3", "begun 69 days ago: a day too fresh in the US", injections(69, 67, 65), us=NOT_ELIGIBLE),
    case("open 3", "begun 180 days ago", injections(180, 178, 176)),
    case(NOT_ELIGIBLE, "begun 181 days ago", injections(181, 179, 177)),
    case("open 3", "a single injection", injections(150)),
    case("open 2", "begun 42 days ago", injections(42, 40, 38), us=NOT_ELIGIBLE),
    case("open 3", "begun 43 days ago", injections(43, 41, 39), us=NOT_ELIGIBLE),
    case("open 3", "begun 91 days ago: recent in the US", injections(91, 89, 87), us="open 2"),
    case("open 3", "begun 92 days ago", injections(92, 90, 88)),
)

_COURSE = (
    case("open 3", "20 days between the first two", injections(100, 80, 78)),
    case(NOT_ELIGIBLE, "21 days between the first two: no loading course", injections(100, 79, 77)),
    case("open 3", "20 days between the second and third", injections(100, 98, 78)),
    case(NOT_ELIGIBLE, "21 days between the second and third", injections(100, 98, 77)),
    case("open 3", "21 days after the third", injections(100, 98, 96, 75)),
    case("open 3", "an earlier course ended 365 days before", injections(465, 100, 98, 96)),
    case(NOT_ELIGIBLE, "an injection 364 days before belongs to the course", injections(464, 100, 98, 96)),
)

_COMPLETE = (
    case("loading_complete", "five in 28 days", injections(100, 98, 95, 91, 72), us="open 3"),
    case("open 3", "the fifth on day 29", injections(100, 98, 95, 91, 71)),
    case("open 3", "four", injections(100, 98, 96, 94)),
    case("open 3", "two records of one day are one injection", injections(100, 98, 96, 94, 94)),
    case("loading_complete", "seven weekly ones: five in four weeks", injections(100, 93, 86, 79, 72, 65, 58)),
    case("loading_complete", "the seventh on day 70", injections(100, 98, 96, 94, 92, 65, 30)),
    case("loading_complete", "the seventh on day 71", injections(100, 98, 96, 94, 92, 65, 29), us="open 3"),
    case("loading_complete", "neuropathy, seven in 21 days", injections(*TWO_WEEKS, 90, 79), diagnosis("neuropathy", 110)),
    case("open 1", "neuropathy, the seventh on day 22", injections(*TWO_WEEKS, 90, 78), diagnosis("neuropathy", 110), us="loading_complete"),
    case("open 1", "neuropathy, six", injections(*TWO_WEEKS, 90), diagnosis("neuropathy", 110)),
    case("open 1", "neuropathy first seen 28 days after the start", injections(*TWO_WEEKS, 90), diagnosis("neuropathy", 72)),
    case("loading_complete", "neuropathy first seen 29 days after the start", injections(*TWO_WEEKS, 90), diagnosis("neuropathy", 71), us="open 1"),
    case("open 3", "neuropathy two years before day 28", injections(*TWO_WEEKS, 90), diagnosis("neuropathy", 802)),
    case("loading_complete", "neuropathy a day earlier", injections(*TWO_WEEKS, 90), diagnosis("neuropathy", 803), us="open 3"),
)

_SUPPLIED = (
    case("supplied", "five ampoules dispensed", dispensed(100, 5), us="open 3"),
    case("open 3", "four dispensed", dispensed(100, 4)),
    case("supplied", "seven dispensed", dispensed(100, 7)),
    case("supplied", "five prescribed, none dispensed", prescribed(100, 5), us="open 3"),
    case("open 3", "ten prescribed, two dispensed: the dispensed count", prescribed(100, 10), dispensed(100, 2)),
    case("supplied", "three, one and one: the last on day 28", dispensed(100, 3), dispensed(85, 1), dispensed(72, 1), us="open 3"),
    case("open 3", "three, one and one: the last on day 29", dispensed(100, 3), dispensed(85, 1), dispensed(71, 1)),
    case("supplied", "how many, nobody wrote", dispensed(100)),
    case("open 3", "two, and an issue of unknown number", dispensed(100, 2), dispensed(95)),
    case("open 3", "five dispensed, one of them given: what is given counts", dispensed(100, 5), injections(98)),
    case("open 1", "neuropathy, five dispensed", dispensed(100, 5), diagnosis("neuropathy", 110)),
    case("supplied", "neuropathy, seven dispensed", dispensed(100, 7), diagnosis("neuropathy", 110)),
)

_CLOSED = (
    case("oral_switch", "switched to oral 1000 mcg", injections(100, 98), oral_b12(90)),
    case("open 3", "switched to oral 500 mcg", injections(100, 98), oral_b12(90, dose=500)),
    case("open 3", "oral, and ended yesterday", injections(100, 98), oral_b12(90, 1)),
    case("loading_complete", "loaded and switched: loaded is the first reason", injections(*TWO_WEEKS, 90, 88), oral_b12(80)),
    case("open 3", "registered 365 days before the start", injections(100, 98), person=Person(registered_from=465)),
    case("history_too_short", "registered 364 days before the start", injections(100, 98), person=Person(registered_from=464)),
    case("open 3", "registration date not known: the site decides", injections(100, 98), person=Person(registered_from=None)),
    case("open 3", "a site whose drug rows begin 365 days before the start", injections(100, 98), ppi(465, 438), person=Person(site=NEW_SITE)),
    case("history_too_short", "a site whose drug rows begin 364 days before the start", injections(101, 99), person=Person(site=NEW_SITE)),
    case("open 3", "no patient row: the drug rows of all decide", injections(100, 98), person=Person(in_patients=False)),
    case("oral_switch", "switched, and history too short: the switch is the first reason", injections(100, 98), oral_b12(90), person=Person(registered_from=464)),
)

_PRIORITY = (
    case("open 1", "neuropathy", injections(100, 98), diagnosis("neuropathy", 730)),
    case("open 3", "neuropathy over two years ago", injections(100, 98), diagnosis("neuropathy", 731)),
    case("open 2", "pernicious anemia", injections(100, 98), diagnosis("pernicious_anemia", 95)),
    case("open 2", "intrinsic factor antibodies", injections(100, 98), lab("intrinsic_factor_ab", "positive", days=95)),
    case("open 1", "neuropathy and pernicious anemia", injections(100, 98), diagnosis("pernicious_anemia", 95), diagnosis("gait_ataxia", 95)),
)

CASES = number(
    "LOA", "loading_incomplete", (*_DATES, *_COURSE, *_COMPLETE, *_SUPPLIED, *_CLOSED, *_PRIORITY)
)
