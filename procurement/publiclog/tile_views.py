"""The log for other people's software: checkpoint, tiles, entries, receipts. No language, no session, cacheable."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from procurement.access import Permission
from procurement.errors import N_, NotFound
from procurement.publiclog import queries, serving
from procurement.publiclog.tiles import parse_tile_path
from procurement.web import plain, reading

bp = Blueprint("log_tiles", __name__)

_FOR_EVER = "public, max-age=31536000, immutable"


@plain(bp, "/log/checkpoint", permission=Permission.READ_PUBLIC)
def checkpoint() -> ResponseReturnValue:
    """The newest signed checkpoint with its cosignatures."""
    with reading() as session:
        note = serving.published_note(session)
    if note is None:
        raise NotFound(N_("No checkpoint has been signed yet. One follows within seconds of the first entry."))
    return _served(note.encode(), "text/plain; charset=utf-8", "public, max-age=2")


@plain(bp, "/log/succession", permission=Permission.READ_PUBLIC)
def succession() -> ResponseReturnValue:
    """How the log's first key led to the one of today: empty while it has its first."""
    with reading() as session:
        found = serving.succession(session)
    return _served(found.encode(), "text/plain; charset=utf-8", "public, max-age=2")


@plain(bp, "/log/tile/<path:path>", permission=Permission.READ_PUBLIC)
def tile(path: str) -> ResponseReturnValue:
    """A tile of hashes or a bundle of entries, whole or partial."""
    try:
        level, n, width = parse_tile_path(f"tile/{path}")
    except ValueError:
        raise NotFound(N_("There is no such tile.")) from None
    with reading() as session:
        content = serving.served_tile(session, level, n, width)
    if content is None:
        raise NotFound(N_("There is no such tile, or no checkpoint covers it yet."))
    return _served(content, "application/octet-stream", _FOR_EVER)


@plain(bp, "/log/entry/<int:index>.json", permission=Permission.READ_PUBLIC)
def entry(index: int) -> ResponseReturnValue:
    """The bytes of an entry as they were hashed."""
    with reading() as session:
        found = queries.entry_at(session, index)
    if found is None:
        raise NotFound(N_("There is no such entry in the log."))
    return _served(found.body, "application/json", _FOR_EVER)


@plain(bp, "/log/entry/<int:index>.tlog-proof", permission=Permission.READ_PUBLIC)
def receipt(index: int) -> ResponseReturnValue:
    """The receipt of an entry under the newest checkpoint, to keep."""
    with reading() as session:
        found = serving.receipt_for(session, index)
    if found is None:
        raise NotFound(N_("No checkpoint covers this entry yet. One is signed within seconds; please try again."))
    reply = _served(found.text().encode(), "text/plain; charset=utf-8", "no-store")
    reply.headers["Content-Disposition"] = f'attachment; filename="sunlit-{index}.tlog-proof"'
    return reply


def _served(content: bytes, media_type: str, cached: str) -> Response:
    reply = Response(content, content_type=media_type)
    reply.headers["Cache-Control"] = cached
    reply.headers["Access-Control-Allow-Origin"] = "*"  # public data; a checker in a browser may come from anywhere
    return reply
