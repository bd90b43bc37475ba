"""A PostgreSQL with its own settings, on a Unix socket in its own directory; ended by its process id."""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

from server import cpu


class Postgres:
    """One cluster with an empty database. It runs on `core`, which is not the one of the service."""

    def __init__(self, core):
        self.directory = tempfile.mkdtemp(prefix="vestibule-bench-postgres-")
        self.url = f"postgres://vestibule@{self.directory.replace('/', '%2F')}/vestibule"
        self.options = {"cwd": self.directory, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        if os.getuid() == 0:
            # PostgreSQL refuses to run as root.
            user = pwd.getpwnam("postgres")
            self.options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(self.directory, user.pw_uid, user.pw_gid)
        data = f"{self.directory}/data"
        initdb = [program("initdb"), "-D", data, "-A", "trust", "-U", "vestibule", "-E", "UTF8", "--locale=C"]
        subprocess.run(initdb, check=True, **self.options)
        self.command = ["taskset", "-c", str(core), program("postgres"), "-D", data]
        self.command += ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self.directory}"]
        self.process = None

    def start(self, limit=30.0):
        self.process = subprocess.Popen(self.command, **self.options)
        create = [program("createdb"), "-h", self.directory, "-U", "vestibule", "vestibule"]
        ends = time.monotonic() + limit
        while subprocess.run(create, **self.options).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > ends:
                raise SystemExit("PostgreSQL does not start")
            time.sleep(0.1)

    def cpu(self):
        """Returns the CPU seconds of the server and its backends."""
        return cpu(self.process.pid)

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
        shutil.rmtree(self.directory, ignore_errors=True)


def program(name):
    """Returns the path of a program of PostgreSQL: in PATH, or the newest of those that Debian has."""
    debian = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(path.split("/")[4]))
    return shutil.which(name) or (debian or [name])[-1]
