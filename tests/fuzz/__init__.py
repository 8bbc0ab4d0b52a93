"""Fuzzing: every parser, fed with bytes that coverage or chance chose.

A parser is fuzzed by one module here with

- ``check(data)``: reads what the bytes say and holds what came out against the properties of the parser: only our own
  errors, nothing lost, nothing invented, nothing of a patient in a message;
- ``WORDS``: pieces of its language, to draw from;
- ``SEEDS``: inputs to begin with. An input that once failed is added here, and stays.

Nothing else is edited to add one: ``python -m tests.fuzz`` (``make fuzz``) and ``test_fuzz.py`` find it by its
``check``.
"""
