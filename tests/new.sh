#!/usr/bin/env bash
# What `vestibule new` writes, built and run as its README says: tests, format, lints, a login on the
# page and one of a program.
#
# Offline: with the lock file of this repository, whose dependencies have been fetched.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh

require curl
repository=$PWD
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$repository/target} CARGO_NET_OFFLINE=true
mkdir "$work/.cargo"
print_profile >"$work/.cargo/config.toml"
clear_environment

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
running+=($!)
wait_for_address log log
status() { curl -s -o page -w '%{http_code} %{redirect_url}' -b jar -c jar "$@" | sed "s|$url||"; }

user='name=ada&password=correct horse'
expect 'a visitor' '303 /login?next=%2F' "$(status "$url/")"
expect 'a wrong password' '401 ' "$(status -d "$user" "$url/login")"
grep -q 'Wrong user name or password' page
expect 'the page to register' '200 ' "$(status "$url/register")"
expect 'a new user' '303 /' "$(status -d "$user" "$url/register")"
expect 'the page' '200 ' "$(status "$url/")"
grep -q 'Hello, ada' page
expect 'signing out' '303 /login' "$(status -X POST "$url/logout")"
expect 'signing in' '303 /a?b' "$(status -d "$user&remember=on" "$url/login?next=%2Fa%3Fb")"
grep -q remember jar
expect 'the same name' '409 ' "$(status -d "${user/ada/Ada}" "$url/register")"
expect 'that page again' '200 ' "$(status "$url/register")"
grep -q 'href="/login"' page
expect 'signing in' '303 /' "$(status -d "$user" "$url/login")"
given='{"name":"ada","password":"correct horse"}'
field() { sed "s/.*\"$1\":\"\([^\"]*\).*/\1/" pair; }
curl -s "$url/api/login" -H 'Content-Type: application/json' -d "$given" >pair
me() { curl -s "$url/api/me" -H "Authorization: Bearer $(field access_token)"; }
expect 'a program' '{"id":1,"name":"ada"}' "$(me)"
curl -s "$url/api/refresh" -H 'Content-Type: application/json' \
    -d "{\"refresh_token\":\"$(field refresh_token)\"}" >next && mv next pair
expect 'the next token' '{"id":1,"name":"ada"}' "$(me)"
expect 'signing it out' '200 ' "$(status -X POST "$url/api/logout" -H "Authorization: Bearer $(field access_token)")"
me | grep -q '"code":"token_revoked"'
for _ in $(seq 10); do status -d 'name=ben&password=wrong' "$url/login" >/dev/null; done
expect 'guessing' '429 ' "$(status -d 'name=ben&password=wrong' "$url/login")"

echo 'without secrets of its own'
if ROCKET_PROFILE=release ROCKET_PORT=0 "$CARGO_TARGET_DIR/debug/first-app" >log 2>&1; then
    echo 'FAILED: it launched'
    exit 1
fi
grep -E -m 1 'secret' log
