#!/usr/bin/env bash
# The metrics of a running service: what a few requests count, what Prometheus' own tool says of the
# format, whether every metric of deploy/alerts.yaml and deploy/grafana.json exists, and when alerts are
# due (tests/alerts.yaml).
#
# promtool is used where it is installed; else it is taken out of Debian's package `prometheus`, which is
# not installed, because that would start a server. Where that cannot be done it says `skipped:` and
# succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh

# Sets `promtool`.
find_promtool() {
    promtool=$(command -v promtool || true)
    if [ -n "$promtool" ]; then return; fi
    command -v apt-get >/dev/null || skip 'neither promtool nor apt-get is installed'
    mkdir "$work/package"
    if ! (cd "$work/package" && apt-get download -qq prometheus && dpkg -x prometheus_*.deb .) \
        >"$work/log" 2>&1; then
        skip "the package prometheus cannot be had: $(tail -n 1 "$work/log")"
    fi
    promtool=$work/package/usr/bin/promtool
}

# status EXPECTED ARGUMENT...: sends a request by curl and compares the status.
status() {
    local found
    found=$(curl -s -o "$work/body" -w '%{http_code}' "${@:2}")
    if [ "$found" != "$1" ]; then
        echo "${*:2}: $found, not $1"
        exit 1
    fi
}

# counted SAMPLE EXPECTED
counted() {
    local found
    found=$(awk -v sample="$1" '$1 == sample { print $2 }' "$work/metrics")
    if [ "$found" != "$2" ]; then
        echo "$1 is ${found:-not there}, not $2"
        exit 1
    fi
}

# old_format: OpenMetrics as the older text format, in which a counter has its suffix in every line;
# `promtool check metrics` reads no other.
old_format() {
    awk '
        $2 == "HELP" { help = $0; next }
        $2 == "TYPE" {
            name = $3
            if ($4 == "counter") { sub(/$/, "_total", $3); sub(name, name "_total", help) }
            print help; print; next
        }
        $2 == "UNIT" || $2 == "EOF" { next }
        { print }' "$work/metrics"
}

require curl openssl
find_promtool
token=$(openssl rand -hex 32)
build_service
serve ROCKET_METRICS="{token=\"$token\"}"

json='Content-Type: application/json'
right='{"username":"user_01","password":"1234"}'
status 200 -H "$json" -d "$right" "$url/api/login"
access=$(sed 's/.*"access_token":"\([^"]*\)".*/\1/' "$work/body")
status 401 -H "$json" -d '{"username":"user_01","password":"wrong"}' "$url/api/login"
status 303 -d 'username=user_02&password=5678' "$url/login"
for _ in 1 2 3; do status 200 -H "Authorization: Bearer $access" "$url/api/me"; done
status 401 "$url/api/me"
status 404 "$url/wp-login.php"
status 200 "$url/static/style.css"
status 202 -H "$json" -H "Authorization: Bearer $access" -d '{"email":"ann@example.org"}' "$url/api/me/email"
status 401 "$url/metrics"
status 401 -H "Authorization: Bearer $access" "$url/metrics"
# The mail is sent in the background.
for _ in $(seq 100); do
    status 200 -H "Authorization: Bearer $token" "$url/metrics"
    if grep -q '^vestibule_mails_sent_total 1$' "$work/body"; then break; fi
    sleep 0.1
done
mv "$work/body" "$work/metrics"

counted 'vestibule_requests_total{class="api",status="2xx"}' 5
counted 'vestibule_requests_total{class="api",status="4xx"}' 2
counted 'vestibule_requests_total{class="none",status="4xx"}' 1
counted 'vestibule_requests_total{class="assets",status="2xx"}' 1
counted 'vestibule_request_duration_seconds_count{class="api"}' 7
counted 'vestibule_sign_ins_total{outcome="success"}' 2
counted 'vestibule_sign_ins_total{outcome="bad_credentials"}' 1
counted 'vestibule_errors_total{code="bad_credentials"}' 1
counted 'vestibule_errors_total{code="credentials_missing"}' 3
counted 'vestibule_hashers_busy' 0
counted 'vestibule_audit_events_lost_total' 0
counted 'vestibule_mails_sent_total' 1
counted 'vestibule_mails_failed_total' 0
counted 'vestibule_mails_waiting' 0
counted 'vestibule_mails_given_up' 0

old_format | "$promtool" check metrics
"$promtool" check rules deploy/alerts.yaml
"$promtool" test rules tests/alerts.yaml
sed 's|/etc/prometheus/vestibule-||' deploy/prometheus.yaml >"$work/prometheus.yml"
cp deploy/alerts.yaml "$work/alerts.yaml"
: >"$work/token"
"$promtool" check config "$work/prometheus.yml"

# Every metric that a rule or a panel names.
grep -ohE '\b(vestibule|process)_[a-z_]+' deploy/alerts.yaml deploy/grafana.json | sort -u |
    while read -r name; do
        if ! grep -qE "^$name[{ ]" "$work/metrics"; then
            echo "deploy/ names $name, which is no metric"
            exit 1
        fi
    done
echo 'the metrics are counted, and well-formed'
