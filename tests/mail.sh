#!/usr/bin/env bash
# Mails to a real server: with TLS from the first byte and by STARTTLS, with a password, with a wrong
# one, with an unknown certificate, and while the service is killed again and again.
#
# The server, aiosmtpd, comes from PyPI into a directory that is gone afterwards. Where that cannot
# be done it says `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh

require openssl
install_from_pypi 'aiosmtpd==1.4.*' 'bcrypt>=4,<6'

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=a test' \
    -addext 'subjectAltName=DNS:localhost' -addext 'basicConstraints=critical,CA:FALSE' \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>"$work/log"

build_service
"$work/venv/bin/python" tests/mail.py "$program" "$work"
