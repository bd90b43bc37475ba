#!/usr/bin/env bash
# What `vestibule new` writes, built and run as its README says: tests, format, lints, a login on the
# page and one of a program.
#
# Offline: with the lock file of this repository, whose dependencies have been fetched.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

repository=$PWD
work=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server"; wait "$server" || true; fi; rm -rf "$work"' EXIT
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$repository/target} CARGO_NET_OFFLINE=true
# The same profile, so that what is built already is not built again.
mkdir "$work/.cargo"
sed -n '/^\[profile\.dev/,/^\[profile\.release/{/^\[profile\.release/!p}' Cargo.toml >"$work/.cargo/config.toml"
unset ROCKET_PROFILE ROCKET_AUTH ROCKET_CONFIG

# expect WHAT WANTED GIVEN: fails unless the two are the same.
expect() {
    if [ "$2" != "$3" ]; then
        printf 'FAILED: %s: %s, not %s\n' "$1" "$3" "$2"
        exit 1
    fi
    printf '  %s: %s\n' "$1" "$3"
}

cargo run --locked --quiet --bin vestibule -- new "$work/first-app" --library crates/vestibule
cp Cargo.lock "$work/first-app"
cd "$work/first-app"

echo 'format, lints and tests'
cargo fmt --check
cargo clippy --quiet --all-targets -- -D warnings
cargo test --quiet

echo 'the program'
cargo build --quiet
ROCKET_PORT=0 "$CARGO_TARGET_DIR/debug/first-app" >log 2>&1 &
server=$!
for _ in $(seq 300); do
    grep -q 'launched from' log && break
    kill -0 "$server" || { cat log; exit 1; }
    sleep 0.1
done
base=$(grep -o 'http://127.0.0.1:[0-9]*' log | tail -n 1)
status() { curl -s -o page -w '%{http_code} %{redirect_url}' -b jar -c jar "$@" | sed "s|$base||"; }

user='name=ada&password=correct horse'
expect 'a visitor' '303 /login?next=%2F' "$(status "$base/")"
expect 'a wrong password' '401 ' "$(status -d "$user" "$base/login")"
grep -q 'Wrong user name or password' page
expect 'the page to register' '200 ' "$(status "$base/register")"
expect 'a new user' '303 /' "$(status -d "$user" "$base/register")"
expect 'the page' '200 ' "$(status "$base/")"
grep -q 'Hello, ada' page
expect 'signing out' '303 /login' "$(status -X POST "$base/logout")"
expect 'signing in' '303 /a?b' "$(status -d "$user&remember=on" "$base/login?next=%2Fa%3Fb")"
grep -q remember jar
expect 'the same name' '409 ' "$(status -d "${user/ada/Ada}" "$base/register")"
expect 'that page again' '200 ' "$(status "$base/register")"
grep -q 'href="/login"' page
expect 'signing in' '303 /' "$(status -d "$user" "$base/login")"
given='{"name":"ada","password":"correct horse"}'
field() { sed "s/.*\"$1\":\"\([^\"]*\).*/\1/" pair; }
curl -s "$base/api/login" -H 'Content-Type: application/json' -d "$given" >pair
me() { curl -s "$base/api/me" -H "Authorization: Bearer $(field access_token)"; }
expect 'a program' '{"id":1,"name":"ada"}' "$(me)"
curl -s "$base/api/refresh" -H 'Content-Type: application/json' \
    -d "{\"refresh_token\":\"$(field refresh_token)\"}" >next && mv next pair
expect 'the next token' '{"id":1,"name":"ada"}' "$(me)"
expect 'signing it out' '200 ' "$(status -X POST "$base/api/logout" -H "Authorization: Bearer $(field access_token)")"
me | grep -q '"code":"token_revoked"'
for _ in $(seq 10); do status -d 'name=ben&password=wrong' "$base/login" >/dev/null; done
expect 'guessing' '429 ' "$(status -d 'name=ben&password=wrong' "$base/login")"

echo 'without secrets of its own'
if ROCKET_PROFILE=release ROCKET_PORT=0 "$CARGO_TARGET_DIR/debug/first-app" >log 2>&1; then
    echo 'FAILED: it launched'
    exit 1
fi
grep -E -m 1 'secret' log
