"""The fuzzers: every module here that has a ``check``."""

import importlib
import pkgutil
from types import ModuleType

import tests.fuzz

NO_PARSERS = {"__main__", "delivered", "finding", "guided", "material", "test_fuzz"}


def names() -> list[str]:
    """The parsers that are fuzzed."""
    found = (module.name for module in pkgutil.iter_modules(tests.fuzz.__path__))
    return sorted(name for name in found if name not in NO_PARSERS)


def fuzzer(name: str) -> ModuleType:
    """The module of one."""
    return importlib.import_module(f"tests.fuzz.{name}")
