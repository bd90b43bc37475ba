# Sentences of errors, on pages and in the `detail`, `title` and `fields` of Problem JSON. The program
# has them in English, as they are here, and finds the translation by the English sentence; codes never
# change. A variable of the English sentence takes what stands in its place.

## By code

error-credentials-missing = Sign in to use this.
error-malformed-authorization = The Authorization header must be one scheme and one token.
error-ambiguous-credentials = Present one credential, not several.
error-token-invalid = The token is not valid.
error-token-expired = The token has expired.
error-token-revoked = The token has been revoked.
error-wrong-token-type = This route takes another type of token.
error-csrf-missing = The CSRF value is missing.
error-csrf-mismatch = The CSRF value does not belong to the token.
error-fresh-login-required = Confirm your password to do this.
error-second-factor-required = Prove a second factor to do this.
error-second-factor-setup-required = Set up a second factor first.
error-bad-credentials = Wrong user name or password.
error-account-inactive = This account is not active.
error-forbidden-kind = You may not do this.
error-insufficient-scope = The token does not carry the scope for this.
error-cross-origin = The request came from another site.
error-insecure-connection = This site keeps you signed in over HTTPS only. Open it with https:// in front.
error-too-many-attempts = Too many attempts. Wait and try again.
error-busy = The server is busy. Try again in a moment.
error-unavailable-kind = The service is not available at the moment. Try again in a moment.
error-username-taken = This user name is taken.
error-already-made = Another request has made this.
error-replaced = Another request has replaced this one. Use its response, or try again in a minute.
error-last-administrator = At least one active administrator must remain.
error-invalid-field = Some fields are not acceptable.
error-malformed-request = The request has a method or an address that is not understood here.
error-malformed-body = The body could not be read.
error-unsupported-media-type = Send the body as application/json.
error-too-large = The body is too large.
error-not-found-kind = There is nothing here.
error-method-not-allowed = This path takes another method.
error-internal = Something went wrong on our side.

## Names of statuses

status-400 = Bad Request
status-401 = Unauthorized
status-403 = Forbidden
status-404 = Not Found
status-405 = Method Not Allowed
status-409 = Conflict
status-413 = Payload Too Large
status-415 = Unsupported Media Type
status-422 = Unprocessable Entity
status-429 = Too Many Requests
status-500 = Internal Server Error
status-503 = Service Unavailable

## User names, full names, addresses

username-missing = Choose a user name.
username-long = A user name has at most 80 characters.
username-marks = A user name has at most 4 combining marks in a row.
username-characters = A user name may have letters, digits and ASCII signs such as - or _, but no spaces, other symbols, emoji or invisible characters.
username-unreadable = This user name has a character that could not be read.
username-other = You are signed in as { $name } now. Nothing has been changed.
username-signing-in = You are signing in as { $name } now. What you sent was not used.
full-name-long = A full name has at most 200 characters.
full-name-marks = A full name has at most 4 combining marks in a row.
full-name-characters = A full name must not contain control, invisible or direction-changing characters.
address-invalid = Enter an address such as ann@example.org.
address-taken = Another account has this address.
language-missing = This language is not available.
address-required = An address is required. Enter another one in its place.
not-your-name = This is not your user name. Nothing has been deleted.
username-address = A user name cannot be an e-mail address.
link-not-valid = This link is not valid. It works once and for a limited time, and no longer once the password has been changed or a newer link has been made.
sign-in-code-wrong = This code is not valid. After five wrong ones, or a quarter of an hour, ask for another mail. If you have just used it here, you are probably signed in.
registrations =
    { $count ->
        [one] Too many registrations from your address. Try again in 1 minute.
       *[other] Too many registrations from your address. Try again in { $count } minutes.
    }
setup-link-invalid = This link is not valid. It works once, for a day, and until there is an administrator. If you have an account, sign in; if there is no administrator, use the link of the latest start of the service.
link-of-inactive = This account is inactive. Activate it first.
confirm-missing = Tick the box if you mean it.
remember-neither = Tick the box to stay signed in on this device, or leave it.

## Passwords

password-long = A password has at most { $count } bytes.
password-short = A password has at least { $count } characters.
password-characters = The password contains an invalid character.
password-user-name = The password must not be the user name.
password-full-name = The password must not be the full name.
password-current = This is not your current password.
password-weak = { $sentence } A few unrelated words make a good one.
password-breached = This password is in a list of stolen passwords, which are guessed first. Choose one that you use nowhere else.
weak-common = Many people use this password, so it is guessed first.
weak-similar = This is very similar to a password that many people use.
weak-repeated = A password of repeated characters or words is easy to guess.
weak-sequence = A password with a sequence of letters or digits is easy to guess.
weak-keyboard = A password of neighbouring keys is easy to guess.
weak-date = A password that is a date is easy to guess.
weak-other = This password is easy to guess.

## Access keys

key-lifetime = A key lives from a second to { $duration }.
key-lifetime-far = No time is that far away.
key-lifetime-missing = Choose when the key expires.
key-label-wrong = A label is 1 to 100 characters, without control characters.
key-label-hidden = A label must not contain invisible or direction-changing characters.
key-scopes-wrong = Scopes are at most 32 words of at most 64 printable ASCII characters.
key-scopes-twice = Name each scope once.
key-scopes-unknown = A key may have these scopes: { $scopes }.
key-scopes-user = Without the role of an administrator a key may have: { $scopes }.
key-scopes-box = Tick a box or leave it.
key-scopes-missing = This field is required; [] is a key without scopes.
keys-too-many = An account has at most { $count } keys. End one first.
keys-too-often = You have made many keys in the last hour. Try again later.
key-made-before = An earlier request with this Idempotency-Key made the key { $id }, which is shown once. If it was lost, end it and make another one.
duration-days =
    { $count ->
        [one] 1 day
       *[other] { $count } days
    }

## Fields and parameters

field-required = This field is required.
field-text = This field is a text.
field-send-text = Send a text.
field-flag = This field is true or false.
field-unknown = This field is unknown.
field-twice = This field appears twice.
field-list = This field is a list of texts.
field-seconds = This field is a number of seconds, or a text like "30 days".
field-fixed = This field cannot be changed here.
field-role = A role is user or admin.
user-unchanged = Name at least one of role, active, full_name and email.
user-email = Only the owner can enter an address; null removes it.
parameter-utf8 = This parameter is not UTF-8.
parameter-twice = This parameter appears more than once.
parameter-unknown = This parameter is unknown.
parameter-number = This parameter is a whole number of at least { $least }.
parameter-flag = This parameter is true or false.
parameter-user = This parameter is a user's number.
header-idempotency = This header is one value of 1 to 255 visible ASCII characters.

## Requests

register-role = Register without a role. An administrator gives one with PATCH /api/users/<id>.
form-type = Send the form as application/x-www-form-urlencoded.
body-form-type = Send the body as application/x-www-form-urlencoded.
body-encoding = Send the body without a Content-Encoding.
body-empty = The body is empty; it must be a JSON object.
body-utf8 = The body is not UTF-8.
body-deep = The body is nested too deeply.
body-twice = The body has a name twice.
body-object = The body must be a JSON object.
body-number = The body holds a number that is too large.
body-ends = The body ends before its JSON does.
body-json = The body is not JSON (line { $line }, column { $column }).
tokens-no-cookies = This service takes no tokens from cookies.
tokens-only-cookies = This service takes tokens from cookies only.
tokens-prefix = The token in the query must follow its prefix.
session-not-token = This page takes a session, not a token.
metrics-token = Send the token of metrics.

## Second factor

error-code-wrong = This code is not valid, or was used before. Enter another one.
error-codes-blocked = After too many wrong codes, no code of the authenticator is accepted. Use a recovery code or a passkey, or ask an administrator.
error-code-missing = Enter a code of your authenticator, or a recovery code.
error-code-first-wrong = This is not the code of this secret. Check the clock of your device.
error-set-up-expired = This form is not valid any more. Start again: scan the new QR code.
error-ticket-expired = Sign in again from the start: this step is not valid any more.
error-second-step = The password is right. Send login_token and a code of the second factor to /api/login/second.
error-own-second-factor = Remove your own second factor on the page of your account.
error-trust-unreadable = Tick the box to trust this browser, or leave it.

## Passkeys

error-passkey-refused = This passkey was not accepted. Try again, or use another way to prove that it is you.
error-passkey-name = A name is 1 to 60 characters, without invisible ones.
error-passkey-of-another = This passkey belongs to another account.
passkeys-too-many = An account has at most { $count } passkeys. Remove one first.
