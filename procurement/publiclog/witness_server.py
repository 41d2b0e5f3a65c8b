"""A witness over HTTP: `POST /add-checkpoint`; `GET /` says what it has seen. Run it behind a web server with TLS.

It stands alone: no database, no configuration of an office, nothing but a folder.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from procurement.clock import Clock
from procurement.publiclog.checkpoint import Checkpoint, VerifierKey
from procurement.publiclog.keys import load_key, new_key
from procurement.publiclog.witness import MAX_REQUEST, Answer, Witness, WitnessKey

_REASONS = {
    200: "200 OK",
    400: "400 Bad Request",
    403: "403 Forbidden",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    409: "409 Conflict",
    413: "413 Content Too Large",
    422: "422 Unprocessable Content",
}


def witness_in(folder: Path, name: str, logs: Sequence[VerifierKey]) -> Witness:
    """The witness whose key and memory are in `folder`, made the first time. `logs`: several keys of one log the
    oldest first. Raises KeyRefused."""
    path = folder / "witness.key"
    key = load_key(path, production=True) if path.exists() else new_key(path, name)
    by_origin: dict[str, list[VerifierKey]] = {}
    for log in logs:
        by_origin.setdefault(log.name, []).append(log)
    return Witness(WitnessKey.of(key), by_origin, folder)


def application(witness: Witness, clock: Clock) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    """The witness as a WSGI application."""

    def answer(environ: WSGIEnvironment) -> Answer:
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        if path == "/" and method == "GET":
            return Answer(200, _seen(witness))
        if path != "/add-checkpoint":
            return Answer(404, "a witness answers at /add-checkpoint\n")
        if method != "POST":
            return Answer(405, "post a checkpoint\n")
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > MAX_REQUEST:
            return Answer(413, "too long for a checkpoint\n")
        try:
            request = environ["wsgi.input"].read(int(length)).decode()
        except UnicodeDecodeError:
            return Answer(400, "not UTF-8\n")
        return witness.add_checkpoint(request, clock())

    def serve_one(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        reply = answer(environ)
        body = reply.body.encode()
        headers = [("Content-Type", reply.media_type), ("Content-Length", str(len(body)))]
        start(_REASONS[reply.status], headers)
        return [body]

    return serve_one


def _seen(witness: Witness) -> str:
    lines = [f"Witness {witness.key.verifier}"]
    for log in witness.logs:
        note = witness.recall(log)
        size = Checkpoint.parse(note.partition("\n\n")[0] + "\n").size if note else 0
        lines.append(f"{log}: {size} entries")
    lines.append(f"contradictions kept: {len(list(witness.folder.glob('evidence/*.txt')))}")
    return "\n".join(lines) + "\n"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Say nothing: addresses of callers are personal data."""


def make(witness: Witness, host: str, port: int, clock: Clock) -> WSGIServer:
    """A server for `witness`, listening; port 0 takes a free one."""
    return make_server(host, port, application(witness, clock), server_class=_Server, handler_class=_Quiet)


def serve(
    name: str,
    logs: Sequence[VerifierKey],
    folder: Path,
    host: str,
    port: int,
    *,
    clock: Clock,
    say: Callable[[str], None],
) -> None:
    """Answer until interrupted. `say` is told the witness's key, which the office needs in its list of witnesses."""
    witness = witness_in(folder, name, logs)
    with make(witness, host, port, clock) as server:
        say(f"http://{host}:{server.server_port} {witness.key.verifier}")
        server.serve_forever()
