"""Sample data that ships with the package; see README.md for its source and licence."""
