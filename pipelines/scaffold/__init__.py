"""New files from templates, so that what every list shares is written by nobody twice."""

from pipelines.scaffold.worklist import new_worklist

__all__ = ["new_worklist"]
