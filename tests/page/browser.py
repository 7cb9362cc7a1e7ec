"""A headless Chromium, driven over its debugging protocol (https://chromedevtools.github.io/devtools-protocol/)."""

import asyncio
import base64
import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync", "--lang=en-GB",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0", "about:blank",
)  # fmt: skip


@dataclass
class Page:
    """A tab: what it was told to do, and what went wrong in it."""

    socket: aiohttp.ClientWebSocketResponse
    runner: asyncio.Runner
    numbers: Iterator[int] = field(default_factory=itertools.count)
    wrong: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        return self.runner.run(self._call(method, parameters))

    async def _call(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        number = next(self.numbers)
        await self.socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            said = await asyncio.wait_for(self.socket.receive_json(), 30)
            self._note(said)
            if said.get("id") == number:
                assert "error" not in said, said
                return dict(said["result"])

    def _note(self, said: dict[str, Any]) -> None:
        about = said.get("params", {})
        match said.get("method"):
            case "Runtime.exceptionThrown":
                self.wrong.append(str(about["exceptionDetails"]))
            case "Log.entryAdded" if about["entry"]["level"] == "error":
                self.wrong.append(about["entry"]["text"])
            case "Network.requestWillBeSent":
                self.asked.append(about["request"]["url"])

    def do(self, script: str) -> Any:
        """Evaluate an expression in the page and return its value; a promise is awaited."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, script: str, seconds: float = 15) -> Any:
        """Evaluate an expression until it is true and return its value."""
        end = time.monotonic() + seconds
        while not (value := self.do(script)):
            assert time.monotonic() < end, f"never true: {script}"
            time.sleep(0.05)
        return value

    def press(self, key: str, code: int = 0, text: str = "") -> None:
        """Press a key."""
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                text=text * (kind == "keyDown"),
            )

    def swipe(self, start: tuple[float, float], step: tuple[float, float]) -> None:
        """Put a finger down, move it ten steps, and lift it."""
        for number in range(11):
            point = {"x": start[0] + number * step[0], "y": start[1] + number * step[1]}
            self.call("Input.dispatchTouchEvent", type="touchMove" if number else "touchStart", touchPoints=[point])
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def open(self, address: str) -> None:
        """Load an address and wait until the page shows something."""
        self.call("Page.navigate", url=address)
        self.until("document.querySelector('article, .empty, .problem:not([hidden]), .login:not([hidden])') !== null")

    def size(self, width: int, height: int, *, phone: bool = False, dark: bool = False) -> None:
        """Show the page on a screen of so many pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1 + phone, mobile=phone
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, file: Path) -> None:
        """Write what the screen shows as a PNG."""
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


@contextmanager
def chromium(folder: Path) -> Iterator[Page]:
    """Run a browser with an empty profile for the length of a block and yield its tab."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "there is no Chromium: `make test-page` says how to get it"
    process = subprocess.Popen(
        [program, *_FLAGS, f"--user-data-dir={folder}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with asyncio.Runner() as runner:
            session, socket = runner.run(_connect(folder))
            page = Page(socket, runner)
            for domain in ("Page", "Runtime", "Log", "Network"):
                page.call(f"{domain}.enable")
            yield page
            runner.run(session.close())
    finally:
        process.terminate()
        process.wait(10)


async def _connect(folder: Path) -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
    file = folder / "DevToolsActivePort"
    for _ in range(300):
        if file.exists() and len(file.read_text().splitlines()) == 2:
            break
        await asyncio.sleep(0.1)
    port = file.read_text().splitlines()[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
        tab = next(each for each in json.load(answer) if each["type"] == "page")
    session = aiohttp.ClientSession()
    return session, await session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0)
