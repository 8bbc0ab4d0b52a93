"""The tables of the log, their versions, and the way from an older version to this one.

Append-only is kept by the database itself: triggers refuse to change or remove an entry, whoever asks. Each entry names
the one before it of the same item, and a unique index lets every entry be followed once: of two writers who saw the
same thing, one is taken.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    inspect,
    text,
)

from pipelines.errors import B12Error

VERSION = 2
"""1 kept neither the channel nor the entry that had been seen, so that of two writers the later won unseen."""

METADATA = MetaData()
_NUMBER = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows itself only where the type is INTEGER

DECISION = Table(
    "decision",
    METADATA,
    Column("decision_id", _NUMBER, Identity(), primary_key=True),
    Column("worklist", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("item_key", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("reason", Text),
    Column("note", Text),
    Column("snooze_until", Date),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", DateTime, nullable=False),
    Column("channel", Text, nullable=False),
    Column("seen_run_id", Text, nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Column("seen_evidence_hash", Text, nullable=False),
    Column("seen_priority", Integer, nullable=False),
    Column("seen_decision_id", BigInteger),
    sqlite_autoincrement=True,
)
# Of all nulls none equals another in a unique index, so the first entry of an item follows number 0.
Index("decision_followed_once", DECISION.c.item_key, text("coalesce(seen_decision_id, 0)"), unique=True)
Index("decision_of_person", DECISION.c.person_id)

LOG_VERSION = Table("decision_log_version", METADATA, Column("version", Integer, primary_key=True, autoincrement=False))

_GUARDS = {
    "sqlite": (
        """CREATE TRIGGER decision_never_changed BEFORE UPDATE ON decision
           BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END""",
        """CREATE TRIGGER decision_never_removed BEFORE DELETE ON decision
           BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END""",
        # INSERT OR REPLACE removes rows without asking the trigger above.
        """CREATE TRIGGER decision_never_replaced BEFORE INSERT ON decision
           WHEN EXISTS (
               SELECT 1 FROM decision AS kept
               WHERE kept.decision_id = NEW.decision_id
                  OR kept.item_key = NEW.item_key
                 AND coalesce(kept.seen_decision_id, 0) = coalesce(NEW.seen_decision_id, 0)
           )
           BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION decision_refuse_change() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'the decision log is append-only' USING ERRCODE = 'restrict_violation'; END $$""",
        """CREATE TRIGGER decision_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON decision
           FOR EACH STATEMENT EXECUTE FUNCTION decision_refuse_change()""",
    ),
}
_ONE_AT_A_TIME = 0x423132  # "B12": the advisory lock under which a log in PostgreSQL is made or migrated


def version_of(con: Connection) -> int | None:
    """The version of the log that a database holds; null when it holds none.

    Raises:
        B12Error: There is a table of the log's name that is none, or the log was written by a newer program.
    """
    tables = set(inspect(con).get_table_names())
    if LOG_VERSION.name not in tables:
        if DECISION.name in tables:
            raise B12Error(
                "The database given for the decision log has a table 'decision' that is not ours, and was left as it "
                "is. Correct [decisions] url."
            )
        return None
    found = con.exec_driver_sql(f"SELECT max(version) FROM {LOG_VERSION.name}").scalar()
    if found is not None and found > VERSION:
        raise B12Error(
            f"The decision log has version {found}, and this program knows versions up to {VERSION}: a newer one wrote "
            "it. It was left as it is; install the newer version of b12."
        )
    return found


def make_current(con: Connection) -> None:
    """Creates the log, or brings it up to this version; within the caller's transaction, so in full or not at all."""
    one_at_a_time(con)
    found = version_of(con)
    if found == VERSION:
        return
    if found is None:
        METADATA.create_all(con)
    else:
        _from_1(con)
    for statement in _GUARDS[con.dialect.name]:
        con.exec_driver_sql(statement)
    con.execute(LOG_VERSION.insert().values(version=VERSION))


def one_at_a_time(con: Connection) -> None:
    """Wait for whoever else makes or migrates tables here; SQLite lets one writer in at a time anyhow."""
    if con.dialect.name == "postgresql":
        con.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")


def _from_1(con: Connection) -> None:
    """Gives every entry its channel, the only one there was, and the entry before it of the same item."""
    con.exec_driver_sql("ALTER TABLE decision RENAME TO decision_1")
    DECISION.create(con)
    kept = ", ".join(column.name for column in DECISION.columns if column.name not in ("channel", "seen_decision_id"))
    con.exec_driver_sql(
        f"""INSERT INTO decision ({kept}, channel, seen_decision_id)
            SELECT {kept}, 'review', lag(decision_id) OVER (PARTITION BY item_key ORDER BY decision_id)
            FROM decision_1"""
    )
    if con.dialect.name == "postgresql":
        con.exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('decision', 'decision_id'), max(decision_id)) FROM decision"
        )
    con.exec_driver_sql("DROP TABLE decision_1")
