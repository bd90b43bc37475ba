"""The routes that are compared, measured in rounds."""

import json
import statistics
from dataclasses import dataclass, field

import build
import load
import templates
import world as data
from postgres import Postgres
from server import Server


@dataclass
class Row:
    """One route of one server."""

    key: str
    title: str
    server: Server
    path: str
    headers: tuple = ()
    tokens: object = None
    page: str = ""
    postgres: Postgres | None = None
    runs: list = field(default_factory=list)

    def check(self):
        """Sends one request and checks the response; returns its size on the wire."""
        headers = dict(header.split(": ", 1) for header in self.headers)
        if self.tokens:
            headers["Authorization"] = "Bearer " + self.tokens.read_text().split("\n", 1)[0]
        status, fields, body = self.server.ask("GET", self.path, headers)
        wanted = self.page.encode()
        good = wanted in body if self.page else json.loads(body or b"null") == data.BODY
        if status != 200 or not good:
            raise SystemExit(f"{self.key}: {status} {body[:300]!r}")
        head = sum(len(name) + len(value) + 4 for name, value in fields)
        return len("HTTP/1.1 200 OK\r\n\r\n") + head + len(body)

    def run(self, seconds, core):
        drive = load.Drive(
            seconds=seconds, headers=self.headers, tokens=self.tokens, core=core
        )
        before, before_postgres = self.server.cpu(), self.postgres and self.postgres.cpu()
        outcome = load.run(self.server.url(self.path), drive)
        outcome.cpu = self.server.cpu() - before
        if self.postgres:
            outcome.postgres_cpu = self.postgres.cpu() - before_postgres
        self.server.empty_log()
        return outcome

    def median(self, name):
        return statistics.median(getattr(run, name) for run in self.runs)


def servers(world, core, flask, postgres):
    """Returns all servers of the comparison, each with one worker, on one core."""
    moved = world.move_to(postgres)
    pages = templates.write(world.directory / "templates")
    hashed = build.said(build.peer("axum-login"), "hash", data.PASSWORD)
    make = "import sys, werkzeug.security as s; print(s.generate_password_hash(sys.argv[1]))"
    hashed_by_flask = build.said(flask / "python", "-c", make, data.PASSWORD)
    jwt, login = build.peer("axum-jwt"), build.peer("axum-login")
    jwt_db = world.peer_database("axum-jwt", "-")
    login_db = world.peer_database("axum-login", hashed)
    flask_db = world.peer_database("flask", hashed_by_flask)
    bare = build.peer("bare-rocket")
    secret_key = "ROCKET_SECRET_KEY"
    gunicorn = [flask / "gunicorn", "--workers", "1", "--chdir", build.PEERS / "flask", "app:app"]
    return {
        "bare": Server(
            "bare Rocket", lambda _: [bare],
            {"ROCKET_PORT": "{port}", "ROCKET_WORKERS": 1, secret_key: world.secret,
             "ROCKET_TEMPLATE_DIR": pages}, world.directory, core,
        ),
        "ours": world.ours("Vestibule", core, workers=1),
        "cold": world.ours(
            "Vestibule, revocation_delay = 0", core, 'revocation_delay="0s"', 1, world.copy("cold")
        ),
        "quiet": world.ours(
            "Vestibule, log_level = critical", core, workers=1, state=world.copy("quiet"),
            more={"ROCKET_LOG_LEVEL": "critical"},
        ),
        "postgres": world.ours("Vestibule, PostgreSQL", core, workers=1, more=moved),
        "cold-postgres": world.ours(
            "Vestibule, revocation_delay = 0, PostgreSQL", core, 'revocation_delay="0s"', 1, more=moved
        ),
        "axum-jwt": Server(
            "axum with jsonwebtoken", lambda port: [jwt, jwt_db, port],
            {"JWT_SECRET": world.secret}, world.directory, core,
        ),
        "axum-login": Server(
            "axum-login", lambda port: [login, login_db, port, pages],
            {}, world.directory, core,
        ),
        "flask": Server(
            "Flask", lambda port: [*gunicorn, "--bind", f"127.0.0.1:{port}"],
            {"DATABASE": flask_db, "SECRET": world.secret, "TEMPLATES": pages,
             "PYTHONDONTWRITEBYTECODE": 1},
            world.directory, core,
        ),
    }


def all_rows(world, up, postgres):
    """Returns the rows, in the order of the table."""
    token = (f"Authorization: Bearer {world.token()}",)
    many = world.many
    hello, form = "Hello, User 00001.", 'name="password"'
    cookie = {
        "ours": (f"Cookie: {world.cookie}",),
        **{name: (f"Cookie: {data.session_cookie(up[name])}",) for name in ("axum-login", "flask")},
    }
    return [
        Row("me", "Vestibule `/api/me`", up["ours"], "/api/me", token),
        Row("me-many", "the same, 10,000 users in turn", up["ours"], "/api/me", tokens=many),
        Row("me-cold", "the same, `revocation_delay = 0`", up["cold"], "/api/me", tokens=many),
        Row("me-quiet", "one user, `log_level = \"critical\"`", up["quiet"], "/api/me", token),
        Row("bare", "bare Rocket, the same body", up["bare"], "/api/me", token),
        Row("bare-many", "the same, 10,000 tokens sent", up["bare"], "/api/me", tokens=many),
        Row("bare-plain", "the same, no token sent", up["bare"], "/api/me"),
        Row("axum", "axum + jsonwebtoken + look-up", up["axum-jwt"], "/api/me", token),
        Row("axum-many", "the same, 10,000 users in turn", up["axum-jwt"], "/api/me", tokens=many),
        Row("flask", "Flask-JWT-Extended", up["flask"], "/api/me", token),
        Row("page", "Vestibule `/dashboard`", up["ours"], "/dashboard", cookie["ours"], page=hello),
        Row("page-bare", "bare Rocket, the same page", up["bare"], "/dashboard", cookie["ours"], page=hello),
        Row("page-axum", "axum-login", up["axum-login"], "/dashboard", cookie["axum-login"], page=hello),
        Row("page-flask", "Flask-Login", up["flask"], "/dashboard", cookie["flask"], page=hello),
        Row("me-postgres", "`/api/me`", up["postgres"], "/api/me", token, postgres=postgres),
        Row(
            "me-cold-postgres", "`/api/me`, 10,000 users in turn, `revocation_delay = 0`", up["cold-postgres"],
            "/api/me", tokens=many, postgres=postgres,
        ),
        Row(
            "page-postgres", "`/dashboard`", up["postgres"], "/dashboard", cookie["ours"], page=hello,
            postgres=postgres,
        ),
        Row("form", "Vestibule `/login`", up["ours"], "/login", page=form),
        Row("form-bare", "bare Rocket, the same page", up["bare"], "/login", page=form),
    ]


def measure(rows, rounds, seconds, core, say):
    """Measures all rows in each round, each time in another order; returns the errors."""
    wrong = []
    sizes = {row.key: row.check() for row in rows}
    for row in rows:
        row.run(1, core)
    for number in range(rounds):
        first = number * len(rows) // rounds
        for row in rows[first:] + rows[:first]:
            run = row.run(seconds, core)
            row.runs.append(run)
            shown = f"{run.rate:>8.0f}/s {run.work:>7.1f} us CPU"
            say(f"round {number + 1}/{rounds}  {row.key:<11} {shown}")
            if run.errors:
                wrong.append(f"{row.key}, round {number + 1}: {run.errors}")
            # wrk does not count a redirect as an error, but a redirect is shorter.
            if abs(run.size / sizes[row.key] - 1) > 0.03:
                sizes_seen = f"{run.size:.0f} bytes per response, not {sizes[row.key]}"
                wrong.append(f"{row.key}, round {number + 1}: {sizes_seen}")
    for row in rows:
        row.check()
    return wrong
