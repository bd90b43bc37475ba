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

import argon2
import django
from django.conf import settings
from django.contrib.auth import hashers as django_hashers
from passlib.hash import bcrypt, bcrypt_sha256
from werkzeug.security import generate_password_hash

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parent.parent

# Cheap, which only the debug profile allows.
COST = 4

DJANGO = [
    "PBKDF2PasswordHasher",
    "PBKDF2SHA1PasswordHasher",
    "Argon2PasswordHasher",
    "BCryptSHA256PasswordHasher",
    "BCryptPasswordHasher",
    "ScryptPasswordHasher",
]

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


def cheap(name):
    """A hasher of Django that costs little."""
    attributes = {"rounds": COST, "iterations": 1000, "work_factor": 1024, "time_cost": 1, "memory_cost": 64}
    hasher = type(name, (getattr(django_hashers, name),), attributes)()
    return lambda password: hasher.encode(password, hasher.salt())


def kinds():
    """How each kind of hash is made, at little cost."""
    yield "passlib-sha256", bcrypt_sha256.using(rounds=COST).hash
    for ident in ("2a", "2b", "2y"):
        yield f"passlib-{ident}", bcrypt.using(rounds=COST, ident=ident).hash
    for kind in ("I", "ID"):
        hasher = argon2.PasswordHasher(time_cost=2, memory_cost=64, parallelism=1, type=argon2.Type[kind])
        yield f"argon2-{kind}", hasher.hash
    for method in ("scrypt:1024:8:2", "pbkdf2:sha256:1000", "pbkdf2:sha512:1000", "pbkdf2:sha1:1000"):
        name = method.replace(":", "-")
        yield f"werkzeug-{name}", lambda password, method=method: generate_password_hash(password, method)
    for name in DJANGO:
        yield f"django-{name}", cheap(name)


def defaults():
    """How each kind of hash is made that costs what its library has as default."""
    yield "werkzeug", generate_password_hash
    yield "werkzeug-pbkdf2", lambda password: generate_password_hash(password, "pbkdf2")
    yield "argon2", argon2.PasswordHasher().hash
    for name in ("PBKDF2PasswordHasher", "Argon2PasswordHasher", "ScryptPasswordHasher"):
        hasher = getattr(django_hashers, name)()
        yield f"django-{name}", lambda password, hasher=hasher: hasher.encode(password, hasher.salt())


def foreign_hashes():
    """Name, password and hash of each user to import."""
    settings.configure()
    django.setup()
    for kind, make in kinds():
        for number, password in enumerate(OLD):
            yield f"{kind}-{number}", password, make(password)
    for kind, make in defaults():
        yield f"{kind}-default", OLD[1], make(OLD[1])


def run(work):
    (work / "templates").symlink_to(ROOT / "templates")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ROCKET_")}
    environment |= {
        "VESTIBULE_STATE": str(work),
        "ROCKET_PROFILE": "debug",
        "ROCKET_PORT": "0",
        "ROCKET_AUTH": f"{{password={{cost={COST}}},throttle={{failures=1000000}}}}",
        "ROCKET_ACCOUNTS": "{registrations={max=1000000}}",
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
        fail(f"the import of the hashes\n{done.stderr}")
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
            # The first time with the imported hash, the second with the upgraded one.
            for time in ("first", "second"):
                if sign_in(url, name, password) != 200:
                    fail(f"{name} cannot sign in the {time} time: {hashed}")
        print(f"  {len(old)} users sign in with the hashes that were imported")

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
print("The hashes are those of the other libraries.")
