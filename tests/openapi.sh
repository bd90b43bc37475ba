#!/usr/bin/env bash
# The OpenAPI document before other people's tools: Redocly's lint, two generators of clients from
# npm, and Schemathesis from PyPI on SQLite and PostgreSQL.
#
# They go into a directory that is gone afterwards. Where they cannot be installed it says
# `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh

require curl
build_service
cp tests/openapi/* "$work"
echo '{"type":"module"}' >"$work/package.json"
install_from_npm typescript@5 @types/node@20 openapi-typescript@7 openapi-fetch @hey-api/openapi-ts @redocly/cli@2
install_from_pypi 'schemathesis>=4.32,<5'
serve

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
