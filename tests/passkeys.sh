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
source tests/shell.sh

find_chromium
install_from_npm puppeteer-core@24 axe-core@4
build_service
# One that is free now: with port 0 pages at every port of localhost could use its passkeys.
port=$(node -e 'require("net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port); this.close() })')
serve ROCKET_PORT="$port"
cp tests/passkeys.mjs "$work"
# Browsers bind passkeys to a name.
node "$work/passkeys.mjs" "${url/127.0.0.1/localhost}" "$browser"
