"""Mixed traffic under faults from a seed: `soak.py PROGRAM DIRECTORY SHIM`; `soak.sh` runs it.

The environment: MINUTES of traffic, SEED, DATABASES. Both databases at once, each with a service of its own.
In the first part of the time the service is restarted and killed too; in the rest it stays one process,
whose memory and descriptors are compared.
"""

import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from actors import Administrator, Person, SlowWatcher, SoakRecord, SteppedSignIn, Stranger
from actors import judge_disabled, judge_full_name
from clients import Account, Journal, claims, judge
from cluster import until
from samples import Growth, Sampler
from service import SMALL, Postgres, Service, Sqlite, limit_files

PEOPLE = 5
# Of the time, in which the service is restarted.
RESTARTS = 0.3
# Seconds: well after an event; how far the clock is stepped, and may be from the machine's; ahead of all that
# was seen, for the comparison.
WELL, STEP, AWAY, AHEAD = 20, (6, 150), 900, 60
# A run of so many seconds is a long one; the service keeps so many sign-ins and tokens in memory.
LONG, CACHED = 600, 10_000
# The share of responses that may be 503 without an event.
UNAVAILABLE = 0.01
BAD = ("lost", "signed_out", "revoked", "faults")
RESTART_KINDS = ("terminate", "kill")
COMMON = ("clock forward", "clock back", "resets", "full disk")
KINDS = {
    "SQLite": (*COMMON, "small files", "locked"),
    "PostgreSQL": (*COMMON, "connections ended", "server restarted", "server killed"),
}


class Run:
    """One service with its traffic."""

    def __init__(self, program, work, shim, database, seconds, seed):
        self.name, self.seconds = database.name, seconds
        self.random = random.Random(f"{seed} {self.name}")
        home = f"{work}/{self.name.lower()}"
        os.mkdir(home)
        os.mkdir(f"{home}/database")
        self.database = database(f"{home}/database")
        self.service = Service(program, home, self.database, shim)
        self.record = SoakRecord(self.service, self.random.random())
        self.journal, self.events = Journal(), []
        self.checks, self.growth = Counter(), None

    def log(self, text):
        print(f"{time.strftime('%H:%M:%S')} {self.name}: {text}", flush=True)

    def play(self):
        self.database.start()
        self.service.start()
        self.stop, self.begun = threading.Event(), time.monotonic()
        try:
            self.start_traffic()
            self.events_until(self.begun + RESTARTS * self.seconds, restarts=True)
            self.restart("kill")
            self.wait_until_well()
            if self.seconds >= LONG:
                self.fill_caches()
            self.events_until(self.begun + self.seconds, restarts=False)
        finally:
            self.stop.set()
        self.end_traffic()
        self.judge()

    def start_traffic(self):
        numbers = [self.random.random() for _ in range(PEOPLE + 2)]
        here = self.record, self.journal, self.service.port, self.stop
        self.people = [Person(number, *here) for number in range(PEOPLE)]
        self.administrator = Administrator(PEOPLE, *here)
        for client, number in zip((*self.people, self.administrator), numbers):
            client.random = random.Random(number)
        self.stranger = Stranger(self.service, numbers[-1], self.stop)
        watcher = SlowWatcher(self.record, self.journal, [self.service.port], self.stop)
        self.sampler = Sampler(self.service, max(0.5, self.seconds / 1000), self.stop)
        self.threads = [*self.people, self.administrator, self.stranger, watcher, self.sampler]
        for thread in self.threads:
            thread.start()

    def end_traffic(self):
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs"

    def fill_caches(self):
        """Fills the caches first, so that their growth is not taken for a leak."""
        user, port = Account("user_01"), self.service.port

        def sign_in(_):
            reply = user.login(self.record, port, "1234")
            if reply and reply.status == 200:
                SteppedSignIn(reply, user).present(self.record, port)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(sign_in, range(CACHED)))

    def events_until(self, end, restarts):
        kinds = [*KINDS[self.name], *(RESTART_KINDS if restarts else ())]
        if self.service.shim is None:
            kinds = [kind for kind in kinds if not kind.startswith("clock")]
        # Each kind once, in any order, then again.
        bag = []
        while time.monotonic() < end:
            bag = bag or self.random.sample(kinds, len(kinds))
            self.event(bag.pop())
            pause = self.random.uniform(0.5, 3 if self.seconds < LONG else 15)
            self.stop.wait(min(pause, max(0, end - time.monotonic())))

    def event(self, kind):
        begun = time.monotonic()
        try:
            self.strike(kind)
        except Exception as error:
            self.record.note("faults", f"{kind}: {error!r}")
            raise
        over = time.monotonic()
        self.wait_until_well(kind)
        well = time.monotonic()
        self.events.append((kind, begun, well + 1.5, well - over))
        if self.seconds >= LONG:
            self.log(f"{kind}, {over - begun:.1f} s, well after {well - over:.1f} s")

    def strike(self, kind):
        seconds, database = self.random.uniform(0.5, 4), self.database
        if kind in RESTART_KINDS:
            self.restart(kind)
        elif kind.startswith("clock"):
            self.step(kind)
        elif kind == "resets":
            self.stranger.reset(self.random.randint(20, 60))
        elif kind == "full disk":
            if not database.disk.mounted and self.name == "SQLite":
                return self.strike("small files")
            with database.full():
                time.sleep(seconds)
        elif kind == "small files":
            limit_files([self.service.child.pid], SMALL)
            time.sleep(seconds)
            limit_files([self.service.child.pid])
        elif kind == "locked":
            with database.locked():
                time.sleep(seconds)
        elif kind == "connections ended":
            for _ in range(self.random.randint(1, 10)):
                database.terminate_connections()
        else:
            database.stop(signal.SIGINT if kind == "server restarted" else signal.SIGQUIT)
            time.sleep(seconds / 2)
            database.start()

    def restart(self, kind):
        code = self.service.stop(signal.SIGTERM if kind == "terminate" else signal.SIGKILL)
        if kind == "terminate" and code != 0:
            self.record.note("faults", f"exit code {code} after SIGTERM")
        self.service.start()

    def step(self, kind):
        seconds, clock = self.random.uniform(*STEP), self.service.clock
        back = kind == "clock back" and clock.offset > -AWAY or clock.offset > AWAY
        clock.step(-seconds if back else seconds)

    def wait_until_well(self, kind="start"):
        """Until a sign-in succeeds, which writes; its token tells the time of the service."""
        user = Account("user_01")

        def well():
            if self.service.child.poll() is not None:
                raise ChildProcessError(f"the service ended by itself: {self.service.said()[-2000:]}")
            begun = time.monotonic()
            reply = user.login(self.record, self.service.port, "1234")
            if reply is None or reply.status != 200:
                return False
            early, late = self.service.clock.bounds(begun, time.monotonic())
            issued = claims(reply.json()["access_token"])["iat"]
            if not early - 1 <= issued <= late:
                raise AssertionError(f"the clock of the service shows {issued}, not {early:.0f}")
            return True

        try:
            until(f"well after {kind}", well, WELL)
        except Exception as error:
            self.record.note("faults", f"{kind}: {error!r}")
            raise

    def judge(self):
        """Everything is compared after a last kill, of the database too."""
        self.record.cut = 0
        self.responses = self.record.answers.copy()
        self.slowest = self.record.slowest
        self.service.stop(signal.SIGKILL)
        self.database.crash()
        self.database.start()
        clock = self.service.clock
        clock.step(clock.latest() - clock.offset + AHEAD)
        self.service.start()
        self.log(f"compares {sum(self.record.acknowledged.values())} acknowledged changes")
        subjects, port = self.administrator.subjects, self.service.port
        self.journal.accounts += subjects
        self.journal.registered += [one for one in subjects if one.is_active]
        self.checks = judge(self.record, self.journal, port, [port])
        with ThreadPoolExecutor(4) as pool:
            named = lambda account: judge_full_name(self.record, account, port)
            self.checks["names"] = sum(pool.map(named, self.journal.accounts))
            disabled = lambda subject: judge_disabled(self.record, subject, port)
            self.checks["disabled or not"] = sum(pool.map(disabled, subjects))
        self.judge_process()

    def judge_process(self):
        samples = list(self.sampler.lives.values())[-1]
        self.growth = Growth(samples)
        found = self.growth.faults()
        found += [f"the database is damaged: {text}" for text in self.database.broken()]
        with open(f"{self.service.home}/events", "w") as file:
            file.write(self.service.run("audit", "export").stdout)
        audit = self.service.run("audit", "verify")
        if audit.returncode != 0:
            found.append(f"the audit log: {audit.stdout}{audit.stderr}")
        said = self.service.said()
        found += [f"the log: {line}" for line in said.splitlines() if "panicked" in line]
        if (share := self.unavailable() / sum(self.responses.values())) > UNAVAILABLE:
            found.append(f"{share:.1%} of the responses were 503 without an event")
        # What is compared must have happened.
        changes = "registrations sign-ins rotations ends names keys"
        for what in (*changes.split(), "password changes", "changes by administrators"):
            if self.record.acknowledged[what] == 0:
                found.append(f"no {what}")
        for text in found:
            self.record.note("faults", text)

    def unavailable(self):
        """503 outside of events."""
        windows = [event[1:3] for event in self.events]
        windows += [(start, end + 1.5) for start, end in self.service.down]
        return sum(not any(start <= one <= end for start, end in windows) for one in self.record.away)

    def bad(self):
        return any(getattr(self.record, name) for name in BAD)

    def tell(self):
        for name in BAD:
            entries = getattr(self.record, name)
            for entry in entries[:10]:
                moment, text = entry.split(" ", 1)
                at = float(moment)
                last = [kind for kind, begun, *_ in self.events if begun <= at]
                after = f", after {last[-1]!r}" if last else ""
                print(
                    f"    {self.name}, {name}, {at - self.begun:.1f} s{after}: {' '.join(text.split())[:600]}"
                )
            if len(entries) > 10:
                print(f"    {self.name}, {name}: {len(entries) - 10} more")
        sys.stdout.flush()


def sum_up(runs):
    """The table of docs/RELIABILITY.md."""

    def row(what, value):
        print(f"| {what} | " + " | ".join(value(run) for run in runs) + " |")

    def count(name):
        return lambda run: f"{len(getattr(run.record, name)):,}"

    def statuses(run):
        groups = Counter()
        for status, number in run.responses.items():
            groups[f"{status // 100}xx" if status < 500 else str(status)] += number
        return ", ".join(f"{group}: {number:,}" for group, number in sorted(groups.items()))

    def events(run):
        kinds = Counter(kind for kind, *_ in run.events)
        return ", ".join(f"{kind} {number}" for kind, number in sorted(kinds.items()))

    print(f"\nload of the machine: {', '.join(f'{load:.1f}' for load in os.getloadavg())}\n")
    row("", lambda run: run.name)
    print("|---" * (len(runs) + 1) + "|")
    row("traffic", lambda run: f"{run.seconds / 60:.3g} minutes")
    row("events", events)
    row("responses", statuses)
    row("connections reset by clients", lambda run: f"{run.record.cuts + run.stranger.count:,}")
    row("acknowledged changes", lambda run: f"{sum(run.record.acknowledged.values()):,}")
    row("compared at the end", lambda run: f"{sum(run.checks.values()):,}")
    row("**acknowledged and lost**", count("lost"))
    row("**users signed out**", count("signed_out"))
    row("**revoked credentials accepted**", count("revoked"))
    row("**other faults, 5xx among them**", count("faults"))
    row("503 without an event", lambda run: f"{run.unavailable():,}")
    row("tokens refused as expired", lambda run: f"{run.record.expired:,}")
    row("tokens refused as of a time to come", lambda run: f"{run.record.early:,}")
    row("passwords given again", lambda run: f"{run.record.stale:,}")
    row("well after an event, slowest", lambda run: f"{max(event[3] for event in run.events):.1f} s")
    row("PostgreSQL started by hand", lambda run: str(run.database.by_hand))
    row("one process for", lambda run: f"{run.growth.seconds:.0f} s" if run.growth else "-")
    quarters = lambda numbers, form: ", ".join(format(number, form) for number in numbers)
    row("its memory by quarters, MiB", lambda run: quarters(run.growth.memory, ".1f") if run.growth else "-")
    row("its descriptors", lambda run: quarters(run.growth.descriptors, ".0f") if run.growth else "-")
    row("slowest response", lambda run: f"{run.slowest:.1f} s")


def main():
    program, work, *shim = sys.argv[1:]
    seconds = 60 * float(os.environ.get("MINUTES", "1.75"))
    seed = os.environ.get("SEED") or str(random.SystemRandom().randrange(10**6))
    names = os.environ.get("DATABASES", "sqlite postgres").split()
    print(f"SEED={seed} MINUTES={seconds / 60:.3g}", flush=True)
    databases = [database for name, database in (("sqlite", Sqlite), ("postgres", Postgres)) if name in names]
    runs = [Run(program, work, shim[0] if shim else None, one, seconds, seed) for one in databases]
    with ThreadPoolExecutor(len(runs)) as pool:
        played = [pool.submit(run.play) for run in runs]
    failed = [one.exception() for one in played]
    for run in runs:
        run.tell()
    for error in filter(None, failed):
        raise error
    sum_up(runs)
    if any(run.bad() for run in runs):
        sys.exit(f"something was lost, grew, or was answered otherwise than it should be: SEED={seed}")


if __name__ == "__main__":
    main()
