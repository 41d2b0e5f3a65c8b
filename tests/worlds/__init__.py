"""Worlds: databases in which something has happened, each built on the one before by the real actions.

One file for each layer, each with one function that takes what it builds on. None pokes rows.
"""

from tests.worlds.people import PASSWORD, People, Person, people

__all__ = ["PASSWORD", "People", "Person", "people"]
