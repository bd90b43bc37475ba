#!/usr/bin/env bash
# Hashes of passwords, both ways: passlib verifies ours, and what passlib, Werkzeug, Django and
# argon2-cffi make is imported and signs in here.
#
# They (of passlib its maintained fork, libpass) and bcrypt come from PyPI into a directory that is
# gone afterwards. Where that cannot be done it says `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# skip REASON: ends the run.
skip() {
    echo "skipped: $1"
    if [ "${CI:-}" = true ]; then exit 1; fi
    exit 0
}

command -v python3 >/dev/null || skip 'python3 is not installed'
python3 -m venv "$work/venv" >"$work/log" 2>&1 || skip 'python3 cannot make a venv'
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --retries 1 \
    'libpass==1.9.4' 'bcrypt>=4,<6' 'Werkzeug==3.1.*' 'Django==5.2.*' 'argon2-cffi==25.1.*' >"$work/log" 2>&1 ||
    skip "pip cannot install from PyPI: $(tail -n 1 "$work/log")"

cargo build --locked --quiet --bin vestibule
"$work/venv/bin/python" tests/passlib-hashes.py "${CARGO_TARGET_DIR:-target}/debug/vestibule"
