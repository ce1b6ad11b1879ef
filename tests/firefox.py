"""Firefox over WebDriver BiDi, as its own package ships it: no driver, no patched build.

Playwright drives a Firefox of its own making, and asks a stock ESR for commands that it lacks. The
few that the tests need are here: https://w3c.github.io/webdriver-bidi/
"""

import itertools
import json
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import websocket

PREFERENCES = """
user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("remote.active-protocols", 1);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
"""
EVENTS = [
    "log.entryAdded",
    "network.beforeRequestSent",
    "network.fetchError",
    "network.responseCompleted",
]
SECONDS = 60  # a busy machine may take its time
# Ubuntu's Firefox may not read the system's temporary folder.
FOLDER = Path(__file__).parents[1] / "_build"


class Firefox:
    """One headless Firefox with one tab, and all that it tells."""

    def __init__(self, path):
        FOLDER.mkdir(exist_ok=True)
        self.profile = tempfile.mkdtemp(prefix="firefox-", dir=FOLDER)
        Path(self.profile, "user.js").write_text(PREFERENCES)
        said = Path(self.profile, "said.txt")
        with said.open("w") as file:
            self.process = subprocess.Popen(
                [path, "--headless", "--remote-debugging-port=0", "--profile", self.profile],
                stderr=file,
                stdout=subprocess.DEVNULL,
            )
        end = time.monotonic() + SECONDS
        while not (heard := re.search(r"BiDi listening on (ws://\S+)\s", said.read_text())):
            if time.monotonic() > end or self.process.poll() is not None:
                self.process.kill()
                self.process.wait()
                last_words = said.read_text()
                shutil.rmtree(self.profile)
                raise RuntimeError(f"{path} does not listen. It said: {last_words}")
            time.sleep(0.05)
        self.numbers, self.events, self.socket = itertools.count(), [], None
        try:
            self.socket = websocket.create_connection(
                f"{heard[1]}/session", timeout=SECONDS, suppress_origin=True
            )
            self.send("session.new", capabilities={})
            self.tab = self.send("browsingContext.getTree")["contexts"][0]["context"]
            self.send("session.subscribe", events=EVENTS, contexts=[self.tab])
        except BaseException:  # nobody has this object yet, to close it
            self.close()
            raise

    def send(self, method, **params):
        """Send a command and return its result; keep the events that come in between."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == number:
                if message["type"] == "error":
                    raise RuntimeError(f"{method}: {message['message']}")
                return message["result"]
            if message["type"] == "event":
                self.events.append((message["method"], message["params"]))

    def open(self, address):
        """Load a page, with all that happened before forgotten."""
        self.send("browsingContext.navigate", context=self.tab, url="about:blank", wait="complete")
        self.events.clear()
        self.send("browsingContext.navigate", context=self.tab, url=address, wait="complete")

    def evaluate(self, expression):
        """Return the value of an expression that gives JSON's kinds of values, or a promise."""
        found = self.send(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then((value) => JSON.stringify(value))",
            target={"context": self.tab},
            awaitPromise=True,
        )
        if found["type"] == "exception":
            raise RuntimeError(found["exceptionDetails"]["text"])
        return json.loads(found["result"].get("value", "null"))

    def wait_for(self, expression):
        """Wait until an expression is true, and return its value."""
        end = time.monotonic() + SECONDS
        while not (value := self.evaluate(expression)):
            if time.monotonic() > end:
                raise TimeoutError(expression)
            time.sleep(0.05)
        return value

    def press(self, key):
        """Press and release a key, as a reader's keyboard does."""
        actions = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self.send("input.performActions", context=self.tab, actions=[source])

    def requests(self):
        """Return the addresses that the page has asked for."""
        return [p["request"]["url"] for m, p in self.events if m == "network.beforeRequestSent"]

    def complaints(self):
        """Return what failed to load, and what the console says of it or of a script."""
        told = {name: [p for event, p in self.events if event == name] for name in EVENTS}
        said = [p["text"] for p in told["log.entryAdded"] if p["level"] in ("error", "warn")]
        failed = told["network.fetchError"] + [
            p for p in told["network.responseCompleted"] if p["response"]["status"] >= 400
        ]
        return said + [p["request"]["url"] for p in failed]

    def close(self):
        if self.socket:
            self.socket.close()
        self.process.terminate()
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.profile, ignore_errors=True)
