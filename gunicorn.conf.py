"""How the application is served: threads for pages, one worker process beside them for everything slow.

`gunicorn 'app:create_app()'` reads this file. Nothing is loaded before the fork: the object store's client and the
database's connections do not survive one.
"""

import os
import subprocess
import sys
from typing import Any

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
timeout = 60
graceful_timeout = 30
max_requests = 20_000
max_requests_jitter = 2_000
preload_app = False
control_socket_disable = True
forwarded_allow_ips = "127.0.0.1"
accesslog = None

_worker: "subprocess.Popen[bytes] | None" = None


def when_ready(server: Any) -> None:
    """Start the embedded worker, unless SUNLIT_EMBEDDED_WORKER=0 says that workers run elsewhere."""
    global _worker
    if os.environ.get("SUNLIT_EMBEDDED_WORKER", "1").lower() in ("1", "true"):
        _worker = subprocess.Popen([sys.executable, "-m", "procurement.cli", "worker", "--with-parent"])


def on_exit(server: Any) -> None:
    """Let the embedded worker finish what it is doing."""
    if _worker is not None:
        _worker.terminate()
        _worker.wait(graceful_timeout)
