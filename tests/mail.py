"""Mails of the program in argv[1] to aiosmtpd; argv[2] has cert.pem and key.pem."""

import email
import json
import logging
import os
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
import warnings

import bcrypt
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

PROGRAM, WORK = os.path.abspath(sys.argv[1]), sys.argv[2]
CERT, KEY = f"{WORK}/cert.pem", f"{WORK}/key.pem"
PASSWORD = "p/ss word"
# A network asks for fifty confirmations in an hour.
USERS, KILLS = 48, 6

# Clients that are refused hang up, which the server would report.
logging.disable()
warnings.simplefilter("ignore")


class Mailbox:
    """Keeps the mails that a server took."""

    def __init__(self):
        self.mails, self.lock = [], threading.Lock()

    async def handle_DATA(self, server, session, envelope):
        with self.lock:
            self.mails.append(email.message_from_bytes(envelope.content))
        return "250 taken"

    def to(self, address):
        with self.lock:
            return [mail for mail in self.mails if mail["To"] == address]


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == b"vestibule" and data.password == PASSWORD.encode()
    return AuthResult(success=good, handled=False)


class Server(Controller):
    """A server on a free port of 127.0.0.1."""

    def __init__(self, mailbox, kind):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERT, KEY)
        options = {} if kind == "plain" else {"authenticator": authenticate, "auth_required": True}
        if kind == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        self.kind, self.options = kind, options
        super().__init__(
            mailbox,
            hostname="127.0.0.1",
            port=free_port(),
            ssl_context=context if kind == "tls" else None,
        )

    def factory(self):
        # Inside of TLS the authentication is not in plain text.
        return SMTP(self.handler, auth_require_tls=self.kind == "starttls", **self.options)

    def _trigger_server(self):
        """Waits for the greeting; the default cannot with TLS."""
        with socket.create_connection(("127.0.0.1", self.port), 30) as client:
            if self.kind == "tls":
                context = ssl.create_default_context(cafile=CERT)
                client = context.wrap_socket(client, server_hostname="localhost")
            client.recv(1024)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(directory, url, trusted=True, **more):
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    settings = {
        "VESTIBULE_STATE": f"{directory}/var",
        "ROCKET_CONFIG": f"{directory}/Rocket.toml",
        "ROCKET_MAIL": json.dumps({"url": url, "from": "Accounts <accounts@example.org>"})
        .replace('":', '"=')
        .replace('"url"', "url")
        .replace('"from"', "from"),
        "SSL_CERT_FILE": CERT if trusted else "/dev/null",
    }
    return inherited | settings | more


def run(directory, url, *arguments, trusted=True):
    environ = environment(directory, url, trusted)
    return subprocess.run(
        [PROGRAM, *arguments], env=environ, capture_output=True, text=True, timeout=120
    )


def until(what, condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def try_servers(directory):
    for kind, form in (
        ("tls", "smtps://vestibule:{}@localhost:{}"),
        ("starttls", "smtp://vestibule:{}@localhost:{}?tls=required"),
    ):
        mailbox = Mailbox()
        server = Server(mailbox, kind)
        server.start()
        try:
            good = form.format("p%2Fss%20word", server.port)
            sent = run(directory, good, "mail", "test", "Ann@Example.org")
            assert sent.returncode == 0, sent.stderr
            assert sent.stdout == "localhost took the mail to Ann@Example.org\n", sent.stdout
            (mail,) = mailbox.to("Ann@example.org")
            assert mail["From"] == "Accounts <accounts@example.org>", mail["From"]
            assert mail["Auto-Submitted"] == "auto-generated"

            wrong = run(directory, form.format("wr0ng", server.port), "mail", "test", "a@b.org")
            assert wrong.returncode == 1 and "535" in wrong.stderr, wrong.stderr
            assert "wr0ng" not in wrong.stderr and "wr0ng" not in wrong.stdout
            unknown = run(directory, good, "mail", "test", "a@b.org", trusted=False)
            assert unknown.returncode == 1 and "certificate" in unknown.stderr, unknown.stderr
            checked = run(directory, good, "doctor")
            assert "localhost takes mail" in checked.stdout, checked.stdout
            assert PASSWORD not in checked.stdout and "p%2Fss" not in checked.stdout
            assert len(mailbox.mails) == 1
        finally:
            server.stop()
        print(f"{kind}: a mail was taken; a wrong password and an unknown certificate were refused")
    # Nothing is sent in plain text to another machine.
    plain = run(directory, "smtp://mail.example.org", "mail", "test", "a@b.org")
    assert plain.returncode == 1 and "plain text" in plain.stderr, plain.stderr


class Service:
    """The service, which can be killed and started again."""

    def __init__(self, directory, url):
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.environ = environment(
            directory, url, ROCKET_PORT=str(self.port), ROCKET_LOG_LEVEL="critical"
        )
        self.log = open(f"{directory}/log", "ab")
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAM], env=self.environ, stdout=self.log, stderr=self.log
        )
        until("the service starts", self.answers)

    def answers(self):
        try:
            return self.post("/health/live", None)[0] == 200
        except OSError:
            return False

    def post(self, path, body, token=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data)
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read()

    def kill(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()


def try_kills(directory):
    """Every mail whose request was acknowledged arrives, though the service is killed meanwhile."""
    mailbox = Mailbox()
    server = Server(mailbox, "plain")
    server.start()
    url = f"smtp://127.0.0.1:{server.port}"
    service = Service(directory, url)
    try:
        secret = bcrypt.hashpw(b"1234", bcrypt.gensalt(4)).decode()
        with open(f"{directory}/users.csv", "w") as file:
            file.write("username,hash,role\n")
            file.writelines(f"person{n},{secret},user\n" for n in range(USERS))
        imported = run(directory, url, "user", "import", f"{directory}/users.csv")
        assert imported.returncode == 0, imported.stderr
        acknowledged = []
        for number in range(USERS):
            login = {"username": f"person{number}", "password": "1234"}
            token = json.loads(service.post("/api/login", login)[1])["access_token"]
            address = f"person{number}@example.org"
            status, _ = service.post("/api/me/email", {"email": address}, token)
            assert status == 202, status
            acknowledged.append(address)
            if number % (USERS // KILLS) == USERS // KILLS - 1:
                service.kill()
                service.start()
        # A mail that a killed process was sending waits five minutes for it, which the test does not.
        database = sqlite3.connect(f"{directory}/var/vestibule.sqlite3", timeout=30)
        with database:
            database.execute("UPDATE mails SET next_at = 0 WHERE next_at IS NOT NULL")
        until("all mails are sent", lambda: not database.execute("SELECT 1 FROM mails").fetchone())
        lost = [address for address in acknowledged if not mailbox.to(address)]
        assert not lost, lost
        twice = [address for address in acknowledged if len(mailbox.to(address)) > 1]
        assert len(twice) <= KILLS, twice
        for address in twice:
            assert len({mail["Message-ID"] for mail in mailbox.to(address)}) == 1
        print(f"{USERS} mails, {KILLS} kills: none lost, {len(twice)} sent twice")
    finally:
        service.kill()
        server.stop()


for attempt, test in (("servers", try_servers), ("kills", try_kills)):
    home = f"{WORK}/{attempt}"
    os.makedirs(home)
    open(f"{home}/Rocket.toml", "w").close()
    test(home)
