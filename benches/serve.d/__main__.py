"""The command line of `benches/serve`, and the order of the measurements."""

import argparse
import datetime
import json
import sys
import tempfile
from pathlib import Path

import build
import measures
import report
import rows as routes
from postgres import Postgres
from world import World

PARTS = ("routes", "flood", "memory", "start")


def arguments():
    parser = argparse.ArgumentParser(
        prog="benches/serve",
        description="Measures the service, bare Rocket, axum and Flask, and writes the"
        " measured part of docs/PERFORMANCE.md.",
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds of all routes (5)")
    parser.add_argument("--seconds", type=int, default=4, help="seconds per route and round (4)")
    parser.add_argument(
        "--only", metavar="PARTS",
        help=f"some of {', '.join(PARTS)}, or keys of routes, separated by commas; does not write the document",
    )
    parser.add_argument("--binary", type=Path, help="a service that is already built")
    parser.add_argument("--note", default="", help="a sentence to put above the figures")
    parser.add_argument("--json", type=Path, help="the file for all figures (target/serve.json)")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds < 1:
        parser.error("at least one round of one second")
    return options


def say(line):
    print(line, file=sys.stderr, flush=True)


def parts(options):
    """Returns the selected parts and the selected routes; no route means all."""
    only = options.only.split(",") if options.only else []
    keys = [name for name in only if name not in PARTS]
    return [p for p in PARTS if not only or p in only or (keys and p == "routes")], keys


def measure(options, directory, binary):
    """Measures the selected parts."""
    wanted, keys = parts(options)
    server_core, wrk_core = build.two_cores()
    found = {"rows": [], "flood": None, "memory": None, "start": None, "load_peak": 0, "wrong": []}
    found |= {"note": options.note, "size": binary.stat().st_size, "day": str(datetime.date.today())}
    found["binary"] = "a given program (`--binary`)" if options.binary else ""
    world = World(directory, binary)
    say("users, sign-ins and tokens ...")
    world.prepare()
    if "start" in wanted:
        found["start"] = measures.start(world, 10, say)
    if "memory" in wanted:
        found["memory"], wrong = measures.memory(world, options.seconds, wrk_core, say)
        found["wrong"] += wrong
    if "routes" in wanted:
        up, postgres = {}, Postgres(wrk_core)
        try:
            postgres.start()
            up = routes.servers(world, server_core, build.flask(directory / "flask"), postgres)
            for server in up.values():
                server.start()
            rows = routes.all_rows(world, up, postgres)
            unknown = set(keys) - {row.key for row in rows}
            if unknown:
                sys.exit(f"unknown routes: {', '.join(unknown)}; known: {', '.join(row.key for row in rows)}")
            rows = [row for row in rows if not keys or row.key in keys]
            found["wrong"] += routes.measure(rows, options.rounds, options.seconds, wrk_core, say)
            found["rows"] = rows
            found["load_peak"] = up["ours"].memory()[1]
        finally:
            for server in up.values():
                server.stop()
            postgres.stop()
    if "flood" in wanted:
        found["flood"], wrong = measures.flood(world, min(options.rounds, 3), options.seconds, say)
        found["wrong"] += wrong
        found["load_peak"] = max(found["load_peak"], found["flood"]["peak"])
    return found


def main():
    options = arguments()
    binary = (options.binary or build.service()).absolute()
    # Everything is built before anything is measured.
    needed = {"routes": build.CRATES, "flood": ["raw-bcrypt"]}
    for part in parts(options)[0]:
        for peer in needed.get(part, ()):
            build.peer(peer)
    with tempfile.TemporaryDirectory(prefix="vestibule-bench-") as directory:
        found = measure(options, Path(directory), binary)
    # Without the paths of this machine.
    command = f"benches/serve --rounds {options.rounds} --seconds {options.seconds}"
    print(report.markdown(found, command))
    raw = {row.key: [run.to_dict() for run in row.runs] for row in found["rows"]}
    path = options.json or build.target() / "serve.json"
    path.write_text(json.dumps(found | {"rows": raw}, indent=1))
    say(f"all figures: {path}")
    if found["wrong"]:
        sys.exit("FAILED, the document is not written: " + "; ".join(found["wrong"]))
    if not options.only:
        report.write(found, command)
        say(f"written: {report.DOCUMENT}, {report.IMAGE}")


main()
