"""The performance targets. They are never changed to fit a figure."""

import statistics
from dataclasses import dataclass

MB = 1_000_000


@dataclass
class Target:
    """One target: its name, the figure, the limit, and whether the figure meets it."""

    what: str
    found: str
    promised: str
    kept: bool
    # The same by CPU time per response, which other work on the machine hardly changes.
    work: str = "-"


def ratios(rows):
    """Returns a function that compares the rates of two rows round by round: median, lowest and
    highest ratio."""
    runs = {row.key: [run.rate for run in row.runs] for row in rows}

    def of(first, second):
        pairs = zip(runs.get(first, []), runs.get(second, []))
        found = [a / b for a, b in pairs]
        return (statistics.median(found), min(found), max(found)) if found else None

    return of


def of_rows(rows):
    """Returns the targets about routes that were measured."""
    ratio = ratios(rows)
    work = {row.key: row.median("work") for row in rows}
    promised = [
        ("`/api/me` to bare Rocket's JSON route", "me", "bare", 0.90),
        ("`/api/me`, `revocation_delay = 0`, 10,000 users, to the same", "me-cold", "bare-many", 0.45),
        ("`/dashboard` to bare Rocket's page", "page", "page-bare", 0.85),
        ("`/api/me` to axum + jsonwebtoken + look-up", "me", "axum", 1.3),
        ("`/dashboard` to axum-login", "page", "page-axum", 1.5),
        ("`/api/me` to Flask-JWT-Extended", "me", "flask", 40),
        ("`/dashboard` to Flask-Login", "page", "page-flask", 40),
    ]
    found = []
    for what, first, second, least in promised:
        if (measured := ratio(first, second)) is None:
            continue
        middle, low, high = measured
        digits = 2 if least < 10 else 0
        shown = f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
        by_work = f"{work[second] / work[first]:.{digits}f}" if work[first] else "-"
        promise = f"at least {least:.{digits}f}"
        found.append(Target(what, shown, promise, middle >= least, by_work))
    return found


def of_flood(flood):
    p99 = f"{flood['p99']:.2f} ({flood['idle_p99'] / 1000:.2f} ms to {flood['flooded_p99'] / 1000:.2f} ms)"
    logins = (
        f"{flood['logins']:.2f} ({flood['logins_rate']:.2f} of {flood['hashes_rate']:.2f} a second,"
        f" {flood['hashers']} at a time)"
    )
    return [
        Target("p99 of `/api/me` under a flood of sign-ins, to idle", p99, "at most 2.00", flood["p99"] <= 2),
        Target("sign-ins, to what bcrypt alone can do", logins, "at least 0.90", flood["logins"] >= 0.90),
    ]


def of_memory(memory, load_peak):
    idle = max(memory["idle"], memory["one"])
    return [
        Target("resident memory, idle", f"{idle / MB:.1f} MB", "at most 30 MB", idle <= 30 * MB),
        Target("resident memory, under load", f"{load_peak / MB:.1f} MB", "at most 60 MB", load_peak <= 60 * MB),
    ]


def of_start(start):
    found = start["median"] * 1000
    return [Target("start to first response", f"{found:.0f} ms", "at most 100 ms", found <= 100)]
