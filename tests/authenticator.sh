#!/usr/bin/env bash
# An authenticator of another make, pyotp, with the service: it reads the address of the QR code, its codes
# sign in, and a code of its counter is accepted once.
#
# pyotp comes from PyPI into a directory that is gone afterwards. Where that cannot be done it says
# `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
server=''
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

# skip REASON: ends the run.
skip() {
    echo "skipped: $1"
    if [ "${CI:-}" = true ]; then exit 1; fi
    exit 0
}

python3 -m venv "$work/venv" >"$work/pip.log" 2>&1 || skip 'python3 has no venv'
"$work/venv/bin/pip" install --quiet pyotp requests >"$work/pip.log" 2>&1 ||
    skip "pip cannot install: $(tail -n 1 "$work/pip.log")"

# shellcheck disable=SC2086 # Names hold no spaces.
unset ${!ROCKET_@}
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
cargo build --locked --quiet --bin vestibule
program="${CARGO_TARGET_DIR:-$PWD/target}/debug/vestibule"
script="$PWD/tests/authenticator.py"
cd "$work"
ROCKET_CONFIG=/dev/null ROCKET_PORT=0 ROCKET_AUTH='{password={cost=4}}' VESTIBULE_STATE="$work/state" \
    "$program" >"$work/said" 2>"$work/log" &
server=$!
url=''
for _ in $(seq 400); do
    url=$(sed -n 's|^.*Vestibule is at \(http://[0-9.:]*\).*$|\1|p' "$work/said")
    if [ -n "$url" ]; then break; fi
    kill -0 "$server"
    sleep 0.05
done
"$work/venv/bin/python" "$script" "$url"
