# What the tests in shell share: sourced by each, in the directory of the repository.
#
# Makes the directory `work`. At the end of the test the processes in `running` are ended, and it is deleted.
# shellcheck shell=bash disable=SC2034 # The test uses what is set here.

work=$(mktemp -d)
running=()

# stop: ends the processes in `running`.
stop() {
    local one
    for one in "${running[@]}"; do
        kill "$one" 2>/dev/null || true
        wait "$one" 2>/dev/null || true
    done
    running=()
}
trap 'stop; rm -rf "$work"' EXIT

# skip REASON: ends the test as a success, with CI=true as a failure.
skip() {
    echo "skipped: $1"
    if [ "${CI:-}" = true ]; then exit 1; fi
    exit 0
}

# require PROGRAM...: skips the test where one is not installed.
require() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "$program is not installed"
    done
}

# find_chromium: sets `browser`.
find_chromium() {
    local name
    for name in chromium chromium-browser google-chrome; do
        if browser=$(command -v "$name"); then return; fi
    done
    skip 'no chromium is installed'
}

# install_from_pypi PACKAGE...: into $work/venv.
install_from_pypi() {
    require python3
    python3 -m venv "$work/venv" >"$work/pip.log" 2>&1 || skip 'python3 cannot make a venv'
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check --retries 1 "$@" \
        >"$work/pip.log" 2>&1 || skip "pip cannot install from PyPI: $(tail -n 1 "$work/pip.log")"
}

# install_from_npm PACKAGE...: into $work/node_modules.
install_from_npm() {
    require node npm
    npm install --prefix "$work" --silent --no-audit --no-fund "$@" >"$work/npm.log" 2>&1 ||
        skip "npm cannot install: $(tail -n 1 "$work/npm.log")"
}

# clear_environment: unsets what Rocket reads, and exempts this machine from proxies.
clear_environment() {
    # shellcheck disable=SC2086 # Names hold no spaces.
    unset ${!ROCKET_@}
    export NO_PROXY="127.0.0.1,localhost${NO_PROXY:+,$NO_PROXY}"
    export no_proxy=$NO_PROXY
}

# build_service: sets `program`.
build_service() {
    clear_environment
    cargo build --locked --quiet --bin vestibule
    program=${CARGO_TARGET_DIR:-$PWD/target}/debug/vestibule
}

# serve [NAME=VALUE...]: starts the service with these variables, and sets `url`. It writes to $work/said and
# logs to $work/log.
serve() {
    # An earlier start has its address there.
    : >"$work/said"
    env ROCKET_CONFIG=/dev/null ROCKET_PROFILE=debug ROCKET_PORT=0 VESTIBULE_STATE="$work/state" \
        ROCKET_AUTH='{password={cost=4}}' "$@" "$program" >"$work/said" 2>"$work/log" &
    running+=($!)
    wait_for_address "$work/said" "$work/log"
}

# wait_for_address FILE LOG: waits until the newest process in `running` listens at the address that it writes
# into the file, and sets `url`; else prints the log and fails.
wait_for_address() {
    local _
    for _ in $(seq 1200); do
        kill -0 "${running[-1]}" 2>/dev/null || break
        url=$(grep -os 'http://127.0.0.1:[1-9][0-9]*' "$1" | tail -n 1 || true)
        if [ -n "$url" ] && (exec 3<>"/dev/tcp/127.0.0.1/${url##*:}") 2>/dev/null; then return; fi
        sleep 0.05
    done
    cat "$2"
    echo 'FAILED: it does not listen'
    return 1
}

# print_profile: prints the profile `dev` of this repository: with it another crate uses what is built already.
print_profile() {
    sed -n '/^\[profile\.dev/,/^\[profile\.release/{/^\[profile\.release/!p}' Cargo.toml
}

# expect WHAT WANTED GOT: fails unless the two are the same.
expect() {
    if [ "$2" != "$3" ]; then
        printf 'FAILED: %s: %s, not %s\n' "$1" "$3" "$2"
        exit 1
    fi
    printf '  %s: %s\n' "$1" "$3"
}
