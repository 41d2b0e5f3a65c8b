"""Pages of businesses: those who act for one, and the public register of debarments."""

from datetime import date

import flask
from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from procurement import storage, uploads
from procurement.access import Permission, may
from procurement.errors import N_, NotFound
from procurement.merchants import actions, queries, rules
from procurement.merchants.forms import (
    AppealForm,
    CertificateForm,
    DebarmentForm,
    LiftForm,
    MerchantForm,
    PersonForm,
    RemoveForm,
)
from procurement.web import (
    actor,
    config,
    flash,
    language,
    limiter,
    now,
    page,
    plain,
    reading,
    redirect,
    refusals_into,
    render,
    transaction,
)

bp = Blueprint("merchants", __name__)


def today() -> date:
    """The office's day."""
    return now().astimezone(config().zone).date()


# --- businesses ---------------------------------------------------------------------------------------------------


@page(bp, "/merchant", permission=Permission.MANAGE_MERCHANT, menu=N_("Your business"))
def home() -> ResponseReturnValue:
    """Every business somebody acts for, with what needs attention."""
    with reading() as session:
        found = queries.businesses(session, actor=actor(), today=today())
    return render("merchants/home.html", businesses=found)


@page(bp, "/merchant/new", permission=Permission.MANAGE_MERCHANT, methods=["GET", "POST"])
@limiter.limit("20/minute;100/hour", methods=["POST"])
def register() -> ResponseReturnValue:
    form = MerchantForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                ref = actions.register(
                    session, actor=actor(), now=now(), today=today(), particulars=form.particulars()
                )
            flash(N_("Your business is registered as %(ref)s."), ref=ref)
            return redirect("merchants.business", ref=ref)
    return render("merchants/register.html", status=form.status, form=form)


@page(bp, "/merchant/<ref>", permission=Permission.MANAGE_MERCHANT)
def business(ref: str) -> ResponseReturnValue:
    with reading() as session:
        found = queries.business(session, actor=actor(), ref=ref, today=today())
    return render("merchants/business.html", business=found, person_form=PersonForm(formdata=None))


@page(bp, "/merchant/<ref>/edit", permission=Permission.MANAGE_MERCHANT, methods=["GET", "POST"])
def edit(ref: str) -> ResponseReturnValue:
    with reading() as session:
        merchant = queries.merchant_view(queries.own_merchant(session, actor=actor(), ref=ref))
    form = MerchantForm(data=MerchantForm.values_of(merchant.particulars))
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.change(
                    session, actor=actor(), now=now(), today=today(), ref=ref, particulars=form.particulars()
                )
            flash(N_("The particulars are saved."))
            return redirect("merchants.business", ref=ref)
    return render("merchants/edit.html", status=form.status, form=form, merchant=merchant)


@page(bp, "/merchant/<ref>/people", permission=Permission.MANAGE_MERCHANT, methods=["GET", "POST"])
@limiter.limit("10/minute;40/hour", methods=["POST"])
def invite_person(ref: str) -> ResponseReturnValue:
    form = PersonForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.invite_person(
                    session, actor=actor(), now=now(), ref=ref, email=form.email.data, language=language()
                )
            flash(N_("A letter with a link is on its way."))
            return redirect("merchants.business", ref=ref)
    with reading() as session:
        found = queries.business(session, actor=actor(), ref=ref, today=today())
    return render("merchants/invite_person.html", status=form.status, form=form, business=found)


@page(bp, "/merchant/<ref>/people/remove", permission=Permission.MANAGE_MERCHANT, methods=["POST"])
def remove_person(ref: str) -> ResponseReturnValue:
    user_id = _number(RemoveForm())
    with transaction() as session:
        actions.remove_person(session, actor=actor(), now=now(), ref=ref, user_id=user_id)
    flash(N_("This person no longer acts for the business."))
    return redirect("merchants.home")


def _number(form: RemoveForm) -> int:
    if not form.validate_on_submit() or not (form.id.data or "").isdecimal():
        raise NotFound(N_("There is no such act."))
    return int(form.id.data)


@page(bp, "/merchant/join/<token>", permission=Permission.MANAGE_MERCHANT, methods=["GET", "POST"])
@limiter.limit("30/minute;300/hour")
def join(token: str) -> ResponseReturnValue:
    with reading() as session:
        offer = queries.open_offer(session, token=token, now=now())
    form = RemoveForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                ref = actions.join(session, actor=actor(), now=now(), token=token)
            flash(N_("You now act for this business."))
            return redirect("merchants.business", ref=ref)
    return render("merchants/join.html", status=form.status, form=form, offer=offer)


# --- certificates -------------------------------------------------------------------------------------------------


@page(bp, "/merchant/<ref>/certificates/add", permission=Permission.MANAGE_MERCHANT, methods=["GET", "POST"])
@limiter.limit("20/minute;200/hour", methods=["POST"])
def add_certificate(ref: str) -> ResponseReturnValue:
    with reading() as session:
        merchant = queries.merchant_view(queries.own_merchant(session, actor=actor(), ref=ref))
    form = CertificateForm()
    if form.validate_on_submit():
        with refusals_into(form):
            given = form.file.data
            file = uploads.accept(storage.store(config()), given.read(), given.filename or "", field="file")
            with transaction() as session:
                actions.add_certificate(
                    session, actor=actor(), now=now(), today=today(), ref=ref, facts=form.facts(), file=file
                )
            flash(N_("The certificate is in your wallet."))
            return redirect("merchants.business", ref=ref)
    return render("merchants/add_certificate.html", status=form.status, form=form, merchant=merchant)


@page(bp, "/merchant/<ref>/certificates/remove", permission=Permission.MANAGE_MERCHANT, methods=["POST"])
def remove_certificate(ref: str) -> ResponseReturnValue:
    number = _number(RemoveForm())
    with transaction() as session:
        actions.remove_certificate(session, actor=actor(), now=now(), ref=ref, certificate_id=number)
    flash(N_("The certificate is removed. Applications that used it keep it."))
    return redirect("merchants.business", ref=ref)


@plain(bp, "/merchant/<ref>/certificates/<int:number>", permission=Permission.MANAGE_MERCHANT)
def certificate_file(ref: str, number: int) -> ResponseReturnValue:
    """The file of a certificate, as an attachment."""
    with reading() as session:
        found = queries.certificate_file(session, actor=actor(), ref=ref, certificate_id=number)
    return _attachment(*found)


def _attachment(digest: str, media_type: str, name: str) -> flask.Response:
    data = storage.store(config()).get(digest)
    return flask.Response(data, headers=dict(uploads.headers(media_type, digest, name)))


# --- debarments ---------------------------------------------------------------------------------------------------


@page(bp, "/debarments", permission=Permission.READ_PUBLIC)
def debarments() -> ResponseReturnValue:
    """The public register."""
    with reading() as session:
        rows, following = queries.debarments(session, today=today(), after=request.args.get("after", "")[:20])
    return render(
        "merchants/debarments.html", rows=rows, following=following, may_debar=may(actor(), Permission.DEBAR)
    )


@page(bp, "/debarments/new", permission=Permission.DEBAR, methods=["GET", "POST"], menu=N_("Debar a business"))
def debar() -> ResponseReturnValue:
    form = DebarmentForm(starts=today())
    if form.validate_on_submit():
        with refusals_into(form):
            given = form.evidence.data
            file = uploads.accept(storage.store(config()), given.read(), given.filename or "", field="evidence")
            with transaction() as session:
                ref = actions.debar(
                    session,
                    actor=actor(),
                    now=now(),
                    today=today(),
                    merchant=form.merchant.data,
                    ground=form.chosen_ground(),
                    reason=form.reason.data,
                    remedy=form.remedy.data,
                    starts=form.starts.data,
                    ends=form.ends.data,
                    evidence=file,
                )
            flash(N_("The debarment is in the register. The business is told by mail."))
            return redirect("merchants.debarment", ref=ref)
    return render("merchants/debar.html", status=form.status, form=form)


@page(bp, "/debarments/<ref>", permission=Permission.READ_PUBLIC)
def debarment(ref: str) -> ResponseReturnValue:
    with reading() as session:
        found = queries.debarment(session, ref=ref, today=today())
        evidence = queries.may_read_evidence(session, actor=actor(), ref=ref)
    return render(
        "merchants/debarment.html", debarment=found, may_debar=may(actor(), Permission.DEBAR), evidence=evidence
    )


@plain(bp, "/debarments/<ref>/evidence", permission=Permission.HAVE_ACCOUNT)
def debarment_evidence(ref: str) -> ResponseReturnValue:
    """The evidence, as an attachment, for supervisors and the business itself."""
    with reading() as session:
        found = queries.debarment_evidence(session, actor=actor(), ref=ref)
    return _attachment(*found)


@page(bp, "/debarments/<ref>/appeal", permission=Permission.DEBAR, methods=["GET", "POST"])
def note_appeal(ref: str) -> ResponseReturnValue:
    form = AppealForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.note_appeal(session, actor=actor(), now=now(), ref=ref, state=form.state.data)
            flash(N_("The state of the appeal is noted."))
            return redirect("merchants.debarment", ref=ref)
    with reading() as session:
        found = queries.debarment(session, ref=ref, today=today())
    return render("merchants/note_appeal.html", status=form.status, form=form, debarment=found)


@page(bp, "/debarments/<ref>/lift", permission=Permission.DEBAR, methods=["GET", "POST"])
def lift(ref: str) -> ResponseReturnValue:
    form = LiftForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.lift(session, actor=actor(), now=now(), today=today(), ref=ref, reason=form.reason.data)
            flash(N_("The debarment is lifted. The business is told by mail."))
            return redirect("merchants.debarment", ref=ref)
    with reading() as session:
        found = queries.debarment(session, ref=ref, today=today())
    return render("merchants/lift.html", status=form.status, form=form, debarment=found)


# --- words --------------------------------------------------------------------------------------------------------


@bp.context_processor
def _words() -> dict[str, object]:
    return {
        "kind_name": lambda kind: gettext(rules.KIND_NAMES[kind]),
        "certificate_name": lambda kind: gettext(rules.CERTIFICATE_NAMES[kind]),
        "ground_name": lambda ground: gettext(rules.GROUND_NAMES[ground]),
        "shown_phone": rules.shown_phone,
    }
