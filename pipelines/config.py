"""``b12.toml`` as typed settings; every unknown or wrong key is named with its line and its nearest known name."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from pipelines.errors import ConfigurationError

EXTRACT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "patients": (
        "patient_id", "birth_date", "sex", "death_date", "site", "clinician", "registered_from", "registered_until",
        "display_name", "recorded_at",
    ),
    "labs": (
        "patient_id", "result_id", "test_code", "code_system", "test_name", "value", "unit", "ref_low", "ref_high",
        "abnormal_flag", "collected_at", "reported_at", "status", "replaces",
    ),
    "prescriptions": (
        "patient_id", "prescription_id", "drug_code", "drug_name", "code_system", "route", "form", "strength",
        "daily_dose", "quantity", "days_supply", "start_date", "end_date", "status", "kind", "recorded_at",
    ),
    "diagnoses": (
        "patient_id", "diagnosis_id", "diagnosis_code", "code_system", "description", "recorded_date",
        "resolved_date", "status", "recorded_at",
    ),
    "procedures": (
        "patient_id", "procedure_id", "procedure_code", "code_system", "description", "performed_date", "status",
        "recorded_at",
    ),
}  # fmt: skip
"""The native layout: extract tables and their columns, in the order of the data contract."""

REQUIRED_COLUMNS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "patients": (("patient_id",),),
    "labs": (("patient_id",), ("result_id",), ("test_code",), ("value",), ("collected_at",)),
    "prescriptions": (("patient_id",), ("prescription_id",), ("drug_code", "drug_name"), ("start_date",)),
    "diagnoses": (("patient_id",), ("diagnosis_code",), ("code_system",), ("recorded_date",)),
    "procedures": (("patient_id",), ("procedure_code",), ("code_system",), ("performed_date",)),
}
"""Columns that a file must have, by table; of a tuple of several, one is enough."""

CODE_COLUMNS: Mapping[str, tuple[str, str]] = {
    "labs": ("test_code", "test_name"),
    "prescriptions": ("drug_code", "drug_name"),
    "diagnoses": ("diagnosis_code", "description"),
    "procedures": ("procedure_code", "description"),
}
"""The columns that say what a row is about: code and name, by table."""

EVENT_DATE: Mapping[str, str] = {
    "labs": "collected_at", "prescriptions": "start_date", "diagnoses": "recorded_date", "procedures": "performed_date",
}  # fmt: skip
"""The column that dates the event of a row, by table."""

SOURCE_KINDS = ("native", "omop", "fhir", "hl7v2", "mimic", "synthea")
"""The layouts that can be read."""

KIND_DEFAULTS: Mapping[str, Mapping[str, bool]] = {
    "mimic": {"shifts_dates": True}, "synthea": {"closes_rows": True},
}  # fmt: skip
"""What a source of a kind is, unless it says otherwise."""

NATIVE_ONLY = ("files", "columns", "date_formats", "decimal")
"""Keys of a table mapping that make no sense where the layout is fixed."""

CODELISTS = "codelists"
"""The folder beside the configuration that holds code lists of the user's own."""

CodedTable = Literal["labs", "prescriptions", "diagnoses", "procedures"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class TableMapping(_Section):
    """How one table of a source differs from the native layout; every key is optional."""

    files: str | None = None
    encoding: str = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    date_formats: tuple[str, ...] = ()
    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    units: dict[str, str] = {}

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str) -> str:
        try:
            "".encode(encoding)
        except LookupError:
            raise ValueError(f"no encoding named {encoding!r}; usual ones are utf-8, latin-1, cp1252, utf-16") from None
        return encoding


class Source(_Section):
    """One place that extracts come from; its name is the space in which row ids are unique."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")]
    kind: str = "native"
    path: str = "."
    closes_rows: bool = False
    shifts_dates: bool = False
    ends_registration: bool = False  # omop: with the last observation period; fhir: when recorded as not active
    doses_per_quantity: Annotated[float, Field(gt=0)] = 1
    persons: bool = True  # of hl7v2: false where another source tells of the people, and messages name them only
    authority: str | None = None  # of hl7v2: whose identifiers, of the several in PID-3, are those of the other sources
    max_age_days: Annotated[int, Field(ge=0)] | None = None
    patients: TableMapping = TableMapping()
    labs: TableMapping = TableMapping()
    prescriptions: TableMapping = TableMapping()
    diagnoses: TableMapping = TableMapping()
    procedures: TableMapping = TableMapping()

    def table(self, name: str) -> TableMapping:
        """The mapping of one extract table."""
        return getattr(self, name)

    @model_validator(mode="before")
    @classmethod
    def _as_its_kind(cls, given: Any) -> Any:
        return {**KIND_DEFAULTS.get(given.get("kind"), {}), **given} if isinstance(given, dict) else given

    @field_validator("kind", mode="before")
    @classmethod
    def _known_kind(cls, kind: Any) -> Any:
        if kind not in SOURCE_KINDS:
            nearest = _nearest(str(kind), SOURCE_KINDS)
            raise ValueError(f"no kind of source that can be read{nearest}; kinds: {', '.join(SOURCE_KINDS)}")
        return kind

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Source":
        if self.kind != "hl7v2" and self.model_fields_set & {"persons", "authority"}:
            raise ValueError('persons and authority speak of the PID segments of kind = "hl7v2"')
        if self.ends_registration and self.kind not in ("omop", "fhir"):
            raise ValueError('ends_registration speaks of kind = "omop" (observation periods) and "fhir" (active)')
        if self.kind == "native":
            return self
        for table in EXTRACT_COLUMNS:
            if given := sorted(self.table(table).model_fields_set & set(NATIVE_ONLY)):
                raise ValueError(
                    f"[source.{table}] {given[0]} is for native files: the layout of kind = {self.kind!r} is fixed. "
                    "Encoding, delimiter, constants and units may be given."
                )
        return self

    @model_validator(mode="after")
    def _columns_exist(self) -> "Source":
        for table, native in EXTRACT_COLUMNS.items():
            for key in ("columns", "constants"):
                for column in getattr(self.table(table), key):
                    if column not in native:
                        raise ValueError(
                            f"[source.{table}] {key} names {column!r}, which is no column of {table}"
                            f"{_nearest(column, native)}. Columns of {table}: {', '.join(native)}."
                        )
        return self


class Code(_Section):
    """Local codes or names of one table, and the concepts they mean."""

    table: CodedTable
    code_system: str | None = None
    concepts: dict[str, str] = {}
    names: dict[str, str] = {}


class CodeList(_Section):
    """What name and header of a list in the folder ``codelists`` do not say; every key but the file is optional."""

    file: Annotated[str, Field(min_length=1)]
    concept: str | None = None
    code_system: str | None = None
    match: Literal["exact", "prefix"] | None = None
    replaces: bool = False  # the shipped codes and names of its concepts no longer count


class Alert(_Section):
    """Where a failed or refused run is told, besides the log."""

    command: str | None = None
    webhook: str | None = None


class Decisions(_Section):
    """Where reviewers' decisions are kept; without a URL, in a file of the home folder."""

    url: SecretStr | None = None  # it may hold a password

    @field_validator("url")
    @classmethod
    def _known_database(cls, url: SecretStr | None) -> SecretStr | None:
        if url and not re.match(r"(sqlite:///|postgres(ql)?(\+psycopg)?://).", url.get_secret_value()):
            raise ValueError("no URL of a decision log; use sqlite:///<file> or postgresql://<user>@<host>/<database>")
        return url


class Grant(_Section):
    """What a user or a group may do on the review screen, and where; of several grants that apply, each counts."""

    user: Annotated[str, Field(min_length=1)] | None = None
    group: Annotated[str, Field(min_length=1)] | None = None
    role: Literal["viewer", "reviewer", "lead"]
    sites: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "Grant":
        if (self.user is None) == (self.group is None):
            raise ValueError("a grant is given to either a user or a group; name one of the two")
        return self


class Proxy(_Section):
    """The proxy before the review screen: it alone is believed, and only with the secret, about who is asking."""

    addresses: Annotated[tuple[str, ...], Field(min_length=1)]
    secret_file: Annotated[str, Field(min_length=1)]
    user_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] = "X-Forwarded-User"
    groups_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] = "X-Forwarded-Groups"
    secret_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] = "X-B12-Secret"

    @field_validator("addresses")
    @classmethod
    def _are_addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        for address in addresses:
            try:
                ip_network(address)
            except ValueError:
                raise ValueError(f"{address!r} is no address or network, such as 10.0.0.5 or 10.0.0.0/24") from None
        return addresses


class Review(_Section):
    """Who may use the review screen, and how it is reached; without a proxy it serves this machine's user alone."""

    session_minutes: Annotated[int, Field(ge=1, le=720)] = 60
    hosts: tuple[str, ...] = ()
    proxy: Proxy | None = None
    grant: tuple[Grant, ...] = ()

    @model_validator(mode="after")
    def _grants_have_a_proxy(self) -> "Review":
        if self.grant and self.proxy is None:
            raise ValueError("grants name users and groups that a proxy tells of, and no [review.proxy] is set")
        return self


class Settings(_Section):
    """Everything that ``b12.toml`` can say."""

    profile: str = "uk_nice_ng239"
    timezone: str = "UTC"
    memory_limit: Annotated[str, Field(pattern=r"^\d+(\.\d+)?\s*[KMGT]i?B$")] = "2GB"
    rows_per_shard: Annotated[int, Field(ge=1)] | None = None
    absent: tuple[str, ...] = ()
    overrides: dict[str, bool | int | float | str] = {}
    source: tuple[Source, ...] = (Source(name="default"),)
    code: tuple[Code, ...] = ()
    code_folders: tuple[str, ...] = ()
    codelist: tuple[CodeList, ...] = ()
    max_change: dict[str, Annotated[float, Field(gt=0)]] = {}
    keep_publications: Annotated[int, Field(ge=0)] = 7
    keep_nights: Annotated[int, Field(ge=1)] = 90  # whose lists and reports are kept
    schedule: str = "0 2 * * *"
    alert: Alert = Alert()
    decisions: Decisions = Decisions()
    review: Review = Review()

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError):
            raise ValueError(f"no time zone named {name!r}; use an IANA name such as Europe/London") from None
        return name

    @field_validator("source")
    @classmethod
    def _names_differ(cls, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        names = [source.name for source in sources]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two sources are named {sorted(twice)[0]!r}; each needs a name of its own")
        return sources


def sources_below(settings: Settings, url: str) -> Settings:
    """The settings with every source that names a folder of its own below a URL, where the extracts lie."""

    def below(source: Source) -> Source:
        if "://" in source.path or Path(source.path).is_absolute():
            return source
        path = url.rstrip("/") if source.path == "." else f"{url.rstrip('/')}/{source.path}"
        return source.model_copy(update={"path": path})

    return settings.model_copy(update={"source": tuple(map(below, settings.source))})


def load_settings(path: Path | None) -> Settings:
    """The settings in a file, or the defaults when there is no file; a folder ``codelists`` beside it is among them.

    Raises:
        ConfigurationError: The file cannot be parsed, or a key is unknown or wrong; the message gives the line.
    """
    if path is None:
        return Settings()
    settings = _settings_in(path)
    beside = path.absolute().parent / CODELISTS
    named = {beside.parent / folder for folder in settings.code_folders}
    if not beside.is_dir() or beside in named:
        return settings
    return settings.model_copy(update={"code_folders": (*settings.code_folders, str(beside))})


def _settings_in(path: Path) -> Settings:
    if not path.exists():
        return Settings()
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}.") from None
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise ConfigurationError(_explain(path, text, raw, error)) from None


def _explain(path: Path, text: str, raw: Mapping[str, Any], error: ValidationError) -> str:
    lines = [f"{path} cannot be used; nothing was read."]
    for problem in error.errors():
        where = [str(part) for part in problem["loc"]]
        line = _line_of(text, where)
        at = f"line {line}: " if line else ""
        dotted = ".".join(where) or "file"
        if problem["type"] == "extra_forbidden":
            known = _known_keys(where[:-1])
            lines.append(f"  {at}unknown key {where[-1]!r}{_nearest(where[-1], known)}. Known: {', '.join(known)}.")
        else:
            message = problem["msg"].removeprefix("Value error, ")
            lines.append(f"  {at}{dotted}: {message}{_given(raw, problem['loc'])}")
    return "\n".join(lines)


def _given(raw: Any, where: tuple[int | str, ...]) -> str:
    if where == ("decisions", "url"):
        return ""  # it may hold a password
    for part in where:
        try:
            raw = raw[part]
        except (KeyError, IndexError, TypeError):
            return ""
    return f" (given: {raw!r})" if isinstance(raw, str | int | float | bool) else ""


def _known_keys(where: list[str]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in where:
        if not part.isdigit():
            model = {
                "source": Source,
                "code": Code,
                "codelist": CodeList,
                "alert": Alert,
                "decisions": Decisions,
                "review": Review,
                "proxy": Proxy,
                "grant": Grant,
                **dict.fromkeys(EXTRACT_COLUMNS, TableMapping),
            }.get(part, model)
    return list(model.model_fields)


def _line_of(text: str, where: list[str]) -> int | None:
    """The line of a key: the n-th ``[[table]]`` first where an index says so, then the key itself."""
    lines, start = text.splitlines(), 0
    for place, part in enumerate(where):
        if part.isdigit():
            header = re.compile(rf"^\s*\[\[\s*{re.escape(where[place - 1])}\s*\]\]")
            found = [n for n, line in enumerate(lines) if header.match(line)]
            start = found[int(part)] if int(part) < len(found) else start
            continue
        wanted = re.compile(
            rf"^\s*(\[+[\w.]*\b{re.escape(part)}\s*\]+|[\"']?{re.escape(part)}[\"']?\s*=)|[{{,]\s*[\"']?{re.escape(part)}[\"']?\s*="
        )
        start = next((n for n in range(start, len(lines)) if wanted.search(lines[n])), start)
    return start + 1 if lines else None


def _nearest(word: str, known: Any) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; nearest is {close[0]!r}" if close else ""
