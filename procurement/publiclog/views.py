"""Pages of the public log: what was entered, newest first, and one entry with all its fields."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import FileField, StringField

from procurement.access import Permission
from procurement.errors import N_, NotFound
from procurement.publiclog import keys, queries, witnessing
from procurement.publiclog.pages import line_of, page_of
from procurement.web import Form, config, format_instant, format_number, page, reading, render

bp = Blueprint("publiclog", __name__)

PER_PAGE = 50


@page(bp, "/log/", permission=Permission.READ_PUBLIC)
def entries() -> ResponseReturnValue:
    """Entries from the newest down; `before` (an index) pages on, `round` keeps to one round."""
    before = request.args.get("before", type=int)
    round_ref = request.args.get("round") or None
    with reading() as session:
        found = queries.entries(session, round_ref=round_ref, before=before, limit=PER_PAGE + 1)
        checkpoint = queries.latest_checkpoint(session)
        size = queries.head(session).size
    return render(
        "publiclog/entries.html",
        entries=[line_of(logged) for logged in found[:PER_PAGE]],
        older=found[PER_PAGE - 1].index if len(found) > PER_PAGE else None,
        before=before,
        round_ref=round_ref,
        size=size,
        checkpoint=checkpoint,
    )


@page(bp, "/log/<int:index>", permission=Permission.READ_PUBLIC)
def entry(index: int) -> ResponseReturnValue:
    """One entry: who did what when, every field, and the bytes that were hashed."""
    with reading() as session:
        logged = queries.entry_at(session, index)
        if logged is None:
            raise NotFound(N_("The log has no entry %(index)s."), index=index)
        checkpoint = queries.covering_checkpoint(session, index)
    return render("publiclog/entry.html", entry=page_of(logged), checkpoint=checkpoint)


class CheckForm(Form):
    """What the checker in the browser is given. It is never sent: the page's script reads it where it is."""

    receipt = FileField(_("Receipt (ends in .tlog-proof)"))
    entry = FileField(_("Entry (ends in .json)"))
    key = StringField(_("Public key of the log"))


@page(bp, "/log/check", permission=Permission.READ_PUBLIC)
def check() -> ResponseReturnValue:
    """A checker of receipts that runs in the browser alone, and the witnesses of the log."""
    form = CheckForm(key=str(keys.verifier_of(config())))
    with reading() as session:
        seen = witnessing.witnesses_seen(session)
    rows = [
        [row.name, format_number(row.checkpoints), format_number(row.size), format_instant(row.last_at)]
        for row in seen
    ]
    return render("publiclog/check.html", form=form, witnesses=rows)
