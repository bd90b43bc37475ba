# The events of the audit log, by their names in JSON, and what was recorded about them.

event-signed-in = Signed in
event-signed-out = Signed out
event-restored = Session restored on a remembered browser
event-confirmed = Sign-in confirmed
event-theft = A replaced refresh token was used again; its sign-in was ended
event-protected = Session used from another browser or address
event-ended = Sign-ins ended
event-bad-credentials = Wrong passwords
event-breached-password = Signed in with a breached password
event-throttled = Too many wrong passwords
event-registered = Registered
event-added = Account added
event-imported = Accounts imported
event-password-changed = Password changed
event-link-made = Link to set a password made
event-link-used = Link to set a password used
event-sign-in-link-used = Link or code to sign in used
event-second-factor-added = Second factor set up
event-second-factor-removed = Second factor removed
event-recovery-codes-made = Recovery codes made
event-recovery-code-used = Recovery code used
event-bad-code = Wrong code of the second factor
event-codes-guessed = Many wrong codes of the authenticator
event-passkey-added = Passkey added
event-passkey-removed = Passkey removed
event-passkey-counter = Passkey refused, there may be a copy of it
event-browser-trusted = Browser trusted
event-trust-ended = Trust in a browser ended
event-role-changed = Role changed
event-activated = Account activated
event-deactivated = Account deactivated
event-full-name-changed = Full name changed
event-address-changed = E-mail address changed
event-notices-changed = Notices of new devices changed
event-address-returned = Former e-mail address put back
event-deleted = Account deleted
event-key-made = Access key made
event-key-ended = Access key ended
event-backup-restored = Backup restored
event-events-lost = Events were lost
event-events-pruned = The oldest events were removed

## Who did it, if it was no user

actor-command-line = command line
actor-mail = asked for by mail
actor-retention = setting audit_retention
