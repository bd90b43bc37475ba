#!/usr/bin/env bash
# Passkeys in Chromium with its virtual authenticator, whose commands are those of chromedriver: made, used
# without a user name, in the second step and to confirm; refused from another origin and another host, used
# twice, of another user, removed, and with a counter that went back; and the pages without JavaScript. axe
# looks at every page on the way, and none is wider than a phone of 360 px.
#
# puppeteer-core and axe-core come from npm into a directory that is gone afterwards. Where that cannot
# be done it says `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
server=''
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

# skip REASON: ends the run.
skip() {
    echo "skipped: $1"
    if [ "${CI:-}" = true ]; then exit 1; fi
    exit 0
}

for program in node npm; do
    command -v "$program" >/dev/null || skip "$program is not installed"
done
browser=''
for name in chromium chromium-browser google-chrome; do
    browser=${browser:-$(command -v "$name" || true)}
done
[ -n "$browser" ] || skip 'no chromium is installed'
cp tests/passkeys.mjs "$work"
(cd "$work" && npm init --yes >npm.log 2>&1 &&
    npm install --no-audit --no-fund puppeteer-core@24 axe-core@4 >npm.log 2>&1) ||
    skip "npm cannot install: $(tail -n 1 "$work/npm.log")"

# shellcheck disable=SC2086 # Names hold no spaces.
unset ${!ROCKET_@}
export NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost
cargo build --locked --quiet --bin vestibule
program="${CARGO_TARGET_DIR:-$PWD/target}/debug/vestibule"
cd "$work"
# One that is free now: with port 0 pages at every port of localhost could use its passkeys.
port=$(node -e 'require("net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port); this.close() })')
ROCKET_CONFIG=/dev/null ROCKET_PORT=$port ROCKET_AUTH='{password={cost=4}}' VESTIBULE_STATE="$work/state" \
    "$program" >"$work/said" 2>"$work/log" &
server=$!
url=''
for _ in $(seq 400); do
    url=$(sed -n 's|^.*Vestibule is at \(http://[0-9.:]*\).*$|\1|p' "$work/said")
    if [ -n "$url" ]; then break; fi
    kill -0 "$server"
    sleep 0.05
done
# Browsers bind passkeys to a name.
node passkeys.mjs "${url/127.0.0.1/localhost}" "$browser"
