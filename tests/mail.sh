#!/usr/bin/env bash
# Mails to a real server: with TLS from the first byte and by STARTTLS, with a password, with a wrong
# one, with an unknown certificate, and while the service is killed again and again.
#
# The server, aiosmtpd, comes from PyPI into a directory that is gone afterwards. Where that cannot
# be done it says `skipped:` and succeeds; with CI=true it fails.
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

command -v openssl >/dev/null || skip 'openssl is not installed'
command -v python3 >/dev/null || skip 'python3 is not installed'
python3 -m venv "$work/venv" >"$work/log" 2>&1 || skip 'python3 cannot make a venv'
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --retries 1 \
    'aiosmtpd==1.4.*' 'bcrypt>=4,<6' >"$work/log" 2>&1 ||
    skip "pip cannot install from PyPI: $(tail -n 1 "$work/log")"

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=a test' \
    -addext 'subjectAltName=DNS:localhost' -addext 'basicConstraints=critical,CA:FALSE' \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>"$work/log"

cargo build --locked --quiet --bin vestibule
"$work/venv/bin/python" tests/mail.py "${CARGO_TARGET_DIR:-target}/debug/vestibule" "$work"
