"""Does the time of a refusal tell who has an account? Interleaved guesses at a running service.

    python3 tests/enumeration.py URL NAME... [--samples 200] [--limit 5]

Each NAME is an account there: one with a password of its own, one with a hash from elsewhere, one
that is disabled. For each sample one guess is sent for a name that nobody has and one for each
NAME, in an order of chance, all over one connection. Prints the medians and how far each is from
that of the unknown name, and fails where it is further than the limit, in percent.

The service must take so many guesses: ROCKET_AUTH='{throttle={failures=1000000}}'.
"""

import argparse
import http.client
import json
import random
import statistics
import sys
import time
import urllib.parse

UNKNOWN = "nobody"


def guess(connection, path, name):
    """The seconds that a wrong password for this name took."""
    if path == "/login":
        kind = "application/x-www-form-urlencoded"
        body = urllib.parse.urlencode({"username": name, "password": "not the password"})
    else:
        kind = "application/json"
        body = json.dumps({"username": name, "password": "not the password"})
    begun = time.perf_counter()
    connection.request("POST", path, body, {"Content-Type": kind})
    response = connection.getresponse()
    response.read()
    took = time.perf_counter() - begun
    if response.status != 401:
        sys.exit(f"{path} answered {response.status} for {name}, not 401: is the throttle raised?")
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--limit", type=float, default=5.0, help="in percent")
    parser.add_argument("--path", choices=["/api/login", "/login"], default="/api/login")
    arguments = parser.parse_args()

    connection = http.client.HTTPConnection(urllib.parse.urlsplit(arguments.url).netloc)
    names = [UNKNOWN, *arguments.names]
    for name in names:
        guess(connection, arguments.path, name)
    took = {name: [] for name in names}
    for _ in range(arguments.samples):
        for name in random.sample(names, len(names)):
            took[name].append(guess(connection, arguments.path, name))

    medians = {name: statistics.median(samples) for name, samples in took.items()}
    base = medians[UNKNOWN]
    print(f"{arguments.samples} guesses each at {arguments.path}, medians:")
    print(f"  {UNKNOWN:<16} {base * 1000:9.3f} ms  (nobody has this name)")
    too_far = []
    for name in arguments.names:
        difference = (medians[name] - base) / base * 100
        print(f"  {name:<16} {medians[name] * 1000:9.3f} ms  {difference:+.2f} %")
        if abs(difference) >= arguments.limit:
            too_far.append(name)
    if too_far:
        sys.exit(f"FAILED: further than {arguments.limit} %: {', '.join(too_far)}")


main()
