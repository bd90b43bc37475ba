#!/usr/bin/env bash
# The clients of docs/CLIENTS.md against the service: Python, JavaScript, shell.
#
# httpx comes from PyPI into a directory that is gone afterwards. Where that cannot be done it says
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

# block LANGUAGE: the program of docs/CLIENTS.md.
block() {
    awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```/ { on = 0 } on' docs/CLIENTS.md
}

# refreshes: how many the service has answered with a pair.
refreshes() {
    grep -c 'POST /api/refresh 200' "$work/log" || true
}

for program in python3 node curl flock; do
    command -v "$program" >/dev/null || skip "$program is not installed"
done
python3 -m venv "$work/venv" >"$work/pip.log" 2>&1 || skip 'python3 cannot make a venv'
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --retries 1 'httpx>=0.28,<1' \
    >"$work/pip.log" 2>&1 || skip "pip cannot install from PyPI: $(tail -n 1 "$work/pip.log")"
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
# shellcheck disable=SC2086 # Names hold no spaces.
unset ${!ROCKET_@}
cargo build --locked --quiet --bin vestibule

cp tests/clients/run.* "$work"
block python >"$work/client.py"
block js >"$work/client.mjs"
block bash >"$work/client.sh"
program="${CARGO_TARGET_DIR:-$PWD/target}/debug/vestibule"
cd "$work"
ROCKET_PORT=0 ROCKET_AUTH='{password={cost=4},token={access="8s"}}' VESTIBULE_STATE="$work/state" \
    "$program" >"$work/said" 2>"$work/log" &
server=$!
url=''
for _ in $(seq 400); do
    url=$(sed -n 's|^.*Vestibule is at \(http://[0-9.:]*\).*$|\1|p' "$work/said")
    if [ -n "$url" ]; then break; fi
    kill -0 "$server"
    sleep 0.05
done

for client in 'venv/bin/python run.py' 'node run.mjs' 'bash run.sh'; do
    before=$(refreshes)
    # Words of a command.
    # shellcheck disable=SC2086
    $client "$url"
    echo "  $client: twenty requests at once, $(($(refreshes) - before)) refreshes in all"
done
echo 'The clients stay signed in, and sign out.'
