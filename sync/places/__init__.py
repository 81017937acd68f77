"""Boundaries and registered places: files to releases, releases to an index, and what is placed by them."""
