"""Sheets of lessons, for import and export: columns, cells, rows and the files that belong to them. Pure."""
