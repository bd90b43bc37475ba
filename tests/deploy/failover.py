"""Fail-overs of a cluster under load: `failover.py PROGRAM DIRECTORY`; `failover.sh` runs it.

The environment: ROUNDS (of each kind), KINDS, SYNCHRONOUS=off, POOLER=session or transaction (PgBouncer
on each node; RECONNECT=off: which is not told of a promotion), PATRONI (the program, where not Debian's).
"""

import os
import random
import statistics
import sys
import threading
import time

from clients import Client, Journal, Probe, Record, Watcher, judge
from cluster import SAFETY_MARGIN, TTL, Cluster, until

# A machine that freezes is reset by its watchdog; one without a watchdog goes on where it stopped, which
# shows what the watchdog is for, and is tried on demand only.
KINDS, ON_DEMAND = ("kill", "freeze", "partition", "switchover"), ("freeze-unfenced",)
CLIENTS = 6
# Seconds.
BEFORE, QUIET, AFTER, PATIENCE, LONGEST = 3, 3, 2, 60, 120


class Load:
    """All clients, for one round."""

    def __init__(self, cluster, record, journal):
        self.stop = threading.Event()
        self.clients = [Client(n, record, journal, cluster.nginx, self.stop) for n in range(CLIENTS)]
        for client in self.clients:
            client.random = random.Random()
        watcher = Watcher(record, journal, cluster.services, self.stop)
        self.probes = [Probe(record, port, self.stop) for port in cluster.services]
        self.threads = [*self.clients, watcher, *self.probes]
        for thread in self.threads:
            thread.start()

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs"

    def well_since(self, moment):
        found = [probe.well_since(moment, QUIET) for probe in self.probes]
        return None if None in found else max(found)


def strike(cluster, kind, node):
    """Makes the primary fail."""
    if kind == "kill":
        node.kill()
    elif kind == "freeze":
        node.freeze()
        # What a watchdog does, which Patroni has not fed since.
        threading.Timer(TTL - SAFETY_MARGIN, node.kill).start()
    elif kind == "freeze-unfenced":
        node.freeze()
    elif kind == "partition":
        cluster.order(f"cut {node.name}")
    else:
        cluster.switch_over()


def bring_back(cluster, kind, node):
    if kind in ("kill", "freeze"):
        node.start()
    elif kind == "freeze-unfenced":
        node.thaw()
    elif kind == "partition":
        cluster.order(f"mend {node.name}")


def play(cluster, record, journal, kind):
    """One round; returns its figures."""
    record.clear()
    journal.begin_round()
    node = cluster.leader()
    load = Load(cluster, record, journal)
    time.sleep(BEFORE)
    struck = time.monotonic()
    strike(cluster, kind, node)
    # One that is cut off goes on for a while, and acknowledges where replication is asynchronous.
    until(f"another primary after {kind}", lambda: cluster.leader(without=node), LONGEST)
    wait = lambda: load.well_since(struck)
    well = until(f"all processes well after {kind}", wait, LONGEST) - struck
    # Not before the watchdog has struck.
    time.sleep(max(AFTER, struck + TTL - SAFETY_MARGIN + 1 - time.monotonic() if kind == "freeze" else 0))
    back = time.monotonic()
    bring_back(cluster, kind, node)
    helped = cluster.mend(node, PATIENCE, LONGEST)
    until("all processes well afterwards", lambda: load.well_since(back), LONGEST)
    time.sleep(AFTER)
    load.end()
    with record.lock:
        away = [moment for moment in record.away if struck <= moment]
    checks = judge(record, journal, cluster.nginx, cluster.services)
    return {
        "kind": kind,
        "well": well,
        "answers": dict(record.answers),
        "503 before it was well": sum(moment < back for moment in away),
        "503 when the node came back": sum(moment >= back for moment in away),
        "last of them": max((moment - back for moment in away if moment >= back), default=0),
        "slowest": record.slowest,
        "acknowledged": dict(record.acknowledged),
        "checks": dict(checks),
        **{name: list(getattr(record, name)) for name in ("lost", "signed_out", "revoked", "faults")},
        "helped": helped,
        "struck": struck,
        "back": back,
    }


BAD = ("lost", "signed_out", "revoked", "faults")


def tell(number, round_):
    said = ", ".join(f"{name.replace('_', ' ')} {len(round_[name])}" for name in BAD)
    print(
        f"{round_['kind']} {number}: well after {round_['well']:.1f} s,"
        f" {sum(round_['acknowledged'].values())} acknowledged,"
        f" 503 {round_['503 before it was well']}"
        f" and {round_['503 when the node came back']} when the node came back, {said},"
        f" checked {sum(round_['checks'].values())}, slowest {round_['slowest']:.1f} s"
        + (", the node was started again by hand" if round_["helped"] else ""),
        flush=True,
    )
    for name in BAD:
        for entry in round_[name][:5]:
            at, text = entry.split(" ", 1)
            at, text = float(at), " ".join(text.split())
            print(
                f"    {name}: {text} ({at - round_['struck']:.1f} s after it struck,"
                f" {at - round_['back']:.1f} s after the node came back)"
            )
    sys.stdout.flush()


def sum_up(rounds):
    """The table of docs/RELIABILITY.md."""
    kinds = list(dict.fromkeys(round_["kind"] for round_ in rounds))
    of = {kind: [round_ for round_ in rounds if round_["kind"] == kind] for kind in kinds}

    def row(what, value):
        print(f"| {what} | " + " | ".join(value(of[kind]) for kind in kinds) + " |")

    def total(name):
        return lambda some: f"{sum(len(round_[name]) for round_ in some):,}"

    def count(name):
        return lambda some: f"{sum(sum(round_[name].values()) for round_ in some):,}"

    def away(name):
        return lambda some: f"{sum(round_[name] for round_ in some):,}"

    print(f"\nload of the machine: {', '.join(f'{load:.1f}' for load in os.getloadavg())}\n")
    row("", lambda some: some[0]["kind"])
    print("|---" * (len(kinds) + 1) + "|")
    row("rounds", lambda some: str(len(some)))
    row("acknowledged changes", count("acknowledged"))
    row("checked afterwards", count("checks"))
    row("**acknowledged and lost**", total("lost"))
    row("**users signed out**", total("signed_out"))
    row("**revoked credentials accepted**", total("revoked"))
    row("**responses but success and 503 with Retry-After**", total("faults"))
    row("503 until well", away("503 before it was well"))
    row("503 when the node came back", away("503 when the node came back"))
    row("well after, median", lambda some: f"{statistics.median(r['well'] for r in some):.1f} s")
    row("well after, worst", lambda some: f"{max(r['well'] for r in some):.1f} s")
    row("nodes started again by hand", lambda some: str(sum(r["helped"] for r in some)))
    row("slowest response", lambda some: f"{max(r['slowest'] for r in some):.1f} s")


def main():
    program, work = sys.argv[1:]
    count = int(os.environ.get("ROUNDS", "1"))
    kinds = os.environ.get("KINDS", " ".join(KINDS)).split()
    assert set(kinds) <= {*KINDS, *ON_DEMAND}, f"KINDS has other words than {KINDS + ON_DEMAND}"
    cluster = Cluster(
        work,
        program,
        synchronous=os.environ.get("SYNCHRONOUS") != "off",
        pooler=os.environ.get("POOLER", ""),
        reconnects=os.environ.get("RECONNECT") != "off",
    )
    begun = time.monotonic()
    cluster.start()
    print(f"the cluster is there after {time.monotonic() - begun:.0f} s", flush=True)
    record, journal, rounds = Record(), Journal(), []
    for number in range(count):
        for kind in kinds:
            rounds.append(play(cluster, record, journal, kind))
            tell(number + 1, rounds[-1])
    sum_up(rounds)
    if any(round_[name] for round_ in rounds for name in BAD):
        sys.exit("something was lost, or answered otherwise than it should be")


if __name__ == "__main__":
    main()
