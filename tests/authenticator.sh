#!/usr/bin/env bash
# An authenticator of another make, pyotp, with the service: it reads the address of the QR code, its codes
# sign in, and a code of its counter is accepted once.
#
# pyotp comes from PyPI into a directory that is gone afterwards. Where that cannot be done it says
# `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh

install_from_pypi pyotp requests
build_service
serve
"$work/venv/bin/python" tests/authenticator.py "$url"
