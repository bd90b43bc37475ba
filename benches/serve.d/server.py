"""A server that is measured: started on a free port of 127.0.0.1, ended by its process id."""

import http.client
import os
import socket
import subprocess
import time
from pathlib import Path

from load import AGENT


def free_port():
    """Returns a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One process, possibly with children. `command(port)` returns its command line; standard error
    goes to the file `log`."""

    def __init__(self, name, command, environment=None, directory=None, core=None, log=os.devnull):
        self.name = name
        self.log = log
        self.port = free_port()
        self.command = [str(part) for part in command(self.port)]
        if core is not None:
            self.command = ["taskset", "-c", str(core), *self.command]
        # The caller's other variables are left out: a ROCKET_ variable would be a setting.
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        own = {k: str(v).replace("{port}", str(self.port)) for k, v in (environment or {}).items()}
        self.environment = kept | own
        self.directory = directory
        self.process = None

    def start(self, path="/", limit=30.0):
        """Starts the server; returns the seconds to the first response."""
        began = time.perf_counter()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        while time.perf_counter() - began < limit:
            if self.process.poll() is not None:
                raise SystemExit(f"{self.name} ended at its start: {' '.join(self.command)}")
            try:
                self.ask("GET", path)
                return time.perf_counter() - began
            except OSError:
                time.sleep(0.001)
        raise SystemExit(f"{self.name} does not respond")

    def ask(self, method, path, headers=None, body=None):
        """Sends one request on a new connection; returns status, header fields and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers={"User-Agent": AGENT, **(headers or {})})
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            connection.close()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def memory(self):
        """Returns current and peak resident size of the process and its children, in bytes."""
        now = peak = 0
        for pid in [self.process.pid, *children(self.process.pid)]:
            fields = dict(
                line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            )
            now += int(fields["VmRSS"].split()[0]) * 1024
            peak += int(fields["VmHWM"].split()[0]) * 1024
        return now, peak

    def cpu(self):
        """Returns the CPU seconds that the process and its children have used."""
        return cpu(self.process.pid)

    def empty_log(self):
        """Empties the log: a run writes some hundred megabytes."""
        if self.log != os.devnull:
            os.truncate(self.log, 0)

    def stop(self):
        """Ends the server, and waits for its end."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


def cpu(pid):
    """Returns the CPU seconds that a process and its children have used."""
    ticks = 0
    for one in [pid, *children(pid)]:
        # The name, in parentheses, may contain anything.
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def children(pid):
    """Returns the ids of a process's children. (taskset executes its command in its own process.)"""
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []
