# Texts of the pages. Markup is allowed only where the English text has it.

## The language

language-name = English

## On every page

skip = Skip to the content
nav-main = Main
nav-account = Your account, signed in as
dashboard = Dashboard
users = Users
sign-in = Sign in
sign-out = Sign out
register = Register
error-prefix = Error:
cancel = Cancel
home-page = Home page
pages = Pages
previous = Previous
next = Next
newest = Newest
older = Older
none = None
never = Never
unknown = Unknown
not-given = Not given
not-recorded = Not recorded
optional = (optional)

## Names of facts and fields

user-name = User name
user-name-or-email = User name or e-mail address
full-name = Full name
email = E-mail address
password = Password
current-password = Current password
new-password = New password
role = Role
role-user = user
role-admin = admin
state = State
state-active = Active
state-inactive = Inactive
badge-inactive = inactive
account = Account
account-number = Account number
member-since = Member since
since = Since
ip-address = Address
browser = Browser
device = Device
kind = Kind
last-seen = Last seen
end = End
end-it = End it
link = Link

## Times. A date is unambiguous and in UTC.

month =
    { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    }
date = { $day } { month } { $year }, { $time } UTC
just-now = just now
minutes-ago =
    { $count ->
        [one] 1 minute ago
       *[other] { $count } minutes ago
    }
hours-ago =
    { $count ->
        [one] 1 hour ago
       *[other] { $count } hours ago
    }
device-name = { $browser } on { $system }

## Passwords

password-hint = At least { $min } characters. Any characters are allowed; a few unrelated words make a good one.
password-rule = At least { $min } characters, of any kind.
password-advice = A few unrelated words make a good one.
password-not-kept = The password was not kept: please enter it again.
confirm-password-first = Confirm your password first.
confirm-password-to-end = Confirm your password to end a sign-in.
confirm-password = Confirm your password
confirm = Confirm
reauthenticate-lead = You are signed in as <strong>{ $name }</strong>. Enter your password to continue.
forgotten-password = Forgotten password
forgotten-question = Forgotten your password?
forgotten-lead = Enter the e-mail address of your account. You get a mail with a link to set another password.
forgotten-no-address = Without a confirmed address, ask an administrator for a link.
back-to-sign-in = Back to the sign-in form
send-link = Send the link
sign-in-by-mail = Sign in by mail
sign-in-by-mail-lead = Enter the e-mail address of your account. You get a mail with a link and a code to sign in in this browser.
send-mail = Send the mail
sign-in-with-password = Sign in with your password
sign-in-here-as = Sign in as <strong>{ $name }</strong> in this browser?
sign-in-mail-sent = If an account has this address, a mail is on its way. Open its link in this browser, or type its code.
code = Code
ask-for-another-mail = Ask for another mail
set-password = Set a password
set-the-password = Set the password
set-password-lead = Choose the password of <strong>{ $name }</strong>.
set-password-failed = The password was not set, and the link still works.
ends-sign-ins =
    { $sign_ins ->
        [one] A new password ends 1 sign-in of this account.
       *[other] A new password ends { $sign_ins } sign-ins of this account.
    }
ends-keys =
    { $keys ->
        [one] A new password ends this access key:
       *[other] A new password ends these access keys:
    }
which-keys =
    { $keys ->
        [one] this access key:
       *[other] these access keys:
    }
ends-both =
    { $sign_ins ->
        [one] A new password ends 1 sign-in of this account and { which-keys }
       *[other] A new password ends { $sign_ins } sign-ins of this account and { which-keys }
    }
then-sign-in = Then you sign in with it.
link-invalid = This link is not valid
link-changed-nothing = This link has changed nothing

## Signing in, out and up

keep-signed-in = Keep me signed in on this device
no-account-yet = No account yet?
have-account = Already have an account?
sign-out-question = Sign out?
signed-in-as = You are signed in as <strong>{ $name }</strong>.
stay-signed-in = Stay signed in
account-not-created = The account was not created. Please check:
user-name-hint = You sign in with it.
full-name-hint = How you would like to be greeted.
confirm-registration = Confirm the registration
confirm-registration-question = Is <strong>{ $email }</strong> your address, and have you registered as <strong>{ $name }</strong>?
confirm-registration-hint = Then you sign in with the password that you have chosen.
create-account = Create the account
register-email-hint = You get a mail with a link. The account is yours once you have used it.
setup = Set up
setup-lead = This service has no administrator yet. Create the administrator’s account.
setup-button = Create the administrator
setup-once = The link works once.
setup-others = Other users can register themselves.

## The front page and the dashboard

welcome = Welcome
welcome-back = Welcome back, { $name }.
home-lead = { $site } keeps your account. See where you are signed in and change your password.
home-lead-keys = { $site } keeps your account. See where you are signed in and change your password; make access keys for your programs.
for-programs = For programs
for-programs-tokens = Exchange a user name and a password for tokens:
for-programs-send = Then send the <code>access_token</code> from the response with every request:
hello = Hello, { $name }.
this-sign-in = This sign-in

## The own account

your-account = Your account
profile = Profile
sign-ins = Sign-ins
access-keys = Access keys
activity = Activity
change = Change
change-email = the e-mail address
change-password = Change the password
password-not-changed = The password was not changed.
signs-out = This signs you out everywhere else.
signs-out-keys = This signs you out everywhere else and ends your access keys.
language = Language
language-automatic = Your browser’s language
language-hint = Pages and mails use it.
language-save = Save the language
change-name = Change the full name
save-name = Save the name
delete-account = Delete the account
delete-own = Delete your account
delete-own-question = Delete your account?
delete-own-hint = Type { $name } if you mean it.
delete-own-lead =
    { $sign_ins ->
        [one] The account <strong>{ $name }</strong> will be deleted permanently: 1 sign-in, its e-mail address and its links. Its activity stays in the audit log.
       *[other] The account <strong>{ $name }</strong> will be deleted permanently: { $sign_ins } sign-ins, its e-mail address and its links. Its activity stays in the audit log.
    }
n-sign-ins =
    { $sign_ins ->
        [one] 1 sign-in
       *[other] { $sign_ins } sign-ins
    }
n-keys =
    { $keys ->
        [one] 1 access key
       *[other] { $keys } access keys
    }
delete-own-lead-keys = The account <strong>{ $name }</strong> will be deleted permanently: { n-sign-ins }, { n-keys }, its e-mail address and its links. Its activity stays in the audit log.
where-signed-in = Where you are signed in
sign-ins-lead = Browsers and programs that can act for you. End any sign-in that you do not recognise.
sign-ins-lead-keys = “Sign out everywhere” and “Sign out everywhere else” also end your access keys, and so does a new password.
your-sign-ins = Your sign-ins, latest use first
your-sign-ins-page = Your sign-ins, latest use first: { $total }, page { $page } of { $pages }
this-one = this one
here = here
end-sign-in-of = the sign-in of { $time_html }
sign-out-else = Sign out everywhere else
sign-out-everywhere = Sign out everywhere
kind-browser = Browser
kind-program = Program
kind-key = Access key
kind-other = Other

## The e-mail address

your-address = Your address
address-not-changed = The address was not changed.
address-confirmed = Confirmed
address-pending = Not confirmed yet
address-use = You can sign in with a confirmed address, and set another password by mail if you forget yours.
address-remove = Remove the address
address-another = Another address
address-label = Address
address-hint = You get a mail with a link. The address is yours once you have used it.
notices = Notices
notices-text = A confirmed address gets a mail when the password or the address is changed, when an access key is made, and when the account is deactivated.
notices-new-device = Also when I sign in from a new device
save = Save
return-address = Take the address back
return-lead = The account <strong>{ $name }</strong> gets <strong>{ $email }</strong> again.
return-lead-current = The account <strong>{ $name }</strong> gets <strong>{ $email }</strong> again in the place of <strong>{ $current }</strong>.
return-ends = This ends all sign-ins of the account ({ $sign_ins }), because someone else may have changed the address. Set another password afterwards.
return-ends-keys = This ends all sign-ins of the account ({ $sign_ins }) and its access keys ({ $keys }), because someone else may have changed the address. Set another password afterwards.
confirm-address = Confirm the address
confirm-address-question = Is <strong>{ $email }</strong> the address of the account <strong>{ $name }</strong>?
confirm-address-hint = Mails about the account go to this address, also one that sets another password.

## Access keys

keys-lead = A key lets a program act for you without your password, until it expires or you end it. All keys end when you change your password, when you sign out everywhere or everywhere else, and when an administrator ends your sign-ins or deactivates your account.
key-new = Your new key
key-copy = Copy it now: it is shown only once. Keep it secret: any program that has it can use it.
key-bearer = A program sends it as a bearer token. With the key in the variable <code>KEY</code>, this command shows whose key it is:
keys-caption = Your keys, latest use first
keys-none = You have no keys.
key-label = Label
key-scopes = Scopes
key-made = Made
key-last-used = Last used
key-expires = Expires
end-key = the key { $label }
key-make = Make a key
key-make-another = Make another key
key-make-button = Make the key
key-not-made = No key was made.
key-what-for = What is it for?
key-what-for-hint = A name that you will know it by, “nightly backup” for example.
key-what-may = What may it do?
key-what-may-hint = Every key can read your name and role. Tick only what the program needs.
key-when = When does it expire?
scope-sign-ins = See and end your sign-ins and keys
scope-users-read = See all users and the audit log
scope-users-write = Change, sign out and delete users, without your password
scope-introspect = Ask whether tokens and keys of all users are active

## Activity

activity-of = Activity of { $name }
activity-caption = Activity, newest first
activity-when = When
activity-event = Event
activity-by = By
activity-warning = warning
activity-none = There are no events.
activity-none-older = There are no older events.
account-n = number { $id }
the-account = The account
all-activity = All activity
all-users = All users
by-you = You
by-administrator = An administrator
by-command-line = An administrator, on the command line
key-detail = { $scopes }, until { $date }: { $label }
no-scopes = no scopes

## Users, for administrators

users-name = Name
any = Any
search = Search
users-total =
    { $total ->
        [one] 1 user
       *[other] { $total } users
    }
users-caption = { users-total }
users-caption-q = { users-total } with “{ $q }” in the name
users-caption-page = { users-total }, page { $page } of { $pages }
users-caption-q-page = { users-total } with “{ $q }” in the name, page { $page } of { $pages }
users-none = No user matches.
users-none-q = No user has “{ $q }” in the name.
users-none-q-and = No user has “{ $q }” in the name and matches.
user-add = Add a user
user-add-button = Add the user
user-not-added = The user was not added. Please check:
user-password-hint = Leave it empty to get a link with which the user chooses one. Otherwise at least { $min } characters, of any kind.
nothing-changed = Nothing was changed.
cannot-sign-in = cannot sign in
signed-in = Signed in
nowhere = Nowhere
in-places =
    { $count ->
        [one] In one place
       *[other] In { $count } places
    }
link-to-set = Link to set a password
link-unused = Not used yet, until { $time_html }
actions = Actions
own-account-change = This is your own account. Only another administrator can undo what you change here.
own-account-undo = This is your own account. Only another administrator can undo this.
own-account-leave = This is your own account. You will be signed out.
reset-link-dots = Make a reset link…
remove-address-dots = Remove the address…
make-administrator-dots = Make an administrator…
make-user-dots = Make an ordinary user…
sign-out-everywhere-dots = Sign out everywhere…
activate-dots = Activate…
deactivate-dots = Deactivate…
delete-dots = Delete…
deactivating = Deactivating or deleting signs the user out everywhere.
sign-ins-of = Sign-ins of { $name }
sign-ins-caption = Sign-ins, latest use first
sign-ins-caption-page = Sign-ins, latest use first: { $total }, page { $page } of { $pages }
signed-in-nowhere = { $name } is signed in nowhere.
question-about = { $question }: { $name }
make-administrator = Make an administrator
make-administrator-text = Administrators see all users and change, deactivate and delete them, other administrators too.
make-user = Make an ordinary user
make-user-text = An ordinary user sees no other users and changes none.
deactivate = Deactivate
deactivate-text = The account cannot sign in until it is activated again. All its sign-ins and access keys end now.
activate = Activate
activate-text = The account can sign in again. What has ended stays ended.
end-sign-ins = Sign out everywhere
end-sign-ins-text = All sign-ins of the account end now, its access keys too.
make-reset-link = Make a reset link
make-reset-link-text = With the link the user sets another password, once and for a limited time. Nothing changes until it is used; then all sign-ins of the account end, its access keys too. A newer link replaces an older one.
remove-address-of-user = Remove the e-mail address
remove-address-of-user-text = The user can no longer sign in with it, and can enter another one. Sign-ins do not end.
reset-link = Reset link
invitation = Invitation
link-for = The link for { $name }
link-copy = Copy it now: it is shown only once. Give it to { $name } alone: it sets the password of this account.
link-works = It works once, until { $time_html }. A newer link replaces it.
delete-user = Delete a user
delete-question = Delete { $name }?
delete-lead = The account and its sign-ins will be deleted permanently. Its activity stays in the audit log.
delete-lead-of = The account of { $name } and its sign-ins will be deleted permanently. Its activity stays in the audit log.
delete-yes = Yes, delete this account
delete-button = Delete permanently

## The error page

error-status = Error { $status }
error-sign-in = Sign in, then open the page again.
error-forbidden = Start from the home page and try once more. If that does not help, ask an administrator of this service.
error-not-found = Check the address for typing errors, or start from the home page.
error-unavailable = If it happens again, tell an administrator of this service.
error-ours = The error is on our side. Try again in a moment; if it happens again, tell an administrator of this service.
error-go-back = Go back, check what you entered, and send it again.
error-request = Request <code>{ $id }</code>

## Second factor

second-step = Second step
second-step-lead = The first step is done, <strong>{ $name }</strong>. Enter a code to sign in.
second-step-hint = The six digits that your authenticator shows, or one of your recovery codes.
second-step-lost = No authenticator and no recovery code at hand? An administrator can remove your second factor.
start-again = Start again
trust-browser = Ask for no code in this browser for 30 days
second-factor = Second factor
second-factor-lead = With a second factor a stolen password is not enough: signing in also takes a code from an app on your phone or computer, or a passkey.
second-factor-demanded = This service needs a second factor from you. Set one up to go on.
second-factor-off = This service offers no second factor.
go-on = Continue
authenticator = Authenticator app
authenticator-since = Set up
set-up = Set up
set-up-done = Set up
set-up-authenticator = Set up an authenticator
set-up-scan = Scan this code with an authenticator app, such as the one of your phone or password manager.
set-up-qr-code = QR code with the secret of the authenticator
set-up-open = Or open it in an app on this device
set-up-type = Or type this secret:
set-up-first-code = Enter the six digits that the app shows now.
set-up-ends-others = You will be signed out everywhere else. Access keys stay.
recovery-codes-new = Your new recovery codes
recovery-codes-keep = Each of them signs you in once if you do not have your authenticator. Print them or store them in a safe place: they are shown only now, and earlier ones no longer work.
recovery-codes-download = Download as a text file
recovery-codes-file = recovery-codes
recovery-codes-left = Recovery codes left
recovery-codes-few = Make new recovery codes before you run out of them.
recovery-codes-make = Make new recovery codes
remove-second-factor = Remove the second factor
remove-second-factor-dots = Remove the second factor…
remove-second-factor-text = From then on your password alone signs in. Your recovery codes no longer work, and you will be signed out everywhere else.
remove-second-factor-demanded = This service needs a second factor from you: you will have to set up another one at once.
trusted-browsers = Trusted browsers
trusted-browsers-lead = In these browsers your password alone signs in. Another password ends this too.
trusted-since = Trusted
trusted-until = Until
trusted-end = the trust in this browser
reset-second-factor = Remove the second factor of this user
reset-second-factor-dots = Remove the second factor…
reset-second-factor-text = For a user who has lost it. From then on the password alone signs in; all sign-ins of the user end, and its recovery codes no longer work. Make sure that it is really this user who asks.

## Passkeys

recovery-codes = Recovery codes
passkeys = Passkeys
passkeys-lead = A passkey is kept by your phone, computer, password manager or security key, which asks for your finger, face or PIN. It signs you in by itself, or after your password.
passkeys-where = To add a passkey, open this page at { $origin } in a browser with JavaScript.
passkey-name = Name
passkey-name-hint = By which you recognize it, such as the device that keeps it.
passkey-added = Added
passkey-used = Last used
passkey-unused = not yet
passkey-remove = Remove
passkey-add = Add a passkey
passkey-there = This device keeps a passkey for your account already.
passkey-failed = Your browser used no passkey. Try again.
sign-in-passkey = Sign in with a passkey
use-passkey = Use a passkey
confirm-passkey = Confirm with a passkey
