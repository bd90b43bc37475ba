#!/usr/bin/env bash
# The links in mails, followed in Chromium in each language: a registration, another address and the
# former one taken back, a forgotten password, a sign-in, an invitation; then a second factor; axe
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
serve ROCKET_ACCOUNTS='{email="required", sign_in_links=true}'
cp tests/mail_pages.mjs "$work"
node "$work/mail_pages.mjs" "$url" "$work/state/mail" "$browser"
