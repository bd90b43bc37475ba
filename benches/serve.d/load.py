"""Driving a server with wrk, and what came of it."""

import json
import os
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("load.lua")

# All requests say so; then a page that shows the browser is the same everywhere.
AGENT = "bench"


@dataclass
class Load:
    """The outcome of one run of wrk; times in microseconds."""

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
    # Seconds of a core that the server used meanwhile, where somebody looked.
    cpu: float = 0.0

    @property
    def rate(self):
        """Answers a second."""
        return self.requests / (self.micros / 1e6)

    @property
    def work(self):
        """Microseconds of a core for an answer."""
        return self.cpu * 1e6 / max(self.requests, 1)

    @property
    def used(self):
        """How much of one core the server had, or took."""
        return self.cpu / (self.micros / 1e6)

    @property
    def size(self):
        """Bytes of an answer, on average."""
        return self.bytes / max(self.requests, 1)

    @property
    def errors(self):
        """What went wrong, by kind; a status of 400 and above counts."""
        kinds = ("connect", "read", "write", "timeout", "status")
        return {kind: getattr(self, kind) for kind in kinds if getattr(self, kind)}

    def to_dict(self):
        return asdict(self) | {"rate": self.rate}


@dataclass(frozen=True)
class Drive:
    """What wrk does."""

    seconds: float
    connections: int = 64
    headers: tuple = ()
    tokens: Path | None = None
    logins: int = 0
    password: str = ""
    delay: int = 0
    core: int | None = None
    patience: int = 2


def start(url, drive):
    """Starts wrk; `finish` waits for it."""
    command = ["wrk", "-t1", f"-c{drive.connections}", f"-d{drive.seconds}s"]
    command += [f"--timeout={drive.patience}s", f"-s{SCRIPT}", f"-HUser-Agent: {AGENT}"]
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
    """The outcome of a run that was started."""
    output, _ = process.communicate(timeout=seconds + 60)
    for line in output.splitlines():
        if line.startswith("RESULT "):
            return Load(**json.loads(line.removeprefix("RESULT ")))
    raise SystemExit(f"wrk said nothing that can be read:\n{output}")


def run(url, drive):
    """One run of wrk, from beginning to end."""
    return finish(start(url, drive), drive.seconds)
