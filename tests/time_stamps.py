"""A certification and time-stamp authority for tests: certomancer, served on a free port of the loopback."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from werkzeug.serving import make_server

VALID = {"valid-from": "2000-01-01T00:00:00+0000", "valid-to": "2100-01-01T00:00:00+0000"}


def _usage(*usages: str) -> dict[str, object]:
    return {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": list(usages)}}


CONFIGURATION = {
    "external-url-prefix": "http://127.0.0.1",
    "keysets": {
        "all": {"path-prefix": "keys", "keys": {name: {"path": f"{name}.pem"} for name in ("root", "stamper")}}
    },
    "pki-architectures": {
        "test": {
            "keyset": "all",
            "entity-defaults": {"organization-name": "Test authority"},
            "entities": {"root": {"common-name": "Root of time"}, "stamper": {"common-name": "Stamper"}},
            "certs": {
                "root": {
                    "subject": "root",
                    "issuer": "root",
                    "subject-key": "root",
                    "authority-key": "root",
                    "validity": VALID,
                    "extensions": [
                        {"id": "basic_constraints", "critical": True, "value": {"ca": True}},
                        _usage("key_cert_sign", "crl_sign"),
                    ],
                },
                "stamper": {
                    "subject": "stamper",
                    "issuer": "root",
                    "subject-key": "stamper",
                    "authority-key": "root",
                    "validity": VALID,
                    "extensions": [
                        _usage("digital_signature"),
                        {"id": "extended_key_usage", "critical": True, "value": ["time_stamping"]},
                    ],
                },
            },
            "services": {"time-stamping": {"stamps": {"signing-cert": "stamper"}}},
        }
    },
}


@dataclass(frozen=True)
class Authority:
    """Where it answers, and its root certificate (DER)."""

    url: str
    root: bytes


@contextmanager
def authority(folder: Path) -> Iterator[Authority]:
    """A time-stamp authority that answers until the end of the block; its keys lie in `folder`."""
    (folder / "keys").mkdir(parents=True)
    for name in ("root", "stamper"):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "keys" / f"{name}.pem").write_bytes(pem)
    (folder / "authority.yml").write_text(yaml.safe_dump(CONFIGURATION), encoding="utf-8")
    config = CertomancerConfig.from_file(str(folder / "authority.yml"), str(folder))
    architecture = config.get_pki_arch(ArchLabel("test"))
    application = Animator(AnimatorArchStore({ArchLabel("test"): architecture}), with_web_ui=False)
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        root = architecture.get_cert(CertLabel("root")).dump()
        yield Authority(f"http://127.0.0.1:{server.server_port}/test/tsa/stamps", root)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
