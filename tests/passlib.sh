#!/usr/bin/env bash
# Hashes of passwords, both ways: passlib verifies ours, and what passlib, Werkzeug, Django and
# argon2-cffi make is imported and signs in here.
#
# They (of passlib its maintained fork, libpass) and bcrypt come from PyPI into a directory that is
# gone afterwards. Where that cannot be done it says `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh

install_from_pypi 'libpass==1.9.4' 'bcrypt>=4,<6' 'Werkzeug==3.1.*' 'Django==5.2.*' 'argon2-cffi==25.1.*'
build_service
"$work/venv/bin/python" tests/passlib-hashes.py "$program"
