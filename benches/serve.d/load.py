"""Sends requests to a server with wrk."""

import json
import os
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("load.lua")

# The User-Agent of all requests, so that a page that shows it is the same for every server.
AGENT = "bench"


@dataclass
class Load:
    """The result of one run of wrk; times in microseconds."""

    requests: int
    micros: int
    bytes: int
    p50: int
    p99: int
    max: int
    connect: int
    read: int
    write: int
    timeout: int
    status: int
    ok: int
    busy: int
    other: int
    # CPU seconds that the server used during the run, if measured.
    cpu: float = 0.0
    # The same of PostgreSQL.
    postgres_cpu: float = 0.0

    @property
    def rate(self):
        """Responses per second."""
        return self.requests / (self.micros / 1e6)

    @property
    def work(self):
        """CPU microseconds per response."""
        return self.cpu * 1e6 / max(self.requests, 1)

    @property
    def postgres_work(self):
        """PostgreSQL's CPU microseconds per response."""
        return self.postgres_cpu * 1e6 / max(self.requests, 1)

    @property
    def used(self):
        """The share of one core that the server used."""
        return self.cpu / (self.micros / 1e6)

    @property
    def size(self):
        """The average number of bytes per response."""
        return self.bytes / max(self.requests, 1)

    @property
    def errors(self):
        """The number of errors by kind; a status of 400 and above counts as one."""
        kinds = ("connect", "read", "write", "timeout", "status")
        return {kind: getattr(self, kind) for kind in kinds if getattr(self, kind)}

    def to_dict(self):
        return asdict(self) | {"rate": self.rate}


@dataclass(frozen=True)
class Drive:
    """What wrk sends, and for how long."""

    seconds: float
    connections: int = 64
    headers: tuple = ()
    tokens: Path | None = None
    logins: int = 0
    password: str = ""
    delay: int = 0
    core: int | None = None
    timeout_seconds: int = 2


def start(url, drive):
    """Starts wrk; `finish` waits for it."""
    command = ["wrk", "-t1", f"-c{drive.connections}", f"-d{drive.seconds}s"]
    command += [f"--timeout={drive.timeout_seconds}s", f"-s{SCRIPT}", f"-HUser-Agent: {AGENT}"]
    command += [f"-H{header}" for header in drive.headers] + [url]
    if drive.core is not None:
        command = ["taskset", "-c", str(drive.core), *command]
    environment = {"PATH": os.environ["PATH"]}
    if drive.tokens:
        environment["BENCH_TOKENS"] = str(drive.tokens)
    if drive.logins:
        environment |= {"BENCH_LOGINS": str(drive.logins), "BENCH_PASSWORD": drive.password}
    if drive.delay:
        environment["BENCH_DELAY"] = str(drive.delay)
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def finish(process, seconds):
    """Waits for a run and returns its result."""
    output, _ = process.communicate(timeout=seconds + 60)
    for line in output.splitlines():
        if line.startswith("RESULT "):
            return Load(**json.loads(line.removeprefix("RESULT ")))
    raise SystemExit(f"wrk printed no result:\n{output}")


def run(url, drive):
    """Runs wrk and returns its result."""
    return finish(start(url, drive), drive.seconds)
