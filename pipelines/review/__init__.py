"""The screen that a reviewer opens every morning: the published lists, why each patient is there, and the decisions."""
