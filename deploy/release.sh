#!/usr/bin/env bash
# Builds the release of the commit that is checked out, for this machine's kind of system: an archive
# with the program, its SBOM and the licences, and SHA256SUMS, in target/dist.
#
# The same commit, rustc, C compiler and C library give the same bytes in any directory: docs/RELEASING.md
# says how to verify that and what was compared. Needs cargo-cyclonedx.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export LC_ALL=C TZ=UTC
umask 022

host=$(rustc -vV | sed -n 's/^host: //p')
cargo_home=${CARGO_HOME:-$HOME/.cargo}
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

# export_source DIR: the files of the commit; what is not committed stays outside.
export_source() {
    mkdir "$1"
    git archive HEAD | tar -x -C "$1"
}

# compile SOURCE TARGET: the program, without paths and settings of this machine.
compile() (
    local commit from rustflags cflags=''
    # The prefix that rustc gives the paths of its own standard library.
    commit=$(rustc -vV | sed -n 's/^commit-hash: //p')
    rustflags="--remap-path-prefix=$(rustc --print sysroot)/lib/rustlib/src/rust=/rustc/$commit"
    for from in "$1=/source" "$2=/target" "$cargo_home=/cargo"; do
        rustflags+=" --remap-path-prefix=$from"
        cflags+=" -ffile-prefix-map=$from"
    done
    cd "$1"
    cargo fetch --quiet --locked
    env -i PATH="$PATH" HOME="$HOME" CARGO_HOME="$cargo_home" \
        ${RUSTUP_HOME:+RUSTUP_HOME="$RUSTUP_HOME"} ${RUSTUP_TOOLCHAIN:+RUSTUP_TOOLCHAIN="$RUSTUP_TOOLCHAIN"} \
        LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" \
        CARGO_TARGET_DIR="$2" RUSTFLAGS="$rustflags" CFLAGS="$cflags" \
        cargo build --quiet --release --locked --offline \
        --package vestibule-service --bin vestibule
)

# write_sbom SOURCE FILE: the components as CycloneDX; those for the build alone have the scope `excluded`.
write_sbom() {
    (cd "$1" && cargo cyclonedx --quiet --format json --spec-version 1.5 \
        --describe binaries --target "$host")
    sed "s|file://$1|file:///source|g" "$1/vestibule_bin.cdx.json" >"$2"
}

# copy_licences SOURCE DIR: the texts that come with the crates in the program, libpq's, and a list of the
# crates that come without one.
copy_licences() {
    local name version licence from to
    mkdir -p "$2"
    cp "$1/deploy/licences/libpq.txt" "$2/"
    (cd "$1" && cargo tree --locked --package vestibule-service --edges normal --target "$host" \
        --prefix none --no-dedupe --format '{p} ({l})') | grep -v ' (/' | sed 's/ (proc-macro)//' | sort -u |
        while read -r name version licence; do
            from=("$cargo_home"/registry/src/*/"$name-${version#v}")
            to=$2/$name-${version#v}
            mkdir "$to"
            find "${from[0]}" -maxdepth 1 -type f \
                \( -iname '*licen[sc]e*' -o -iname 'copying*' -o -iname 'copyright*' -o -iname 'notice*' \) \
                -exec cp {} "$to/" \;
            if rmdir "$to" 2>/dev/null; then
                echo "$name ${version#v} $licence: https://crates.io/crates/$name/${version#v}"
            fi
        done >"$2/without-text.txt"
}

# describe_build: what must be the same to get the same bytes.
describe_build() {
    printf 'commit: %s\n' "$(git rev-parse HEAD)"
    rustc -vV
    cc --version | sed -n 1p
    ldd --version | sed -n 1p
    cargo cyclonedx --version
}

# pack DIR ARCHIVE: with one order, time and owner, whatever those of the files are.
pack() {
    tar -C "$(dirname "$1")" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
        --mode=u=rwX,go=rX --format=ustar -cf - "$(basename "$1")" | gzip -9 --no-name >"$2"
}

release() {
    local version name work
    if ! cargo cyclonedx --version >/dev/null 2>&1; then
        echo 'cargo-cyclonedx is missing: cargo install --locked cargo-cyclonedx'
        return 1
    fi
    if ! git diff --quiet HEAD; then
        echo 'there are changes that are not committed'
        return 1
    fi
    work=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    version=$(cargo pkgid --locked --package vestibule-service)
    name=vestibule-${version##*[@#]}-$host

    export_source "$work/source"
    compile "$work/source" "$work/target"
    mkdir -p "$work/$name/licences"
    cp "$work/target/release/vestibule" "$work/$name/"
    (cd "$work/source" && cp CHANGELOG.md LICENSE-APACHE LICENSE-MIT deploy/nginx.conf \
        deploy/vestibule.service "$work/$name/")
    write_sbom "$work/source" "$work/$name/vestibule.cdx.json"
    copy_licences "$work/source" "$work/$name/licences"
    describe_build >"$work/$name/BUILD"

    rm -rf target/dist
    mkdir -p target/dist
    pack "$work/$name" "target/dist/$name.tar.gz"
    cp "$work/$name/vestibule.cdx.json" "target/dist/$name.cdx.json"
    cp "$work/$name/BUILD" "target/dist/$name.build.txt"
    (cd target/dist && sha256sum -- "$name".* | tee SHA256SUMS)
    cat <<TEXT

To verify this release, check out
    $(git rev-parse HEAD)
run deploy/release.sh with what $name.build.txt names, and compare with the published sums:
    cd target/dist && sha256sum --check PUBLISHED-SHA256SUMS
TEXT
}

# tests/release.sh takes the functions alone.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then release; fi
