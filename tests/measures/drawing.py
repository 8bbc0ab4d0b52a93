"""What the tests of measures share."""

from datetime import date

AS_OF = date(2026, 11, 22)
