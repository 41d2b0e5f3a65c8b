"""What the public log says of accounts: the acts of administrators, since accounts give power over all records.

Who is concerned enters as a salted digest. Signing in, passwords and the like are nobody's business and no entries.
"""

from procurement.errors import N_
from procurement.publiclog.entry import Code, Entry, Salted


class PersonInvited(Entry, kind="account.invited", title=N_("The administrator invited somebody")):
    person: Salted
    roles: tuple[Code, ...]


class InvitationWithdrawn(Entry, kind="account.invitation_withdrawn", title=N_("An invitation was withdrawn")):
    person: Salted


class InvitationAccepted(
    Entry, kind="account.opened", title=N_("Somebody accepted an invitation of the administrator")
):
    """`invited`: the address to which the invitation went, and with which the account is signed in to."""

    person: Salted
    invited: Salted
    name: Salted
    employer: Salted
    roles: tuple[Code, ...]


class AccountMade(Entry, kind="account.made", title=N_("An account was made")):
    """Without an invitation. `how`: "registered" by whoever will apply, or "command" by whoever runs the site."""

    person: Salted
    address: Salted
    name: Salted
    employer: Salted
    roles: tuple[Code, ...]
    how: Code


class RolesChanged(Entry, kind="account.roles_changed", title=N_("The administrator changed somebody's roles")):
    person: Salted
    before: tuple[Code, ...]
    after: tuple[Code, ...]


class AccountShut(Entry, kind="account.shut", title=N_("The administrator shut an account")):
    person: Salted


class AccountReopened(Entry, kind="account.reopened", title=N_("The administrator opened an account again")):
    person: Salted


class SecondFactorRemoved(
    Entry, kind="account.second_factor_removed", title=N_("The administrator removed somebody's second factor")
):
    person: Salted
