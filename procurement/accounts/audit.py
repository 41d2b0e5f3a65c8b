"""How accounts and their roles follow from the public log: who holds power, under which name and address.

Passwords, second factors, sessions and links are nobody else's business and no entries; they are not compared.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select

from procurement.accounts.entries import (
    AccountMade,
    AccountReopened,
    AccountShut,
    InvitationAccepted,
    RolesChanged,
)
from procurement.accounts.models import User, UserRole
from procurement.publiclog.audit import Replay, Row, disclosed, person, replays
from procurement.publiclog.queries import Logged

_KINDS = (InvitationAccepted, AccountMade, RolesChanged, AccountShut, AccountReopened)


def _held(entries: Iterable[Logged]) -> Iterable[dict[str, Any]]:
    """One row for each account whose owner has not been erased, with its roles."""
    rows: dict[str, dict[str, Any]] = {}
    for logged in entries:
        entry, at = logged.envelope.entry, logged.envelope.at
        whose = getattr(entry, "person").value  # noqa: B009 (every kind has it)
        if whose is None:
            continue  # erased: nobody can say any more whose account it was
        match entry:
            case InvitationAccepted(invited=address) | AccountMade(address=address):
                rows[whose] = {
                    "account": whose,
                    "address": disclosed(address),
                    "name": disclosed(entry.name),
                    "employer": disclosed(entry.employer),
                    "roles": entry.roles,
                    "made_at": at,
                    "shut_at": None,
                }
            case RolesChanged(after=roles):
                rows[whose]["roles"] = roles
            case AccountShut():
                rows[whose]["shut_at"] = at
            case AccountReopened():
                rows[whose]["shut_at"] = None
    return rows.values()


def accounts_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each account."""
    for row in _held(entries):
        yield {column: value for column, value in row.items() if column != "roles"}


def roles_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each role of each account."""
    for row in _held(entries):
        for role in row["roles"]:
            yield {"account": row["account"], "role": role}


def _named(row: Row) -> Row:
    return dict(row) | {"account": person(row["account"])}


replays(
    Replay(
        table="user_account",
        kinds=_KINDS,
        expected=accounts_from_log,
        actual=lambda: select(
            User.id.label("account"),
            User.email.label("address"),
            User.name,
            User.employer,
            User.created_at.label("made_at"),
            User.disabled_at.label("shut_at"),
        ),
        key=("account",),
        derived=_named,
    )
)

replays(
    Replay(
        table="user_role",
        kinds=_KINDS,
        expected=roles_from_log,
        actual=lambda: select(UserRole.user_id.label("account"), UserRole.role),
        key=("account", "role"),
        derived=_named,
    )
)
