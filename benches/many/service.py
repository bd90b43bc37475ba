"""Starts and stops the service, signs in and sends requests."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.parse

from people import name_of

PASSWORD = "correct horse battery"

# Cheap hashes, which only the debug profile allows; otherwise like in production.
SETTINGS = {
    "ROCKET_PROFILE": "debug",
    "ROCKET_LOG_LEVEL": "critical",
    "ROCKET_PORT": "0",
    "ROCKET_ACCOUNTS": "{sample_users=false}",
}
AUTH = (
    '{password={cost=4},throttle={failures=1000000},token={access="1h"},revocation_delay="%s"}'
)


class Service:
    """One process of the service. `credentials` are files with one header per line."""

    def __init__(self, binary, folder, database, delay):
        self.binary, self.folder, self.database = binary, folder, database
        self.child, self.url, self.credentials = None, None, {}
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith(("ROCKET_", "VESTIBULE_"))
        }
        self.environment |= SETTINGS
        self.environment["ROCKET_AUTH"] = AUTH % delay
        self.environment["VESTIBULE_STATE"] = str(folder / "state")
        self.environment["ROCKET_DATABASES"] = f'{{main={{url="{database.url}"}}}}'

    def command(self, *arguments, stdin=None):
        done = subprocess.run(
            [self.binary, *arguments], cwd=self.folder, env=self.environment, input=stdin,
            capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"vestibule {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def prepare(self):
        """Creates the tables, a user whose password hash all users get, and an administrator."""
        for name, role in (("seed", "user"), ("operator", "admin")):
            self.command("user", "add", name, "--role", role, "--password-stdin",
                         stdin=PASSWORD + "\n")

    def start(self):
        """Starts or restarts the service; returns the seconds until its first response."""
        self.stop()
        begun = time.monotonic()
        self.child = subprocess.Popen(
            [self.binary], cwd=self.folder, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=open(self.folder / "log", "a"))
        marker = "Vestibule is at "
        line = next((line for line in self.child.stdout if marker in line), None)
        if line is None:
            sys.exit("the service does not start: " + (self.folder / "log").read_text())
        self.url = line.split(marker)[1].strip()
        status, _ = self.timed_get("/health", None)
        if status != 200:
            sys.exit(f"/health: status {status}")
        return time.monotonic() - begun

    def stop(self):
        if self.child is not None:
            self.child.send_signal(signal.SIGTERM)
            self.child.wait(timeout=30)
            self.child.stdout.close()
            self.child = None

    def connection(self):
        return http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=30)

    def post(self, connection, path, kind, body):
        connection.request("POST", path, body, {"Content-Type": kind})
        response = connection.getresponse()
        return response.status, response.headers, response.read()

    def form_login(self, connection, name):
        body = urllib.parse.urlencode({"username": name, "password": PASSWORD})
        kind = "application/x-www-form-urlencoded"
        status, headers, _ = self.post(connection, "/login", kind, body)
        if status != 303:
            sys.exit(f"sign-in of {name} by the form: status {status}")
        return "Cookie: " + headers["Set-Cookie"].split(";")[0]

    def api_login(self, connection, name):
        body = json.dumps({"username": name, "password": PASSWORD})
        status, _, response = self.post(connection, "/api/login", "application/json", body)
        if status != 200:
            sys.exit(f"sign-in of {name} by the API: status {status}")
        return "Authorization: Bearer " + json.loads(response)["access_token"]

    def sign_in(self, size, sample):
        """Signs in `sample` users, spread over all, by form and by API."""
        connection = self.connection()
        names = [name_of(number * size // sample) for number in range(sample)]
        credentials = {
            "cookies": [self.form_login(connection, name) for name in names],
            "tokens": [self.api_login(connection, name) for name in names],
            "operator": [self.form_login(connection, "operator")],
        }
        for kind, headers in credentials.items():
            file = self.folder / kind
            file.write_text("\n".join(headers) + "\n")
            self.credentials[kind] = file

    def headers(self, kind):
        if kind is None:
            return [{}]
        lines = self.credentials[kind].read_text().splitlines()
        return [dict([line.split(": ", 1)]) for line in lines]

    def ask_all(self, path, kind):
        """Sends one request with each credential; all must succeed."""
        connection = self.connection()
        for headers in self.headers(kind):
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                sys.exit(f"{path}: status {response.status}")

    def timed_get(self, path, kind):
        """Sends one request; returns the status and the milliseconds it took."""
        connection = self.connection()
        connection.connect()
        begun = time.perf_counter()
        connection.request("GET", path, headers=self.headers(kind)[0])
        response = connection.getresponse()
        response.read()
        return response.status, (time.perf_counter() - begun) * 1000

    def memory(self):
        """Returns the resident size of the process, in megabytes."""
        with open(f"/proc/{self.child.pid}/status") as lines:
            [line] = [line for line in lines if line.startswith("VmRSS:")]
        return int(line.split()[1]) / 1024

    def timed(self, *arguments):
        """Runs a command; returns its seconds and its output."""
        begun = time.monotonic()
        said = self.command(*arguments).strip()
        return time.monotonic() - begun, said
