"""Pages of the public log: what was entered, newest first, and one entry with all its fields."""

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import FileField, StringField

from procurement.access import Permission
from procurement.errors import N_, NotFound, RuleBroken
from procurement.publiclog import handing_out, keys, queries, serving, witnessing
from procurement.publiclog.erasing import erased_in
from procurement.publiclog.pages import line_of, page_of
from procurement.publiclog.receipt import read_code, receipt_code
from procurement.web import (
    Form,
    config,
    language,
    page,
    reading,
    redirect,
    refusals_into,
    render,
)

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
        erased = erased_in(session, index)
    return render("publiclog/entry.html", entry=page_of(logged, erased), checkpoint=checkpoint)


# --- receipts -----------------------------------------------------------------------------------------------------


@page(bp, "/log/<int:index>/receipt", permission=Permission.READ_PUBLIC)
def receipt(index: int) -> ResponseReturnValue:
    """The receipt of an entry, to print or to keep; until there is one, by when there will be."""
    with reading() as session:
        found = serving.receipt_page(session, index)
    if found is None:
        raise NotFound(N_("The log has no entry %(index)s."), index=index)
    # Loaded when first needed: a large library that few pages use.
    import segno

    address = f"{config().base_url}/{language()}/log/{index}/receipt"
    return render(
        "publiclog/receipt.html",
        entry=page_of(found.logged),
        code=receipt_code(index, found.logged.leaf_hash),
        receipt=found.receipt,
        checkpoint=found.checkpoint,
        witnesses=found.witnesses,
        promised=handing_out.promised(found.logged.envelope.at),
        address=address,
        picture=segno.make(address, error="m").svg_data_uri(scale=3, border=2),
        key=str(keys.verifier_of(config())),
    )


class CodeForm(Form):
    """The code of a receipt. Sent by GET: no secret, nothing is changed."""

    code = StringField(_("Code of the receipt"))

    class Meta(Form.Meta):  # type: ignore[name-defined, misc]
        csrf = False


@page(bp, "/receipts", permission=Permission.READ_PUBLIC)
def find_receipt() -> ResponseReturnValue:
    """Find a receipt again by its code, without an account."""
    form = CodeForm(request.args)
    if form.code.data:
        with refusals_into(form):
            return redirect("publiclog.receipt", index=_coded(form.code.data))
    return render("publiclog/find_receipt.html", status=form.status, form=form)


def _coded(text: str) -> int:
    """The entry that a code names. Raises RuleBroken."""
    read = read_code(text)
    if read is None:
        raise RuleBroken(N_("A code has a number and twice four letters or figures: 812-K7QM-4TXP."), field="code")
    with reading() as session:
        found = queries.entry_at(session, read[0])
    if found is None:
        raise RuleBroken(N_("The log has no entry %(index)s."), field="code", index=read[0])
    if receipt_code(found.index, found.leaf_hash) != read[1]:
        raise RuleBroken(
            N_(
                "There is an entry %(index)s, but it does not have this code. Look whether you copied the code "
                "correctly. If you did, what was entered then is not what stands there now: tell the supervision "
                "department, and show them the code."
            ),
            field="code",
            index=read[0],
        )
    return found.index


@bp.after_app_request
def wait_for_checkpoint(response: Response) -> Response:
    """The answer to an act comes with its receipt."""
    return handing_out.wait(response)


@bp.app_context_processor
def receipts_to_keep() -> dict[str, object]:
    """For `base.html`: what was done just now and may be kept."""
    return {"receipts_to_keep": handing_out.to_hand_out}


# --- checking -----------------------------------------------------------------------------------------------------


class CheckForm(Form):
    """What the checker in the browser is given. It is never sent: the page's script reads it where it is."""

    receipt = FileField(_("Receipt (ends in .tlog-proof)"))
    entry = FileField(_("Entry (ends in .json), if the receipt does not hold it"))
    key = StringField(_("Public key of the log"))
    succession = FileField(_("How the keys handed over, if yours is an older one"))


@page(bp, "/log/check", permission=Permission.READ_PUBLIC)
def check() -> ResponseReturnValue:
    """A checker of receipts that runs in the browser alone."""
    form = CheckForm(key=str(keys.verifier_of(config())))
    with reading() as session:
        handovers = queries.handovers(session)
    return render("publiclog/check.html", form=form, handovers=handovers)


@page(bp, "/log/witnesses", permission=Permission.READ_PUBLIC)
def witnesses() -> ResponseReturnValue:
    """Who outside the office watches the log, up to where each has signed it, and when last."""
    with reading() as session:
        seen = witnessing.witnesses_seen(session, keys.witnesses_of(config()))
        checkpoint = queries.latest_checkpoint(session)
    return render(
        "publiclog/witnesses.html", witnesses=seen, checkpoint=checkpoint, key=str(keys.verifier_of(config()))
    )
