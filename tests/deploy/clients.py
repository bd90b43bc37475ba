"""Clients that keep a journal of what was acknowledged, and what judges the service by it."""

import base64
import http.client
import itertools
import json
import random
import threading
import time
import urllib.parse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

# Seconds. `auth.revocation_delay` of the service, and what a busy machine may take to send a request.
REVOCATION_DELAY, MARGIN = 1.0, 0.5
# A response comes within 3 s (docs/RELIABILITY.md), and nginx may try three processes.
TIMEOUT = 30
# Credentials of earlier rounds that are presented again after each.
SAMPLE = 150


class Reply:
    def __init__(self, response):
        self.status, self.body = response.status, response.read().decode()
        self.retry_after = response.getheader("Retry-After")
        self.location = response.getheader("Location", "")
        # Why a credential was refused: sent in the debug profile alone.
        self.refusal = response.getheader("X-Vestibule-Refused", "")
        cookies = response.headers.get_all("Set-Cookie") or []
        self.cookie = "; ".join(cookie.split(";")[0] for cookie in cookies)

    def json(self):
        return json.loads(self.body)


class Record:
    """What all clients have seen; safe to use from threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.clear()

    def clear(self):
        """Begins a round."""
        with self.lock:
            self.answers, self.away, self.faults = Counter(), [], []
            self.acknowledged, self.slowest = Counter(), 0.0
            self.lost, self.signed_out, self.revoked = [], [], []

    def count(self, what):
        with self.lock:
            self.acknowledged[what] += 1

    def note(self, kind, text):
        """An entry of `faults`, `lost`, `signed_out` or `revoked`."""
        with self.lock:
            getattr(self, kind).append(f"{time.monotonic():.2f} {text}")

    def connect(self, port):
        return http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)

    def unanswered(self, request, begun, error):
        """Where there is a process at all times, each request gets a response."""
        self.note("faults", f"{request}: no response: {error!r}")


def ask(record, port, method, path, expected, token=None, body=None, cookie=None, form=None):
    """The response, if its status is one of `expected`; `None` if the service is unavailable. Anything
    else is a fault and `None` too."""
    headers = {"Connection": "close"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if cookie:
        headers["Cookie"] = cookie
    data = None
    if body is not None:
        headers["Content-Type"], data = "application/json", json.dumps(body)
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        data = urllib.parse.urlencode(form)
    connection = record.connect(port)
    begun = time.monotonic()
    try:
        connection.request(method, path, data, headers)
        reply = Reply(connection.getresponse())
    except (OSError, http.client.HTTPException) as error:
        record.unanswered(f"{method} {path}", begun, error)
        return None
    finally:
        connection.close()
    ended = time.monotonic()
    unavailable = reply.status == 503 and reply.retry_after is not None
    with record.lock:
        record.answers[reply.status] += 1
        record.slowest = max(record.slowest, ended - begun)
        if unavailable:
            record.away.append(ended)
    if reply.status in expected:
        return reply
    if not unavailable:
        record.note("faults", f"{method} {path}: {reply.status} {reply.body[:200]}")
    return None


class SignIn:
    """A sign-in: a pair of tokens or a cookie."""

    def __init__(self, reply, account):
        self.account = account
        # Refresh tokens that were replaced, the newest last.
        self.used = []
        # Whether an end was requested without a response; then nothing is expected of it.
        self.maybe_ended = False
        self.ended_at = None
        if reply.status == 303:
            self.cookie, self.access, self.refresh = reply.cookie, None, None
        else:
            self.cookie = None
            self.take(reply)

    def take(self, reply):
        pair = reply.json()
        self.access, self.refresh = pair["access_token"], pair["refresh_token"]

    def present(self, record, port):
        """200, 401, or `None` if the service is unavailable."""
        if self.cookie:
            reply = ask(record, port, "GET", "/whoami", (200, 401), cookie=self.cookie)
        else:
            reply = ask(record, port, "GET", "/api/me", (200, 401), token=self.access)
        return reply and reply.status

    def renew(self, record, port):
        """The next pair. Its own status as `present`."""
        reply = ask(record, port, "POST", "/api/refresh", (200, 401), token=self.refresh)
        if reply and reply.status == 200:
            self.used.append(self.refresh)
            self.take(reply)
            record.count("rotations")
        return reply and reply.status

    def name(self):
        kind = "session" if self.cookie else "tokens"
        number = "" if self.cookie else claims(self.access)["sid"]
        return f"{kind} {number} of {self.account.name}"


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Account:
    def __init__(self, name):
        self.name = name
        # The last is the present one; with two `possible` it is not known whether the change happened.
        self.passwords = ["correct horse battery 0"]
        self.possible = 1
        # The one that was acknowledged last, and those sent without a response.
        self.full_names = [None]
        self.active = []

    def login(self, record, port, password=None):
        body = {"username": self.name, "password": password or self.passwords[-1]}
        return ask(record, port, "POST", "/api/login", (200, 401), body=body)


class Journal:
    """What was acknowledged in all rounds."""

    def __init__(self):
        self.lock = threading.Lock()
        self.registered, self.accounts, self.ended = [], [], []
        # Where the entries of this round begin.
        self.marks = 0, 0, 0

    def begin_round(self):
        self.marks = len(self.registered), len(self.accounts), len(self.ended)

    def end(self, sign_in):
        """Its end was acknowledged."""
        sign_in.ended_at = time.monotonic()
        with self.lock:
            self.ended.append(sign_in)

    def this_round_and_a_sample(self, entries, mark):
        earlier = entries[:mark]
        return random.sample(earlier, min(SAMPLE, len(earlier))) + entries[mark:]


class Client(threading.Thread):
    """Works on one account after the other."""

    # What it does, and how often of all the sum.
    STEPS = {
        "register": 10,
        "sign_in": 25,
        "sign_in_by_form": 10,
        "refresh": 30,
        "sign_out": 25,
        "change_password": 5,
        "use": 15,
    }
    # Seconds between two steps.
    PAUSE = 0
    SIGN_IN = SignIn

    def __init__(self, number, record, journal, port, stop):
        super().__init__(daemon=True)
        self.number, self.record, self.journal = number, record, journal
        self.port, self.stop, self.account = port, stop, None
        self.names = itertools.count()
        self.random = random.Random(number)

    def run(self):
        names, weights = list(self.STEPS), list(self.STEPS.values())
        try:
            while not self.stop.wait(self.PAUSE):
                if self.account is None:
                    self.open_account()
                else:
                    getattr(self, self.random.choices(names, weights)[0])()
        except Exception as error:  # A fault of the test: it must not pass for silence.
            self.record.note("faults", f"client {self.number}: {error!r}")
            raise

    def ask(self, *arguments, **more):
        reply = ask(self.record, self.port, *arguments, **more)
        if reply is None:
            # As `Retry-After` asks, but sooner: more requests meet the moment of the change.
            time.sleep(0.2)
        return reply

    def new_name(self):
        return f"r{self.random.getrandbits(32):08x}-{self.number}-{next(self.names)}"

    def post_registration(self, account):
        body = {"username": account.name, "password": account.passwords[0]}
        reply = self.ask("POST", "/api/register", (201,), body=body)
        if reply:
            self.record.count("registrations")
            with self.journal.lock:
                self.journal.registered.append(account)
        return reply

    def register(self):
        self.post_registration(Account(self.new_name()))

    def open_account(self):
        account = Account(self.new_name())
        if self.post_registration(account):
            self.account = account
            with self.journal.lock:
                self.journal.accounts.append(account)

    def refused(self, what, body=""):
        self.record.note("signed_out", f"{what} was refused {body[:100]}")

    def has_enough(self):
        return len(self.account.active) >= 8

    def sign_in(self):
        if self.has_enough():
            return self.sign_out()
        reply = self.account.login(self.record, self.port)
        if reply is None:
            time.sleep(0.2)
        elif reply.status == 200:
            self.account.active.append(self.SIGN_IN(reply, self.account))
            self.record.count("sign-ins")
        else:
            self.refused(f"the password of {self.account.name}")

    def sign_in_by_form(self):
        if self.has_enough():
            return self.sign_out()
        form = {"username": self.account.name, "password": self.account.passwords[-1]}
        reply = self.ask("POST", "/login", (303,), form=form)
        if reply:
            self.account.active.append(self.SIGN_IN(reply, self.account))
            self.record.count("sign-ins")

    def pick(self, with_tokens=False):
        """One that must work."""
        fit = [one for one in self.account.active if not (one.maybe_ended or with_tokens and one.cookie)]
        return self.random.choice(fit) if fit else None

    def use(self):
        one = self.pick()
        if one and one.present(self.record, self.port) == 401:
            self.refused(one.name())

    def refresh(self):
        one = self.pick(with_tokens=True)
        if one and one.renew(self.record, self.port) == 401:
            self.refused(f"the refresh token of {one.name()}")
            one.maybe_ended = True

    def sign_out(self):
        one = self.pick()
        if not one:
            return
        if one.cookie:
            reply = self.ask("POST", "/logout", (303,), cookie=one.cookie)
        else:
            reply = self.ask("POST", "/api/logout", (204, 401), token=one.access)
        if reply is None:
            one.maybe_ended = True
            return
        self.account.active.remove(one)
        if reply.status == 401:
            self.refused(f"the end of {one.name()}")
            return
        self.record.count("ends")
        self.journal.end(one)

    def change_password(self):
        fresh = self.pick(with_tokens=True)
        # A refreshed access token is not fresh.
        if not fresh or fresh.used:
            return
        body = {"current_password": self.account.passwords[-1], "new_password": self.new_password()}
        reply = self.ask("POST", "/api/password", (204, 401), token=fresh.access, body=body)
        if reply is None:
            return self.password_maybe_changed(fresh)
        if reply.status == 401:
            return self.refused(f"the password change by {fresh.name()}")
        self.password_changed(fresh)

    def new_password(self):
        return f"correct horse battery {len(self.account.passwords)}"

    def password_maybe_changed(self, kept):
        account = self.account
        account.passwords.append(self.new_password())
        account.possible = 2
        for one in account.active:
            one.maybe_ended = one.maybe_ended or one is not kept
        # What is known of it is judged later; this client goes on with another.
        self.account = None

    def password_changed(self, kept):
        account = self.account
        account.passwords.append(self.new_password())
        self.record.count("password changes")
        for one in account.active:
            if one is not kept:
                self.journal.end(one)
        account.active = [kept]


class Watcher(threading.Thread):
    """Presents ended credentials at each process all the time."""

    PAUSE = 0.02

    def __init__(self, record, journal, ports, stop):
        super().__init__(daemon=True)
        self.record, self.journal, self.ports, self.stop = record, journal, ports, stop

    def run(self):
        for port in itertools.cycle(self.ports):
            if self.stop.is_set():
                return
            with self.journal.lock:
                some = self.journal.ended[-40:] + random.sample(
                    self.journal.ended, min(10, len(self.journal.ended))
                )
            begun = time.monotonic()
            some = [one for one in some if begun - one.ended_at > REVOCATION_DELAY + MARGIN]
            if not some:
                time.sleep(0.05)
                continue
            one = random.choice(some)
            status = one.present(self.record, port)
            if status == 200:
                age = begun - one.ended_at
                self.record.note("revoked", f"{one.name()} was accepted {age:.2f} s after its end")
            time.sleep(0.1 if status is None else self.PAUSE)


class Probe(threading.Thread):
    """Signs in at one process all the time, which writes: when is it well?"""

    def __init__(self, record, port, stop):
        super().__init__(daemon=True)
        self.record, self.port, self.stop = record, port, stop
        # When the request was sent, when the response came, and whether it was a success.
        self.seen = []

    def run(self):
        account = Account("user_01")
        account.passwords = ["1234"]
        while not self.stop.is_set():
            begun = time.monotonic()
            reply = account.login(self.record, self.port)
            good = reply is not None and reply.status == 200
            self.seen.append((begun, time.monotonic(), good))
            time.sleep(0.1)

    def well_since(self, moment, quiet):
        """When the first success came after the last failure, unless that is less than `quiet` seconds
        ago; nothing while it is not well."""
        after = [entry for entry in list(self.seen) if entry[1] > moment]
        failures = [ended for _, ended, good in after if not good]
        last = failures[-1] if failures else moment
        successes = [ended for begun, ended, good in after if good and begun >= last]
        if not successes or time.monotonic() - last < quiet:
            return None
        return successes[0] if failures else moment


def settled(record, what, asked):
    """The result, once there is one: the cluster is whole."""
    for _ in range(60):
        if (result := asked()) is not None:
            return result
        time.sleep(0.5)
    raise TimeoutError(f"{what}: no response in a whole cluster")


def judge(record, journal, nginx, ports):
    """Compares the service with the journal, without other load; returns how much was compared."""
    marks, checks = journal.marks, Counter()
    anywhere = itertools.cycle(ports)

    def each(judged, entries):
        with ThreadPoolExecutor(4) as pool:
            for found in pool.map(judged, entries):
                checks.update(found)

    registered = journal.this_round_and_a_sample(journal.registered, marks[0])
    each(lambda account: judge_account(record, journal, account, nginx), registered)
    active = [(account, one) for account in journal.accounts for one in account.active]
    each(lambda pair: judge_active(record, journal, *pair, nginx, next(anywhere)), active)
    ended = journal.this_round_and_a_sample(journal.ended, marks[2])
    each(lambda one: judge_ended(record, one, next(anywhere)), ended)
    return checks


def judge_account(record, journal, account, nginx):
    checks = Counter()

    def login(password):
        checks["passwords"] += 1
        asked = lambda: account.login(record, nginx, password)
        return settled(record, account.name, asked).status

    good = [word for word in account.passwords[-account.possible :] if login(word) == 200]
    if len(good) != 1:
        record.note("lost", f"account {account.name}: {len(good)} of {account.possible} passwords work")
        return checks
    if account.possible == 2:
        judge_password_change(journal, account, good[0])
    if len(account.passwords) > 1 and login(account.passwords[-2]) == 200:
        record.note("revoked", f"an old password of {account.name} was accepted")
    return checks


def judge_password_change(journal, account, good):
    """A change without a response happened with its ended sign-ins, or not at all."""
    happened = good == account.passwords[-1]
    if not happened:
        account.passwords.pop()
    account.possible = 1
    rest = [one for one in account.active if one.maybe_ended]
    if happened:
        for one in rest:
            account.active.remove(one)
            one.ended_at = time.monotonic() - REVOCATION_DELAY - MARGIN
            with journal.lock:
                journal.ended.append(one)


def judge_active(record, journal, account, one, nginx, port):
    checks = Counter()
    status = settled(record, one.name(), lambda: one.present(record, port))
    checks["sign-ins"] += 1
    renewed = status
    if not one.cookie:
        renewed = settled(record, one.name(), lambda: one.renew(record, nginx))
        checks["refresh tokens"] += 1
    if one.maybe_ended:
        if renewed != status:
            record.note("lost", f"{one.name()}: ended by half: {status}, {renewed}")
        if renewed == 200:
            one.maybe_ended = False
        else:
            account.active.remove(one)
            journal.end(one)
    elif status != 200 or renewed != 200:
        record.note("lost", f"{one.name()}: {status}, after a refresh {renewed}")
        account.active.remove(one)
    elif len(one.used) > 2:
        # Its successors were used, so it is stolen: refused, and the sign-in ends.
        old = lambda: ask(record, nginx, "POST", "/api/refresh", (200, 401), token=one.used[-3])
        checks["replaced refresh tokens"] += 1
        account.active.remove(one)
        if settled(record, one.name(), old).status == 200:
            record.note("revoked", f"a replaced refresh token of {one.name()} was accepted")
        else:
            journal.end(one)
    return checks


def judge_ended(record, one, port):
    time.sleep(max(0, one.ended_at + REVOCATION_DELAY + MARGIN - time.monotonic()))
    checks = Counter({"ended credentials": 1})
    status = settled(record, one.name(), lambda: one.present(record, port))
    if status == 200:
        record.note("revoked", f"{one.name()} was accepted")
    if one.refresh and not status == 200:
        for token in (one.refresh, *one.used[-1:]):
            asked = lambda: ask(record, port, "POST", "/api/refresh", (200, 401), token=token)
            if settled(record, one.name(), asked).status == 200:
                record.note("revoked", f"a refresh token of {one.name()} was accepted")
    return checks
