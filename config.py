"""Configuration: a frozen object, read once from the environment, that refuses unsafe production settings."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

DEVELOPMENT_SECRET = "development-only-secret"  # noqa: S105 (refused in production)


class UnsafeConfiguration(ValueError):
    """The settings would be unsafe to serve with; the message names every one of them."""


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one installation.

    `data_dir` holds what the embedded default keeps: database, uploads, development keys. `base_url` is the public
    address without trailing slash; permanent addresses, QR codes and the log's origin derive from it.
    """

    environment: str = "development"  # development, test or production
    secret_key: str = DEVELOPMENT_SECRET
    data_dir: Path = Path("var")
    database_url: str = ""  # empty: SQLite in data_dir
    base_url: str = "http://127.0.0.1:8000"
    time_zone: str = "Asia/Shanghai"
    office_name_en: str = "Selection Office (demo)"
    office_name_zh: str = "选品工作办公室（演示）"
    log_key: str = ""  # path of the log's key (`sunlit log new-key`); empty: development key in data_dir
    log_public_key: str = ""  # the log's verifier key, for web servers that may not read its private key
    log_guard: str = ""  # path of the guard file outside the database; empty: in data_dir
    witnesses: str = ""  # path of a file naming the log's witnesses, "address verifier-key" to a line
    seal_pkcs12: str = ""  # path of the office seal; empty: development certification authority
    seal_password: str = ""
    signer_pkcs12_dir: str = ""  # folder of signatories' PKCS#12 files, <user id>.p12
    signer_password: str = ""
    pkcs11_module: str = ""  # instead of files: library of a PKCS#11 token that holds all of these keys
    pkcs11_token: str = ""  # the token's label
    pkcs11_pin: str = ""
    trust_roots: str = ""  # PEM file of the roots that seals, signatories and time-stamps chain to
    revocation_lists: str = ""  # folder of the authorities' lists of revoked certificates (CRL, PEM or DER)
    ocsp_url: str = ""  # who is asked whether a certificate is revoked (OCSP); set either, and signing demands it
    timestamp_url: str = ""  # RFC 3161 time-stamp authority; empty: signatures carry no time-stamp
    renew_stamps_days: int = 180  # so long before the last time-stamp of a published file ends it gets another
    storage_url: str = ""  # empty: local folder in data_dir; s3://bucket/prefix when scaled
    redis_url: str = ""  # rate limits and jobs when scaled
    smtp_url: str = ""  # smtp(s)://user:password@host:port; empty: mail stays in the outbox
    mail_from: str = "sunlit@example.org"
    require_second_factor: bool = False
    trusted_proxies: int = 0
    session_hours: int = 12
    receipt_seconds: int = 3  # how long the answer to an act waits for the checkpoint that covers its entry
    embedded_worker: bool = True
    embedded_signer: bool = True  # the worker signs the log too; off where `sunlit log sign` does, with its own key
    debug: bool = False

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{(self.data_dir / 'sunlit.db').resolve()}"

    @property
    def log_origin(self) -> str:
        """The log's name in checkpoints: its URL without scheme and trailing slash (C2SP tlog-checkpoint)."""
        return self.base_url.split("://", 1)[-1].rstrip("/") + "/log"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Config":
        """Read SUNLIT_* variables; raise UnsafeConfiguration naming every unknown or unsafe one."""
        environ = os.environ if environ is None else environ
        values: dict[str, object] = {}
        wrong: list[str] = []
        for name, value in environ.items():
            if not name.startswith("SUNLIT_"):
                continue
            field = name.removeprefix("SUNLIT_").lower()
            if field not in cls.__dataclass_fields__:
                wrong.append(f"{name} is not a setting")
                continue
            kind = cls.__dataclass_fields__[field].type
            try:
                values[field] = _parse(value, kind if isinstance(kind, type) else str(kind))
            except ValueError as error:
                wrong.append(f"{name}: {error}")
        if wrong:
            raise UnsafeConfiguration("; ".join(wrong))
        config = cls(**values)  # type: ignore[arg-type]
        config.check()
        return config

    def check(self) -> None:
        """Raise UnsafeConfiguration, naming every fault, when these settings must not serve."""
        wrong: list[str] = []
        if self.environment not in ("development", "test", "production"):
            wrong.append("SUNLIT_ENVIRONMENT must be development, test or production")
        if self.production:
            if self.secret_key == DEVELOPMENT_SECRET or len(self.secret_key) < 32:
                wrong.append("SUNLIT_SECRET_KEY must be a secret of at least 32 characters")
            if self.debug:
                wrong.append("SUNLIT_DEBUG must be off in production")
            if not self.base_url.startswith("https://"):
                wrong.append("SUNLIT_BASE_URL must be an https address in production")
            if not self.require_second_factor:
                wrong.append("SUNLIT_REQUIRE_SECOND_FACTOR must be on in production")
            keys = (
                (("SUNLIT_PKCS11_MODULE", self.pkcs11_module),)
                if self.pkcs11_module
                else (
                    ("SUNLIT_SEAL_PKCS12", self.seal_pkcs12),
                    ("SUNLIT_SIGNER_PKCS12_DIR", self.signer_pkcs12_dir),
                )
            )
            for name, value in (
                ("SUNLIT_LOG_KEY", self.log_key),
                ("SUNLIT_LOG_GUARD", self.log_guard),
                *keys,
                ("SUNLIT_TRUST_ROOTS", self.trust_roots),
            ):
                if not value:
                    wrong.append(f"{name} must name your own file: development keys are refused in production")
                elif not Path(value).exists():
                    wrong.append(f"{name}: {value} does not exist")
        if wrong:
            raise UnsafeConfiguration("; ".join(wrong))


def _parse(value: str, kind: type | str) -> object:
    if kind in (bool, "bool"):
        if value.lower() not in ("0", "1", "true", "false"):
            raise ValueError("must be 1 or 0")
        return value.lower() in ("1", "true")
    if kind in (int, "int"):
        return int(value)
    if kind in (Path, "Path"):
        return Path(value)
    return value
