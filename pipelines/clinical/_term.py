"""What a shared term is, and where the terms are found.

A term is a function whose positional parameters name core tables or other terms and which returns a lazy frame;
``as_of``, ``profile``, ``delivered`` and ``first_exposure`` are keywords. The signature is the dependency list.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache

import polars as pl

Term = Callable[..., pl.LazyFrame]

_TERMS: dict[str, Term] = {}


def term(function: Term) -> Term:
    """Register a function as the shared term of its name."""
    name = function.__name__
    if name in _TERMS and _TERMS[name].__module__ != function.__module__:
        raise ValueError(f"Two terms are named {name!r}: {_TERMS[name].__module__} and {function.__module__}.")
    _TERMS[name] = function
    return function


@cache
def terms() -> Mapping[str, Term]:
    """Every term of ``pipelines.clinical`` by name."""
    package = importlib.import_module("pipelines.clinical")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"pipelines.clinical.{module.name}")
    return dict(_TERMS)
