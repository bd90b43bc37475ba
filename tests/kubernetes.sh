#!/usr/bin/env bash
# Validates deploy/kubernetes.yaml against the schemas of Kubernetes, unknown fields included.
#
# kubernetes-validate, which holds the schemas, comes from PyPI into a directory that is gone
# afterwards. Where that cannot be done it says `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh

install_from_pypi 'kubernetes-validate>=1.37,<2'

# 1.30 is the first version with a pause that needs no program in the image.
for version in 1.30 1.37; do
    "$work/venv/bin/kubernetes-validate" --strict --kubernetes-version "$version" \
        deploy/kubernetes.yaml
done
