"""People, programs, keys and administrators of a service that restarts, under a clock that is stepped.

They are those of `tests/deploy/clients.py`, and behave as honest clients do: an access token that has expired
is refreshed, one of a time to come waits, and a password that is no longer fresh is given again. Each of
these refusals must be right by the clock of the service.
"""

import contextlib
import http.client
import random
import socket
import struct
import threading
import time

from clients import TIMEOUT, Account, Client, Record, SignIn, Watcher, ask, claims, settled

# Seconds: `auth.fresh_for`; what `iat` may be ahead (docs/OPTIONS.md, `token.leeway`); a request without a
# response is over after that (docs/RELIABILITY.md).
FRESH, AHEAD, OVER = 120, 5, 3.5
# Of the requests, how many are cut off.
CUT = 0.02
NO_LINGER = struct.pack("ii", 1, 0)


class Cut(OSError):
    """This client has reset its connection."""


class CutConnection(http.client.HTTPConnection):
    """Sends a part of a request, or all of it, and is reset before the response."""

    share = 1.0

    def send(self, data):
        super().send(data[: int(len(data) * self.share)])
        if self.share < 1:
            self.reset()

    def getresponse(self):
        self.reset()

    def reset(self):
        if self.sock:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.close()
        raise Cut


class SoakRecord(Record):
    def __init__(self, service, seed):
        self.service, self.clock, self.cut = service, service.clock, CUT
        self.random = random.Random(seed)
        super().__init__()

    def clear(self):
        super().clear()
        self.cuts = self.expired = self.early = self.stale = 0

    def connect(self, port):
        if self.random.random() >= self.cut:
            return super().connect(port)
        connection = CutConnection("127.0.0.1", port, timeout=TIMEOUT)
        connection.share = self.random.choice((0.3, 0.9, 1, 1))
        return connection

    def unanswered(self, request, begun, error):
        if isinstance(error, Cut):
            self.cuts += 1
        elif not self.service.was_down(begun, time.monotonic()):
            super().unanswered(request, begun, error)


class SteppedSignIn(SignIn):
    """A sign-in whose tokens may have expired, or be of a time that has not come yet."""

    # Until then its tokens are refused.
    early_until = 0.0
    # The last response to a refresh.
    last = None

    def send(self, record, port, method, path, expected, token, **more):
        """The response, `None` as `ask`; "expired" or "early" for a refusal that is right."""
        begun = time.monotonic()
        reply = ask(record, port, method, path, (*expected, 401), token=token, **more)
        if reply is None or reply.status != 401 or token.startswith("vst_"):
            return reply
        early, late = record.clock.bounds(begun, time.monotonic())
        code, said = reply.json()["code"], claims(token)
        if code == "token_expired" and said["exp"] <= late:
            record.expired += 1
            return "expired"
        if code == "token_invalid" and said["iat"] > int(early) + AHEAD:
            record.early += 1
            self.early_until = said["iat"]
            return "early"
        return reply

    def by_token(self, record, port, method, path, expected, **more):
        """With an access token that is good; `None` while there is none."""
        reply = self.send(record, port, method, path, expected, self.access, **more)
        if reply == "expired":
            status = self.renew(record, port)
            if status == 401:
                # To be noted by the caller, as any other refusal.
                return self.last
            if status is None:
                return None
            reply = self.send(record, port, method, path, expected, self.access, **more)
        return None if isinstance(reply, str) else reply

    def present(self, record, port):
        if self.cookie:
            return super().present(record, port)
        reply = self.by_token(record, port, "GET", "/api/me", (200,))
        return reply and reply.status

    def renew(self, record, port):
        self.last = reply = self.send(record, port, "POST", "/api/refresh", (200,), self.refresh)
        if isinstance(reply, str):
            return None
        if reply and reply.status == 200:
            self.used.append(self.refresh)
            self.take(reply)
            record.count("rotations")
        return reply and reply.status

    def name(self):
        refusal = getattr(self.last, "refusal", "")
        return super().name() + (f" ({refusal})" if refusal else "")

    def is_early(self, record):
        return not self.cookie and record.clock.now() < self.early_until

    def is_stale(self, record, begun, reply):
        """Whether a 401 says that the password must be given again, and is right."""
        if reply.status != 401 or reply.json()["code"] != "fresh_login_required":
            return False
        said, (_, late) = claims(self.access), record.clock.bounds(begun, time.monotonic())
        right = not said["fresh"] or said["auth_time"] + FRESH < late
        record.stale += right
        return right


class Key(SteppedSignIn):
    """An access key."""

    def __init__(self, reply, account):
        super().__init__(reply, account)
        self.id = reply.json()["id"]

    def take(self, reply):
        self.access, self.refresh = reply.json()["key"], None

    def present(self, record, port):
        reply = ask(record, port, "GET", "/whoami", (200, 401), token=self.access)
        return reply and reply.status

    def renew(self, record, port):
        return self.present(record, port)

    def name(self):
        return f"key {self.id} of {self.account.name}"


class Person(Client):
    """Works by pages, tokens and keys on one account after the other."""

    STEPS = {
        "register": 3,
        "sign_in": 12,
        "sign_in_by_form": 12,
        "refresh": 20,
        "sign_out": 15,
        "change_password": 2,
        "change_password_by_form": 2,
        "use": 20,
        "visit": 20,
        "rename": 5,
        "make_key": 6,
        "end_key": 4,
        "leave": 1,
    }
    PAUSE = 0.12
    SIGN_IN = SteppedSignIn

    def usable(self):
        return [one for one in self.account.active if not one.is_early(self.record)]

    def has_enough(self):
        return len(self.usable()) >= 8 or len(self.account.active) >= 40

    def pick(self, with_tokens=False, kind=None):
        def fits(one):
            is_key = isinstance(one, Key)
            if with_tokens and (one.cookie or is_key) or kind == "session" and not one.cookie:
                return False
            return not one.maybe_ended and (kind != "key" or is_key)

        fit = [one for one in self.usable() if fits(one)]
        return self.random.choice(fit) if fit else None

    def refresh(self):
        one = self.pick(with_tokens=True)
        if one and one.renew(self.record, self.port) == 401:
            self.refused(f"the refresh token of {one.name()}", one.last.refusal)
            one.maybe_ended = True

    def leave(self):
        """Goes on with another account; this one is compared at the end."""
        self.account = None

    def waits(self, reply):
        if reply is None:
            time.sleep(0.2)
        return reply is None

    def sign_out(self):
        one = self.pick()
        if one is None or one.cookie:
            return one and self.sign_out_of_pages(one)
        reply = one.by_token(self.record, self.port, "POST", "/api/logout", (204,))
        self.ended(one, reply, 204)

    def sign_out_of_pages(self, one):
        self.ended(one, self.ask("POST", "/logout", (303,), cookie=one.cookie), 303)

    def ended(self, one, reply, expected):
        if self.waits(reply):
            one.maybe_ended = True
            return
        self.account.active.remove(one)
        if reply.status != expected:
            self.refused(f"the end of {one.name()}", reply.body)
            return
        self.record.count("ends")
        self.journal.end(one)

    def with_fresh_password(self, one, method, path, expected, body):
        """The response to a request that needs a fresh password; `None` if there is none, and "not sent" if
        it came to nothing before."""
        for _ in range(2):
            begun = time.monotonic()
            reply = one.by_token(self.record, self.port, method, path, expected, body=body)
            if reply is None or not one.is_stale(self.record, begun, reply):
                return reply
            password = {"password": self.account.passwords[-1]}
            confirmed = one.by_token(self.record, self.port, "POST", "/api/confirm", (200,), body=password)
            if self.waits(confirmed):
                return "not sent"
            if confirmed.status == 401:
                self.refused(f"the confirmation by {one.name()}", confirmed.body)
                return "not sent"
            one.access = confirmed.json()["access_token"]
        # Refreshed meanwhile, or the clock was stepped.
        return "not sent"

    def change_password(self):
        one = self.pick(with_tokens=True)
        if one is None:
            return
        body = {"current_password": self.account.passwords[-1], "new_password": self.new_password()}
        reply = self.with_fresh_password(one, "POST", "/api/password", (204,), body)
        if reply == "not sent":
            return
        if self.waits(reply):
            return self.password_maybe_changed(one)
        if reply.status == 401:
            return self.refused(f"the password change by {one.name()}", reply.body)
        self.password_changed(one)

    def has_fresh_page(self, one):
        """Whether the page of the account shows the form for another password, if need be after the form that
        asks for the password."""
        page = self.ask("GET", "/account", (200, 303), cookie=one.cookie)
        if page is None:
            return False
        if page.status == 303:
            self.refused(f"the page of {one.name()}", page.location)
            return False
        if 'name="current_password"' in page.body:
            return True
        form = {"username": self.account.name, "password": self.account.passwords[-1], "next": "/account"}
        reply = self.ask("POST", "/reauthenticate", (303,), cookie=one.cookie, form=form)
        if reply and reply.location == "/account":
            self.record.stale += 1
            self.take_cookie(one, reply)
            return True
        if reply:
            self.refused(f"the confirmation by {one.name()}", reply.location)
        return False

    def take_cookie(self, one, reply):
        cookies = dict(cookie.split("=", 1) for cookie in reply.cookie.split("; "))
        one.cookie = f"session={cookies['session']}"

    def change_password_by_form(self):
        one = self.pick(kind="session")
        if one is None or not self.has_fresh_page(one):
            return
        form = {
            "username": self.account.name,
            "current_password": self.account.passwords[-1],
            "new_password": self.new_password(),
        }
        reply = self.ask("POST", "/account/password", (303,), cookie=one.cookie, form=form)
        if reply is None:
            return self.password_maybe_changed(None)
        if reply.location != "/account":
            if not reply.location.startswith("/reauthenticate"):
                self.refused(f"the password change by {one.name()}", reply.location)
            return
        kept = self.SIGN_IN(reply, self.account)
        self.take_cookie(kept, reply)
        self.password_changed(kept)

    def visit(self):
        one = self.pick(kind="session")
        if one is None:
            return
        pages = ("/account", "/account/sign-ins", "/account/keys", "/account/events", "/dashboard")
        page = self.ask("GET", self.random.choice(pages), (200, 303), cookie=one.cookie)
        if page and page.status == 303:
            self.refused(f"a page of {one.name()}", page.location)

    def rename(self):
        one, account = self.pick(kind="session"), self.account
        if one is None:
            return
        name = f"Name {self.random.getrandbits(32):08x}"
        form = {"username": account.name, "full_name": name}
        # An account changes its name sixty times in an hour.
        reply = self.ask("POST", "/account/name", (303, 429), cookie=one.cookie, form=form)
        if reply is None:
            account.full_names.append(name)
        elif reply.status == 429:
            return
        elif reply.location == "/account":
            account.full_names[0] = name
            self.record.count("names")
        else:
            self.refused(f"the name by {one.name()}", reply.location)

    def make_key(self):
        one = self.pick(with_tokens=True)
        if one is None:
            return
        body = {"label": "soak", "scopes": self.random.choice(([], ["sign-ins"]))}
        # An account makes 60 in an hour, and has 100.
        reply = self.with_fresh_password(one, "POST", "/api/keys", (201, 409, 422, 429), body)
        if reply == "not sent" or self.waits(reply):
            return
        if reply.status == 201:
            self.account.active.append(Key(reply, self.account))
            self.record.count("keys")
        elif reply.status == 401:
            self.refused(f"a new key by {one.name()}", reply.body)
        elif reply.status != 429:
            self.record.note("faults", f"a new key: {reply.status} {reply.body[:200]}")

    def end_key(self):
        key, one = self.pick(kind="key"), self.pick(with_tokens=True)
        if key is None or one is None:
            return
        path = f"/api/keys/{key.id}"
        self.ended(key, one.by_token(self.record, self.port, "DELETE", path, (204, 404)), 204)


class Subject(Account):
    """An account that the administrator disables and enables. `is_active` is `None` if it is not known."""

    def __init__(self, name, id_):
        super().__init__(name)
        self.id, self.is_active = id_, True


class Administrator(Person):
    """Lists users, disables and enables accounts, and ends sign-ins, over the API and on pages."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.own = Account("admin")
        self.own.passwords = ["admin123"]
        self.tokens = self.session = None
        self.subjects = []

    def run(self):
        try:
            while not self.stop.wait(self.PAUSE):
                if self.is_signed_in():
                    self.work()
        except Exception as error:
            self.record.note("faults", f"administrator {self.number}: {error!r}")
            raise

    def is_signed_in(self):
        if self.tokens is None or self.tokens.is_early(self.record):
            reply = self.own.login(self.record, self.port)
            if not reply or reply.status != 200:
                return reply is not None and self.refused("the password of the administrator")
            self.tokens = SteppedSignIn(reply, self.own)
        if self.session is None:
            form = {"username": "admin", "password": self.own.passwords[-1]}
            reply = self.ask("POST", "/login", (303,), form=form)
            self.session = reply and SteppedSignIn(reply, self.own)
        return self.session is not None

    def work(self):
        self.look()
        if self.account is None or self.random.random() < 0.1:
            self.add_subject()
        if self.account is None:
            return
        for step in (self.sign_in, self.sign_in_by_form, self.make_key, self.use):
            if self.stop.wait(self.PAUSE):
                return
            step()
        if self.random.random() < 0.5:
            self.end_sign_ins()
        elif self.set_active(False) and self.random.random() < 0.8:
            self.set_active(True)
        if self.account.is_active is not True:
            # It stays so until the end.
            self.account = None

    def over_api(self, method, path, expected, body=None):
        subject, self.account = self.account, self.own
        try:
            reply = self.with_fresh_password(self.tokens, method, path, expected, body)
        finally:
            self.account = subject
        if reply is not None and reply != "not sent" and reply.status == 401:
            self.refused("the administrator's token", reply.body)
            self.tokens, reply = None, "not sent"
        return reply

    def on_page(self, path, expected_location, form=None):
        """As `over_api`, by a form."""
        reply = self.ask("POST", path, (303,), cookie=self.session.cookie, form=form or {})
        if reply is None or reply.location == expected_location:
            return reply
        if reply.location.startswith("/reauthenticate"):
            # A person would give the password there; signing in again is another way.
            self.record.stale += 1
        else:
            self.refused("the administrator's session", reply.location)
        self.session = None
        return "not sent"

    def look(self):
        page = self.random.randint(1, 3)
        reply = self.tokens.by_token(self.record, self.port, "GET", f"/api/users?page={page}", (200,))
        if reply and reply.status == 401:
            self.refused("the administrator's token", reply.body)
            self.tokens = None
        paths = ["/admin/users", "/admin/users?q=r1", "/admin/events"]
        if self.account:
            paths.append(f"/admin/users/{self.account.id}")
        reply = self.ask("GET", self.random.choice(paths), (200, 303), cookie=self.session.cookie)
        if reply and reply.status == 303:
            self.refused("the administrator's session", reply.location)
            self.session = None

    def add_subject(self):
        if self.tokens is None:
            return
        name = self.new_name()
        body = {"username": name, "password": Account(name).passwords[0]}
        reply = self.over_api("POST", "/api/users", (201,), body)
        if reply is not None and reply != "not sent":
            self.record.count("registrations")
            self.account = Subject(name, reply.json()["id"])
            self.subjects.append(self.account)

    def until_acknowledged(self, *ways):
        """Whether one of the ways, which do the same, was acknowledged before the end."""
        for _ in range(200):
            if self.stop.is_set():
                return False
            if not self.is_signed_in():
                time.sleep(0.2)
                continue
            reply = self.random.choice(ways)()
            if reply is not None and reply != "not sent":
                return True
            if reply is None:
                # A request without a response may still be at work, and must not undo a later change.
                self.stop.wait(OVER)
        self.record.note("faults", "the administrator got no response 200 times")
        return False

    def all_ended(self, subject):
        for one in subject.active:
            self.journal.end(one)
        subject.active = []
        self.record.count("changes by administrators")

    def set_active(self, active):
        subject, path = self.account, f"/api/users/{self.account.id}"
        page, form = f"/admin/users/{self.account.id}", {"active": "true" if active else "false"}
        subject.is_active = None
        for one in subject.active:
            one.maybe_ended = True
        done = self.until_acknowledged(
            lambda: self.over_api("PATCH", path, (200,), {"active": active}),
            lambda: self.on_page(f"{page}/active", page, form),
        )
        if done:
            subject.is_active = active
            self.all_ended(subject)
        return done

    def end_sign_ins(self):
        subject, path = self.account, f"/api/users/{self.account.id}/sign-ins"
        page = f"/admin/users/{self.account.id}"
        for one in subject.active:
            one.maybe_ended = True
        done = self.until_acknowledged(
            lambda: self.over_api("DELETE", path, (204,)),
            lambda: self.on_page(f"{page}/end-sign-ins", page),
        )
        if done:
            self.all_ended(subject)


class SlowWatcher(Watcher):
    PAUSE = 0.2


class Stranger(threading.Thread):
    """Opens connections and resets them, at any byte of a request."""

    def __init__(self, service, seed, stop):
        super().__init__(daemon=True)
        self.service, self.random, self.stop, self.count = service, random.Random(seed), stop, 0

    def run(self):
        while not self.stop.wait(0.1):
            self.reset(1)

    def reset(self, count):
        """Several at once: all are open before the first is reset."""
        body = b"username=user_01&password=wrong"
        head = (
            b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        )
        request = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
        with contextlib.ExitStack() as stack:
            for _ in range(count):
                connection = stack.enter_context(socket.socket())
                connection.settimeout(TIMEOUT)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
                with contextlib.suppress(OSError):
                    connection.connect(("127.0.0.1", self.service.port))
                    connection.sendall(request[: self.random.randint(0, len(request))])
                    self.count += 1


def judge_full_name(record, account, port):
    """A name that was acknowledged, or was sent and got no response."""
    names = account.full_names
    if names == [None]:
        return 0
    login = settled(record, account.name, lambda: account.login(record, port))
    if login.status != 200:
        record.note("lost", f"the password of {account.name}")
        return 0
    token = login.json()["access_token"]
    me = settled(record, account.name, lambda: ask(record, port, "GET", "/api/me", (200,), token=token))
    if me.json()["full_name"] not in names:
        record.note("lost", f"the name of {account.name}: {me.json()['full_name']}, not one of {names}")
    return 1


def judge_disabled(record, subject, port):
    """Disabled or not, as it was acknowledged, and in the list of the administrator."""
    body = {"username": subject.name, "password": subject.passwords[-1]}
    expected = {True: (200,), False: (403,), None: (200, 403)}[subject.is_active]
    asked = lambda: ask(record, port, "POST", "/api/login", (200, 401, 403), body=body)
    status = settled(record, subject.name, asked).status
    if status not in expected:
        record.note("lost", f"account {subject.name}, active: {subject.is_active}, gets {status}")
    return 1
