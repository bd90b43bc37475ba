#!/usr/bin/env bash
# The program of docs/LIBRARY.md on rocket_sync_db_pools, from its files as they are shown: built,
# started, a login on the page and one of a program, and both again after a restart.
#
# With the lock file of this repository; what the program needs besides, Rocket's HTTP/2, comes from the
# registry.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh

require curl
repository=$PWD
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$repository/target}
mkdir "$work/.cargo"
print_profile >"$work/.cargo/config.toml"
clear_environment

# block LANGUAGE: the first block in this language of the section, without its hidden lines.
block() {
    awk -v fence="^\`\`\`$1" '
        /^## / { section = /^## With `rocket_sync_db_pools`/ }
        section && $0 ~ fence { inside = 1; next }
        /^```/ { if (inside) exit }
        inside && !/^# / { print }
    ' docs/LIBRARY.md
}

ln -s "$repository" "$work/vestibule"
mkdir -p "$work/my-app/src"
block toml >"$work/my-app/Cargo.toml"
block sh >"$work/rocket.sh"
block rust >"$work/my-app/src/main.rs"
cp Cargo.lock "$work/my-app"
cd "$work/my-app"
sh "$work/rocket.sh"

echo 'the program'
cargo build --quiet
start() {
    : >log
    ROCKET_PORT=0 "$CARGO_TARGET_DIR/debug/my-app" >log 2>&1 &
    running+=($!)
    wait_for_address log log
}
status() { curl -s -o page -w '%{http_code} %{redirect_url}' -b jar -c jar "$@" | sed "s|$url||"; }
me() { curl -s "$url/api/me" -H "Authorization: Bearer $token"; }

start
expect 'a visitor' '303 /login?next=%2Fdashboard' "$(status "$url/dashboard")"
form='name=ann@example.org&password=correct horse'
expect 'a wrong password' '401 ' "$(status -d 'name=<&password=wrong' "$url/login")"
grep -q 'value="&lt;"' page
expect 'signing in' '303 /dashboard' "$(status -d "$form" "$url/login")"
given='{"name":"ann@example.org","password":"correct horse"}'
token=$(curl -s "$url/api/login" -H 'Content-Type: application/json' -d "$given" |
    sed 's/.*"access_token":"\([^"]*\).*/\1/')
for _ in 1 2; do
    expect 'the page' '200 ' "$(status "$url/dashboard")"
    grep -q 'A page for ann@example.org' page
    expect 'a program' 'A response for ann@example.org.' "$(me)"
    stop
    start
done
expect 'signing out' '303 /login' "$(status -X POST "$url/logout")"
expect 'the page' '303 /login?next=%2Fdashboard' "$(status "$url/dashboard")"

echo 'without the tables of the library'
stop
rm app.sqlite3*
sed -i '/run_pending_migrations/d; /MigrationHarness/d; s/ MIGRATIONS,//' src/main.rs
cargo build --quiet
if ROCKET_PORT=0 "$CARGO_TARGET_DIR/debug/my-app" >log 2>&1; then
    echo 'FAILED: it launched'
    exit 1
fi
grep -o 'the table `sign_ins` is missing' log
