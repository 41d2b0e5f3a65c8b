"""`sunlit draw FILE` and `sunlit beacon`, as a stranger and an operator use them."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from procurement.committee.beacon import QUICKNET
from procurement.committee.draw_queries import draw_file
from procurement.db import reading
from tests.committee.stages import drawn, store
from tests.committee.test_beacon import ROUNDS
from tests.scoring.conftest import Store
from tests.test_cli import sunlit
from tests.worlds.draws import DrawWorld

__all__ = ["drawn", "store"]


@pytest.fixture
def database(store: Store, tmp_path: Path) -> str:
    source, _, _ = store.template("sqlite", "drawn")
    return store.copy("sqlite", source, tmp_path / "sunlit.db")[1]


def test_a_downloaded_draw_is_retraced(drawn: DrawWorld, tmp_path: Path) -> None:
    path = tmp_path / "draws.json"
    with reading(drawn.engine) as session:
        path.write_text(draw_file(session, drawn.ref), encoding="utf-8")
    told = sunlit("draw", str(path))
    assert told.returncode == 0
    assert "lot 1 of food_safety: 3 seats and 2 reserves from 8, key 2.5.9.17.28.33./11./1./" in told.stdout
    assert told.stdout.endswith("Everything follows.\n")
    found = json.loads(sunlit("draw", str(path), "--format", "json").stdout)
    assert found["fine"]
    key, order = found["draws"][0]["lots"][1]["key"], found["draws"][0]["lots"][1]["order"]
    again = sunlit("draw", "--pool", "5", "--count", str(len(order)), "--key", key, "--format", "json")
    assert json.loads(again.stdout)["order"] == order, "a lot is drawn again by its key alone"
    path.write_text(path.read_text(encoding="utf-8").replace("33./11./", "32./11./"), encoding="utf-8")
    wrong = sunlit("draw", str(path))
    assert wrong.returncode == 1
    assert "FOUND The order in" in wrong.stdout
    assert sunlit("draw").returncode == 2
    path.write_text("{}", encoding="utf-8")
    assert sunlit("draw", str(path)).returncode == 1


class _Beacon(BaseHTTPRequestHandler):
    """What an HTTP server of the beacon answers, truthful or not."""

    def do_GET(self) -> None:
        number = int(self.path.rsplit("/", 1)[1])
        signature = ROUNDS[number if "honest" in self.path else 123][0]
        body = json.dumps({"round": number, "signature": signature}).encode() if number != 7 else b"[]"
        self.send_response(200 if QUICKNET.chain_hash in self.path else 404)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Beacon) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()
        thread.join()


def test_a_beacons_round_is_fetched_and_verified(server: str) -> None:
    done = sunlit("beacon", "1000", "--from", f"{server}/honest", "--format", "json")
    signature, randomness = ROUNDS[1000]
    assert json.loads(done.stdout) == {"round": 1000, "signature": signature, "randomness": randomness}
    assert signature in sunlit("beacon", "1000", "--from", f"{server}/honest").stdout
    for words in (["1000", "--from", f"{server}/lying"], ["7", "--from", server], ["1000", "--from", "file:///etc"]):
        refused = sunlit("beacon", *words)
        assert refused.returncode == 1
        assert "Traceback" not in refused.stderr
