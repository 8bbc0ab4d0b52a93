"""The code lists that ship with the product, and what reads, checks and compares them.

The lists are data, one CSV per table; the modules beside them hold no code and no drug name of their own.
``pipelines.codes`` is the face that the rest of the product uses.
"""

from pathlib import Path

SHIPPED = Path(__file__).parent
"""The folder of the shipped lists."""
