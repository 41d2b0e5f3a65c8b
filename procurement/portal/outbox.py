"""For developers: the letters that were not sent. Served in development only."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from procurement import mail
from procurement.access import Permission
from procurement.errors import N_, NotFound
from procurement.web import config, page, reading, render

bp = Blueprint("outbox", __name__)


@page(bp, "/outbox", permission=Permission.READ_PUBLIC)
def letters() -> ResponseReturnValue:
    """Letters as they would be sent, newest first. They hold links that whoever reads them may use."""
    if config().environment != "development":
        raise NotFound(N_("There is no such page."))
    with reading() as session:
        found = mail.outbox(session, config())
    return render("portal/outbox.html", letters=found)
