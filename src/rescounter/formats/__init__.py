"""Formats: files become `Submitted` cells, and the tables of a result become files.

Enters: a path, standard input, or any object with the Arrow PyCapsule interface. Leaves:
`Submitted`; or a result folder, written beside its place and renamed at the end. Refuses: what is
no table at all, with one clear `CallerFault`. Laws: a cell is handed on exactly as the file holds
it, but for white space around it; a row is handed on or named as unreadable, never lost; a folder
is complete or absent; the bytes of a file depend on its table only. Read `reading.py` first.
"""

from rescounter.formats.folder import new_folder
from rescounter.formats.reading import read, read_arrow
from rescounter.formats.writing import FORMATS, read_tables, write_tables

__all__ = ["FORMATS", "new_folder", "read", "read_arrow", "read_tables", "write_tables"]
