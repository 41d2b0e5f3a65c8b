"""The HTTP edge: the gate, pages with a permission mark, who and when, transactions, refusals as pages.

    @page(bp, "/rounds/<ref>/publish", permission=Permission.EDIT_ROUND, methods=["POST"])
    def publish(ref): ...

The gate fails closed: a route whose view carries no permission mark is not served. It asks only whether the person
could ever hold the permission; the action asks again for the very round. Every page lives under its language
(`/en/…`, `/zh/…`); `url_for` carries the language along.
"""

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache, wraps
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import flask
from babel import dates as babel_dates
from babel import numbers as babel_numbers
from flask import Blueprint, Flask, current_app, g, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel, gettext
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect, FlaskForm
from jinja2 import FileSystemBytecodeCache
from markupsafe import Markup
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from wtforms import Field, FieldList, FormField, HiddenField

from config import Config
from procurement import db
from procurement.access import GRANTS, VISITOR, Actor, Permission, Role
from procurement.clock import Clock
from procurement.errors import N_, NotAllowed, NotFound, Problem, Refused, RuleBroken
from procurement.mail import ZONE_NAMES

LANGUAGES = ("zh", "en")
LOCALES = {"zh": "zh_Hans_CN", "en": "en_GB"}
SESSION_COOKIE = "sunlit_session"

babel = Babel()
csrf = CSRFProtect()
compress = Compress()
limiter = Limiter(key_func=get_remote_address, headers_enabled=False)

LoadActor = Callable[[Session, str, datetime], Actor]
V = TypeVar("V", bound=Callable[..., ResponseReturnValue])


@dataclass(frozen=True, slots=True)
class Edge:
    """What the edge needs to serve: kept in `app.extensions["sunlit"]`."""

    config: Config
    clock: Clock
    engine: Engine
    load_actor: LoadActor


def edge() -> Edge:
    """The edge of the running application."""
    found: Edge = current_app.extensions["sunlit"]
    return found


def config() -> Config:
    """Settings of the running application."""
    return edge().config


def now() -> datetime:
    """The instant of this request: read once, the same for everything that the request does."""
    if "now" not in g:
        g.now = edge().clock()
    instant: datetime = g.now
    return instant


def actor() -> Actor:
    """Who makes this request."""
    if "actor" not in g:
        token = request.cookies.get(SESSION_COOKIE, "")
        if token:
            with reading() as session:
                g.actor = edge().load_actor(session, token, now())
        else:
            g.actor = VISITOR
    who: Actor = g.actor
    return who


def language() -> str:
    """The language of this page: "en" or "zh"."""
    return str(g.get("lang", LANGUAGES[0]))


_committed: list[Callable[[Session], None]] = []


def after_commit(call: Callable[[Session], None]) -> Callable[[Session], None]:
    """Register what a request does after each of its transactions; `Session.info` still tells what happened in it."""
    _committed.append(call)
    return call


@contextmanager
def transaction() -> Iterator[Session]:
    """One writing transaction (db.transaction) on the application's database."""
    with db.transaction(edge().engine) as session:
        yield session
    for call in _committed:
        call(session)


@contextmanager
def reading() -> Iterator[Session]:
    """One read-only session (db.reading) on the application's database."""
    with db.reading(edge().engine) as session:
        yield session


# --- pages --------------------------------------------------------------------------------------------------------


def page(
    blueprint: Blueprint,
    rule: str,
    *,
    permission: Permission,
    methods: Sequence[str] = ("GET",),
    endpoint: str | None = None,
    menu: str | None = None,
) -> Callable[[V], V]:
    """Serve a view at `/<lang><rule>` to whoever holds `permission`. The only way to add a page.

    With `menu` (an N_ text) the page, which then takes no arguments, stands in the menu of those who hold it.
    """
    path = f"/<any({', '.join(LANGUAGES)}):lang>{rule}"
    return _marker(blueprint, path, permission, methods, endpoint, menu)


def plain(
    blueprint: Blueprint,
    rule: str,
    *,
    permission: Permission,
    methods: Sequence[str] = ("GET",),
    endpoint: str | None = None,
) -> Callable[[V], V]:
    """As `page`, at `rule` itself: for what has no language (files, feeds, machine-readable data, health)."""
    return _marker(blueprint, rule, permission, methods, endpoint)


def _marker(
    blueprint: Blueprint,
    path: str,
    permission: Permission,
    methods: Sequence[str],
    endpoint: str | None,
    menu: str | None = None,
) -> Callable[[V], V]:
    def mark(view: V) -> V:
        @wraps(view)
        def marked(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            return view(*args, **kwargs)

        # The mark sits on a wrapper of its own, so that one view may serve two addresses with two permissions.
        marked.permission = permission  # type: ignore[attr-defined]
        marked.menu = menu  # type: ignore[attr-defined]
        blueprint.add_url_rule(path, endpoint or view.__name__, marked, methods=list(methods))
        return view

    return mark


def could_ever(who: Actor, permission: Permission) -> bool:
    """Whether `who` holds `permission` anywhere: by account or by a seat in any round."""
    held = who.roles | {Role.VISITOR}
    for seat in who.seats.values():
        held |= seat
    return bool(GRANTS.get(permission, frozenset()) & held)


def _gate() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # the router answers 404 or 405 itself
    if request.endpoint == "static":
        return None
    view = current_app.view_functions[request.endpoint]
    permission: Permission | None = getattr(view, "permission", None)
    if permission is None:
        raise NotFound(N_("This page is not served: it says nothing about who may see it."))
    if could_ever(actor(), permission):
        return None
    if not actor().signed_in:
        if request.method in ("GET", "HEAD"):
            return flask.redirect(flask.url_for("accounts.sign_in", next=request.full_path.rstrip("?")), 303)
        return _kept_for_later()
    raise NotAllowed(N_("Your account has no role that may do this."))


def _kept_for_later() -> ResponseReturnValue:
    """What was sent by somebody whose session has ended, to be sent again after signing in: nothing typed is lost.

    The anti-forgery token has been checked before the gate, so the values come from a form of ours and cannot have
    been put there by another site. Files cannot be kept; passwords are not.
    """
    kept = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name != "csrf_token" and "password" not in name
    ]
    return render(
        "errors/signed_out.html", status=403, kept=kept, files=any(file.filename for file in request.files.values())
    )


def _refuse_nul() -> None:
    """No text of ours holds the character NUL, and PostgreSQL cannot even be asked for one."""
    given = [request.path, *request.args, *request.form]
    given += [value for values in (request.args, request.form) for _, value in values.items(multi=True)]
    if any("\0" in text for text in given):
        flask.abort(400)


def redirect(endpoint: str, **values: Any) -> ResponseReturnValue:
    """303 See Other to `endpoint`: after an act, the browser reads."""
    return flask.redirect(flask.url_for(endpoint, **values), 303)


def render(template: str, *, status: int = 200, **context: Any) -> ResponseReturnValue:
    """The page `template` with `context`."""
    return flask.render_template(template, **context), status


def flash(message: str, **params: Any) -> None:
    """Show `message` (an N_ text) as a notice on the next page."""
    flask.flash(gettext(message, **params))


# --- forms --------------------------------------------------------------------------------------------------------


class Form(FlaskForm):  # type: ignore[misc]
    """Base of every form: CSRF-protected, shape only. `problems` are refusals that belong to no single field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.problems: list[str] = []

    @property
    def status(self) -> int:
        """HTTP status to render this form with: 422 once something was refused."""
        return 422 if self.errors or self.problems else 200


def quiet() -> bool:
    """Whether a script asks while somebody types: it wants a sentence (`kept`, `not_kept`), no page."""
    return request.headers.get("Sunlit-Quiet") == "1"


def kept(seen: str) -> ResponseReturnValue:
    """What was typed is saved; `seen` is the mark of what is kept now (`Form.seen`, where a form has it)."""
    at = now().astimezone(config().zone)
    return {"say": gettext("Saved at %(time)s.", time=f"{at:%H:%M}"), "seen": seen}, 200


def not_kept(form: Form) -> ResponseReturnValue:
    """Nothing is saved, and why."""
    why = [*form.problems, *(sentence for field in form for sentence in _faults(field))]
    return {"say": gettext("Not saved: %(why)s", why=" ".join(dict.fromkeys(why)))}, 422


def _faults(field: Field) -> Iterator[str]:
    """What is wrong with a field, behind its label; of one with fields in it, with each of them."""
    if isinstance(field, FieldList | FormField):
        for inner in field:
            yield from _faults(inner)
    if isinstance(field, FormField):
        return
    for error in field.errors:
        if not isinstance(error, dict | list):  # those of fields in it
            yield f"{error}" if isinstance(field, HiddenField) else f"{field.label.text}{gettext(': ')}{error}"


@contextmanager
def refusals_into(form: Form) -> Iterator[None]:
    """Turn a RuleBroken inside the block into errors of `form`, so that nothing typed is lost."""
    try:
        yield
    except RuleBroken as refused:
        for problem in refused.problems:
            _add(form, problem)


def _add(form: Form, problem: Problem) -> None:
    text = say(problem)
    target = form._fields.get(problem.field) if problem.field else None
    if target is None:
        form.problems.append(text)
    else:
        target.errors = [*target.errors, text]


def say(problem: Problem) -> str:
    """`problem` in the language of this page. Parameters that are themselves marked texts are translated
    too, also each of several; and of those in both languages the one is taken."""
    params = {k: gettext(v) if isinstance(v, str) and v else _number(v) for k, v in problem.params.items()}
    return str(gettext(problem.message, **params) if params else gettext(problem.message))


def _number(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, date):
        return format_day(value)
    if isinstance(value, tuple):
        return gettext(", ").join(gettext(text) for text in value)
    return localised(value)


# --- words, numbers, dates ----------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _format_datetime(value: datetime, zone: str, locale: str, closes: bool) -> str:
    local = value.astimezone(babel_dates.get_timezone(zone))
    named = ZONE_NAMES.get((zone, locale[:2])) or babel_dates.format_datetime(local, "OOOO", locale=locale)
    ends_day = closes and (local.hour, local.minute, local.second) == (0, 0, 0)
    day = _format_date(local.date() - timedelta(days=1) if ends_day else local.date(), locale)
    clock = "24:00" if ends_day else f"{local:%H:%M}"
    return f"{day}{clock}（{named}）" if locale.startswith("zh") else f"{day}, {clock} ({named})"


@lru_cache(maxsize=4096)
def _format_date(value: date, locale: str) -> str:
    pattern = "y年M月d日（EEE）" if locale.startswith("zh") else "EEE d MMMM y"
    return babel_dates.format_date(value, pattern, locale=locale)


def format_instant(value: datetime | None) -> str:
    """An instant with weekday, in the office's time zone, zone named."""
    return "" if value is None else _format_datetime(value, config().time_zone, LOCALES[language()], False)


def format_closing(value: datetime | None) -> str:
    """As `format_instant`, for the end of a half-open time: midnight is said as 24:00 of the day that ends."""
    return "" if value is None else _format_datetime(value, config().time_zone, LOCALES[language()], True)


def format_day(value: date | str | None) -> str:
    """A day with weekday; takes a date, its ISO text, or an instant (the day it falls on in the office's zone)."""
    if not value:
        return ""
    day = date.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(day, datetime):
        day = day.astimezone(config().zone).date()
    return _format_date(day, LOCALES[language()])


def format_money(value: Decimal | str | None) -> str:
    """An amount in yuan, all its decimals. The yuan is the only currency here, so its sign stands alone."""
    if value in (None, ""):
        return ""
    amount = Decimal(value)
    exponent = amount.as_tuple().exponent
    places = max(0, -exponent) if isinstance(exponent, int) else 0
    pattern = "#,##0." + "0" * places if places else "#,##0"
    return "¥" + babel_numbers.format_decimal(amount, format=pattern, locale=LOCALES[language()])


def format_number(value: Decimal | str | int | None) -> str:
    """An exact number, grouped by locale, never rounded."""
    if value in (None, ""):
        return ""
    return babel_numbers.format_decimal(Decimal(value), locale=LOCALES[language()], decimal_quantization=False)


def localised(value: Any) -> Any:
    """The text of a pair of texts in this page's language, the other one when it is empty.

    A pair is a mapping with `en` and `zh`, or anything with these two attributes; everything else is given back.
    """
    if isinstance(value, dict):
        pair = value
    elif hasattr(value, "en") and hasattr(value, "zh"):
        pair = {"en": value.en, "zh": value.zh}
    else:
        return value
    return pair.get(language()) or next((v for v in pair.values() if v), "")


# --- wiring -------------------------------------------------------------------------------------------------------


def _take_language(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.lang = (values or {}).pop("lang", None) or _preferred()


def _preferred() -> str:
    chosen = request.cookies.get("sunlit_language", "")
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def _give_language(endpoint: str, values: dict[str, Any]) -> None:
    if "lang" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "lang"):
        values["lang"] = language()


def csp_nonce() -> str:
    """The nonce of this response's scripts."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


@lru_cache
def _digest_of(path: str, _modified: float) -> str:
    return sha256(Path(path).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """Address of a file of static/ that changes with its content, so that browsers may keep it for good."""
    path = Path(current_app.static_folder or "") / name
    return flask.url_for("static", filename=name, v=_digest_of(str(path), path.stat().st_mtime))


def _caching(response: flask.Response) -> None:
    """Files of static/ are kept for good, public pages of visitors for a minute and then asked about, nothing else.

    The nonce is no content: two copies of a page that differ in it alone are the same page.
    """
    if request.endpoint == "static":
        # Read and closed here: Flask-Compress would leave the file open.
        file: Any = response.response
        response.direct_passthrough = False
        response.set_data(b"".join(response.iter_encoded()))
        if hasattr(file, "close"):
            file.close()
        if "v" in request.args:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return
    # A page with a form, or with a notice that is shown once, belongs to the one who asked for it.
    personal = actor().signed_in or "csrf_token" in g or flask.session.modified
    if personal or request.method not in ("GET", "HEAD") or not _public():
        response.headers["Cache-Control"] = "no-store"
        return
    response.headers.add("Vary", "Cookie")
    if response.status_code != 200 or response.direct_passthrough or "Cache-Control" in response.headers:
        return
    response.headers["Cache-Control"] = "public, max-age=60"
    content = response.get_data().replace(csp_nonce().encode(), b"")
    response.set_etag(sha256(content).hexdigest()[:32], weak=True)
    response.make_conditional(request)
    if response.status_code == 304:
        # The stored page keeps the policy that names its own nonce.
        response.headers.remove("Content-Security-Policy")


def _public() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "permission", None) is Permission.READ_PUBLIC


def _headers(response: flask.Response) -> flask.Response:
    headers = response.headers
    headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        f"script-src 'nonce-{csp_nonce()}'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'",
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if config().production:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    _caching(response)
    return response


_WRITTEN = (400, 403, 404, 405, 409, 413, 422, 429, 500)


def _refused(error: Refused) -> ResponseReturnValue:
    return render(f"errors/{error.status}.html", status=error.status, error=error, say=say)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    code = error.code if error.code in _WRITTEN else (500 if error.code >= 500 else 400)
    body = flask.render_template(f"errors/{code}.html", error=None, say=say)
    return body, error.code


_HAN = re.compile(r"[\u3400-\u9fff]")


def language_of(text: str) -> str:
    """The language of what a user wrote, by its script: "zh" when there is a Chinese character in it, else "en"."""
    return "zh" if _HAN.search(text or "") else "en"


def _marked_up(text: str) -> Markup:
    """Plain text of a user with its line breaks kept; everything else escaped."""
    lines = [Markup.escape(line) for line in (text or "").splitlines()]
    return Markup("<br>").join(lines)


def init(app: Flask, state: Edge) -> None:
    """Wire the edge into `app`: extensions, gate, headers, filters, error pages."""
    app.extensions["sunlit"] = state
    settings = state.config
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="sunlit_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https://"),
        MAX_CONTENT_LENGTH=24 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=2000,
        WTF_CSRF_TIME_LIMIT=None,
        RATELIMIT_STORAGE_URI=settings.redis_url or "memory://",
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=bool(settings.redis_url),
        COMPRESS_REGISTER=True,
        BABEL_TRANSLATION_DIRECTORIES=str(_root() / "translations"),
        BABEL_DEFAULT_LOCALE="en_GB",
    )
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies, x_host=0
        )
    babel.init_app(
        app,
        locale_selector=lambda: LOCALES[language()],
        timezone_selector=lambda: settings.time_zone,
    )
    csrf.init_app(app)
    compress.init_app(app)
    limiter.init_app(app)
    app.url_value_preprocessor(_take_language)
    app.url_defaults(_give_language)
    app.before_request(_refuse_nul)
    app.before_request(_gate)
    app.after_request(_headers)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.jinja_env.filters.update(
        datetime=format_instant,
        until=format_closing,
        date=format_day,
        money=format_money,
        decimal=format_number,
        localised=localised,
        lines=_marked_up,
        language_of=language_of,
        say=say,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    compiled = settings.data_dir / "cache" / "templates"
    compiled.mkdir(parents=True, exist_ok=True)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled))
    app.context_processor(_context)


def _context() -> dict[str, Any]:
    return {
        "lang": language(),
        "actor": actor(),
        "now": now(),
        "csp_nonce": csp_nonce,
        "asset": asset,
        "other_languages": _other_languages(),
        "account_menu": account_menu(),
        "settings": config(),
    }


def _other_languages() -> dict[str, str]:
    """Language → address of this very page in it (the home page where the address has no language).

    Only the first part of the path changes, so that a query is carried along whatever it is called.
    """
    here = f"/{language()}/"
    same = request.path.startswith(here)
    rest = quote(request.path.removeprefix(here)) if same else ""
    query = f"?{request.query_string.decode('latin-1')}" if same and request.query_string else ""
    return {code: f"{request.script_root}/{code}/{rest}{query}" for code in LANGUAGES if code != language()}


def account_menu() -> list[tuple[str, str]]:
    """(label, address) of every page that asked to stand in the menu and that this person may open: the work of one's
    role first, then what everybody with an account has."""
    return [(label, url) for _, label, url in sorted(_menu(), key=lambda one: one[0])]


def first_work() -> str | None:
    """The address of the first page of the work of one's role; None for who has none."""
    return next((url for personal, _, url in _menu() if not personal), None)


def _menu() -> list[tuple[bool, str, str]]:
    """(everybody with an account has it, label, address)."""
    if not actor().signed_in:
        return []
    return [
        (getattr(view, "permission") is Permission.HAVE_ACCOUNT, gettext(menu), flask.url_for(endpoint))  # noqa: B009
        for endpoint, view in current_app.view_functions.items()
        if (menu := getattr(view, "menu", None)) and could_ever(actor(), getattr(view, "permission"))  # noqa: B009
    ]


def _root() -> Path:
    return Path(__file__).resolve().parent.parent
