#!/usr/bin/env bash
# The OpenAPI document before other people's tools: Redocly's lint, two generators of clients from
# npm, and Schemathesis from PyPI on SQLite and PostgreSQL.
#
# They go into a directory that is gone afterwards. Where they cannot be installed it says
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

program="${CARGO_TARGET_DIR:-$PWD/target}/debug/vestibule"
cargo build --locked --bin vestibule
cp tests/openapi/* "$work"
echo '{"type":"module"}' >"$work/package.json"
(cd "$work" && npm install --silent --no-audit --no-fund typescript@5 @types/node@20 \
    openapi-typescript@7 openapi-fetch @hey-api/openapi-ts @redocly/cli@2) >"$work/npm.log" 2>&1 ||
    skip 'npm cannot install the generators'
python3 -m venv "$work/venv" && "$work/venv/bin/pip" install -q 'schemathesis>=4.32,<5' ||
    skip 'pip cannot install Schemathesis'

mkdir "$work/state"
VESTIBULE_STATE="$work/state" ROCKET_PORT=0 "$program" >"$work/said" 2>"$work/log" &
server=$!
url=''
for _ in $(seq 400); do
    url=$(sed -n 's|^.*Vestibule is at \(http://[0-9.:]*\).*$|\1|p' "$work/said")
    if [ -n "$url" ]; then break; fi
    kill -0 "$server"
    sleep 0.05
done

cd "$work"
curl -sSf "$url/api/openapi.json" >openapi.json
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
npx redocly lint --config redocly.yaml openapi.json
npx openapi-typescript openapi.json -o generated/types.ts
npx openapi-ts -i openapi.json -o generated/hey -p @hey-api/client-fetch @hey-api/sdk @hey-api/typescript
npx tsc
SERVICE=$url node out/client.js
cd - >/dev/null

SCHEMATHESIS="$work/venv/bin/st" cargo test --locked --test operations schemathesis -- --ignored
