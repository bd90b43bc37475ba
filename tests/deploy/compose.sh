#!/usr/bin/env bash
# Validates deploy/compose.yaml and deploy/compose-patroni.yaml against the schema of Compose, unknown fields
# included.
#
# check-jsonschema, which holds the schema, comes from PyPI into a directory that is gone afterwards. Where
# that cannot be done it says `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# skip REASON: ends the run.
skip() {
    echo "skipped: $1"
    if [ "${CI:-}" = true ]; then exit 1; fi
    exit 0
}

command -v python3 >/dev/null || skip 'python3 is not installed'
python3 -m venv "$work/venv" >"$work/log" 2>&1 || skip 'python3 cannot make a venv'
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --retries 1 \
    'check-jsonschema>=0.37,<1' >"$work/log" 2>&1 ||
    skip "pip cannot install from PyPI: $(tail -n 1 "$work/log")"

"$work/venv/bin/check-jsonschema" --builtin-schema vendor.compose-spec \
    deploy/compose.yaml deploy/compose-patroni.yaml
