"""Pages of accounts: signing in, one's own account, links by mail, and the administrator's list of people."""

import logging
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import flask
from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from procurement.access import ROLE_NAMES, Permission, Role
from procurement.accounts import actions, passwords, queries, second_factor
from procurement.accounts.forms import (
    AcceptForm,
    ActForm,
    AddressForm,
    ChangePasswordForm,
    CodeForm,
    InviteForm,
    LanguageForm,
    NewPasswordForm,
    RolesForm,
    SignInForm,
)
from procurement.accounts.rules import SEEN_EVERY, device_of, own_path
from procurement.errors import N_, NotFound
from procurement.web import (
    LANGUAGES,
    SESSION_COOKIE,
    actor,
    config,
    first_work,
    flash,
    language,
    limiter,
    now,
    page,
    reading,
    redirect,
    refusals_into,
    render,
    transaction,
)

bp = Blueprint("accounts", __name__)
log = logging.getLogger(__name__)

LANGUAGE_COOKIE = "sunlit_language"

WRONG = N_(
    "The e-mail address or the password is not right, or sign-in is paused for some minutes after several wrong "
    "attempts."
)
WRONG_CODE = N_(
    "The code is not right, was used already, or sign-in is paused for some minutes after several wrong attempts."
)


def _token() -> str:
    return request.cookies.get(SESSION_COOKIE, "")


def _device() -> str:
    return device_of(request.user_agent.string)


def _with_session(response: ResponseReturnValue, token: str) -> flask.Response:
    made = flask.make_response(response)
    secure = config().base_url.startswith("https://")
    if token:
        made.set_cookie(SESSION_COOKIE, token, httponly=True, secure=secure, samesite="Lax", path="/")
    else:
        made.delete_cookie(SESSION_COOKIE, httponly=True, secure=secure, samesite="Lax", path="/")
    return made


def _onward(target: str | None) -> ResponseReturnValue:
    path = own_path(target)
    return flask.redirect(path, 303) if path else redirect("accounts.start")


@bp.after_app_request
def _keep_session(response: flask.Response) -> flask.Response:
    """Move the end of a session that is in use, without writing on every request.

    Each process remembers when it last did; the action itself writes at most every five minutes.
    """
    if "actor" not in flask.g or not actor().signed_in:
        return response
    seen: dict[str, object] = flask.current_app.extensions.setdefault("sunlit_seen", {})
    digest, before = passwords.token_digest(_token()), now() - SEEN_EVERY
    last = seen.get(digest)
    if last is None or last <= before:  # type: ignore[operator]
        if len(seen) > 10_000:
            seen.clear()
        seen[digest] = now()
        with transaction() as session:
            actions.touch(session, token=_token(), now=now(), hours=config().session_hours)
    return response


@bp.after_app_request
def _keep_followed_language(response: flask.Response) -> flask.Response:
    """Remember the language of who followed the link to it, for addresses that name none."""
    before = urlsplit(request.referrer or "")
    spoken = before.path.split("/", 2)[1:2]
    here = request.path.split("/", 2)[1:2]
    changed = spoken != here and {*spoken, *here} <= set(LANGUAGES)
    if request.method == "GET" and before.netloc == request.host and changed and response.status_code == 200:
        _keep_language(response, here[0])
    return response


# --- signing in and out -------------------------------------------------------------------------------------------


@page(bp, "/sign-in", permission=Permission.READ_PUBLIC, methods=["GET", "POST"])
@limiter.limit("30/minute;300/hour", methods=["POST"])
def sign_in() -> ResponseReturnValue:
    form = SignInForm(next=own_path(request.args.get("next")) or "")
    if form.validate_on_submit():
        with reading() as session:
            attempt = queries.attempt(session, email=form.email.data, password=form.password.data)
        with transaction() as session:
            signed_in = actions.sign_in(
                session,
                attempt=attempt,
                now=now(),
                device=_device(),
                hours=config().session_hours,
                second_factor_required=config().require_second_factor,
            )
        if signed_in is not None:
            target = own_path(form.next.data) or None
            if signed_in.next == "code":
                return _with_session(redirect("accounts.sign_in_code", next=target), signed_in.token)
            if signed_in.next == "enrol":
                return _with_session(redirect("accounts.sign_in_enrol", next=target), signed_in.token)
            return _with_session(_onward(target), signed_in.token)
        log.info("sign-in refused")
        form.problems.append(gettext(WRONG))
    return render("accounts/sign_in.html", status=form.status, form=form)


@page(bp, "/sign-in/code", permission=Permission.READ_PUBLIC, methods=["GET", "POST"])
@limiter.limit("20/minute;100/hour", methods=["POST"])
def sign_in_code() -> ResponseReturnValue:
    with reading() as session:
        half = queries.half_session(session, token=_token(), now=now())
    if half is None or not half.enrolled:
        return redirect("accounts.sign_in")
    form = CodeForm(next=own_path(request.args.get("next")) or "")
    if form.validate_on_submit():
        with transaction() as session:
            opened = actions.give_code(
                session, token=_token(), code=form.code.data, now=now(), hours=config().session_hours
            )
        if opened is not None:
            return _with_session(_onward(form.next.data), opened)
        log.info("second factor refused")
        form.problems.append(gettext(WRONG_CODE))
    return render("accounts/sign_in_code.html", status=form.status, form=form)


@page(bp, "/sign-in/set-up", permission=Permission.READ_PUBLIC, methods=["GET", "POST"])
@limiter.limit("20/minute;100/hour", methods=["POST"])
def sign_in_enrol() -> ResponseReturnValue:
    """Somebody with a staff role who has no second factor yet, where one is required."""
    with reading() as session:
        half = queries.half_session(session, token=_token(), now=now())
    if half is None or half.enrolled:
        return redirect("accounts.sign_in")
    form = CodeForm(next=own_path(request.args.get("next")) or "")
    if half.secret is None:
        with transaction() as session:
            actions.begin_enrolment_half(session, token=_token(), now=now())
        return redirect("accounts.sign_in_enrol", next=own_path(request.args.get("next")))
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                opened, codes = actions.confirm_enrolment_half(
                    session, token=_token(), code=form.code.data, now=now(), hours=config().session_hours
                )
            onward = own_path(form.next.data)
            return _with_session(render("accounts/recovery_codes.html", codes=codes, onward=onward), opened)
    return render(
        "accounts/second_factor_set_up.html",
        status=form.status,
        form=form,
        journey=True,
        **_enrolment(half.secret, half.email),
    )


def _enrolment(secret: str, email: str) -> dict[str, object]:
    issuer = config().office_name_zh if language() == "zh" else config().office_name_en
    uri = second_factor.enrolment_uri(secret, account=email, issuer=issuer)
    groups = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    return {"picture": second_factor.enrolment_picture(uri), "secret": groups}


@page(bp, "/sign-out", permission=Permission.READ_PUBLIC, methods=["POST"])
def sign_out() -> ResponseReturnValue:
    with transaction() as session:
        actions.sign_out(session, token=_token(), now=now())
    flask.session.clear()
    flash(N_("You have signed out."))
    return _with_session(redirect("accounts.sign_in"), "")


@page(bp, "/language", permission=Permission.READ_PUBLIC, methods=["POST"])
def choose_language() -> ResponseReturnValue:
    """Keep this page's language as the one somebody chose: in a cookie and, when signed in, in the account."""
    form = LanguageForm()
    if form.validate_on_submit():
        if actor().signed_in:
            with transaction() as session:
                actions.choose_language(session, actor=actor(), language=form.language.data)
        response = flask.make_response(redirect("accounts.account", lang=form.language.data))
        _keep_language(response, form.language.data)
        return response
    return redirect("accounts.account")


def _keep_language(response: flask.Response, chosen: str) -> None:
    response.set_cookie(
        LANGUAGE_COOKIE,
        chosen,
        max_age=365 * 24 * 3600,
        httponly=True,
        secure=config().base_url.startswith("https://"),
        samesite="Lax",
        path="/",
    )


@page(bp, "/start", permission=Permission.HAVE_ACCOUNT)
def start() -> ResponseReturnValue:
    """Where work begins: the first page of the work of one's role, or one's letters."""
    return flask.redirect(first_work() or flask.url_for("papers.letters"), 303)


# --- one's own account --------------------------------------------------------------------------------------------


@page(bp, "/account", permission=Permission.HAVE_ACCOUNT)
def account() -> ResponseReturnValue:
    with reading() as session:
        view = queries.own_account(session, actor=actor(), token=_token(), now=now())
    return render(
        "accounts/account.html",
        account=view,
        language_form=LanguageForm(language=view.language),
        required=config().require_second_factor,
    )


@page(bp, "/account/sessions", permission=Permission.HAVE_ACCOUNT, methods=["POST"])
def end_sessions() -> ResponseReturnValue:
    """End one of one's own sessions (field `id`), or all but this one."""
    form = ActForm()
    if not form.validate_on_submit():
        return redirect("accounts.account")
    with transaction() as session:
        if form.act.data == "others":
            actions.end_other_sessions(session, actor=actor(), now=now(), token=_token())
        elif (form.id.data or "").isdecimal():
            actions.end_session(session, actor=actor(), now=now(), session_id=int(form.id.data))
    flash(N_("What was signed in elsewhere is signed out."))
    return redirect("accounts.account")


@page(bp, "/account/password", permission=Permission.HAVE_ACCOUNT, methods=["GET", "POST"])
@limiter.limit("20/minute;100/hour", methods=["POST"])
def change_password() -> ResponseReturnValue:
    form = ChangePasswordForm()
    if form.validate_on_submit():
        with reading() as session:
            own = queries.own_account(session, actor=actor(), token=_token(), now=now())
            attempt = queries.attempt(session, email=own.email, password=form.present.data)
        new_hash = passwords.hash_password(form.password.data)
        with refusals_into(form):
            with transaction() as session:
                actions.change_password(
                    session,
                    actor=actor(),
                    now=now(),
                    attempt=attempt,
                    password=form.password.data,
                    new_hash=new_hash,
                    token=_token(),
                )
            flash(N_("Your password is changed. What was signed in elsewhere is signed out."))
            return redirect("accounts.account")
    return render("accounts/change_password.html", status=form.status, form=form)


@page(bp, "/account/second-factor", permission=Permission.HAVE_ACCOUNT, methods=["GET", "POST"])
@limiter.limit("20/minute;100/hour", methods=["POST"])
def set_up_second_factor() -> ResponseReturnValue:
    form = CodeForm()
    with reading() as session:
        own = queries.own_account(session, actor=actor(), token=_token(), now=now())
    if own.second_factor_since is not None:
        return redirect("accounts.account")
    if own.secret is None:
        if request.method == "POST":
            with transaction() as session:
                actions.begin_enrolment(session, actor=actor())
            return redirect("accounts.set_up_second_factor")
        return render("accounts/second_factor_begin.html", account=own)
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                codes = actions.confirm_enrolment(session, actor=actor(), now=now(), code=form.code.data)
            return render("accounts/recovery_codes.html", codes=codes, onward=None)
    return render(
        "accounts/second_factor_set_up.html",
        status=form.status,
        form=form,
        journey=False,
        **_enrolment(own.secret, own.email),
    )


@page(bp, "/account/recovery-codes", permission=Permission.HAVE_ACCOUNT, methods=["GET", "POST"])
@limiter.limit("20/minute;100/hour", methods=["POST"])
def renew_recovery_codes() -> ResponseReturnValue:
    form = CodeForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                codes = actions.renew_recovery_codes(session, actor=actor(), now=now(), code=form.code.data)
            return render("accounts/recovery_codes.html", codes=codes, onward=None)
    return render("accounts/renew_recovery_codes.html", status=form.status, form=form)


@page(bp, "/account/second-factor/remove", permission=Permission.HAVE_ACCOUNT, methods=["GET", "POST"])
@limiter.limit("20/minute;100/hour", methods=["POST"])
def remove_second_factor() -> ResponseReturnValue:
    form = CodeForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.remove_second_factor(
                    session,
                    actor=actor(),
                    now=now(),
                    code=form.code.data,
                    second_factor_required=config().require_second_factor,
                )
            flash(N_("The second factor is removed."))
            return redirect("accounts.account")
    return render("accounts/remove_second_factor.html", status=form.status, form=form)


# --- links by mail ------------------------------------------------------------------------------------------------


@page(bp, "/register", permission=Permission.READ_PUBLIC, methods=["GET", "POST"])
@limiter.limit("10/minute;40/hour", methods=["POST"])
def register() -> ResponseReturnValue:
    form = AddressForm()
    if form.validate_on_submit():
        with transaction() as session:
            actions.register(session, email=form.email.data, language=language(), now=now())
        return render("accounts/letter_sent.html", purpose="register")
    return render("accounts/register.html", status=form.status, form=form)


@page(bp, "/invitation/<token>", permission=Permission.READ_PUBLIC, methods=["GET", "POST"])
@limiter.limit("30/minute;300/hour")
def accept_invitation(token: str) -> ResponseReturnValue:
    with reading() as session:
        invitation = queries.open_invitation(session, token=token, now=now())
    form = AcceptForm(name=invitation.name)
    if form.validate_on_submit():
        new_hash = passwords.hash_password(form.password.data)
        with refusals_into(form):
            with transaction() as session:
                actions.accept_invitation(
                    session,
                    token=token,
                    name=form.name.data,
                    password=form.password.data,
                    new_hash=new_hash,
                    language=language(),
                    now=now(),
                )
            flash(N_("Your account is ready. Sign in with the password that you have just chosen."))
            return redirect("accounts.sign_in")
    return render("accounts/accept_invitation.html", status=form.status, form=form, invitation=invitation)


@page(bp, "/forgot-password", permission=Permission.READ_PUBLIC, methods=["GET", "POST"])
@limiter.limit("10/minute;40/hour", methods=["POST"])
def forgot_password() -> ResponseReturnValue:
    form = AddressForm()
    if form.validate_on_submit():
        with transaction() as session:
            actions.forget_password(session, email=form.email.data, language=language(), now=now())
        return render("accounts/letter_sent.html", purpose="reset")
    return render("accounts/forgot_password.html", status=form.status, form=form)


@page(bp, "/reset/<token>", permission=Permission.READ_PUBLIC, methods=["GET", "POST"])
@limiter.limit("30/minute;300/hour")
def reset_password(token: str) -> ResponseReturnValue:
    with reading() as session:
        email = queries.open_reset(session, token=token, now=now())
    form = NewPasswordForm()
    if form.validate_on_submit():
        new_hash = passwords.hash_password(form.password.data)
        with refusals_into(form):
            with transaction() as session:
                actions.reset_password(
                    session, token=token, password=form.password.data, new_hash=new_hash, now=now()
                )
            flash(N_("Your password is changed. Sign in with it."))
            return _with_session(redirect("accounts.sign_in"), "")
    return render("accounts/reset_password.html", status=form.status, form=form, email=email)


# --- the administrator --------------------------------------------------------------------------------------------


@page(bp, "/people", permission=Permission.MANAGE_ACCOUNTS, menu=N_("People"))
def people() -> ResponseReturnValue:
    only = request.args.get("role", "")
    role = Role(only) if only in set(Role) - {Role.VISITOR} else None
    after = request.args.get("after", "")[:32]
    with reading() as session:
        rows, following = queries.accounts(session, actor=actor(), after=after, only=role)
        waiting = queries.waiting_invitations(session, actor=actor(), now=now())
    return render("accounts/people.html", rows=rows, following=following, waiting=waiting, role=role)


@page(bp, "/people/invite", permission=Permission.MANAGE_ACCOUNTS, methods=["GET", "POST"])
@limiter.limit("30/minute;200/hour", methods=["POST"])
def invite() -> ResponseReturnValue:
    form = InviteForm(language=language())
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.invite(
                    session,
                    actor=actor(),
                    now=now(),
                    email=form.email.data,
                    name=form.name.data,
                    employer=form.employer.data or "",
                    roles=form.chosen(),
                    language=form.language.data,
                )
            flash(N_("The invitation is on its way."))
            return redirect("accounts.people")
    return render("accounts/invite.html", status=form.status, form=form)


@page(bp, "/people/withdraw-invitation", permission=Permission.MANAGE_ACCOUNTS, methods=["POST"])
def withdraw_invitation() -> ResponseReturnValue:
    form = ActForm()
    if form.validate_on_submit() and (form.id.data or "").isdecimal():
        with transaction() as session:
            actions.withdraw_invitation(session, actor=actor(), now=now(), invitation_id=int(form.id.data))
        flash(N_("The invitation is withdrawn; its link no longer works."))
    return redirect("accounts.people")


@page(bp, "/people/<ref>", permission=Permission.MANAGE_ACCOUNTS, methods=["GET", "POST"])
def person(ref: str) -> ResponseReturnValue:
    with reading() as session:
        row = queries.account(session, actor=actor(), ref=ref)
    form = RolesForm(roles=[role.value for role in row.roles])
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.change_roles(session, actor=actor(), now=now(), ref=ref, roles=form.chosen())
            flash(N_("The roles are changed."))
            return redirect("accounts.person", ref=ref)
    return render("accounts/person.html", status=form.status, form=form, person=row, own=row.id == actor().user_id)


_ACTS: dict[str, tuple[Callable[..., None], str]] = {
    "disable": (actions.disable, N_("The account is shut.")),
    "enable": (actions.enable, N_("The account is open again.")),
    "sessions": (actions.end_sessions_of, N_("All sessions of this account have ended.")),
    "second-factor": (
        actions.reset_second_factor,
        N_("The second factor is removed; the person can set up a new one."),
    ),
}


@page(bp, "/people/<ref>/act", permission=Permission.MANAGE_ACCOUNTS, methods=["POST"])
def act_on(ref: str) -> ResponseReturnValue:
    form = ActForm()
    if not form.validate_on_submit() or form.act.data not in _ACTS:
        raise NotFound(N_("There is no such act."))
    act, done = _ACTS[form.act.data]
    with transaction() as session:
        act(session, actor=actor(), now=now(), ref=ref)
    flash(done)
    return redirect("accounts.person", ref=ref)


# --- words --------------------------------------------------------------------------------------------------------

_ROLE_HINTS = {
    Role.MERCHANT: N_("Enters the particulars of a business and applies."),
    Role.MEMBER: N_("Declares interests, scores alone, signs. Never scores what they have an interest in."),
    Role.ORGANISER: N_("Drafts and publishes rounds, checks eligibility, opens scores, gives notice."),
    Role.SUPERVISOR: N_("Reads everything, rules on objections, countersigns. Never organises or scores."),
    Role.OFFICIAL: N_("Will promote the products. Takes no part in choosing them."),
    Role.HANDLER: N_("Receives confidential reports."),
    Role.ADMINISTRATOR: N_("Accounts and configuration; holds no other role."),
}


def _role_names(roles: Iterable[Role]) -> str:
    """The names of `roles` in this page's language, in one line."""
    named = [gettext(ROLE_NAMES[role]) for role in roles]
    return ("、" if language() == "zh" else ", ").join(named) or gettext("none")


@bp.context_processor
def _words() -> dict[str, object]:
    return {
        "role_names": _role_names,
        "role_hints": {role.value: gettext(hint) for role, hint in _ROLE_HINTS.items()},
        "all_roles": tuple(_ROLE_HINTS),
    }
