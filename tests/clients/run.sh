# The client of docs/CLIENTS.md: requests on an expired token, twenty at once and a HEAD, and signing out.
set -euo pipefail
BASE=$1
source ./client.sh

wait_until_expired() {
    local token
    token=$(field access_token)
    while ! send "$token" /api/me | grep -q token_expired; do sleep 0.1; done
}

sign_in user_01 1234
if sign_in user_01 wrong 2>/dev/null; then exit 1; fi
call /api/me >reply
grep -q '"username":"user_01"' reply
wait_until_expired
for number in $(seq 20); do call /api/me >"reply.$number" & done
wait
for number in $(seq 20); do grep -q '"username":"user_01"' "reply.$number"; done
wait_until_expired
call /api/me -I >head
grep -q '^HTTP/1.1 200' head
wait_until_expired
refresh=$(field refresh_token)
sign_out
printf '{"refresh_token":"%s"}' "$refresh" |
    curl -sS "$BASE/api/refresh" -H 'Content-Type: application/json' --data-binary @- | grep -q token_revoked

# A name and a password with characters that JSON escapes.
post /api/register >/dev/null <<'JSON'
{"username":"o\"neil","password":"tower \"\\ of % cranes"}
JSON
sign_in 'o"neil' 'tower "\ of % cranes'
call /api/me >reply
grep -qF '"username":"o\"neil"' reply
