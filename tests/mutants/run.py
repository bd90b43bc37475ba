"""Runs the tests against the mutants that switch.py has built in.

    python run.py CHECKOUT MUTANTS.json RESULTS.json [--seconds 30] [--only REGEX]

Each test runs alone once and says which mutants it reaches. Then each mutant runs with the tests that
reach it, the quickest and the most special first, until one fails, hangs, or `--seconds` are used up.
RESULTS.json is read too, so that a run goes on where it was interrupted: a mutant that was caught is not
tried again. If a test that caught a mutant has changed, delete the file. Those that explained.txt explains
are not run: each line there is a mutant without its line and column, and the reason. Lists the others
that are not caught.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

# Those of other test programs take minutes each.
PROGRAMS = {
    "vestibule", "vestibule_service", "testing", "log", "database", "http",
    "from_flask", "service", "sign_ins",
}
FEATURES = "breached imported-hashes rocket_sync_db_pools second-factor strength testing"
WORKERS = os.cpu_count() or 1
EXPLAINED = pathlib.Path(__file__).with_name("explained.txt").read_text().splitlines()


class Program:
    """A test program."""

    def __init__(self, file, directory):
        self.file, self.directory = file, directory
        libraries = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True)
        paths = {"CARGO_MANIFEST_DIR": directory, "LD_LIBRARY_PATH": libraries.stdout.strip() + "/lib"}
        self.environment = os.environ | paths

    def names(self):
        listed = subprocess.run(
            [self.file, "--list"], cwd=self.directory, env=self.environment, capture_output=True, text=True
        )
        return [line.removesuffix(": test") for line in listed.stdout.splitlines() if line.endswith(": test")]

    def run(self, names, limit, **variables):
        """Returns whether these tests pass, and the seconds; `None` if they take longer than the limit.

        It stops at the first that fails."""
        begun = time.monotonic()
        process = subprocess.Popen(
            [self.file, "--exact", *names, "--test-threads=2"],
            cwd=self.directory, env=self.environment | variables, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )

        def end():
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

        timer = threading.Timer(limit, end)
        timer.start()
        failed = False
        for line in process.stdout:
            if line.startswith("test ") and line.rstrip().endswith("FAILED"):
                failed = True
                break
        is_late = not timer.is_alive()
        timer.cancel()
        if failed or is_late:
            end()
        passed = process.wait() == 0 and not failed
        # Programs that the tests have started.
        end()
        return (None if is_late else passed), time.monotonic() - begun


def build(checkout):
    """Returns the test programs."""
    features = [f"--features={' '.join('vestibule/' + one for one in FEATURES.split())}"]
    command = ["cargo", "test", "--locked", "--no-run", "--lib", "--tests", *features, "--message-format=json"]
    done = subprocess.run(command, cwd=checkout, stdout=subprocess.PIPE, check=True)
    programs = []
    for line in map(json.loads, done.stdout.splitlines()):
        if line["reason"] == "compiler-artifact" and line["profile"]["test"] and line["executable"]:
            if line["target"]["name"] in PROGRAMS:
                programs.append(Program(line["executable"], os.path.dirname(line["manifest_path"])))
    return programs


class Test:
    """A test that passes without a mutant, the seconds that it takes, and the mutants that it reaches."""

    def __init__(self, program, name):
        self.program, self.name = program, name
        with tempfile.NamedTemporaryFile() as trace:
            passed, self.seconds = program.run([name], 300, MUTANT_TRACE=trace.name)
            self.reached = set(map(int, trace.read().split())) if passed else set()
        if not passed:
            print(f"left out, because it fails without a mutant: {name}", flush=True)

    def specificity(self, files, path):
        """Returns which part of the mutants that it reaches is in this file."""
        return sum(files[id] == path for id in self.reached) / len(self.reached)


def outcome(mutant, tests, files, budget):
    """Returns what the tests make of a mutant."""
    tests = [test for test in tests if mutant["id"] in test.reached]
    if not tests:
        return "not reached"
    special = sorted(tests, key=lambda test: -test.specificity(files, mutant["file"]))
    alone = sorted(tests, key=lambda test: test.seconds)[:3]
    alone += [test for test in special if test not in alone and test.seconds < 4][:9]
    groups = [[test] for test in alone]
    for program in {test.program: None for test in special}:
        rest = [test for test in special if test not in alone and test.program is program]
        groups += [rest[at : at + 30] for at in range(0, len(rest), 30)]
    spent = 0.0
    for group in groups:
        if spent > budget:
            return "out of time"
        limit = 10 + 5 * sum(test.seconds for test in group)
        names = [test.name for test in group]
        passed, seconds = group[0].program.run(names, limit, MUTANT=str(mutant["id"]))
        spent += seconds
        if not passed:
            return "caught" if passed is False else "caught by a timeout"
    return "survived"


def is_explained(name):
    place, _, change = name.partition(": ")
    return any(line.startswith(f"{place.split(':')[0]}: {change}: ") for line in EXPLAINED)


def main():
    arguments = argparse.ArgumentParser()
    for name in ("checkout", "mutants", "results"):
        arguments.add_argument(name)
    arguments.add_argument("--seconds", type=float, default=30)
    arguments.add_argument("--only", default="")
    given = arguments.parse_args()
    listed = json.loads(pathlib.Path(given.mutants).read_text())
    files = {mutant["id"]: mutant["file"] for mutant in listed}
    viable = [one for one in listed if one["unviable"] is None and re.search(given.only, one["file"])]
    results = pathlib.Path(given.results)
    known = json.loads(results.read_text()) if results.exists() else {}
    lock = threading.Lock()
    programs = build(given.checkout)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        tests = list(pool.map(lambda one: Test(*one), [(p, name) for p in programs for name in p.names()]))
        print(f"{len(tests)} tests, {len(viable)} mutants", flush=True)

        def one(mutant):
            if not known.get(mutant["name"], "").startswith("caught"):
                explained = is_explained(mutant["name"])
                found = "explained" if explained else outcome(mutant, tests, files, given.seconds)
                with lock:
                    known[mutant["name"]] = found
                    results.write_text(json.dumps(known, indent=1))

        list(pool.map(one, viable))
    outcomes = {mutant["name"]: known[mutant["name"]] for mutant in viable}
    for name, found in sorted(outcomes.items()):
        if not found.startswith(("caught", "explained")):
            print(f"{found}: {name}")
    count = collections.Counter(outcomes.values())
    caught = sum(number for found, number in count.items() if found.startswith("caught"))
    print(f"{caught} of {len(viable)} caught ({100 * caught / len(viable):.1f} %): {dict(count)}")


if __name__ == "__main__":
    main()
