"""The two kinds of databases: created, filled in one transaction, queried."""

import contextlib
import os
import pathlib
import pwd
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse

# Makes sign-ins expire: one half by their expiry, the other by not being used.
EXPIRE = [
    """UPDATE sign_ins SET expires_at = created_at WHERE id IN
    (SELECT id FROM sign_ins WHERE kind = 'token' ORDER BY id LIMIT {half})""",
    """UPDATE sign_ins SET last_seen_at = created_at - 86400000000 WHERE id IN
    (SELECT id FROM sign_ins WHERE kind = 'browser' AND NOT remembered ORDER BY id LIMIT {half})""",
]


class Sqlite:
    """A SQLite file."""

    def __init__(self, folder):
        self.file = folder / "many.sqlite3"
        self.url = f"sqlite://{self.file}"

    def one(self, sql):
        with contextlib.closing(sqlite3.connect(self.file)) as connection:
            return connection.execute(sql).fetchone()

    def insert(self, tables, afterwards):
        with contextlib.closing(sqlite3.connect(self.file)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA cache_size = -400000")
            with connection:
                for table, columns, rows in tables:
                    places = ", ".join("?" * len(columns))
                    connection.executemany(
                        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)
                for statement in afterwards():
                    connection.execute(statement)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def expire(self, count):
        with contextlib.closing(sqlite3.connect(self.file)) as connection, connection:
            for statement in EXPIRE:
                connection.execute(statement.format(half=count // 2))

    def scanned(self):
        """Returns nothing: SQLite does not count scans."""
        return ""


class Postgres:
    """A database of the temporary PostgreSQL server."""

    def __init__(self, psql, url):
        self.psql, self.url = psql, url

    @staticmethod
    @contextlib.contextmanager
    def server():
        """Runs a temporary server; yields `None` if PostgreSQL is not installed."""
        programs = find_programs()
        if programs is None:
            yield None
            return
        # The path of a socket must be short, and readable for the server's user.
        folder = pathlib.Path(tempfile.mkdtemp(prefix="vestibule-many-", dir="/tmp"))
        user = {}
        if os.geteuid() == 0:
            owner = next(name for name in ("postgres", "nobody") if known(name))
            shutil.chown(folder, owner)
            user = {"user": owner, "group": pwd.getpwnam(owner).pw_gid, "extra_groups": []}
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        quiet = {"cwd": "/", "env": environment, "stdout": subprocess.DEVNULL, **user}
        data = folder / "data"
        server = None
        try:
            subprocess.run(
                [programs / "initdb", "-D", data, "-A", "trust", "-U", "vestibule", "-E", "UTF8",
                 "--locale=C", "--no-sync"], check=True, **quiet)
            with open(folder / "log", "w") as log:
                server = subprocess.Popen(
                    [programs / "postgres", "-D", data, "-c", "listen_addresses=",
                     "-c", f"unix_socket_directories={folder}", "-c", "max_wal_size=4GB"],
                    stderr=log, **quiet)
            yield Server(programs / "psql", folder)
        finally:
            if server is not None:
                # SIGINT, the fast shutdown: remaining connections are closed.
                server.send_signal(2)
                server.wait(timeout=60)
            shutil.rmtree(folder, ignore_errors=True)

    def _psql(self, arguments, **more):
        done = subprocess.run(
            [self.psql, "-X", "-q", "-A", "-t", "-F", "|", "-v", "ON_ERROR_STOP=1", "-d", self.url]
            + arguments, capture_output=True, text=True, **more)
        if done.returncode != 0:
            sys.exit(f"psql: {done.stderr}")
        return done.stdout.strip()

    def execute(self, sql):
        return self._psql(["-c", sql])

    def one(self, sql):
        return self.execute(sql).split("|")

    def insert(self, tables, afterwards):
        process = subprocess.Popen(
            [self.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-f", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        write = process.stdin.write
        write("BEGIN;\n")
        for table, columns, rows in tables:
            write(f"COPY {table} ({', '.join(columns)}) FROM STDIN;\n")
            for row in rows:
                write("\t".join("\\N" if field is None else str(field) for field in row) + "\n")
            write("\\.\n")
        for statement in afterwards():
            write(statement + ";\n")
        write("SELECT setval(pg_get_serial_sequence('users', 'id'), max(id)) FROM users;\nCOMMIT;\n")
        # As autovacuum would do a minute later.
        write("VACUUM ANALYZE;\nCHECKPOINT;\n")
        process.stdin.close()
        if process.wait() != 0:
            sys.exit("psql failed")

    def expire(self, count):
        for statement in EXPIRE:
            self.execute(statement.format(half=count // 2))

    def scanned(self):
        """Returns the rows read by sequential scans so far."""
        # The statistics of a closed connection appear a moment later.
        time.sleep(1)
        return self.execute(
            "SELECT string_agg(relname || ' ' || seq_tup_read || ' in ' || seq_scan, ', ' "
            "ORDER BY relname) FROM pg_stat_user_tables "
            "WHERE relname IN ('users', 'sign_ins', 'events')"
        )


class Server:
    """A running PostgreSQL server."""

    def __init__(self, psql, folder):
        self.psql, self.folder = psql, folder
        for _ in range(400):
            if subprocess.run(
                [psql, "-X", "-q", "-d", self.url("postgres"), "-c", "SELECT 1"],
                capture_output=True,
            ).returncode == 0:
                return
            time.sleep(0.05)
        sys.exit("PostgreSQL does not respond")

    def url(self, name):
        return f"postgres://vestibule@{urllib.parse.quote(str(self.folder), safe='')}/{name}"

    def database(self, size, _folder):
        name = f"many_{size}"
        Postgres(self.psql, self.url("postgres")).execute(f"CREATE DATABASE {name}")
        return Postgres(self.psql, self.url(name))


def known(name):
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


def find_programs():
    """Returns the folder of initdb and postgres: from PATH, or the newest of Debian's folders."""
    debian = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders = [pathlib.Path(folder) for folder in os.get_exec_path()]
    for folder in [*folders, *debian]:
        real = (folder / "initdb").resolve().parent
        if (real / "initdb").is_file() and (real / "postgres").is_file():
            return real
    return None
