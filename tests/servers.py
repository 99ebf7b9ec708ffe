"""Servers on loopback: one that answers as a handler says, and the reference server of OPTIMADE."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest


class Handler(BaseHTTPRequestHandler):
    """Answers a request as :meth:`answer` says, and writes nothing about it."""

    def answer(self) -> None:
        raise NotImplementedError

    def do_GET(self) -> None:
        self.answer()

    def log_message(self, *_: Any) -> None: ...


class Loopback(ThreadingHTTPServer):
    """A server on a free port; its threads end with the test."""

    daemon_threads = True

    def __init__(self, handler: type[Handler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def running() -> Iterator[Any]:
    """Gives a function that starts servers; all end with the context."""
    started: list[ThreadingHTTPServer] = []

    def start(server: ThreadingHTTPServer) -> None:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        started.append(server)

    try:
        yield start
    finally:
        for server in started:
            server.shutdown()
            server.server_close()


def free_url() -> str:
    """An address on which nothing answers yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@contextmanager
def optimade_server(folder: Path, url: str, settings: Mapping[str, str]) -> Iterator[str]:
    """OPTIMADE's reference server at ``url``, ready to answer; ``folder`` takes its log, ``settings`` are its environment."""
    port = url.rpartition(":")[2]
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "uvicorn", "optimade.server.main:app", "--host", "127.0.0.1", "--port", port]
        process = subprocess.Popen(command, env={**os.environ, **settings}, stdout=log, stderr=log, cwd=folder)
        try:
            deadline = time.monotonic() + 90
            while True:
                try:
                    with urlopen(f"{url}/v1/info", timeout=5):
                        break
                except OSError:
                    if process.poll() is not None or time.monotonic() > deadline:
                        pytest.fail("the server did not start: " + (folder / "log").read_text(errors="replace")[-2000:])
                    time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            process.wait(20)
