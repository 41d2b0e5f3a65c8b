"""The evidence file of a round, and the check of any file on this site for those who cannot run the command."""

import flask
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from procurement import storage
from procurement.access import Permission
from procurement.decisions import queries as decisions
from procurement.errors import N_, NotFound
from procurement.evidence.archive import Archive, archive_of
from procurement.evidence.facts import OUTCOMES
from procurement.evidence.forms import FindForm, VerifyForm
from procurement.evidence.judging import Judgement, Trust, judge, judge_published
from procurement.evidence.queries import Evidence, evidence_of, published_round
from procurement.keys import keys_from
from procurement.publiclog import keys
from procurement.publiclog import queries as log
from procurement.publiclog.succession import SuccessionError, keys_of
from procurement.web import actor, config, limiter, now, page, plain, reading, redirect, render, say

bp = Blueprint("evidence", __name__)


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
    return _zip(made)


@plain(bp, "/rounds/<ref>/archive.zip", permission=Permission.READ_ROUND_FILES)
@limiter.limit("10/minute")
def archive(ref: str) -> ResponseReturnValue:
    """The file of a round that is over, as the office has to keep it."""
    with reading() as session:
        made = archive_of(
            session,
            ref,
            actor=actor(),
            key=keys.verifier_of(config()),
            store=storage.store(config()),
            now=now(),
            zone=config().zone,
        )
    return _zip(made)


def _zip(made: Evidence | Archive) -> Response:
    reply = Response(made.content, content_type="application/zip")
    reply.headers["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return reply


@page(bp, "/verify", permission=Permission.READ_PUBLIC, methods=["GET", "POST"])
@limiter.limit("10/minute;100/hour", methods=["POST"])
def verify() -> ResponseReturnValue:
    """Is this file genuine, and does what it holds hold? Or: which decision has this code?"""
    form, find = VerifyForm(), FindForm(flask.request.args)
    if not form.is_submitted() and find.code.data and find.validate():
        with reading() as session:
            reference = decisions.reference_of_code(session, find.code.data)
        if reference is not None:
            return redirect("decisions.decision", ref=reference)
        find.problems.append(say(NotFound(N_("No published decision has this code.")).problems[0]))
    judgement = _judged(form)
    status = max(form.status, find.status)
    return render("evidence/verify.html", status=status, form=form, find=find, judgement=judgement, **_WORDS)


@page(bp, "/decisions/<ref>/verify", permission=Permission.READ_PUBLIC, methods=["GET", "POST"])
@limiter.limit("30/minute", methods=["GET"])
@limiter.limit("10/minute;100/hour", methods=["POST"])
def verify_one(ref: str) -> ResponseReturnValue:
    """What there is to check about the published file of a decision, and a file to be compared with it."""
    with reading() as session:
        decision = decisions.published_decision(session, ref, now=now())
        digest = decisions.readable_file(session, ref, actor=actor(), published=True)
    form = VerifyForm()
    judgement = _judged(form)
    published = (
        judge_published(storage.store(config()).get(digest), _trust(), now=now()) if judgement is None else None
    )
    return render(
        "evidence/verify_one.html",
        status=form.status,
        form=form,
        decision=decision,
        judgement=judgement,
        published=published,
        **_WORDS,
    )


_WORDS = {"say": say, "outcomes": OUTCOMES}


def _judged(form: VerifyForm) -> Judgement | None:
    """What the uploaded file is; None while there is none."""
    if not form.validate_on_submit():
        return None
    content = form.file.data.read()
    form.file.data.close()
    return judge(content, _trust(), now=now())


def _trust() -> Trust:
    key = keys.verifier_of(config())
    with reading() as session:
        registered = decisions.registered(session)
        try:
            log_keys = keys_of(key, log.handovers(session))
        except SuccessionError:
            log_keys = [(-1, key)]
    certificates = keys_from(config())
    return Trust(registered, certificates.roots, certificates.lists, tuple(log_keys))
