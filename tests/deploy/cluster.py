"""The cluster: etcd, three nodes of PostgreSQL under Patroni, three processes of the service, nginx.

Everything listens on 127.0.0.1, on free ports, and has its working directory below the directory of the
run: by that `failover.sh` ends whatever is left, and a node is what has its working directory below the
node's. Patroni, other nodes and etcd see a node through links that can be cut; the service has direct ways.
"""

import glob
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
DEPLOY = os.path.join(HERE, "..", "..", "deploy")
SCOPE = "vestibule"
# Seconds, as in deploy/patroni.yaml: a watchdog resets a machine so long before its lock ends.
TTL, SAFETY_MARGIN = 20, 5
PASSWORDS = {name: secrets.token_hex(16) for name in ("SUPERUSER", "REPLICATION", "REWIND", "RESTAPI")}
PASSWORD = secrets.token_hex(16)
# Patroni's callback for a changed role, which it calls before a promotion has ended.
RECONNECT = """\
#!/bin/sh
for _ in $(seq 300); do
    standby=$(PGPASSWORD={password} {psql} -XAtqc 'SELECT pg_is_in_recovery()' \\
        postgres://vestibule@127.0.0.1:{sql}/vestibule)
    case "$2 $standby" in "master f" | "primary f" | "replica t") break ;; esac
    sleep 0.1
done
# Not RECONNECT alone: it leaves a client on its connection to what is a standby now.
exec {psql} -Xq -c RECONNECT -c 'KILL vestibule' -c 'RESUME vestibule' \\
    postgres://operator@127.0.0.1:{pool}/pgbouncer
"""


def free_ports(count):
    """Ports that are free now. All at once: one after the other, the same might come twice."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def until(what, condition, seconds):
    """Returns the first result that is not false."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.1)
    return result


def get_json(port, path):
    """A document, also with the status of an error; `None` without a response."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        return json.load(error)
    except (OSError, ValueError):
        return None


def bin_dir():
    """Where Debian keeps the server: the newest version."""
    found = glob.glob("/usr/lib/postgresql/*/bin/postgres")
    return os.path.dirname(max(found, key=lambda path: float(path.split("/")[4])))


def unprivileged():
    """The user and group for PostgreSQL, which refuses to run as root; nothing for others than root."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise LookupError("neither postgres nor nobody is a user here")


def clean_environment(**more):
    """Without settings for another PostgreSQL, Patroni, or another service, and with the passwords."""
    prefixes = ("PG", "PATRONI", "ETCD", "ROCKET_", "VESTIBULE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    passwords = {f"PATRONI_{name}_PASSWORD": word for name, word in PASSWORDS.items()}
    return kept | {"LC_ALL": "C.UTF-8"} | passwords | more


class Adapted:
    """A delivered file; what is to be replaced must be there."""

    def __init__(self, text, name):
        self.text, self.name = text, name

    def replace(self, what, by):
        assert what in self.text, f"{what!r} is not in {self.name}"
        self.text = self.text.replace(what, by)

    def cut(self, start, end, by):
        """Replaces what is from `start` to `end`, both included."""
        before, found, rest = self.text.partition(start)
        _, ended, after = rest.partition(end)
        assert found and ended, f"{start!r} .. {end!r} is not in {self.name}"
        self.text = before + by + after


class Node:
    """A machine of the cluster: Patroni, PostgreSQL and, if wanted, PgBouncer."""

    def __init__(self, cluster, name, ports):
        self.cluster, self.name = cluster, name
        self.home = f"{cluster.work}/{name}"
        self.sql, self.rest, self.sql_link, self.rest_link, self.etcd_link, self.pool = ports
        os.mkdir(self.home)
        self.owner = unprivileged()
        if self.owner:
            os.chown(self.home, self.owner["user"], self.owner["group"])
        with open(f"{self.home}/patroni.yaml", "w") as file:
            file.write(self.patroni())
        with open(f"{self.home}/pgbouncer.ini", "w") as file:
            file.write(
                f"[databases]\nvestibule = host=127.0.0.1 port={self.sql} user=vestibule"
                f" password={PASSWORD}\n[pgbouncer]\n"
                f"pool_mode = {cluster.pooler}\nauth_type = any\nlisten_addr = 127.0.0.1\n"
                f"listen_port = {self.pool}\nunix_socket_dir =\nadmin_users = operator\n"
                # Three processes with eight connections each, and those that they have left behind.
                "default_pool_size = 100\n"
            )
        # PgBouncer tells its clients what the server said once: after a promotion still that it is a standby.
        psql = f"{bin_dir()}/psql"
        with open(f"{self.home}/reconnect", "w") as file:
            file.write(RECONNECT.format(psql=psql, password=PASSWORD, sql=self.sql, pool=self.pool))
        os.chmod(f"{self.home}/reconnect", 0o755)

    def patroni(self):
        """The delivered settings with what this node has in their place; the times stay as they are."""
        with open(f"{DEPLOY}/patroni.yaml") as file:
            text = Adapted(file.read(), "deploy/patroni.yaml")
        text.replace("name: one\n", f"name: {self.name}\n")
        text.replace("  listen: 10.0.0.1:8008", f"  listen: 127.0.0.1:{self.rest}")
        text.replace("  connect_address: 10.0.0.1:8008", f"  connect_address: 127.0.0.1:{self.rest_link}")
        text.replace("  listen: 10.0.0.1:5432", f"  listen: 127.0.0.1:{self.sql}")
        text.replace("  connect_address: 10.0.0.1:5432", f"  connect_address: 127.0.0.1:{self.sql_link}")
        # By its own link alone, and not by the addresses that etcd announces.
        text.cut("  hosts: [", "\n", f"  host: 127.0.0.1:{self.etcd_link}\n  use_proxies: true\n")
        text.replace("/usr/lib/postgresql/15/bin", bin_dir())
        text.replace("/var/lib/postgresql/vestibule\n", f"{self.home}/data\n")
        text.replace("/var/lib/postgresql/vestibule.pgpass", f"{self.home}/pgpass")
        text.replace("/var/run/postgresql", self.home)
        text.replace("10.0.0.0/24", "127.0.0.1/32")
        # On one machine, without TLS; as the user who runs it, which may not be postgres.
        text.cut('    ssl: "on"', "  pg_hba:", "  pg_hba:")
        text.replace("hostssl", "host")
        text.replace("local all postgres peer", "local all postgres scram-sha-256")
        # Played by the test.
        text.replace("mode: required", "mode: off")
        if self.cluster.pooler and self.cluster.reconnects:
            callback = f"  callbacks:\n    on_role_change: {self.home}/reconnect\n"
            text.replace("  parameters:\n    unix_socket", f"{callback}  parameters:\n    unix_socket")
        if not self.cluster.synchronous:
            text.replace("synchronous_mode: true", "synchronous_mode: false")
            text.replace("synchronous_mode_strict: true", "synchronous_mode_strict: false")
        return text.text

    def start(self):
        self.run([self.cluster.patroni, "patroni.yaml"], "patroni.log")
        if self.cluster.pooler:
            pgbouncer = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
            self.run([pgbouncer, "pgbouncer.ini"], "pgbouncer.log")

    def run(self, command, log):
        self.cluster.run(command, self.home, log, **self.owner)

    def processes(self):
        """All that work below its directory."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                here = os.readlink(f"/proc/{pid}/cwd")
                # The last field of the name's end on: dead ones only wait to be reaped.
                with open(f"/proc/{pid}/stat") as file:
                    state = file.read().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if (here + "/").startswith(self.home + "/") and state != "Z":
                found.append((int(pid), state))
        return found

    def send(self, number, done):
        """Sends a signal until every process has the state: some may be made meanwhile."""

        def sent():
            rest = [pid for pid, state in self.processes() if not done(state)]
            for pid in rest:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
            return not rest

        until(f"{self.name} gets {number.name}", sent, 20)

    def kill(self):
        self.send(signal.SIGKILL, lambda _: False)

    def freeze(self):
        self.send(signal.SIGSTOP, lambda state: state == "T")

    def thaw(self):
        self.send(signal.SIGCONT, lambda state: state != "T")


class Cluster:
    def __init__(self, work, program, synchronous=True, pooler="", reconnects=True):
        self.work, self.program, self.synchronous = work, program, synchronous
        self.pooler, self.reconnects = pooler, reconnects
        self.patroni = os.environ.get("PATRONI") or shutil.which("patroni")
        self.children = []
        ports = iter(free_ports(24))
        self.etcd, self.etcd_peer, self.nginx = next(ports), next(ports), next(ports)
        self.services = [next(ports) for _ in range(3)]
        names = ("one", "two", "three")
        self.nodes = {name: Node(self, name, [next(ports) for _ in range(6)]) for name in names}

    def run(self, command, home, log, env=None, **options):
        """Starts a process that ends by a signal to it, or with the run."""
        with open(f"{home}/{log}", "ab") as output:
            child = subprocess.Popen(
                command,
                cwd=home,
                env=env or clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **options,
            )
        self.children.append(child)
        return child

    def start(self):
        self.start_links()
        self.start_etcd()
        for node in self.nodes.values():
            node.start()
        self.wait_until_whole(180)
        self.make_database()
        for number, port in enumerate(self.services):
            self.start_service(number, port)
        self.start_nginx()

    def start_links(self):
        links = []
        for name, node in self.nodes.items():
            links.append([node.sql_link, node.sql, name])
            links.append([node.rest_link, node.rest, name])
            links.append([node.etcd_link, self.etcd, name])
        os.mkdir(f"{self.work}/links")
        with open(f"{self.work}/links/log", "wb") as log:
            self.links = subprocess.Popen(
                [sys.executable, f"{HERE}/links.py", json.dumps(links)],
                cwd=f"{self.work}/links",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self.links.stdout.readline() == "ready\n"

    def order(self, order):
        self.links.stdin.write(order + "\n")
        self.links.stdin.flush()
        assert self.links.stdout.readline() == order + "\n"

    def start_etcd(self):
        home = f"{self.work}/etcd"
        os.mkdir(home)
        own = unprivileged()
        if own:
            os.chown(home, own["user"], own["group"])
        here, peer = f"http://127.0.0.1:{self.etcd}", f"http://127.0.0.1:{self.etcd_peer}"
        command = [shutil.which("etcd"), "--name", "only", "--data-dir", f"{home}/data"]
        command += ["--listen-client-urls", here, "--advertise-client-urls", here]
        command += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
        command += ["--initial-cluster", f"only={peer}"]
        self.run(command, home, "etcd.log", **own)
        until("etcd", lambda: (get_json(self.etcd, "/health") or {}).get("health") == "true", 60)

    def members(self, without=None):
        """Members by name as Patroni tells them on one of the nodes; empty while none does."""
        for node in self.nodes.values():
            if node is without:
                continue
            found = get_json(node.rest, "/cluster")
            if found and found.get("members"):
                return {member["name"]: member for member in found["members"]}
        return {}

    def is_whole(self):
        """All three are there, and a standby is in step."""
        members = self.members()
        roles = sorted(member["role"] for member in members.values())
        running = all(member["state"] in ("running", "streaming") for member in members.values())
        timelines = {member.get("timeline") for member in members.values()}
        wanted = "sync_standby" if self.synchronous else "replica"
        if len(roles) != 3 or roles[0] != "leader" or roles[2] != wanted:
            return False
        # What the primary itself says: it has both, one of them synchronous.
        senders = self.sql_on(
            next(name for name, member in members.items() if member["role"] == "leader"),
            "SELECT string_agg(sync_state, ',' ORDER BY sync_state) FROM pg_stat_replication"
            " WHERE state = 'streaming'",
        )
        right = "async,sync" if self.synchronous else "async,async"
        return running and len(timelines) == 1 and senders == right

    def wait_until_whole(self, seconds):
        until("three members with a standby in step", self.is_whole, seconds)

    def mend(self, node, patience, seconds):
        """Waits until it is whole; returns whether an operator had to start the node again for that."""
        try:
            self.wait_until_whole(patience)
            return False
        except TimeoutError:
            node.kill()
            node.start()
            self.wait_until_whole(seconds)
            return True

    def leader(self, without=None):
        """The node that has the lock, if a node other than `without` knows of one, and it is another."""
        for name, member in self.members(without).items():
            if member["role"] == "leader" and self.nodes[name] is not without:
                return self.nodes[name]
        return None

    def sql_on(self, name, statement, database="postgres"):
        node = self.nodes[name]
        url = f"postgres://postgres@127.0.0.1:{node.sql}/{database}?connect_timeout=3"
        try:
            done = subprocess.run(
                [f"{bin_dir()}/psql", "-XqAtc", statement, url],
                env=clean_environment(PGPASSWORD=PASSWORDS["SUPERUSER"]),
                capture_output=True,
                text=True,
                timeout=10,
            )
        except subprocess.TimeoutExpired:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    def make_database(self):
        name = self.leader().name
        role = f"CREATE ROLE vestibule LOGIN PASSWORD '{PASSWORD}'"
        for statement in (role, "CREATE DATABASE vestibule OWNER vestibule"):
            assert self.sql_on(name, statement) is not None, statement
        # libpq tries no other host where a standby that is behind has no such database.
        for name in self.nodes:
            until(f"the database on {name}", lambda: self.sql_on(name, "SELECT 1", "vestibule"), 30)

    def url(self):
        ports = [node.pool if self.pooler else node.sql for node in self.nodes.values()]
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        return f"postgres://vestibule:{PASSWORD}@{hosts}/vestibule?target_session_attrs=read-write"

    def start_service(self, number, port):
        home = f"{self.work}/service{number}"
        os.mkdir(home)
        if number == 0:
            self.secrets = secrets.token_hex(32), secrets.token_hex(32)
        cookies, tokens = self.secrets
        settings = clean_environment(
            ROCKET_CONFIG="/dev/null",
            ROCKET_PROFILE="debug",
            ROCKET_PORT=str(port),
            ROCKET_LOG_LEVEL="critical",
            ROCKET_SECRET_KEY=cookies,
            VESTIBULE_STATE=f"{home}/state",
            ROCKET_DATABASES=f'{{main={{url="{self.url()}"}}}}',
            # Only a lost response is repeated; anything older is theft at once. Old passwords are tried
            # on purpose.
            ROCKET_AUTH='{password={cost=4},token={secret="%s",refresh_grace="0s"},'
            "throttle={failures=1000000}}" % tokens,
            ROCKET_ACCOUNTS='{trusted_proxy=["127.0.0.1"],registrations={max=1000000},'
            "max_sign_ins=1000000}",
        )
        child = self.run([self.program], home, "log", env=settings)

        def runs():
            if child.poll() is not None:
                with open(f"{home}/log") as file:
                    raise ChildProcessError(f"the service ended: {file.read()}")
            return get_json(port, "/health/ready") is not None

        until(f"service {number}", runs, 120)

    def start_nginx(self):
        home = f"{self.work}/nginx"
        os.mkdir(home)
        with open(f"{home}/nginx.conf", "w") as file:
            file.write(self.nginx_conf(home))
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        directives = "daemon off; master_process off;"
        command = [nginx, "-p", home, "-c", "nginx.conf", "-e", "error.log", "-g", directives]
        self.run(command, home, "said")
        until("nginx", lambda: get_json(self.nginx, "/health/live") is not None, 20)

    def nginx_conf(self, home):
        """The delivered file with the ports of this run; all limits stay as they are."""
        with open(f"{DEPLOY}/nginx.conf") as file:
            text = Adapted(file.read(), "deploy/nginx.conf")
        line = "        server 127.0.0.1:8000 max_fails=0;\n"
        temporary = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = "".join(f"{name}_temp_path {home}/{name};\n" for name in temporary)
        text.replace(line, "".join(line.replace("8000", str(port)) for port in self.services))
        text.replace("user www-data;\n", "")
        text.replace("pid /run/nginx.pid;", "pid nginx.pid;")
        text.replace("/var/log/nginx/", f"{home}/")
        text.replace("http {\n", "http {\n" + paths)
        text.cut("    # Requests with an unknown", "    # HTTP/1.1 only", "    # HTTP/1.1 only")
        text.cut("        ssl_certificate ", "        add_header Strict", "        add_header Strict")
        text.replace("listen 443 ssl;", f"listen 127.0.0.1:{self.nginx};")
        return text.text

    def switch_over(self):
        patronictl = os.path.join(os.path.dirname(self.patroni), "patronictl")
        command = [patronictl, "-c", f"{self.nodes['one'].home}/patroni.yaml"]
        leader = self.leader().name
        done = subprocess.run(
            [*command, "switchover", "--leader", leader, "--force", SCOPE],
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0 and "uccess" in done.stdout, done.stdout + done.stderr
