"""The gate: may this run be published?

Each rule looks at the facts of a run; the gate reports every failed check, and one for each rule that held everywhere.
A failed critical check refuses the publication: the previous one stays, and nobody is marked resolved. A warning is
shown and passes on. Nothing here reads a file or a clock.
"""

from collections.abc import Iterable, Iterator

from pipelines.publish import delivery_rules, meaning_rules  # noqa: F401 - this registers their rules, causes first
from pipelines.publish.checks import CheckResult, describe
from pipelines.publish.facts import GateFacts, facts_frame, weekly_volumes
from pipelines.publish.rules import RULES, Finding, Rule

__all__ = ["GateFacts", "facts_frame", "gate", "refusal", "summary", "to_do", "verdict", "weekly_volumes"]

STATUSES = ("passed", "failed", "error", "not_applicable")

SUITE_TO_DO = {
    "core": "Look at the quarantine and at the mapping of the source named in the table, correct it, and run again.",
    "worklist": "Tell whoever looks after the rule: the list does not say what its definition promises.",
    "published": "Look at the dates in the measures folder of the home; b12 backfill computes past ones anew.",
}


def gate(facts: GateFacts) -> list[CheckResult]:
    """The checks of the gate: every failed one, and one for each rule that held everywhere or had nothing to judge."""
    return [result for rule in RULES for result in _results(rule, list(rule.judge(facts)))]


def verdict(results: Iterable[CheckResult]) -> bool:
    """True when the run may be published: something was checked, and nothing critical failed."""
    results = list(results)
    return bool(results) and not any(result.refuses for result in results)


def refusal(results: Iterable[CheckResult]) -> str | None:
    """Why the run is refused, in one line; null when it may be published."""
    results = list(results)
    if verdict(results):
        return None
    refusing = [result for result in results if result.refuses]
    if not refusing:
        return "Nothing was checked."
    more = f" And {len(refusing) - 1} more." if len(refusing) > 1 else ""
    return f"{refusing[0].detail} ({refusing[0].check_name}){more}"


def summary(results: Iterable[CheckResult]) -> str:
    """Plain lines for a terminal: the verdict, the failed checks with what to do, the counts; no patient data."""
    results = list(results)
    failed = sorted((result for result in results if result.refuses or result.warns), key=lambda result: result.warns)
    lines = ["The gate lets this run be published." if verdict(results) else "The gate refuses this run."]
    for result in failed:
        lines += [
            f"{'REFUSED' if result.refuses else 'warning'}  {describe(result)}",
            f"         To do: {to_do(result)}",
        ]
    if not results:
        lines.append("Nothing was checked.")
    counts = [f"{sum(r.status == status for r in results)} {status.replace('_', ' ')}" for status in STATUSES]
    lines.append(f"{len(results)} checks: {', '.join(counts)}")
    return "\n".join(lines)


def to_do(result: CheckResult) -> str:
    """What somebody should do about a failed check."""
    rules = {f"gate.{rule.name}": rule.to_do for rule in RULES}
    if result.status == "error":
        return "Tell whoever looks after the software: a check could not be made."
    return rules.get(result.check_name.partition(":")[0], SUITE_TO_DO.get(result.layer, ""))


def _results(rule: Rule, findings: list[Finding]) -> Iterator[CheckResult]:
    def told(name: str, status: str, finding: Finding) -> CheckResult:
        return CheckResult(
            check_name=name,
            layer="gate",
            table_name=finding.table,
            column_name=None,
            severity=rule.severity,
            status=status,
            unexpected_count=finding.unexpected,
            row_count=finding.rows,
            why=rule.why,
            detail=finding.detail,
        )

    name = f"gate.{rule.name}"
    failed = [finding for finding in findings if finding.held is False]
    judged = [finding for finding in findings if finding.held is not None]
    for finding in failed:
        yield told(f"{name}: {finding.subject}" if finding.subject else name, "failed", finding)
    if failed:
        return
    if judged:
        yield told(name, "passed", Finding("", True, f"Held for {len(judged):,}.", None, 0, len(judged)))
    else:
        why_not = findings[0].detail if findings else "Nothing to judge."
        yield told(name, "not_applicable", Finding("", None, why_not, None, None, 0))
