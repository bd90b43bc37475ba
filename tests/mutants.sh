#!/usr/bin/env bash
# Counts which mutants of the library, of `src/accounts` and of `src/http` the tests catch, and lists the others.
#
#     tests/mutants.sh [OPTION...]     # those of tests/mutants/run.py; takes hours
#
# `cargo mutants` lists the mutants, and tests/mutants/switch.py builds them all into one copy of the
# checkout's last commit, under target/mutants, because a build for each of some thousands takes days.
# Needs cargo-mutants, PyPI and PostgreSQL (TEST_POSTGRES_URL, or what the tests find themselves).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh

require cargo-mutants git
install_from_pypi 'tree-sitter>=0.23,<0.27' 'tree-sitter-rust>=0.23,<0.27'

directory=$PWD/target/mutants
export CARGO_TARGET_DIR=$directory/target CARGO_INCREMENTAL=1 RUSTFLAGS='--cap-lints allow'
rm -rf "$directory/checkout"
git clone -q . "$directory/checkout"
(
    cd "$directory/checkout"
    cargo mutants --list --json -p vestibule -e 'crates/vestibule/src/testing/**' -E fmt::Debug >"$work/library.json"
    cargo mutants --list --json -p vestibule-service -f 'src/accounts/**' -f 'src/http/**' -E fmt::Debug >"$work/service.json"
)
"$work/venv/bin/python" tests/mutants/switch.py "$directory/checkout" "$directory/mutants.json" \
    "$work/library.json" "$work/service.json"
python3 tests/mutants/run.py "$directory/checkout" "$directory/mutants.json" "$directory/results.json" "$@"
