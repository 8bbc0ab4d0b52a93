"""The assets of the nightly job and their blocking checks, as Dagster sees them; what they do is in ``nightly``."""

import errno
from collections.abc import Iterator

import dagster as dg

from pipelines.contract import CORE_TABLES
from pipelines.orchestration.resources import NightlyRun
from pipelines.worklists import Worklist, worklists

STORE = dg.AssetKey("store")
MEASURE = dg.AssetKey("measure")
GATE = dg.AssetKey("gate")
PUBLISHED = dg.AssetKey("published")
CORE = {table: dg.AssetKey(["core", table]) for table in CORE_TABLES}

RETRIES, RETRY_SECONDS = 2, 60
PASSING = {errno.EAGAIN, errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH}
"""What a file share does on a bad night: worth another try, where a full disk or a missing folder is not."""


def worklist_keys() -> dict[str, dg.AssetKey]:
    """The asset key of every worklist."""
    return {name: dg.AssetKey(["worklist", name]) for name in worklists()}


def store_asset(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Every new file of the extracts, read once."""

    @dg.asset(key=STORE, partitions_def=partitions, group_name="ingest")
    def store(run: NightlyRun) -> dg.MaterializeResult:
        """Every new file of the extracts, read once: kept rows, withdrawals, quarantine, codes off the pathway."""
        try:
            intake = run.nightly.take_in()
        except OSError as error:
            if error.errno not in PASSING:
                raise
            raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=RETRY_SECONDS) from error
        return dg.MaterializeResult(
            metadata={
                "files read": len(intake.read),
                "files unchanged": intake.unchanged,
                "files not read": len(intake.unread),
                "rows read": sum(entry.rows_read for entry in intake.read),
                "rows kept": sum(entry.rows_kept for entry in intake.read),
                "rows off the pathway": sum(entry.rows_off_pathway for entry in intake.read),
                "rows quarantined": sum(entry.rows_quarantined for entry in intake.read),
            }
        )

    return store


def core_assets(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """The core tables as of the run's dates."""

    @dg.multi_asset(
        specs=[dg.AssetSpec(key, deps=[STORE], group_name="core", partitions_def=partitions) for key in CORE.values()],
        partitions_def=partitions,
    )
    def core(run: NightlyRun) -> Iterator[dg.MaterializeResult]:
        built = run.nightly.build_core()
        for table, key in CORE.items():
            preview = dg.MetadataValue.md(run.nightly.preview(table))
            metadata = {"dagster/row_count": built.rows[table], "shards": built.shards, "preview": preview}
            yield dg.MaterializeResult(asset_key=key, metadata=metadata)

    return core


def worklist_assets(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Every worklist, from terms that are built once for all."""
    keys = worklist_keys()

    def spec(listed: Worklist) -> dg.AssetSpec:
        return dg.AssetSpec(
            keys[listed.name],
            deps=[*(CORE[table] for table in listed.inputs), *(keys[name] for name in listed.lists)],
            group_name="worklists",
            description=f"{listed.title}\n\n{listed.rationale}",
            owners=[f"team:{listed.owner.replace(' ', '_')}"],
            metadata={"source": listed.source.title, "action": listed.action},
            partitions_def=partitions,
        )

    @dg.multi_asset(specs=[spec(listed) for listed in worklists().values()], partitions_def=partitions)
    def judged(run: NightlyRun) -> Iterator[dg.MaterializeResult]:
        counts = run.nightly.judge()
        for name, key in keys.items():
            of_list = counts.filter(counts["worklist"] == name).sort("closed_by", nulls_last=False)
            people = dict(of_list.select("closed_by", "people").iter_rows())
            rows = [f"{closed_by or 'open'} | {count}" for closed_by, count in people.items()]
            yield dg.MaterializeResult(
                asset_key=key,
                metadata={
                    "dagster/row_count": sum(people.values()),
                    "open": people.get(None, 0),
                    "preview": dg.MetadataValue.md("\n".join(["closed by | people", "--- | ---:", *rows])),
                },
            )

    return judged


def suite_check(key: dg.AssetKey, layer: str, name: str) -> dg.AssetChecksDefinition:
    """The suite of a core table, a worklist or the measures as a blocking check."""

    @dg.asset_check(asset=key, name="expectations", blocking=True, description=f"The suite of {name}.")
    def expectations(run: NightlyRun) -> dg.AssetCheckResult:
        results = run.nightly.check(layer, name)
        refuses = any(result.refuses for result in results)
        warns = any(result.warns for result in results)
        return dg.AssetCheckResult(
            passed=not refuses and not warns,
            severity=dg.AssetCheckSeverity.ERROR if refuses or not warns else dg.AssetCheckSeverity.WARN,
            metadata={result.check_name: f"{result.status}: {result.detail}" for result in results},
        )

    return expectations


def measure_asset(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """The measures: counts over the lists, of this date and of every date before."""

    @dg.asset(key=MEASURE, deps=list(worklist_keys().values()), partitions_def=partitions, group_name="publish")
    def measure(run: NightlyRun) -> dg.MaterializeResult:
        """How many are eligible, and of these open, counted or tested, by site, age and sex; small numbers withheld."""
        rows = run.nightly.measure()
        return dg.MaterializeResult(
            metadata={"dagster/row_count": rows.height, "suppressed": int(rows["suppressed"].sum())}
        )

    return measure


def gate_asset(partitions: dg.PartitionsDefinition) -> tuple[dg.AssetsDefinition, dg.AssetChecksDefinition]:
    """The gate, and the blocking check that carries its verdict."""

    @dg.asset(key=GATE, deps=[*worklist_keys().values(), MEASURE], partitions_def=partitions, group_name="publish")
    def gate(run: NightlyRun) -> dg.MaterializeResult:
        """What the whole run looks like beside the last one: late or thin feeds, lost records, lists that jumped."""
        results = run.nightly.judge_gate()
        failed = sum(result.status == "failed" for result in results)
        return dg.MaterializeResult(metadata={"checks": len(results), "failed": failed})

    @dg.asset_check(asset=GATE, name="verdict", blocking=True)
    def verdict(run: NightlyRun) -> dg.AssetCheckResult:
        """Whether the run may be published."""
        because = run.nightly.verdict()
        return dg.AssetCheckResult(passed=because is None, description=because)

    return gate, verdict


def published_asset(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """The published database and the worklist files."""

    @dg.asset(key=PUBLISHED, deps=[GATE], partitions_def=partitions, group_name="publish")
    def published(run: NightlyRun) -> dg.MaterializeResult:
        """The published database and the worklist files."""
        counts = run.nightly.publish()
        return dg.MaterializeResult(metadata={f"rows in {table}": count for table, count in counts.items()})

    return published
