"""Pages of businesses: those who act for one, and the public register of debarments."""

from datetime import date

import flask
from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.file import FileField

from procurement import storage, uploads
from procurement.access import Permission, may
from procurement.errors import N_, NotFound, RuleBroken
from procurement.merchants import actions, consents, disclosures, helping, queries, rules
from procurement.merchants.disclosures import EMPTY
from procurement.merchants.forms import (
    CertificateForm,
    ConsentForm,
    DisclosureForm,
    MerchantForm,
    PersonForm,
    RegisterForm,
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


@page(bp, "/merchant", permission=Permission.OWN_BUSINESS, menu=N_("Your business"))
def home() -> ResponseReturnValue:
    """Every business somebody acts for, with what needs attention."""
    with reading() as session:
        found = queries.businesses(session, actor=actor(), today=today())
    return render("merchants/home.html", businesses=found)


@page(bp, "/merchant/new", permission=Permission.OWN_BUSINESS, methods=["GET", "POST"])
@limiter.limit("20/minute;100/hour", methods=["POST"])
def register() -> ResponseReturnValue:
    form = RegisterForm()
    if form.validate_on_submit():
        with refusals_into(form):
            helping = None
            if form.whose.data == "help":
                helping = actions.Help(form.capacity.data, uploaded(form.authority))
            with transaction() as session:
                ref = actions.register(
                    session,
                    actor=actor(),
                    now=now(),
                    today=today(),
                    particulars=form.particulars(),
                    help=helping,
                )
            flash(N_("Your business is registered as %(ref)s."), ref=ref)
            return redirect("merchants.business", ref=ref)
    return render("merchants/register.html", status=form.status, form=form)


def uploaded(field: FileField) -> uploads.Upload:
    """The file of a form, checked, rewritten and stored. Raises RuleBroken on that field."""
    given = field.data
    return uploads.accept(storage.store(config()), given.read(), given.filename or "", field=field.short_name)


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


@page(bp, "/merchant/<ref>/consents", permission=Permission.MANAGE_MERCHANT)
def consents_page(ref: str) -> ResponseReturnValue:
    """What the public reads of a business, and what more it may read with consent."""
    with reading() as session:
        found = queries.business(session, actor=actor(), ref=ref, today=today())
        helping = queries.helps(session, actor().user_id, found.merchant.id)
    forms = {purpose: ConsentForm(formdata=None, purpose=purpose) for purpose in rules.ConsentPurpose}
    return render("merchants/consents.html", business=found, forms=forms, helping=helping)


@page(bp, "/merchant/<ref>/consents/<purpose>", permission=Permission.MANAGE_MERCHANT, methods=["POST"])
def consent(ref: str, purpose: str) -> ResponseReturnValue:
    """Agree to one thing."""
    meant = _purpose(purpose)
    form = ConsentForm(purpose=meant)
    if not form.validate_on_submit():
        raise RuleBroken(N_("Tick the box if you agree; without it nothing changes."))
    with transaction() as session:
        consents.consent(session, actor=actor(), now=now(), ref=ref, purpose=meant)
    flash(N_("Your consent is noted. You can take it back here at any time."))
    return redirect("merchants.consents_page", ref=ref)


@page(bp, "/merchant/<ref>/consents/<purpose>/withdraw", permission=Permission.MANAGE_MERCHANT, methods=["POST"])
def take_consent_back(ref: str, purpose: str) -> ResponseReturnValue:
    """Take one consent back."""
    with transaction() as session:
        consents.take_back(session, actor=actor(), now=now(), ref=ref, purpose=_purpose(purpose))
    flash(N_("Your consent is taken back. Pages show the masked form from now on."))
    return redirect("merchants.consents_page", ref=ref)


def _purpose(text: str) -> rules.ConsentPurpose:
    try:
        return rules.ConsentPurpose(text)
    except ValueError:
        raise NotFound(N_("There is no such consent.")) from None


@page(bp, "/merchant/<ref>/people", permission=Permission.OWN_BUSINESS, methods=["GET", "POST"])
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


@page(bp, "/merchant/<ref>/people/remove", permission=Permission.OWN_BUSINESS, methods=["POST"])
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


@page(bp, "/merchant/join/<token>", permission=Permission.OWN_BUSINESS, methods=["GET", "POST"])
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
            file = uploaded(form.file)
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


@plain(bp, "/merchant/<ref>/certificates/<int:number>", permission=Permission.HAVE_ACCOUNT)
def certificate_file(ref: str, number: int) -> ResponseReturnValue:
    """The file of a certificate, as an attachment, for those who act for the business and for the office."""
    with reading() as session:
        found = queries.certificate_file(session, actor=actor(), ref=ref, certificate_id=number)
    return attachment(*found)


@plain(bp, "/merchant/<ref>/authority/<int:number>", permission=Permission.HAVE_ACCOUNT)
def authority_file(ref: str, number: int) -> ResponseReturnValue:
    """The paper that lets somebody help the business, as an attachment."""
    with reading() as session:
        found = queries.authority_file(session, actor=actor(), ref=ref, user_id=number)
    return attachment(*found)


@plain(bp, "/merchant/<ref>/searches/<int:number>", permission=Permission.HAVE_ACCOUNT)
def search_picture(ref: str, number: int) -> ResponseReturnValue:
    """The picture of a search, as an attachment."""
    with reading() as session:
        found = queries.search_picture(session, actor=actor(), ref=ref, search_id=number)
    return attachment(*found)


def attachment(digest: str, media_type: str, name: str) -> flask.Response:
    """A kept file, to be saved and not shown."""
    data = storage.store(config()).get(digest)
    return flask.Response(data, headers=dict(uploads.headers(media_type, digest, name)))


# --- who stands behind a business ---------------------------------------------------------------------------------


@page(bp, "/merchant/<ref>/owners", permission=Permission.MANAGE_MERCHANT, methods=["GET", "POST"])
def disclose(ref: str) -> ResponseReturnValue:
    with reading() as session:
        found = queries.business(session, actor=actor(), ref=ref, today=today())
    stated = found.disclosure.stated if found.disclosure else EMPTY
    form = DisclosureForm(data=DisclosureForm.values_of(stated))
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.disclose(
                    session, actor=actor(), now=now(), today=today(), ref=ref, disclosure=form.disclosure()
                )
            flash(N_("Your statement is saved."))
            return redirect("merchants.business", ref=ref)
    return render("merchants/disclose.html", status=form.status, form=form, business=found)


# --- debarments ---------------------------------------------------------------------------------------------------


@page(bp, "/debarments", permission=Permission.READ_PUBLIC)
def debarments() -> ResponseReturnValue:
    """The public register."""
    with reading() as session:
        rows, following = queries.debarments(session, today=today(), after=request.args.get("after", "")[:20])
    return render(
        "merchants/debarments.html", rows=rows, following=following, may_debar=may(actor(), Permission.DEBAR)
    )


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
    return attachment(*found)


# --- words --------------------------------------------------------------------------------------------------------


@bp.context_processor
def words() -> dict[str, object]:
    """What the templates of businesses call things."""
    return {
        "kind_name": lambda kind: gettext(rules.KIND_NAMES[kind]),
        "certificate_name": lambda kind: gettext(rules.CERTIFICATE_NAMES[kind]),
        "ground_name": lambda ground: gettext(rules.GROUND_NAMES[ground]),
        "relation_name": lambda relation: gettext(disclosures.RELATION_NAMES[relation]),
        "outcome_name": lambda outcome: gettext(rules.OUTCOME_NAMES[outcome]),
        "source_name": lambda source: gettext(rules.SOURCE_NAMES[source]),
        "shown_phone": rules.shown_phone,
        "consents": rules.CONSENTS,
        "identity_name": lambda document: gettext(helping.IDENTITY_NAMES[document]),
        "businesses_url": url_for("merchants.home" if may(actor(), Permission.OWN_BUSINESS) else "counter.home"),
        "owns": may(actor(), Permission.OWN_BUSINESS),
    }
