#!/usr/bin/env bash
# Validates deploy/compose.yaml and deploy/compose-patroni.yaml against the schema of Compose, unknown fields
# included.
#
# check-jsonschema, which holds the schema, comes from PyPI into a directory that is gone afterwards. Where
# that cannot be done it says `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/shell.sh

install_from_pypi 'check-jsonschema>=0.37,<1'
"$work/venv/bin/check-jsonschema" --builtin-schema vendor.compose-spec \
    deploy/compose.yaml deploy/compose-patroni.yaml
