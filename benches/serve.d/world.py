"""The users, sign-ins and tokens of the measurements, the same for all servers."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import urllib.parse

from server import Server

USERS = 10_000
SIGN_INS = 100_000
PASSWORD = "correct horse battery staple"
# As in the responses of the peers.
CREATED_AT = "2026-01-01T00:00:00.000000Z"
CREATED_MICROS = 1_767_225_600_000_000
BODY = {
    "id": 1,
    "username": "user_00001",
    "full_name": "User 00001",
    "email": None,
    "device_notices": True,
    "language": None,
    "role": "user",
    "created_at": CREATED_AT,
}


def people():
    """Returns number, name and full name of each user."""
    return [(n, f"user_{n:05}", f"User {n:05}") for n in range(1, USERS + 1)]


def encoded(part):
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


class World:
    """The databases and tokens, in one temporary directory."""

    def __init__(self, directory, binary):
        self.directory = directory
        self.binary = binary
        self.secret = secrets.token_hex(32)
        self.state = directory / "state"
        self.one = directory / "one.token"
        self.many = directory / "many.tokens"
        self.all = directory / "all.tokens"

    def ours(self, name, core=None, auth="", workers=None, state=None, more=None):
        """Returns a server of the service with metrics, a second factor for everybody, a log in a file
        and otherwise default settings, except for the key of the tokens, their lifetime, which must be
        longer than a run, and the arguments."""
        token = f'token={{secret="{self.secret}",access="4h"}}'
        environment = {
            "ROCKET_PORT": "{port}",
            "ROCKET_AUTH": "{" + token + (", " + auth if auth else "") + "}",
            "ROCKET_ACCOUNTS": '{second_factor="everybody"}',
            "ROCKET_METRICS": f'{{token="{self.secret}"}}',
            "VESTIBULE_STATE": state or self.state,
        } | (more or {})
        if workers:
            environment["ROCKET_WORKERS"] = workers
        command = [self.binary, "serve"]
        # Not in the repository: without Rocket.toml, with the built-in templates.
        log = self.directory / f"{name}.log"
        return Server(name, lambda _: command, environment, self.directory, core, log)

    def prepare(self):
        """Creates users and sign-ins in the service's database, and a token for each sign-in."""
        environment = {"PATH": os.environ["PATH"], "VESTIBULE_STATE": str(self.state)}
        command = [self.binary, "user", "add", "user_00001", "--password-stdin"]
        subprocess.run(
            command, input=PASSWORD, text=True, env=environment, cwd=self.directory,
            check=True, stdout=subprocess.DEVNULL,
        )
        with sqlite3.connect(self.state / "vestibule.sqlite3") as db:
            (number, password_hash), = db.execute("SELECT id, password_hash FROM users")
            if number != 1:
                raise SystemExit("the first user is not number 1")
            db.execute("UPDATE users SET full_name = 'User 00001', created_at = ?", [CREATED_MICROS])
            db.executemany(
                "INSERT INTO users (id, username, username_key, full_name, role, active,"
                " password_hash, created_at) VALUES (?, ?, ?, ?, 'user', TRUE, ?, ?)",
                ((n, name, name, full, password_hash, CREATED_MICROS) for n, name, full in people()[1:]),
            )
            # Without an administrator the page to sign in shows how to make one.
            db.execute("UPDATE users SET role = 'admin' WHERE id = ?", [USERS])
        server = self.ours("to sign in", more={"ROCKET_ACCOUNTS": "{}"})
        server.start("/health")
        try:
            first = sign_in(server)
            self.cookie = session_cookie(server)
        finally:
            server.stop()
        self.mint(first)
        self.set_second_factors(self.state, 1)

    def set_second_factors(self, state, count):
        """Sets how many second factors each user has, which every request looks at."""
        with sqlite3.connect(state / "vestibule.sqlite3") as db:
            db.execute("UPDATE users SET second_factors = ?", [count])

    def move_to(self, postgres):
        """Copies everything to an empty PostgreSQL; returns the environment of a service on it."""
        sqlite = f"sqlite://{self.state / 'vestibule.sqlite3'}"
        command = [self.binary, "move", "--from", sqlite, "--to", postgres.url]
        environment = {"PATH": os.environ["PATH"], "VESTIBULE_STATE": str(self.state)}
        subprocess.run(command, env=environment, cwd=self.directory, check=True, stdout=subprocess.DEVNULL)
        return {"ROCKET_DATABASES": f'{{main={{url="{postgres.url}"}}}}'}

    def mint(self, first):
        """Creates sign-ins like the first: copies of its row, and of its token, signed with the same
        key. Signing in 100,000 times would take hours of bcrypt."""
        header, payload, _ = first.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        with sqlite3.connect(self.state / "vestibule.sqlite3") as db:
            cursor = db.execute("SELECT * FROM sign_ins WHERE id = ?", [claims["sid"]])
            columns = [column[0] for column in cursor.description]
            row = dict(zip(columns, cursor.fetchone()))
            rows, tokens = [], []
            for n in range(SIGN_INS):
                account = n % USERS + 1
                sid = encoded(secrets.token_bytes(16))
                rows.append(tuple((row | {"id": sid, "account": account}).values()))
                own = {"sub": str(account), "sid": sid, "jti": encoded(secrets.token_bytes(16))}
                payload = json.dumps(claims | own, separators=(",", ":")).encode()
                signed = f"{header}.{encoded(payload)}"
                mac = hmac.new(self.secret.encode(), signed.encode(), hashlib.sha256)
                tokens.append(f"{signed}.{encoded(mac.digest())}")
            marks = ", ".join("?" * len(columns))
            db.executemany(f"INSERT INTO sign_ins ({', '.join(columns)}) VALUES ({marks})", rows)
        # The first 10,000 tokens belong to different users.
        self.one.write_text(tokens[0] + "\n")
        self.many.write_text("\n".join(tokens[:USERS]) + "\n")
        self.all.write_text("\n".join(tokens) + "\n")

    def token(self):
        """Returns a token of user number 1."""
        return self.one.read_text().strip()

    def copy(self, name):
        """Copies the state, for a server that must not share it."""
        target = self.directory / name
        shutil.copytree(self.state, target)
        return target

    def peer_database(self, name, password_hash):
        """Creates a peer's database with the same users and the given hash."""
        path = self.directory / f"{name}.sqlite3"
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(
                "CREATE TABLE users (id INTEGER PRIMARY KEY NOT NULL, username TEXT NOT NULL UNIQUE,"
                " full_name TEXT, role TEXT NOT NULL, active BOOLEAN NOT NULL,"
                " password_hash TEXT NOT NULL, created_at TEXT NOT NULL)"
            )
            db.executemany(
                "INSERT INTO users VALUES (?, ?, ?, 'user', TRUE, ?, ?)",
                ((n, name, full, password_hash, CREATED_AT) for n, name, full in people()),
            )
        return path


def sign_in(server):
    """Signs in by the API; returns the access token."""
    body = json.dumps({"username": "user_00001", "password": PASSWORD})
    status, _, response = server.ask("POST", "/api/login", {"Content-Type": "application/json"}, body)
    if status != 200:
        raise SystemExit(f"{server.name}: no token: {status} {response[:200]}")
    return json.loads(response)["access_token"]


def session_cookie(server):
    """Signs in by the form; returns the session cookie."""
    body = urllib.parse.urlencode({"username": "user_00001", "password": PASSWORD})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status, fields, _ = server.ask("POST", "/login", kind, body)
    cookies = [value.split(";")[0] for name, value in fields if name.lower() == "set-cookie"]
    if status not in (302, 303) or not cookies:
        raise SystemExit(f"{server.name}: no session: {status}")
    return cookies[0]
