#!/usr/bin/env bash
# A crate outside of this repository: it depends on the library by path, and its tests use the test
# kit. One of its programs is that of README.md with the test of docs/LIBRARY.md; notes.rs demands a
# login everywhere and has forgotten one guard; rows.rs makes what another crate must be able to
# make, a store of its own for example.
#
# Offline: with the lock file of this repository, whose dependencies have been fetched.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh

repository=$PWD
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$repository/target}

# block TEXT PAGE: the first block of Rust on the page that has the text.
block() {
    awk -v text="$1" '
        /^```rust/ { inside = 1; block = ""; next }
        /^```/ { if (inside && index(block, text)) { printf "%s", block; exit } inside = 0 }
        inside { block = block $0 "\n" }
    ' "$2"
}

# holds FILE TEXT: fails unless the text is in the file.
holds() {
    if ! grep -qF -- "$2" "$1"; then
        printf 'FAILED: not there: %s\n' "$2"
        cat "$1"
        return 1
    fi
    printf '  %s\n' "$2"
}

# lacks FILE TEXT: fails when the text is in the file.
lacks() {
    if grep -qF -- "$2" "$1"; then
        printf 'FAILED: there: %s\n' "$2"
        cat "$1"
        return 1
    fi
    printf '  without %s\n' "$2"
}

mkdir -p "$work/src/bin"
sed "s|VESTIBULE|$repository|" tests/outside/manifest.toml >"$work/Cargo.toml"
print_profile >>"$work/Cargo.toml"
cp Cargo.lock "$work/Cargo.lock"
cp tests/outside/notes.rs tests/outside/rows.rs "$work/src/bin/"
{ block '#[launch]' README.md; block 'testing::token(&client' docs/LIBRARY.md; } >"$work/src/main.rs"
cat >"$work/Rocket.toml" <<'TOML'
[default.auth.token]
secret = "the secret of this test of the README alone"
TOML

cd "$work"
clear_environment
holds src/main.rs 'testing::token(&client, &ann)'

echo 'without the kit'
cargo build --offline --quiet --bin outside 2>log || { cat log; exit 1; }

echo 'what it makes'
cargo run --offline --quiet --bin rows >log 2>&1 || { cat log; exit 1; }
holds log '0 errors'

echo 'its tests'
cargo test --offline --quiet >log 2>&1 || { cat log; exit 1; }
holds log 'test result: ok. 1 passed'
holds log 'test result: ok. 4 passed'
holds log 'test result: ok. 3 passed'

echo 'the forgotten guard'
if cargo run --offline --quiet --bin notes >log 2>&1; then
    echo 'FAILED: it launched'
    exit 1
fi
holds log 'login required: GET /drafts?<page> (drafts) demands no login'
# Messages of the launch check itself.
lacks log 'Configured for'
lacks log 'unmanaged'
