#!/usr/bin/env bash
# HTTP clients that refresh on every 401, without single flight, through a proxy that delays: axios,
# ky, httpx and requests. 20 requests at once at the expiry, 100 times: no sign-in is lost.
#
# The clients come from npm and PyPI into a directory that is gone afterwards. Where that cannot be
# done it says `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh

rounds=${1:-100}

install_from_pypi 'httpx>=0.28,<1' 'requests>=2.32,<3'
cp tests/refresh-clients/*.mjs "$work"
install_from_npm 'axios@^1.7' 'ky@^1.7'
build_service
serve ROCKET_LOG_LEVEL=off
"$work/venv/bin/python" tests/refresh-clients/delaying_proxy.py 127.0.0.1 "${url##*:}" \
    >"$work/proxy" 2>"$work/proxy.log" &
running+=($!)
wait_for_address "$work/proxy" "$work/proxy.log"

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
