"""Debian's Chromium, started once, without a network, and driven over a pipe with the DevTools protocol."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--enable-unsafe-swiftshader", "--hide-scrollbars",
    "--remote-debugging-pipe",
)  # fmt: skip
#: What software rendering of WebGL says; nothing of the page.
HARMLESS = ("WebGL", "GL Driver", "swiftshader", "willReadFrequently")
#: Longest wait for an answer, in seconds: a machine with many tests at once is slow.
PATIENCE = 120
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32}


class Chromium:
    """One browser with one page.

    ``console`` holds what scripts, the security policy and the network said since the last :meth:`open`; ``requests`` each address that the
    page asked for.
    """

    def __init__(self, profile: Path) -> None:
        to_browser, to_us = os.pipe(), os.pipe()
        self._out, self._in = to_browser[1], to_us[0]

        def connected() -> None:  # the protocol reads from descriptor 3 and writes to 4
            reads, writes = os.dup(to_browser[0]), os.dup(to_us[1])
            os.dup2(reads, 3)
            os.dup2(writes, 4)

        self._process = subprocess.Popen(
            [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=connected,
        )  # fmt: skip
        os.close(to_browser[0])
        os.close(to_us[1])
        self._left, self._count, self._session = b"", 0, ""
        self.console: list[str] = []
        self.requests: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """Send one command of the protocol and wait for its answer."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for found in self._read(end):
                if found.get("id") == self._count:
                    if "error" in found:
                        raise RuntimeError(f"{method}: {found['error']}")
                    return found["result"]
        raise TimeoutError(f"no answer to {method}")

    def _read(self, end: float) -> list[dict[str, Any]]:
        """The messages that have arrived; what the page said is kept."""
        if select.select([self._in], [], [], max(0.0, end - time.monotonic()))[0]:
            self._left += os.read(self._in, 1 << 20)
        *whole, self._left = self._left.split(b"\0")
        messages = [json.loads(text) for text in whole]
        for message in messages:
            said = message.get("params", {})
            match message.get("method"):
                case "Runtime.exceptionThrown":
                    self.console.append(json.dumps(said["exceptionDetails"]))
                case "Runtime.consoleAPICalled" if said["type"] in ("error", "warning", "assert"):
                    self.console.append(json.dumps(said["args"]))
                case "Log.entryAdded" if said["entry"]["level"] in ("error", "warning"):
                    self.console.append(said["entry"]["text"])
                case "Network.requestWillBeSent":
                    self.requests.append(said["request"]["url"])
        return messages

    def open(self, path: Path, fragment: str = "", width: int = 1400, height: int = 1000, dark: bool = False) -> None:
        """Open a file anew in a window of this size, and wait until its scripts have run."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Page.navigate", url="about:blank")
        self.wait("location.href === 'about:blank'")
        self.console.clear()
        self.requests.clear()
        self.call("Page.navigate", url=path.as_uri() + fragment)
        self.wait("location.href !== 'about:blank' && document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """The value of an expression, or of the promise it gives."""
        got = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in got:
            raise AssertionError(json.dumps(got["exceptionDetails"]))
        return got["result"].get("value")

    def wait(self, condition: str) -> None:
        """Until an expression is true."""
        end = time.monotonic() + PATIENCE
        while not self.run(f"Boolean({condition})"):
            if time.monotonic() > end:
                raise TimeoutError(condition)
            time.sleep(0.02)

    def press(self, *keys: str, shift: bool = False) -> None:
        """Press keys as a person does."""
        for key in keys:
            told = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key], "modifiers": 8 * shift}
            text = {"text": "\r"} if key == "Enter" else {}
            self.call("Input.dispatchKeyEvent", type="keyDown", **told, **text)
            self.call("Input.dispatchKeyEvent", type="keyUp", **told)

    def errors(self) -> list[str]:
        """What went wrong since the page was opened, what software rendering says aside."""
        self.run("0")
        return [line for line in self.console if not any(word in line for word in HARMLESS)]

    def picture(self, path: Path, whole: bool = False) -> None:
        """What is seen, or the whole page, as a PNG file: for the eye, and for a test that fails."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]))

    def close(self) -> None:
        """End the browser."""
        os.close(self._out)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)
