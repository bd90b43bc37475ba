#!/usr/bin/env bash
# Mixed traffic on both databases under faults from a seed: steps of the clock, restarts, kills, connections
# that are reset, disks that are full. Afterwards everything that was acknowledged must be there
# (docs/RELIABILITY.md, "Soak").
#
#   bash tests/soak.sh                               about two minutes
#   MINUTES=60 SEED=7 bash tests/soak.sh             an hour of traffic
#   VESTIBULE=target/debug/vestibule                 a program of the debug profile that is built already
#   DATABASES=sqlite, or postgres; KEEP=1 keeps the directory with all logs
#
# All of it lives in a directory of its own under /tmp, which is gone afterwards. The services listen on
# 127.0.0.1, PostgreSQL on a socket in that directory. A disk is full where something can be mounted; else files
# may not grow. Run as root, it installs PostgreSQL from Debian's packages; where something is missing, it
# says `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What is mounted here is seen here alone, and gone with the last process.
if [ -z "${SOAK_MOUNTS:-}" ] && [ "$(id -u)" -eq 0 ] && unshare --mount true 2>/dev/null; then
    SOAK_MOUNTS=1 exec unshare --mount --propagation private bash tests/soak.sh
fi

# Not TMPDIR: the name of a socket may have about a hundred bytes, and PostgreSQL's user must get in.
work=$(mktemp -d /tmp/vestibule-soak.XXXXXX)
chmod 711 "$work"
judge=''

# processes: what has its working directory below ours, and so was started here.
processes() {
    local process here
    for process in /proc/[0-9]*; do
        here=$(readlink "$process/cwd" 2>/dev/null) || continue
        case "$here/" in "$work"/*) echo "${process#/proc/}" ;; esac
    done
}

stop() {
    local left _
    if [ -n "$judge" ]; then kill "$judge" 2>/dev/null || true; fi
    for _ in $(seq 50); do
        left=$(processes)
        if [ -z "$left" ]; then break; fi
        # shellcheck disable=SC2086
        kill -KILL $left 2>/dev/null || true
        sleep 0.1
    done
    if [ -n "${KEEP:-}" ]; then
        echo "kept: $work"
        return
    fi
    if [ -n "${SOAK_MOUNTS:-}" ]; then umount "$work"/*/database/disk 2>/dev/null || true; fi
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# skip REASON: ends the run.
skip() {
    echo "skipped: $1"
    if [ "${CI:-}" = true ]; then exit 1; fi
    exit 0
}

# found NAME: whether there is such a program.
found() {
    command -v "$1" >/dev/null
}

has_postgres() {
    compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null
}

found python3 || skip 'python3 is not installed'
databases=${DATABASES:-sqlite postgres}
if [[ $databases == *postgres* ]] && ! has_postgres && [ "$(id -u)" -eq 0 ] && found apt-get; then
    apt-get update -qq >"$work/log" 2>&1 || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql \
        >"$work/log" 2>&1 || true
fi
if [[ $databases == *postgres* ]] && ! has_postgres; then
    # Ends the run in CI alone.
    (skip 'PostgreSQL, which is not installed')
    databases=${databases//postgres/}
    if [ -z "${databases// /}" ]; then exit 0; fi
fi
shim=()
if found cc; then
    cc -shared -fPIC -O2 -Wall -Werror -o "$work/clock.so" tests/soak/clock.c
    shim=("$work/clock.so")
else
    (skip 'steps of the clock, for which there is no C compiler')
fi
if [ -z "${VESTIBULE:-}" ]; then
    cargo build --locked --quiet --bin vestibule
    VESTIBULE=${CARGO_TARGET_DIR:-target}/debug/vestibule
fi

minutes=${MINUTES:-1.75}
# The comparison takes less time than the traffic; a few minutes for a busy machine.
whole=${minutes%%.*}
limit=$((600 + 150 * ${whole:-0}))
DATABASES=$databases MINUTES=$minutes PYTHONPATH=tests/deploy PYTHONDONTWRITEBYTECODE=1 \
    timeout --foreground "$limit" \
    python3 tests/soak/soak.py "$(realpath "$VESTIBULE")" "$work" "${shim[@]}" &
judge=$!
wait "$judge"
