"""Spreadsheets: the lists of a site as a workbook that people print and work in, and their decisions back from it."""
