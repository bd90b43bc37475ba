"""A service on a database of its own, on a disk that can become full, under a clock that can be stepped.

Everything has its working directory below the directory of the run, by which `soak.sh` ends what is left.
"""

import contextlib
import mmap
import os
import resource
import secrets
import signal
import sqlite3
import struct
import subprocess
import time

from cluster import bin_dir, clean_environment, free_ports, get_json, unprivileged, until

# Seconds.
START, STOP = 120, 30
# Bytes that a file may have while its size is limited: less than the databases have from the start.
SMALL = 64 * 1024
# Bytes of a disk, of which a run of an hour needs a tenth.
DISK = 2 * 1024**3


class Clock:
    """The wall clock of one service: that of the machine and an offset."""

    def __init__(self, path):
        with open(path, "wb") as file:
            file.write(struct.pack("q", 0))
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 8)
        self.path, self.offset, self.steps = path, 0.0, [(0.0, 0.0)]

    def step(self, seconds):
        self.offset += seconds
        # Before it: a request meanwhile may see either.
        self.steps.append((time.monotonic(), self.offset))
        struct.pack_into("q", self.memory, 0, int(self.offset * 1e9))

    def bounds(self, begun, ended):
        """The earliest and the latest time that the service may have read between two moments."""
        early = [index for index, (moment, _) in enumerate(self.steps) if moment < begun - 1]
        offsets = [offset for moment, offset in self.steps[early[-1] :] if moment <= ended]
        wall = time.time() - time.monotonic()
        return begun + wall + min(offsets), ended + wall + max(offsets)

    def now(self):
        return time.time() + self.offset

    def latest(self):
        return max(offset for _, offset in self.steps)


class Disk:
    """A file system of its own where something can be mounted; its size is the lever."""

    def __init__(self, path):
        self.path = path
        os.mkdir(path)
        self.mounted = "SOAK_MOUNTS" in os.environ
        if self.mounted:
            done = self.mount(f"size={DISK},mode=0755")
            assert done.returncode == 0, done.stderr

    def mount(self, options):
        command = ["mount", "-t", "tmpfs", "-o", options, "soak", self.path]
        return subprocess.run(command, capture_output=True, text=True)

    def resize(self, size):
        done = self.mount(f"remount,size={size}")
        return done.returncode == 0

    def fill(self):
        def filled():
            seen = os.statvfs(self.path)
            return self.resize((seen.f_blocks - seen.f_bfree) * seen.f_frsize)

        # It may grow between the two.
        until("a full disk", filled, 10)

    def free(self):
        assert self.resize(DISK), "the disk cannot be enlarged"


def limit_files(processes, size=None, **owner):
    """Limits the size of the files of processes, or no longer. As their owner: root may lack the right."""
    if size is None:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        size = "unlimited" if hard == resource.RLIM_INFINITY else hard
    for process in processes:
        command = ["prlimit", f"--pid={process}", f"--fsize={size}:"]
        # It may have ended.
        subprocess.run(command, capture_output=True, **owner)


def spawn(command, home, log, env=None, **options):
    """Starts a process. A signal for a file that may not grow is ignored, as Python itself does."""
    with open(f"{home}/{log}", "ab") as output:
        return subprocess.Popen(
            command,
            cwd=home,
            env=env or clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            restore_signals=False,
            **options,
        )


class Sqlite:
    name = "SQLite"

    def __init__(self, home):
        self.home, self.disk = home, Disk(f"{home}/disk")
        self.file = f"{home}/disk/vestibule.sqlite3"
        self.url = f"sqlite://{self.file}"
        self.by_hand = 0

    def start(self):
        pass

    def crash(self):
        pass

    @contextlib.contextmanager
    def full(self):
        self.disk.fill()
        yield
        self.disk.free()

    @contextlib.contextmanager
    def locked(self):
        other = sqlite3.connect(self.file, timeout=10, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()

    def broken(self):
        """What its own check finds."""
        with contextlib.closing(sqlite3.connect(self.file)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            found += [str(row) for row in connection.execute("PRAGMA foreign_key_check")]
        return [text for text in found if text != "ok"]


class Postgres:
    name = "PostgreSQL"

    def __init__(self, home):
        self.home, self.disk = home, Disk(f"{home}/disk")
        self.owner, self.server, self.by_hand = unprivileged(), None, 0
        if self.owner:
            for path in (home, f"{home}/disk"):
                os.chown(path, self.owner["user"], self.owner["group"])
        self.sockets = f"postgres://{{}}@{home.replace('/', '%2F')}/{{}}"
        self.url = self.sockets.format("vestibule", "vestibule")
        initdb = [f"{bin_dir()}/initdb", "-D", f"{home}/disk/data", "-A", "trust", "-U", "postgres"]
        # Small segments: what a full disk stops is the log, which is written ahead.
        initdb += ["-E", "UTF8", "--locale=C", "--no-instructions", "--wal-segsize=1"]
        done = spawn(initdb, home, "initdb.log", **self.owner)
        assert done.wait(START) == 0, self.said("initdb.log")

    def said(self, name):
        with open(f"{self.home}/{name}", errors="replace") as file:
            return file.read()

    def start(self):
        first = self.server is None
        command = [f"{bin_dir()}/postgres", "-D", f"{self.home}/disk/data"]
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.home,
            "shared_buffers": "16MB",
            "min_wal_size": "4MB",
            "max_wal_size": "32MB",
        }
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self.server = spawn(command, self.home, "postgres.log", **self.owner)
        until("PostgreSQL", self.answers, START)
        if first:
            for statement in ("CREATE ROLE vestibule LOGIN", "CREATE DATABASE vestibule OWNER vestibule"):
                assert self.sql(statement) is not None, statement

    def answers(self):
        if self.server.poll() is not None:
            # Recovery needs room, which was missing a moment ago.
            return self.start_by_hand()
        return self.sql("SELECT 1") == "1"

    def start_by_hand(self):
        self.by_hand += 1
        if self.by_hand > 20:
            raise ChildProcessError(f"PostgreSQL ends by itself: {self.said('postgres.log')[-2000:]}")
        self.start()
        return True

    def revive(self):
        """Starts PostgreSQL again once there is room."""
        until("PostgreSQL", self.answers, START)

    def sql(self, statement, database="postgres"):
        url = self.sockets.format("postgres", database)
        try:
            done = subprocess.run(
                [f"{bin_dir()}/psql", "-XqAtc", statement, url],
                env=clean_environment(),
                capture_output=True,
                text=True,
                timeout=10,
            )
        except subprocess.TimeoutExpired:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    def stop(self, how):
        self.server.send_signal(how)
        self.server.wait(STOP)

    def crash(self):
        self.stop(signal.SIGQUIT)

    def terminate_connections(self):
        self.sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = 'vestibule' AND pid <> pg_backend_pid()"
        )

    def processes(self):
        """The server and what it has started."""
        here = self.server.pid
        try:
            with open(f"/proc/{here}/task/{here}/children") as file:
                return [here, *map(int, file.read().split())]
        except FileNotFoundError:
            return []

    @contextlib.contextmanager
    def full(self):
        if self.disk.mounted:
            self.disk.fill()
        else:
            limit_files(self.processes(), SMALL, **self.owner)
        yield
        if self.disk.mounted:
            self.disk.free()
        else:
            limit_files(self.processes(), **self.owner)
        self.revive()

    def broken(self):
        if self.sql("CREATE EXTENSION IF NOT EXISTS amcheck", "vestibule") is None:
            return ["amcheck cannot be made"]
        checked = self.sql(
            "SELECT count(bt_index_check(c.oid, true)) FROM pg_class c JOIN pg_am a ON a.oid = c.relam"
            " WHERE a.amname = 'btree' AND c.relkind = 'i' AND c.relpersistence = 'p'",
            "vestibule",
        )
        return [] if checked and int(checked) > 10 else [f"amcheck: {checked}"]


class Service:
    def __init__(self, program, home, database, shim):
        self.program, self.home, self.database, self.shim = program, home, database, shim
        self.clock = Clock(f"{home}/clock")
        [self.port] = free_ports(1)
        self.child = None
        # From the signal until it is ready again; the last may have no end yet.
        self.down = []
        self.secrets = secrets.token_hex(32), secrets.token_hex(32)

    def settings(self):
        cookies, tokens = self.secrets
        more = {"LD_PRELOAD": self.shim, "SOAK_CLOCK": self.clock.path} if self.shim else {}
        return clean_environment(
            ROCKET_CONFIG="/dev/null",
            ROCKET_PROFILE="debug",
            ROCKET_PORT=str(self.port),
            ROCKET_LOG_LEVEL="critical",
            ROCKET_SECRET_KEY=cookies,
            VESTIBULE_STATE=f"{self.home}/state",
            ROCKET_DATABASES=f'{{main={{url="{self.database.url}"}}}}',
            # Short lives, so that they end under way; and a long one for a refresh without a response, which
            # a client may repeat after a step of the clock. No cookie ever comes from another client.
            ROCKET_AUTH='{password={cost=4},session={idle="12h",protection="strong"},fresh_for="2m",'
            'token={secret="%s",access="1m",refresh_retry="1d"},throttle={failures=1000000}}' % tokens,
            ROCKET_ACCOUNTS="{registrations={max=1000000},max_sign_ins=1000000}",
            **more,
        )

    def start(self):
        self.child = spawn([self.program], self.home, "log", env=self.settings())
        until(f"the service on {self.database.name}", self.is_ready, START)
        if self.down:
            self.down[-1][1] = time.monotonic()

    def is_ready(self):
        if self.child.poll() is not None:
            raise ChildProcessError(f"the service ended: {self.said()[-2000:]}")
        return (get_json(self.port, "/health/ready") or {}).get("writable")

    def said(self):
        with open(f"{self.home}/log", errors="replace") as file:
            return file.read()

    def stop(self, how):
        """Returns the exit code."""
        self.down.append([time.monotonic(), float("inf")])
        self.child.send_signal(how)
        return self.child.wait(STOP)

    def was_down(self, begun, ended):
        return any(start <= ended and begun <= end for start, end in self.down)

    def run(self, *arguments):
        """A command of the program."""
        return subprocess.run(
            [self.program, *arguments],
            cwd=self.home,
            env=self.settings(),
            capture_output=True,
            text=True,
            timeout=300,
        )
