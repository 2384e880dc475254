"""A headless Chromium that opens one page and tells what went wrong: errors, console messages, network requests."""

import base64
import json
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--remote-debugging-port=0", "--remote-allow-origins=*",
)  # fmt: skip
PATIENCE = 90.0
"""Longest wait for the browser [s]."""


def find_chromium():
    """Return the path of Chromium or Chrome, None if neither is installed."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next((path for path in map(shutil.which, names) if path), None)


class HeadlessPage:
    """One page in a browser of its own; a context manager."""

    def __init__(self, url, profile, width=1200, height=1000, dark=False):
        self.url, self.profile, self.size, self.dark = url, Path(profile), (width, height), dark
        self.events, self._number = [], 0

    def __enter__(self):
        import websocket

        command = [
            find_chromium(),
            *FLAGS,
            f"--user-data-dir={self.profile}",
            f"--window-size={self.size[0]},{self.size[1]}",
        ]
        self.profile.mkdir(parents=True, exist_ok=True)
        self._log = (self.profile.parent / "chromium.log").open("wb")
        self.process = subprocess.Popen([*command, "about:blank"], stdout=self._log, stderr=subprocess.STDOUT)
        try:
            port = self._wait_for(
                lambda: (self.profile / "DevToolsActivePort").read_text().split()[0], FileNotFoundError
            )
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE) as answer:
                target = next(item for item in json.load(answer) if item["type"] == "page")
            self.socket = websocket.create_connection(target["webSocketDebuggerUrl"], timeout=PATIENCE)
            for domain in ("Runtime", "Log", "Network", "Page"):
                self.send(f"{domain}.enable")
            if self.dark:
                feature = {"name": "prefers-color-scheme", "value": "dark"}
                self.send("Emulation.setEmulatedMedia", features=[feature])
            self.send("Page.navigate", url=self.url)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *details):
        self.socket.close()
        self._stop()

    def _stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()

    @staticmethod
    def _wait_for(question, *not_yet):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if answer := question():
                    return answer
            except (*not_yet, IndexError):
                pass
            time.sleep(0.05)
        raise TimeoutError(f"no answer from the browser in {PATIENCE:g} s")

    def send(self, method, **parameters):
        """Send a command and return its result; events that come first are kept."""
        self._number += 1
        self.socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self._number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def evaluate(self, expression):
        """Return the value of a JavaScript expression."""
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["text"])
        return result["result"].get("value")

    def wait_until(self, expression):
        """Wait until a JavaScript expression is true."""
        return self._wait_for(lambda: self.evaluate(expression), RuntimeError)

    def screenshot(self, path, *, full=True):
        """Write a PNG of the page."""
        image = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=full)
        Path(path).write_bytes(base64.b64decode(image["data"]))

    def complaints(self):
        """Return exceptions, errors and warnings of the console, and entries of the browser's log."""
        found = []
        for event in self.events:
            parameters = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                found.append(str(parameters["exceptionDetails"]))
            elif event.get("method") == "Log.entryAdded":
                found.append(f"{parameters['entry']['level']}: {parameters['entry']['text']}")
            elif event.get("method") == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning"):
                found.append(f"{parameters['type']}: {parameters['args']}")
        return found

    def requests(self):
        """Return the addresses that the page asked for, itself and data within the page left out."""
        asked = [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]
        return [url for url in asked if url != self.url and not url.startswith(("data:", "blob:", "about:"))]
