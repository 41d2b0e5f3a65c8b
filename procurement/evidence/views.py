"""The evidence file of a round, and a check of one on this site for those who cannot run the command."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import FileField

from procurement import storage
from procurement.access import Permission
from procurement.errors import N_, RuleBroken
from procurement.evidence.bundle import Bundle, NotEvidence, unpack
from procurement.evidence.check import check
from procurement.evidence.facts import OUTCOMES, Policy, Report
from procurement.evidence.queries import evidence_of, published_round
from procurement.publiclog import keys
from procurement.publiclog import queries as log
from procurement.publiclog.checkpoint import Checkpoint, NoteError, VerifierKey
from procurement.publiclog.succession import SuccessionError, key_at, keys_of
from procurement.web import Form, config, limiter, now, page, plain, reading, refusals_into, render, say

bp = Blueprint("evidence", __name__)


class EvidenceForm(Form):
    """An evidence file to be checked."""

    file = FileField(_("Evidence file (ends in .zip)"))


@page(bp, "/rounds/<ref>/evidence", permission=Permission.READ_PUBLIC)
def evidence(ref: str) -> ResponseReturnValue:
    """What is in the evidence file of a round and how it is checked."""
    with reading() as session:
        title = published_round(session, ref)
    return render("evidence/round.html", ref=ref, title=title, key=str(keys.verifier_of(config())))


@plain(bp, "/rounds/<ref>/evidence.zip", permission=Permission.READ_PUBLIC)
@limiter.limit("30/minute")
def download(ref: str) -> ResponseReturnValue:
    """The evidence file of a round, as the record stands."""
    with reading() as session:
        made = evidence_of(session, ref, key=keys.verifier_of(config()), store=storage.store(config()), now=now())
    reply = Response(made.content, content_type="application/zip")
    reply.headers["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return reply


@page(bp, "/check-evidence", permission=Permission.READ_PUBLIC, methods=["GET", "POST"])
@limiter.limit("10/minute;100/hour", methods=["POST"])
def check_evidence() -> ResponseReturnValue:
    """Check an uploaded evidence file with this site's own key. Nothing of it is kept."""
    form, report = EvidenceForm(), None
    if form.validate_on_submit():
        with refusals_into(form):
            report = _checked(form.file.data.read() if form.file.data else b"")
    return render("evidence/check.html", status=form.status, form=form, report=report, say=say, outcomes=OUTCOMES)


def _checked(content: bytes) -> Report:
    if not content:
        raise RuleBroken(N_("Choose an evidence file."), field="file")
    try:
        bundle = unpack(content)
    except NotEvidence:
        raise RuleBroken(N_("This is not an evidence file of a round, or it is broken."), field="file") from None
    # Signatures in a PDF are read by the page that checks decisions, in a process of its own.
    return check(bundle, Policy(log=_key_for(bundle)))


def _key_for(bundle: Bundle) -> VerifierKey:
    """The key of this site's log that signed when it was as large as the file says: an old file has an old key."""
    key = keys.verifier_of(config())
    try:
        size = Checkpoint.parse(bundle.text("log/checkpoint").partition("\n\n")[0] + "\n").size
        with reading() as session:
            return key_at(keys_of(key, log.handovers(session)), size)
    except (NotEvidence, NoteError, SuccessionError):
        return key
