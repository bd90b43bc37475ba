# What a page says above its content.

## Durations and counts

duration =
    { $unit ->
        [day]
            { $count ->
                [1] one day
                [2] two days
                [3] three days
                [4] four days
                [5] five days
                [6] six days
                [7] seven days
                [8] eight days
                [9] nine days
                [10] ten days
                [11] eleven days
                [12] twelve days
               *[other] { $count } days
            }
        [hour]
            { $count ->
                [1] one hour
                [2] two hours
                [3] three hours
                [4] four hours
                [5] five hours
                [6] six hours
                [7] seven hours
                [8] eight hours
                [9] nine hours
                [10] ten hours
                [11] eleven hours
                [12] twelve hours
               *[other] { $count } hours
            }
        [minute]
            { $count ->
                [1] one minute
                [2] two minutes
                [3] three minutes
                [4] four minutes
                [5] five minutes
                [6] six minutes
                [7] seven minutes
                [8] eight minutes
                [9] nine minutes
                [10] ten minutes
                [11] eleven minutes
                [12] twelve minutes
               *[other] { $count } minutes
            }
       *[second]
            { $count ->
                [1] one second
                [2] two seconds
                [3] three seconds
                [4] four seconds
                [5] five seconds
                [6] six seconds
                [7] seven seconds
                [8] eight seconds
                [9] nine seconds
                [10] ten seconds
                [11] eleven seconds
                [12] twelve seconds
               *[other] { $count } seconds
            }
    }
sign-ins-count =
    { $count ->
        [one] 1 sign-in
       *[other] { $count } sign-ins
    }

## After a form

notice-unsent = Nothing has been changed yet. You can send the form again.
notice-unsent-set-up = Nothing has been changed yet. Set up a second factor, then send the form again.
notice-unused = You were signed out after { duration } without use.
notice-signed-out = You are signed out.
notice-ticket-expired = Sign in again from the start: this step is not valid any more.
notice-second-factor-removed = Your second factor is removed, and you are signed out everywhere else.
notice-no-second-factor = You have no second factor.
notice-authenticator-there = An authenticator is set up. This form added no other one. If the recovery codes were not shown, make new ones.
notice-passkey-added = The passkey is added.
notice-passkey-there = This passkey was there already.
notice-passkey-removed = The passkey is removed. Delete it on the device that keeps it too.
notice-second-factor-of-user-removed = The second factor of { $name } is removed. { sign-ins-count } ended.
notice-trust-ended = The browser is no longer trusted.
notice-password-changed = Your password has changed, and you are signed out everywhere else.
notice-language-changed = The language is changed.
notice-password-set = The password is set. Sign in with it.
notice-password-set-elsewhere = The password is set, for the account that the link belongs to. In this browser you are signed in to another account.
notice-registration-mailed = A mail with a link is on its way. Use it, then sign in. If none comes, register again with the same name, address and password: it is sent again.
notice-registered = Your account is ready. Sign in with your password.
notice-registered-elsewhere = The account is ready. In this browser you are signed in to another account.
notice-name-changed = Your name is saved.
notice-reset-mailed = If an account has this address, a mail with a link is on its way. The link works for half an hour.
notice-address-mailed = A mail with a link is on its way. The address is yours once you have used it.
notice-address-confirmed = The address is confirmed.
notice-address-confirmed-elsewhere = The address is confirmed, for the account that the link belongs to. In this browser you are signed in to another account.
notice-address-returned = The address is yours again, and all sign-ins have ended. Set another password now, by “Forgotten your password?”, if someone else may know it.
notice-address-returned-elsewhere = The address belongs again to the account that the link belongs to, and all its sign-ins have ended. Set another password for it if someone else may know it. In this browser you are signed in to another account.
notice-address-removed = The address is removed.
notice-device-notices-on = You get a mail when you sign in from a new device.
notice-device-notices-off = You get no mail when you sign in from a new device.
notice-sign-in-ended = That sign-in has ended.
notice-others-ended = Signed out everywhere else: { sign-ins-count } ended.
notice-others-none = You are signed in nowhere else.
notice-key-there = This form has made its key already, and makes no other. If the text of the key was not shown, end the key and make another.
notice-codes-there = Another request has just made recovery codes. If they were not shown, make new ones.
notice-link-there = Another request has just made a link. If it was not shown, make another.
notice-key-ended = That key has ended.
notice-administrator-now = { $name } is an administrator now.
notice-user-now = { $name } is an ordinary user now.
notice-activated = { $name } can sign in.
notice-deactivated = { $name } is deactivated; { sign-ins-count } ended.
notice-sign-ins-ended = { $name } is signed out everywhere: { sign-ins-count } ended.
notice-address-of-user-removed = The e-mail address of { $name } is removed.
notice-user-added = { $name } is added.
notice-user-deleted = The user is deleted; { sign-ins-count } ended.
notice-user-deleted-before = That user is deleted.
notice-own-role-lost = You are no longer an administrator.
notice-own-deactivated = Your account is deactivated, and you are signed out everywhere.
notice-own-sign-ins-ended = You are signed out everywhere.
notice-own-deleted = Your account is deleted.

## Above the form to sign in, and above the one for the password

please-sign-in = Please sign in to see this page.
unsent-sign-in = Nothing has been changed yet. Sign in, then send the form again.
unsent-confirm = Nothing has been changed yet. Confirm your password, then send the form again.
no-cookie = You are not signed in. Sign in from the start; if you have just done so, your browser did not keep this site's cookie, or sent it together with one that cannot be read: allow cookies for this site, delete the cookies stored for it, and sign in again.
setup-due = This service has no administrator yet. Its operator finds the link to create one in the output of the latest start.

## Of a link that cannot be used

password-link-invalid = A link to set a password works once and for a limited time, and no longer once the password has been changed or a newer link has been made. Ask an administrator of this service for a new one.
password-link-invalid-mail = A link to set a password works once and for a limited time, and no longer once the password has been changed or a newer link has been made. If you have just used it, sign in with the new password; if not, use the latest link, or ask for another one by “Forgotten your password?”. If your account has no e-mail address, ask an administrator of this service.
registration-link-invalid = A link to confirm a registration works once, for a day, and until a newer link is sent. If you have confirmed your registration already, your account is ready: sign in. If not, register again.
return-link-invalid = A link to take an address back works once and for a limited time. If you have just used it, the address is yours again.
address-link-invalid = A link to confirm an address works once, for a day, and until a newer link is sent or another address is entered. If you have confirmed the address already, there is nothing left to do; if not, enter it again to get a new link.
sign-in-link-unknown = This browser has not asked for a mail in the last hour, or did not keep this site's cookie. Allow cookies for this site, and ask here: link and code work in the browser that asked.
link-no-cookie = This page is opened by a link. If you have followed one, your browser did not keep this site's cookie, which the page needs: allow cookies for this site, and follow the link again.
sign-in-link-invalid = A link to sign in works once, for a quarter of an hour, and in the browser that asked for it alone. It ends when that browser asks for another. If you have just used it here, you are probably signed in already. If you asked in another browser, type the code of the mail there.

## Of a password that was wrong, and of too many attempts

not-your-password = This is not your password.
wait =
    { $unit ->
        [day]
            { $count ->
                [one] Too many attempts. Wait 1 day, then try again.
               *[other] Too many attempts. Wait { $count } days, then try again.
            }
        [hour]
            { $count ->
                [one] Too many attempts. Wait 1 hour, then try again.
               *[other] Too many attempts. Wait { $count } hours, then try again.
            }
        [minute]
            { $count ->
                [one] Too many attempts. Wait 1 minute, then try again.
               *[other] Too many attempts. Wait { $count } minutes, then try again.
            }
       *[second]
            { $count ->
                [one] Too many attempts. Wait 1 second, then try again.
               *[other] Too many attempts. Wait { $count } seconds, then try again.
            }
    }
something-wrong = Something went wrong.
