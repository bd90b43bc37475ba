#!/usr/bin/env bash
# The links in mails, followed in Chromium in each language: a registration, another address and the
# former one taken back, a forgotten password, a sign-in, an invitation; then a second factor; axe
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
cp tests/mail_pages.mjs "$work"
(cd "$work" && npm init --yes >npm.log 2>&1 &&
    npm install --no-audit --no-fund puppeteer-core@24 axe-core@4 >npm.log 2>&1) ||
    skip "npm cannot install: $(tail -n 1 "$work/npm.log")"

# shellcheck disable=SC2086 # Names hold no spaces.
unset ${!ROCKET_@}
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
cargo build --locked --quiet --bin vestibule
program="${CARGO_TARGET_DIR:-$PWD/target}/debug/vestibule"
cd "$work"
ROCKET_CONFIG=/dev/null ROCKET_PORT=0 ROCKET_AUTH='{password={cost=4}}' VESTIBULE_STATE="$work/state" \
    ROCKET_ACCOUNTS='{email="required", sign_in_links=true}' "$program" >"$work/said" 2>"$work/log" &
server=$!
url=''
for _ in $(seq 400); do
    url=$(sed -n 's|^.*Vestibule is at \(http://[0-9.:]*\).*$|\1|p' "$work/said")
    if [ -n "$url" ]; then break; fi
    kill -0 "$server"
    sleep 0.05
done
node mail_pages.mjs "$url" "$work/state/mail" "$browser"
