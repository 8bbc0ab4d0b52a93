"""The numbers of the rules: typed, each with its unit, source and evidence tag, and overridable by name."""

import difflib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pipelines.errors import ConfigurationError

Number = bool | int | float

_FOLDER = Path(__file__).parent / "profiles"
_WHOLE = ("days", "years", "count")


@dataclass(frozen=True)
class Source:
    """A document: what a number or a worklist rests on. ``url`` is null for a local default."""

    title: str
    url: str | None = None


TAGS = {
    "V": "read in the source itself",
    "V2": "read in a secondary source",
    "K": "background knowledge, to be checked before it is quoted",
    "D": "a local default: no guideline gives a number",
}
"""How well a number is founded: evidence tag and what it means."""

OVERRIDE = Source("Override in the configuration")


@dataclass(frozen=True)
class Parameter:
    """One number of a profile.

    ``tag`` is one of ``TAGS``. ``between`` holds the lowest and highest value that an override may set.
    """

    name: str
    value: Number
    unit: str
    source: Source
    tag: str
    between: tuple[float, float]

    @property
    def shown_value(self) -> str:
        """The value as people read it: 180, yes."""
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        return f"{self.value:g}"

    @property
    def shown_unit(self) -> str:
        """The unit as people read it."""
        known = {"switch": "yes or no", "1": "share", "mL/min/{1.73_m2}": "mL/min/1.73 m²"}
        return known.get(self.unit, self.unit)


class Profile(Mapping[str, Number]):
    """The numbers of one profile by their dotted name, overrides applied: ``profile["b12_total.mass_low_ng_l"]``."""

    def __init__(self, name: str, title: str, parameters: Mapping[str, Parameter]) -> None:
        self.name = name
        self.title = title
        self.parameters = dict(parameters)

    def __getitem__(self, name: str) -> Number:
        if name not in self.parameters:
            raise KeyError(f"The profile has no number named {name!r}.{_nearest(name, self.parameters)}")
        return self.parameters[name].value

    def __iter__(self) -> Iterator[str]:
        return iter(self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)


class ReadNumbers(Mapping[str, Number]):
    """A view of a profile that remembers which numbers were read, in ``read``."""

    def __init__(self, profile: Mapping[str, Number]) -> None:
        self._profile = profile
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Number:
        self.read.add(name)
        return self._profile[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._profile)

    def __len__(self) -> int:
        return len(self._profile)


def profile_names() -> list[str]:
    """The profiles that ship, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml") if path.stem != "sources")


def load_profile(name: str, overrides: Mapping[str, Number] | None = None) -> Profile:
    """The profile of that name, with ``overrides`` by dotted name laid over it.

    Raises:
        ConfigurationError: there is no such profile, or an override has an unknown name, a wrong type, a value out
            of bounds, or turns two limits around. The message names it.
    """
    if name not in profile_names():
        raise ConfigurationError(
            f"No profile named {name!r}. Known profiles: {', '.join(profile_names())}. Set `profile` to one of them."
        )
    title, shipped = _shipped(name)
    parameters = dict(shipped)
    for key, value in (overrides or {}).items():
        parameters[key] = _overridden(key, value, shipped)
    _check_order(parameters)
    return Profile(name, title, parameters)


@cache
def sources() -> dict[str, Source]:
    """Every document by its key, as numbers and worklists cite it."""
    return {key: Source(entry["title"], entry.get("url")) for key, entry in _toml("sources").items()}


def source(key: str) -> Source:
    """The document of that key."""
    if key not in sources():
        raise KeyError(f"No source {key!r} in profiles/sources.toml. Known: {', '.join(sources())}.")
    return sources()[key]


@cache
def _shipped(name: str) -> tuple[str, dict[str, Parameter]]:
    """Title and numbers of a profile file, on top of those that it inherits."""
    content = _toml(name)
    title = content.pop("title")
    parent = content.pop("inherits", None)
    units = content.pop("units", {})
    parameters = dict(_shipped(parent)[1]) if parent else {}
    for section, entries in content.items():
        for key, entry in entries.items():
            dotted = f"{section}.{key}"
            parameters[dotted] = _parameter(dotted, entry, parameters.get(dotted), units)
    _check_order(parameters)
    return title, parameters


def _parameter(name: str, entry: dict, inherited: Parameter | None, units: Mapping) -> Parameter:
    """One line of a profile file; bounds come from the line, else the inherited line, else the unit."""
    if entry["tag"] not in TAGS:
        raise ConfigurationError(f"{name}: unknown evidence tag {entry['tag']!r}. Use one of {', '.join(TAGS)}.")
    if "between" in entry:
        low, high = entry["between"]
    elif inherited:
        low, high = inherited.between
    else:
        low, high = units[entry["unit"]]["between"]
    return Parameter(name, entry["value"], entry["unit"], source(entry["source"]), entry["tag"], (low, high))


def _overridden(name: str, value: Number, shipped: Mapping[str, Parameter]) -> Parameter:
    """The number of that name with another value, held against its type and bounds."""
    if name not in shipped:
        raise ConfigurationError(
            f"No profile number named {name!r}.{_nearest(name, shipped)} Correct it in [overrides]."
        )
    parameter = shipped[name]
    if not _fits(value, parameter):
        raise ConfigurationError(f"Override {name} is {json.dumps(value, default=str)}; set {_kind(parameter)}.")
    low, high = parameter.between
    if not low <= value <= high:
        raise ConfigurationError(
            f"Override {name} = {value} {parameter.unit} is out of bounds. Set a value from {low} to {high}."
        )
    return replace(parameter, value=value, source=OVERRIDE, tag="D")


def _fits(value: Number, parameter: Parameter) -> bool:
    """Is the value of the kind that the unit asks for?"""
    if parameter.unit == "switch" or isinstance(value, bool):
        return parameter.unit == "switch" and isinstance(value, bool)
    return isinstance(value, int) if parameter.unit in _WHOLE else isinstance(value, int | float)


def _kind(parameter: Parameter) -> str:
    if parameter.unit == "switch":
        return "true or false"
    return f"a {'whole ' if parameter.unit in _WHOLE else ''}number ({parameter.unit})"


def _check_order(parameters: Mapping[str, Parameter]) -> None:
    """Refuse two limits of one thing that were turned around."""
    for name, parameter in parameters.items():
        section, key = name.split(".")
        upper = f"{section}.lookback_days" if key.endswith("after_days") else name.replace("_low_", "_high_")
        if upper != name and upper in parameters and parameter.value > parameters[upper].value:
            raise ConfigurationError(
                f"{name} = {parameter.value} lies above {upper} = {parameters[upper].value}. Set the lower one lower."
            )


def _nearest(name: str, known: Mapping) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
    return f" Did you mean {near[0]!r}?" if near else ""


def _toml(name: str) -> dict:
    with (_FOLDER / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)
