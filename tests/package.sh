#!/usr/bin/env bash
# The library as it is published: the packaged files build in an empty directory, with each feature
# alone and with all of them.
#
# Offline: with the lock file of this repository, whose dependencies have been fetched.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh

repository=$PWD
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$repository/target}

cargo package --offline --quiet --allow-dirty --no-verify -p vestibule
tar -xzf "$CARGO_TARGET_DIR"/package/vestibule-*.crate -C "$work"
cd "$work"/vestibule-*
cp "$repository/Cargo.lock" Cargo.lock
for file in migrations README.md; do
    if [ ! -e "$file" ]; then
        echo "FAILED: not packaged: $file"
        exit 1
    fi
done
for features in '' diesel diesel-sqlite diesel-postgres rocket_sync_db_pools,diesel-sqlite \
    imported-hashes second-factor strength testing; do
    echo "  ${features:-no feature}"
    cargo check --offline --quiet --lib --features "$features"
done
echo '  all features'
cargo check --offline --quiet --lib --all-features
