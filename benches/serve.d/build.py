"""Builds the programs that are measured, and lists their versions."""

import json
import os
import platform
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "benches" / "peers"
CRATES = {
    "bare-rocket": ("rocket", "rocket_dyn_templates", "tera"),
    "axum-jwt": ("axum", "jsonwebtoken", "sqlx"),
    "axum-login": ("axum-login", "tower-sessions", "tower-sessions-sqlx-store", "sqlx", "tera"),
}


def target():
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute()


def cargo(manifest, directory, *more):
    command = ["cargo", "build", "--release", "--locked", "--manifest-path", manifest]
    subprocess.run([*command, "--target-dir", directory, *more], check=True)


def service():
    """Builds the service; returns the path of its program."""
    cargo(ROOT / "Cargo.toml", target(), "--package", "vestibule-service", "--bin", "vestibule")
    return target() / "release" / "vestibule"


def peer(name):
    """Builds a peer; returns the path of its program. The peers share one target directory."""
    cargo(PEERS / name / "Cargo.toml", target() / "peers")
    return target() / "peers" / "release" / f"peer-{name}"


def flask(directory):
    """Creates a virtual environment with the packages of the Flask peer; returns its `bin`."""
    venv.create(directory, with_pip=True)
    pip = [directory / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", PEERS / "flask" / "requirements.txt"], check=True)
    return directory / "bin"


def said(*command):
    """Returns the first line that a command prints."""
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout or done.stderr).strip().splitlines()[0]


def locked(name):
    """Returns the versions of a peer's main crates from its lock file."""
    text = (PEERS / name / "Cargo.lock").read_text()
    versions = dict(re.findall(r'name = "([^"]+)"\nversion = "([^"]+)"', text))
    return ", ".join(f"{crate} {versions[crate]}" for crate in CRATES[name])


def profile():
    """Returns the release profile; exits unless the service and its peers have the same one."""
    def release(manifest):
        return tomllib.loads(manifest.read_text())["profile"]["release"]
    ours = release(ROOT / "Cargo.toml")
    for manifest in PEERS.glob("*/Cargo.toml"):
        if release(manifest) != ours:
            sys.exit(f"{manifest} has another release profile than the service")
    return ", ".join(f"{key} = {json.dumps(value)}" for key, value in ours.items())


def versions(binary):
    """Returns names and versions of what was measured. The version of a program given by `--binary`
    is unknown."""
    requirements = (PEERS / "flask" / "requirements.txt").read_text().splitlines()
    packages = [line.replace("==", " ") for line in requirements if "==" in line]
    wanted = ("Flask", "gunicorn", "SQLAlchemy")
    shown = [package for package in packages if package.startswith(wanted)]
    commit = binary or said("git", "-C", str(ROOT), "describe", "--always", "--dirty")
    return [
        ("Vestibule", commit),
        ("rustc", said("rustc", "--version").split()[1]),
        ("built as a release, all programs in Rust", profile()),
        ("bare Rocket", locked("bare-rocket")),
        ("axum with jsonwebtoken", locked("axum-jwt")),
        ("axum-login", locked("axum-login")),
        ("Flask", ", ".join([*shown, f"Python {platform.python_version()}"])),
        ("wrk", said("wrk", "--version").removeprefix("wrk debian/").split(" ")[0]),
    ]


def machine():
    """Returns a description of the machine, in one line."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    gigabytes = round(int(memory[1]) / 1024 / 1024)
    name = cpu[1] if cpu else platform.machine()
    return f"{os.cpu_count()} cores of {name}, {gigabytes} GB, Linux {platform.release().split('-')[0]}"


def two_cores():
    """Returns the core for the servers and the one for wrk."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("two cores are needed: one for the server, one for wrk")
    return cores[0], cores[1]
