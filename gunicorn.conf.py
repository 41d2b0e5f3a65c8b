"""How the application is served: threads for pages, one worker process beside them for everything slow.

`gunicorn 'app:create_app()'` reads this file. Nothing is loaded before the fork: the object store's client and the
database's connections do not survive one.
"""

import contextlib
import ctypes
import gc
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

_MALLOC = ((-8, 1), (-3, 65536), (-1, 65536))  # malloc.h: M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD

_worker: "subprocess.Popen[bytes] | None" = None


def when_ready(server: Any) -> None:
    """Start the embedded worker, unless SUNLIT_EMBEDDED_WORKER=0 says that workers run elsewhere."""
    global _worker
    if os.environ.get("SUNLIT_EMBEDDED_WORKER", "1").lower() in ("1", "true"):
        _worker = subprocess.Popen([sys.executable, "-m", "procurement.cli", "worker", "--with-parent"])


def post_fork(_server: Any, _worker: Any) -> None:
    """Have the C library share one pool of memory among all threads and give back what is free: by default each
    thread keeps a pool of its own, full of holes, which costs ten megabytes in every process."""
    with contextlib.suppress(OSError, AttributeError):  # another C library than GNU's
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in _MALLOC:
            mallopt(option, value)


def post_worker_init(_worker: Any) -> None:
    """What starting left behind is collected once; what lives as long as the process is never looked at again."""
    gc.collect()
    gc.freeze()


def on_exit(server: Any) -> None:
    """Let the embedded worker finish what it is doing."""
    if _worker is not None:
        _worker.terminate()
        _worker.wait(graceful_timeout)
