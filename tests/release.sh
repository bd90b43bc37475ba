#!/usr/bin/env bash
# The parts of deploy/release.sh that take no release build: an archive does not depend on the order, times
# and modes of the files, nor the SBOM on the directory, and it has the crates of Cargo.lock.
#
# The SBOM is checked where cargo-cyclonedx is installed, which no registry offers built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh
source deploy/release.sh

mkdir -p "$work/1/release/sub" "$work/2/release"
printf 'a' >"$work/1/release/a"
printf 'b' >"$work/1/release/sub/b"
touch "$work"/{1,2}/release/{z,k,c,x,e,y}
chmod 700 "$work/1/release/a"
(
    umask 077
    mkdir "$work/2/release/sub"
    printf 'b' >"$work/2/release/sub/b"
    printf 'a' >"$work/2/release/a"
)
chmod 711 "$work/2/release/a"
touch -d '2001-02-03' "$work/2/release/a" "$work/2/release"
pack "$work/1/release" "$work/1/archive"
pack "$work/2/release" "$work/2/archive"
cmp "$work/1/archive" "$work/2/archive"
tar -tzf "$work/1/archive" | sort --check
printf 'c' >"$work/2/release/a"
pack "$work/2/release" "$work/2/archive"
if cmp --silent "$work/1/archive" "$work/2/archive"; then
    echo 'FAILED: another program, and the same archive'
    exit 1
fi
echo 'the same files make the same archive'

copy_licences . "$work/licences"
test -s "$work"/licences/rocket-[0-9]*/LICENSE-MIT
test -s "$work"/licences/libpq.txt
grep '^webauthn-rs-core [0-9.]* (MPL-2.0): https://' "$work/licences/without-text.txt"
echo "$(find "$work/licences" -type f | wc -l) licences"

if ! cargo cyclonedx --version >/dev/null 2>&1; then
    echo 'not run: the SBOM, without cargo-cyclonedx'
    exit 0
fi
for directory in one two/deeper; do
    mkdir -p "$work/$directory"
    export_source "$work/$directory/source"
    write_sbom "$work/$directory/source" "$work/$directory/sbom.json"
done
cmp "$work/one/sbom.json" "$work/two/deeper/sbom.json"
if grep -F -- "$work" "$work/one/sbom.json"; then
    echo 'FAILED: the SBOM has a path of this machine'
    exit 1
fi
cargo tree --locked --package vestibule-service --edges normal --target "$host" --prefix none \
    --format '{p}' >"$work/tree"
python3 - "$work/one/sbom.json" "$work/tree" <<'PYTHON'
import json, sys, tomllib

components = json.load(open(sys.argv[1]))["components"]
named = {(it["name"], it["version"]): {h["content"] for h in it.get("hashes", [])} for it in components}
lock = {
    (it["name"], it["version"]): {it["checksum"]} if "checksum" in it else set()
    for it in tomllib.load(open("Cargo.lock", "rb"))["package"]
}
wrong = [it for it in named if lock.get(it) != named[it]]
assert not wrong, f"not as in Cargo.lock: {wrong}"
tree = {tuple(line.replace(" v", " ").split()[:2]) for line in open(sys.argv[2])}
missing = [it for it in tree if it not in named and it[0] != "vestibule-service"]
assert not missing, f"in the program and not in the SBOM: {missing}"
print(f"{len(named)} components in the SBOM, {len(tree)} crates in the program")
PYTHON
