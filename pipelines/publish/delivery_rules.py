"""Rules of the gate about what was delivered: files, feeds, and how they were read."""

from collections.abc import Iterator
from statistics import median

import polars as pl

from pipelines.publish.facts import GateFacts
from pipelines.publish.rules import Finding, in_order, rule

MIN_WEEKS = 4
"""Earlier weeks that a median needs: of fewer, one holiday week would be the rule."""

MIN_FALL = 20
"""Patient-days a week that must be missing: smaller falls happen by chance, in one of many sites every few nights."""

MAX_QUARANTINED = 0.05
MIN_QUARANTINED = 100
"""Share and number of quarantined rows from which a file is wrongly mapped, rather than a few rows badly written."""

STEADY_FEEDS = ("labs", "prescriptions")
"""Feeds that bring rows every day; diagnoses and procedures of the pathway may rest for weeks in a small clinic."""


@rule(
    "critical",
    why="A file that is left out takes its patients' results and treatment with it.",
    to_do="Correct or replace the file, or take it out of the extracts folder, and run again.",
)
def files_are_readable(facts: GateFacts) -> Iterator[Finding]:
    """Every delivered file could be read."""
    for file in in_order(facts.unreadable, "source", "source_file"):
        yield Finding(f"{file['source']}/{file['source_file']}", False, file["problem"])
    if facts.files.height:
        yield Finding("", True, "")


@rule(
    "warning",
    why="A wrong path is no different from a day without news, and the lists grow old unseen.",
    to_do="See that --extracts and the path of the source are where its files arrive. "
    "If they are moved away once they are read, nothing is wrong.",
)
def something_was_delivered(facts: GateFacts) -> Iterator[Finding]:
    """Every source of which readings are in the store delivered a file of its tables."""
    for source in in_order(facts.sources.filter(pl.col("readings") > 0), "source"):
        name, readings = source["source"], source["readings"]
        found = f"The folder of {name} held no file of its tables; the store has {readings:,} from earlier runs."
        yield Finding(name, source["files"] > 0, found)


@rule(
    "warning",
    why="A disk that damages a file once does so again, and not every file can be had again.",
    to_do="Have the disk looked at, and keep the extracts.",
)
def store_is_intact(facts: GateFacts) -> Iterator[Finding]:
    """No reading in the store was damaged; one that was has been read again from its file."""
    for name in facts.restored:
        yield Finding(name, False, f"What the store held of {name} was damaged; it was read again.")
    if facts.files.height:
        yield Finding("", True, "")


@rule(
    "critical",
    why="Rows were lost or counted twice on the way: a quotation mark can swallow half a file.",
    to_do="Tell whoever looks after the software, with the name of the file.",
)
def rows_are_conserved(facts: GateFacts) -> Iterator[Finding]:
    """Per file: its records were all read, and each is kept, off the pathway or quarantined."""
    for file in in_order(facts.files, "source", "source_file"):
        told = file["rows_kept"] + file["rows_off_pathway"] + file["rows_quarantined"]
        records = file["rows_read"] if file["physical_records"] is None else file["physical_records"]
        found = (
            f"{file['source_file']} holds {records:,} records; {file['rows_read']:,} were read and {told:,} are "
            "kept, off the pathway or quarantined."
        )
        lost = max(abs(records - file["rows_read"]), abs(file["rows_read"] - told))
        yield Finding(f"{file['source']}/{file['source_file']}", lost == 0, found, file["extract_table"], lost, records)


@rule(
    "critical",
    why="What happened since is missing: tested and treated people would be listed.",
    to_do="Ask whoever sends the feed. If it may be that old, raise max_age_days of the source.",
)
def feed_is_fresh(facts: GateFacts) -> Iterator[Finding]:
    """The newest known row is at most ``max_age_days`` old at the knowledge date.

    Labs and prescriptions are judged each for itself; a source that brings neither, by the newest of what it brings.
    """
    checked = facts.feeds.filter(pl.col("max_age_days").is_not_null())
    steady = checked.filter(pl.col("extract_table").is_in(STEADY_FEEDS))
    resting = (
        checked.join(steady, on="source", how="anti")
        .group_by("source")
        .agg(pl.col("newest_known", "max_age_days").max(), extract_table=pl.col("extract_table").sort().str.join("+"))
    )
    for feed in in_order(pl.concat([steady, resting.select(steady.columns)]), "source", "extract_table"):
        subject, newest, limit = f"{feed['source']}/{feed['extract_table']}", feed["newest_known"], feed["max_age_days"]
        if newest is None:
            yield Finding(subject, False, f"No row of {subject} is known at {facts.known_at}.", feed["extract_table"])
            continue
        age = (facts.known_at - newest).days
        found = f"The newest row of {subject} is of {newest}, {age} days before {facts.known_at}; {limit} are allowed."
        yield Finding(subject, age <= limit, found, feed["extract_table"], age, limit)


@rule(
    "critical",
    why="Part of a feed is missing: gaps would open and close because of that alone.",
    to_do="Ask whoever sends the feed. If the fall is real, accept it by the name given here.",
)
def feed_keeps_its_volume(facts: GateFacts) -> Iterator[Finding]:
    """The newest week brings at least half the median of the earlier weeks, or is short of it by chance."""
    for volume in in_order(facts.volumes, "source", "extract_table", "site"):
        feed = f"{volume['source']}/{volume['extract_table']}"
        subject = feed if volume["site"] is None else f"{feed}, site {volume['site']}"
        if len(volume["earlier_weeks"]) < MIN_WEEKS:
            yield Finding(subject, None, f"Fewer than {MIN_WEEKS} earlier weeks to compare with.")
            continue
        usual, last = median(volume["earlier_weeks"]), volume["last_week"]
        fell = last < usual / 2 and usual - last >= MIN_FALL and not {subject, feed} & facts.accepted
        found = f"{subject} brought {last:,} patient-days in its newest week; {usual:,.0f} are usual."
        yield Finding(subject, not fell, found, volume["extract_table"], last, round(usual))


@rule(
    "critical",
    why="So many rows do not fail one by one: the mapping of the file is wrong.",
    to_do="Look at the reasons in the quarantine, correct the mapping of the source, and run again.",
)
def quarantine_is_rare(facts: GateFacts) -> Iterator[Finding]:
    """A file that no publication has seen has few quarantined rows, by share or by number.

    A file that was published with them, because somebody accepted it, does not refuse every later run.
    """
    for file in in_order(facts.files.filter("is_new"), "source", "source_file"):
        subject, bad, read = f"{file['source']}/{file['source_file']}", file["rows_quarantined"], file["rows_read"]
        many = bad > MAX_QUARANTINED * read and bad >= MIN_QUARANTINED
        found = f"{bad:,} of {read:,} rows of {file['source_file']} were quarantined."
        yield Finding(subject, not many or subject in facts.accepted, found, file["extract_table"], bad, read)


@rule(
    "warning",
    why="Rows in quarantine count for no rule.",
    to_do="Look at the reasons in the quarantine table.",
)
def nothing_is_quarantined(facts: GateFacts) -> Iterator[Finding]:
    """No feed has rows in quarantine."""
    feeds = facts.files.group_by("source", "extract_table").agg(pl.col("rows_quarantined", "rows_read").sum())
    for feed in in_order(feeds, "source", "extract_table"):
        subject, bad, read = f"{feed['source']}/{feed['extract_table']}", feed["rows_quarantined"], feed["rows_read"]
        found = f"{bad:,} of {read:,} rows of {subject} are in quarantine."
        yield Finding(subject, bad == 0, found, feed["extract_table"], bad, read)


@rule(
    "warning",
    why="Rows read with an older mapping or code list do not know the newer one.",
    to_do="Put the files back among the extracts; the next run reads them again.",
)
def mapping_is_current(facts: GateFacts) -> Iterator[Finding]:
    """No file was read with an older mapping and has gone since."""
    feeds = facts.files.group_by("source", "extract_table").agg(old=pl.col("is_outdated").sum(), files=pl.len())
    for feed in in_order(feeds, "source", "extract_table"):
        subject, old, files = f"{feed['source']}/{feed['extract_table']}", feed["old"], feed["files"]
        found = f"{old:,} of {files:,} files of {subject} were read with an older mapping and are no longer there."
        yield Finding(subject, old == 0, found, feed["extract_table"], old, files)


@rule(
    "warning",
    why="Whether a prescription without an end still runs decides who counts as treated.",
    to_do="If the source is a medication list that ends its own rows, set closes_rows = true; else ask it for ends.",
)
def open_rows_are_declared(facts: GateFacts) -> Iterator[Finding]:
    """At most half of a source's prescriptions have no end, unless it is declared to close its rows."""
    for source in in_order(facts.open_prescriptions, "source"):
        name, still_open, rows = source["source"], source["open_rows"], source["rows"]
        found = f"{still_open:,} of {rows:,} prescriptions of {name} have no end, and closes_rows is not declared."
        yield Finding(name, source["closes_rows"] or 2 * still_open <= rows, found, "prescriptions", still_open, rows)
