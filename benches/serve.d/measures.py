"""Measures the flood of sign-ins, memory and start-up time."""

import statistics
import time
from dataclasses import replace

import build
import load
import world as data

# In the flood: the number of connections that keep signing in, the number of connections with
# other requests, and the milliseconds between two of those.
FLOODERS = 64
VISITORS = 16
PAUSE = 10

# The longest wait for a hasher, in seconds. A server does not notice a closed connection, so requests
# of one run may wait that long into the next.
MAX_WAIT = 5

# The default cost of bcrypt.
COST = 12

OPEN = "throttle={failures=1000000}"


def raw_bcrypt(threads, seconds):
    """Returns the hashes per second of bcrypt alone."""
    return float(build.said(build.peer("raw-bcrypt"), str(COST), str(threads), str(seconds)))


def flood(world, rounds, seconds, say):
    """Measures `/api/me` alone and while 64 connections keep signing in, on all cores, with the
    default number of workers and hashers; and the rate of sign-ins without other requests, compared
    with the rate of bcrypt alone."""
    hashers = build.os.cpu_count()
    state = world.copy("flooded")
    # The password alone signs in.
    world.set_second_factors(state, 0)
    server = world.ours("Vestibule, flooded", auth=OPEN, state=state, more={"ROCKET_ACCOUNTS": "{}"})
    visit = load.Drive(
        seconds=2 * seconds, connections=VISITORS, delay=PAUSE,
        headers=(f"Authorization: Bearer {world.token()}",),
    )
    # Waiting for a hasher takes longer than wrk's default timeout.
    attack = load.Drive(
        seconds=2 * seconds + 2, connections=FLOODERS, logins=data.USERS, password=data.PASSWORD,
        timeout_seconds=30,
    )
    alone = replace(attack, seconds=4 * seconds)
    found, wrong = [], []
    server.start("/health")
    try:
        load.run(server.url("/api/me"), replace(visit, seconds=1))
        for number in range(rounds):
            hashes = raw_bcrypt(hashers, 2 * seconds)
            idle = load.run(server.url("/api/me"), visit)
            attacker = load.start(server.url("/api/login"), attack)
            time.sleep(1)
            flooded = load.run(server.url("/api/me"), visit)
            attacked = load.finish(attacker, attack.seconds)
            time.sleep(MAX_WAIT + 1)
            logins = load.run(server.url("/api/login"), alone)
            time.sleep(MAX_WAIT + 1)
            for name, run in {"idle": idle, "flooded": flooded}.items():
                if run.errors:
                    wrong.append(f"/api/me, {name}: {run.errors}")
            for run in (attacked, logins):
                # 503 `busy` is expected; wrk counts it as a status error.
                errors = {k: v for k, v in run.errors.items() if k != "status"}
                if errors or run.other or not run.ok:
                    wrong.append(f"/api/login: {run.ok} signed in, {run.other} neither signed in nor busy, {errors}")
            rate = logins.ok / (logins.micros / 1e6)
            say(f"flood {number + 1}/{rounds}  p99 {idle.p99} -> {flooded.p99} us,"
                f" {rate:.2f} sign-ins/s of {hashes:.2f} hashes/s, {logins.busy} busy")
            found.append({
                "idle": idle.to_dict(), "flooded": flooded.to_dict(), "attacked": attacked.to_dict(),
                "logins": logins.to_dict(), "logins_rate": rate, "hashes_rate": hashes,
            })
        peak = server.memory()[1]
    finally:
        server.stop()
    middle = {
        "idle_p99": statistics.median(one["idle"]["p99"] for one in found),
        "flooded_p99": statistics.median(one["flooded"]["p99"] for one in found),
        "p99": statistics.median(one["flooded"]["p99"] / one["idle"]["p99"] for one in found),
        "logins_rate": statistics.median(one["logins_rate"] for one in found),
        "hashes_rate": statistics.median(one["hashes_rate"] for one in found),
        "logins": statistics.median(one["logins_rate"] / one["hashes_rate"] for one in found),
        "in": sum(one["logins"]["ok"] + one["attacked"]["ok"] for one in found),
        "busy": sum(one["logins"]["busy"] + one["attacked"]["busy"] for one in found),
        "hashers": hashers,
        "peak": peak,
    }
    return middle | {"rounds": found}, wrong


def memory(world, seconds, core, say):
    """Returns resident sizes of a service with default settings, in bytes: after its start, after
    one request, after all sign-ins presented their tokens, and the peak."""
    server = world.ours("Vestibule, weighed", state=world.copy("weighed"))
    wrong = []
    server.start("/health")
    try:
        time.sleep(1)
        idle = server.memory()[0]
        token = {"Authorization": f"Bearer {world.token()}"}
        server.ask("GET", "/api/me", token)
        server.ask("GET", "/login")
        one = server.memory()[0]
        # Each run begins with the first token, so one run must be long enough for all of them.
        length, presented = 10, 0
        while presented < data.SIGN_INS and length < 120:
            run = load.run(server.url("/api/me"), load.Drive(length, tokens=world.all, core=core))
            if run.errors:
                wrong.append(f"100,000 sign-ins: {run.errors}")
            presented = run.requests
            length = round(length * 1.2 * data.SIGN_INS / max(presented, 1)) + 1
        if presented < data.SIGN_INS:
            wrong.append(f"100,000 sign-ins: only {presented} presented")
        live, peak = server.memory()
        time.sleep(seconds)
        after = server.memory()[0]
    finally:
        server.stop()
    shown = f"idle {idle / 1e6:.1f}, one request {one / 1e6:.1f}"
    say(f"memory: {shown}, {presented} presented {live / 1e6:.1f} MB")
    found = {"idle": idle, "one": one, "live": live, "after": after, "peak": peak}
    return found | {"presented": min(presented, data.SIGN_INS)}, wrong


def start(world, times, say):
    """Returns the seconds from starting the process to its first response, on a database with
    10,000 users and 100,000 sign-ins."""
    found = []
    for _ in range(times):
        server = world.ours("Vestibule, started")
        try:
            found.append(server.start("/health"))
        finally:
            server.stop()
    say(f"start: {statistics.median(found) * 1000:.1f} ms")
    return {"median": statistics.median(found), "longest": max(found), "times": times}
