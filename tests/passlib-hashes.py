"""The part of passlib.sh that speaks to the program, whose path is the argument."""

import csv
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from passlib.hash import bcrypt, bcrypt_sha256

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parent.parent

# Cheap, which only the debug profile allows.
COST = 4

# What a password may be: short words for what is imported, anything at all for what is new.
OLD = ["1234", "swordfish", "pass word ", "p\u00e4ssw\u00f6rd", "\U0001f511\U0001f511", "x" * 71]
NEW = [
    "correct horse battery",
    " spaces on both ends ",
    "\u043f\u0430\u0440\u043e\u043b\u044c \u043e\u0442 \u043f\u043e\u0447\u0442\u044b",
    "\U0001f511 \U0001f40e \U0001f50b \U0001f4ce keys and horses",
    "cafe\u0301 and caf\u00e9 are two",
    "x" * 71 + " and more than bcrypt looks at",
    "$2b$04$ a hash is a password, too",
    "".join(chr(0x4E00 + number) for number in range(300)),
]


def fail(text):
    sys.exit(f"FAILED: {text}")


def sign_in(url, name, password):
    """The status of the answer."""
    return post(url + "/api/login", {"username": name, "password": password})


def post(url, body):
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def foreign_hashes():
    """Name, password and hash of each user to import."""
    kinds = {"sha256": bcrypt_sha256.using(rounds=COST)}
    for ident in ("2a", "2b", "2y"):
        kinds[ident] = bcrypt.using(rounds=COST, ident=ident)
    for kind, hasher in kinds.items():
        for number, password in enumerate(OLD):
            yield f"{kind}-{number}", password, hasher.hash(password)


def run(work):
    (work / "templates").symlink_to(ROOT / "templates")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ROCKET_")}
    environment |= {
        "VESTIBULE_STATE": str(work),
        "ROCKET_PROFILE": "debug",
        "ROCKET_PORT": "0",
        "ROCKET_AUTH": f"{{password={{cost={COST}}}}}",
        "ROCKET_ACCOUNTS": "{throttle={failures=1000000},registrations={max=1000000}}",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    os.environ.update({"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"})
    old = list(foreign_hashes())
    with open(work / "users.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["username", "hash", "role"])
        writer.writerows([name, hashed, "user"] for name, _, hashed in old)
    program = [PROGRAM, "user", "import", "users.csv"]
    done = subprocess.run(program, cwd=work, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        fail(f"the import of passlib's hashes\n{done.stderr}")
    print(f"  {done.stdout.strip()}")

    service = subprocess.Popen(
        [PROGRAM], cwd=work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        lines = iter(service.stdout.readline, "")
        url = next((line.split(" at ")[1].strip() for line in lines if " is at http" in line), None)
        if url is None:
            fail("the service does not start")
        for name, password, hashed in old:
            for wrong in (password + "x", password[:-1], password.swapcase() + "!", hashed):
                if sign_in(url, name, wrong) != 401:
                    fail(f"{name} signs in with a wrong password")
            # The first time with passlib's hash, the second with the upgraded one.
            for time in ("first", "second"):
                if sign_in(url, name, password) != 200:
                    fail(f"{name} cannot sign in the {time} time: {hashed}")
        print(f"  {len(old)} users sign in with the hashes that passlib made")

        for number, password in enumerate(NEW):
            body = {"username": f"new-{number}", "password": password}
            if post(url + "/api/register", body) != 201:
                fail(f"cannot register with {password!r}")
    finally:
        service.terminate()
        service.wait()

    passwords = {name: password for name, password, _ in old}
    passwords |= {f"new-{number}": password for number, password in enumerate(NEW)}
    database = sqlite3.connect(work / "vestibule.sqlite3")
    rows = dict(database.execute("SELECT username, password_hash FROM users"))
    if rows.keys() != passwords.keys():
        fail(f"there are other users: {sorted(rows)}")
    for name, password in passwords.items():
        ours = rows[name]
        if not ours.startswith(f"$bcrypt-sha256$v=2,t=2b,r={COST}$"):
            fail(f"the hash of {name} was not upgraded: {ours}")
        if not bcrypt_sha256.verify(password, ours):
            fail(f"passlib does not verify {ours} for {password!r}")
        if bcrypt_sha256.verify(password + "x", ours):
            fail(f"passlib verifies {ours} for another password")
    print(f"  passlib verifies {len(passwords)} hashes that were made here")


with tempfile.TemporaryDirectory() as directory:
    run(pathlib.Path(directory))
print("The hashes are passlib's.")
