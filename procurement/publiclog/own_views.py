"""One's own receipts. Apart from the log's other pages because nobody's work begins here: it comes last in menus."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from procurement.access import Permission
from procurement.errors import N_
from procurement.publiclog import queries, serving
from procurement.publiclog.pages import line_of
from procurement.publiclog.receipt import receipt_code
from procurement.web import actor, page, reading, render

bp = Blueprint("receipts", __name__)

PER_PAGE = 50


@page(bp, "/my/receipts", permission=Permission.HAVE_ACCOUNT, menu=N_("My receipts"))
def mine() -> ResponseReturnValue:
    """Everything that the signed-in person did and that was entered, newest first; `before` pages on."""
    before = request.args.get("before", type=int)
    with reading() as session:
        found = queries.entries_by(session, int(actor().user_id or 0), before=before, limit=PER_PAGE + 1)
        size = serving.published_size(session)
    return render(
        "publiclog/my_receipts.html",
        acts=[(line_of(one), receipt_code(one.index, one.leaf_hash)) for one in found[:PER_PAGE]],
        older=found[PER_PAGE - 1].index if len(found) > PER_PAGE else None,
        before=before,
        size=size,
    )
