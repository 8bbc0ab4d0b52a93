"""What reviewers decide about the items of the lists: an append-only log, and what stands at a moment.

The log is the only thing here that cannot be made again from the extracts, so it lives beside the publication and is
never rebuilt. ``vocabulary`` says what a decision is, ``log`` takes decisions and reads them back, ``schema`` and
``connection`` know the databases, ``standing`` says what holds and how precise a list was.
"""

from pipelines.decisions.connection import log_url
from pipelines.decisions.log import DECISION_SCHEMA, DecisionLog, Fate
from pipelines.decisions.standing import comments, precision, standing
from pipelines.decisions.vocabulary import (
    DECISIONS,
    LABELS,
    REASONS,
    NewDecision,
    Seen,
    problems,
)

__all__ = [
    "DECISIONS",
    "DECISION_SCHEMA",
    "LABELS",
    "REASONS",
    "DecisionLog",
    "Fate",
    "NewDecision",
    "Seen",
    "comments",
    "log_url",
    "precision",
    "problems",
    "standing",
]
