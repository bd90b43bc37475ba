#!/usr/bin/env bash
# The clients of docs/CLIENTS.md against the service: Python, JavaScript, shell.
#
# httpx comes from PyPI into a directory that is gone afterwards. Where that cannot be done it says
# `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh

# block LANGUAGE: the program of docs/CLIENTS.md.
block() {
    awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```/ { on = 0 } on' docs/CLIENTS.md
}

# refreshes: how many the service has answered with a pair.
refreshes() {
    grep -c 'POST /api/refresh 200' "$work/log" || true
}

require python3 node curl flock
install_from_pypi 'httpx>=0.28,<1'
build_service

cp tests/clients/run.* "$work"
block python >"$work/client.py"
block js >"$work/client.mjs"
block bash >"$work/client.sh"
serve ROCKET_AUTH='{password={cost=4},token={access="8s"}}'
cd "$work"

for client in 'venv/bin/python run.py' 'node run.mjs' 'bash run.sh'; do
    before=$(refreshes)
    # Words of a command.
    # shellcheck disable=SC2086
    $client "$url"
    echo "  $client: twenty requests at once and a HEAD, $(($(refreshes) - before)) refreshes in all"
done
echo 'The clients stay signed in, and sign out.'
