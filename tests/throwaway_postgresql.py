"""A PostgreSQL server of our own for one test run: in a temporary folder, on a free port of 127.0.0.1.

`initdb` refuses to run as root, so as root the server belongs to the system user `postgres` (or `nobody`). It dies
with the process that started it, even when that process is killed. Nothing in it survives, so nothing is synced, and
where there is room it lies in memory: every test makes and drops a database of hundreds of files, which took twenty
times as long on a disk.
"""

import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "checkpoint_timeout": "1h",
    "max_connections": "60",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "log_min_messages": "fatal",
    # A deployment's server speaks another zone than ours: nothing may depend on it.
    "timezone": "America/St_Johns",
}


@contextmanager
def postgresql() -> Iterator[str]:
    """Start a server, yield its address without a database name (`postgresql://…:port`), stop it at the end."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="sunlit-postgresql-", dir=_memory()))
    as_owner: list[str] = ["setpriv", "--pdeathsig", "QUIT"]
    try:
        if os.geteuid() == 0:
            owner = _unprivileged_user()
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            as_owner += [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
        cluster = folder / "cluster"
        subprocess.run(
            [
                *as_owner,
                binaries / "initdb",
                f"--pgdata={cluster}",
                "--username=sunlit",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        port = _free_port()
        settings = [part for item in {**SETTINGS, "port": port}.items() for part in ("-c", "{}={}".format(*item))]
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(
                [*as_owner, binaries / "postgres", "-D", cluster, *settings], stdout=log, stderr=log, cwd=folder
            )
        try:
            _wait_until_it_answers(server, port, folder / "log")
            yield f"postgresql://sunlit@127.0.0.1:{port}"
        finally:
            server.send_signal(3)  # SIGQUIT: at once, without writing anything back
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _memory() -> Path | None:
    """A file system in memory with room for the databases of a whole run, or None."""
    shared = Path("/dev/shm")  # noqa: S108 (mkdtemp makes a folder of our own in it)
    room = shutil.disk_usage(shared).free if shared.is_dir() and os.access(shared, os.W_OK) else 0
    return shared if room >= 2 * 2**30 else None


def _binaries() -> Path:
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    path = found[-1] if found else shutil.which("initdb")
    if not path:
        raise RuntimeError("PostgreSQL's initdb is missing: run tools/setup test")
    return Path(path).resolve().parent


def _unprivileged_user() -> pwd.struct_passwd:
    with suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwnam("nobody")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(f"postgresql://sunlit@127.0.0.1:{port}/postgres", connect_timeout=5).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
        else:
            return
