#!/usr/bin/env bash
# HTTP clients that refresh on every 401, without single flight, through a proxy that delays: axios,
# ky, httpx and requests. 20 requests at once at the expiry, 100 times: no sign-in is lost.
#
# The clients come from npm and PyPI into a directory that is gone afterwards. Where that cannot be
# done it says `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=${1:-100}
work=$(mktemp -d)
running=()

stop() {
    local one
    for one in ${running[@]+"${running[@]}"}; do
        kill "$one" 2>/dev/null || true
        wait "$one" 2>/dev/null || true
    done
}
trap 'stop; rm -rf "$work"' EXIT

# skip REASON: ends the run.
skip() {
    echo "skipped: $1"
    if [ "${CI:-}" = true ]; then exit 1; fi
    exit 0
}

# address FILE: waits for an address in what a program printed.
address() {
    local found _
    for _ in $(seq 400); do
        found=$(grep -o 'http://127.0.0.1:[0-9]*' "$1" | head -n 1 || true)
        if [ -n "$found" ]; then
            echo "$found"
            return
        fi
        sleep 0.05
    done
    cat "$work"/*.log >&2
    echo "no address in $1" >&2
    return 1
}

for program in python3 node npm; do
    command -v "$program" >/dev/null || skip "$program is not installed"
done
python3 -m venv "$work/venv" >"$work/pip.log" 2>&1 || skip 'python3 cannot make a venv'
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --retries 1 \
    'httpx>=0.28,<1' 'requests>=2.32,<3' >"$work/pip.log" 2>&1 ||
    skip "pip cannot install from PyPI: $(tail -n 1 "$work/pip.log")"
cp tests/refresh-clients/*.mjs "$work"
npm install --prefix "$work" --silent --no-audit --no-fund 'axios@^1.7' 'ky@^1.7' \
    >"$work/npm.log" 2>&1 || skip "npm cannot install: $(tail -n 1 "$work/npm.log")"

export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
# shellcheck disable=SC2086 # Names hold no spaces.
unset ${!ROCKET_@}
cargo build --locked --quiet
printf '[default]\nlog_level = "off"\n\n[default.auth.password]\ncost = 4\n' >"$work/Rocket.toml"
ROCKET_CONFIG="$work/Rocket.toml" ROCKET_PROFILE=debug ROCKET_PORT=0 VESTIBULE_STATE="$work/state" \
    "${CARGO_TARGET_DIR:-target}/debug/vestibule" >"$work/service" 2>"$work/service.log" &
running+=($!)
service=$(address "$work/service")
"$work/venv/bin/python" tests/refresh-clients/delaying_proxy.py 127.0.0.1 "${service##*:}" \
    >"$work/proxy" 2>"$work/proxy.log" &
running+=($!)
url=$(address "$work/proxy")

clients=()
for name in httpx requests; do
    "$work/venv/bin/python" "tests/refresh-clients/${name}_client.py" "$url" "$rounds" 20 &
    clients+=($!)
done
for name in axios ky; do
    node "$work/${name}_client.mjs" "$url" "$rounds" 20 &
    clients+=($!)
done
failed=0
for client in "${clients[@]}"; do
    wait "$client" || failed=1
done
exit "$failed"
