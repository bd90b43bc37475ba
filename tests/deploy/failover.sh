#!/usr/bin/env bash
# Fail-overs under load: three nodes of PostgreSQL under Patroni with etcd, three processes of the service
# behind nginx. The primary is killed, frozen, cut off and switched over; afterwards everything that was
# acknowledged must be there (docs/RELIABILITY.md).
#
#   bash tests/deploy/failover.sh                    one round of each: about four minutes
#   ROUNDS=10 bash tests/deploy/failover.sh          as measured: half an hour
#   VESTIBULE=target/release/vestibule               a program that is built already
#   KINDS='kill freeze partition switchover', also freeze-unfenced; SYNCHRONOUS=off; POOLER=session;
#   PATRONI=...; KEEP=1 keeps the directory with all logs
#
# All of it listens on 127.0.0.1 and lives in a directory of its own under /tmp, which is gone afterwards.
# Run as root, it installs what is missing from Debian's packages; else, where something is missing, it says
# `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Not TMPDIR: the name of a socket may have about a hundred bytes, and PostgreSQL's user must get in.
work=$(mktemp -d /tmp/vestibule-failover.XXXXXX)
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

# Some may be frozen, and Patroni starts what is missing until it has ended itself.
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
    if [ -n "${KEEP:-}" ]; then echo "kept: $work"; else rm -rf "$work"; fi
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

# found NAME: whether there is such a program, also where Debian keeps those of administrators.
found() {
    PATH=$PATH:/usr/sbin command -v "$1" >/dev/null
}

install_missing() {
    local missing=()
    compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
    found patroni || missing+=(patroni python3-etcd)
    found etcd || missing+=(etcd-server)
    found nginx || missing+=(nginx-light)
    if [ -n "${POOLER:-}" ]; then found pgbouncer || missing+=(pgbouncer); fi
    if [ "${#missing[@]}" -eq 0 ]; then return; fi
    if [ "$(id -u)" -ne 0 ] || ! found apt-get; then
        skip "not installed, and only installed by root with apt-get: ${missing[*]}"
    fi
    apt-get update -qq >"$work/log" 2>&1 || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        >"$work/log" 2>&1 || skip "cannot be installed: ${missing[*]}: $(tail -n 1 "$work/log")"
}

found python3 || skip 'python3 is not installed'
install_missing
if [ -z "${VESTIBULE:-}" ]; then
    cargo build --locked --quiet --bin vestibule
    VESTIBULE=${CARGO_TARGET_DIR:-target}/debug/vestibule
fi

# At most a quarter of an hour and four minutes for each round.
limit=$((900 + 960 * ${ROUNDS:-1}))
timeout --foreground "$limit" python3 tests/deploy/failover.py "$(realpath "$VESTIBULE")" "$work" &
judge=$!
wait "$judge"
