#!/usr/bin/env bash
# Validates deploy/kubernetes.yaml against the schemas of Kubernetes, unknown fields included.
#
# kubernetes-validate, which holds the schemas, comes from PyPI into a directory that is gone
# afterwards. Where that cannot be done it says `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

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
    'kubernetes-validate>=1.37,<2' >"$work/log" 2>&1 ||
    skip "pip cannot install from PyPI: $(tail -n 1 "$work/log")"

# 1.30 is the first version with a pause that needs no program in the image.
for version in 1.30 1.37; do
    "$work/venv/bin/kubernetes-validate" --strict --kubernetes-version "$version" \
        deploy/kubernetes.yaml
done
