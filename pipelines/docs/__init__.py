"""The documents that are made from code: the catalogue of the worklists, and the dictionary of the published data."""

from pipelines.docs.pages import checkout, pages, stale_pages, write_pages

__all__ = ["checkout", "pages", "stale_pages", "write_pages"]
