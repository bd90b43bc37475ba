# Mails. A blank line separates paragraphs.

mail-greeting = Hello { $name },
mail-hello = Hello,
mail-subject = { $subject } - { $site }
mail-on = on { $date }
mail-on-from = on { $date }, from { $from }
mail-from = { $program } at { $address }

mail-confirm-subject = Confirm your address
mail-confirm =
    Please confirm that this is the address of your account at { $site }:

    { $link }

    The link works for a day. If you did not ask for it, ignore this mail: the account does not get this address.

mail-reset-subject = Set another password
mail-reset =
    With this link you can set another password for your account { $name } at { $site }:

    { $link }

    It works once, for half an hour, and ends all your sign-ins and access keys. If you did not ask for it, ignore this mail: your password has not changed.

mail-sign-in-subject = Sign in
mail-sign-in =
    With this link you sign in to your account { $name } at { $site }, in the browser in which you asked for it:

    { $link }

    If you read this on another device, type this code in that browser:

    { "    " }{ $code }

    Both work once, for a quarter of an hour. They were asked for { $when }. If that was not you, ignore this mail, and do not share the code.

mail-address-changed-subject = Your address was changed
mail-address-changed =
    The e-mail address of your account { $name } at { $site } was changed { $when }. Mails about the account no longer go to this address.

    If this was not you, sign in and change your password at once:

    { $link }

mail-password-changed-subject = Your password was changed
mail-password-changed =
    The password of your account { $name } at { $site } was changed { $when }, and its other sign-ins have ended.

    If this was not you, set another password at once:

    { $link }

mail-new-device-subject = A sign-in from a new device
mail-new-device =
    Your account { $name } at { $site } was signed in to { $when }, from a browser or an address that was not seen with it before.

    If this was you, you need to do nothing. If it was not, somebody else can sign in: set another password at once, which ends all sign-ins:

    { $link }

    You can switch these notices off:

    { $base }/account/address

mail-key-made-subject = An access key was made
mail-key-made =
    An access key was made for your account { $name } at { $site } { $when }. A program can use the account with it.

    If this was not you, end the key and change your password at once:

    { $link }
    { $base }/account

mail-breached-subject = Your password is in a list of stolen passwords
mail-breached =
    Your account { $name } at { $site } was signed in to { $when } with a password that is in a public list of stolen passwords. It was not necessarily stolen here: many people use the same password elsewhere. Lists like this are tried first.

    Please set another password, which you use nowhere else:

    { $link }

mail-second-factor-added-subject = A second factor was set up
mail-second-factor-added =
    For your account { $name } at { $site } a second factor was set up { $when }: an authenticator app or a passkey. From now on signing in takes a second factor; if it is your first one, all other sign-ins have ended.

    If this was not you, somebody else knows your password. Ask an administrator to remove the second factor, and set another password. What is set up you see here:

    { $link }

mail-second-factor-removed-subject = Your second factor was removed
mail-second-factor-removed =
    The second factor of your account { $name } at { $site } was removed { $when }. From now on the password alone signs in.

    If this was not you and you did not ask an administrator for it, set another password at once and set up a second factor again:

    { $link }

mail-recovery-code-used-subject = A recovery code was used
mail-recovery-code-used =
    A recovery code of your account { $name } at { $site } was used { $when } in the place of the authenticator.

    If this was not you, set another password at once, and make new recovery codes:

    { $link }

mail-codes-guessed-subject = Many wrong codes for your account
mail-codes-guessed =
    For your account { $name } at { $site } a wrong code of the authenticator was entered ten times in a row or more, the last time { $when }. The step before the code, as a rule your password, was right each time.

    If this was not you, somebody else knows your password. Set another one at once:

    { $link }

    After a hundred wrong codes in a row, no code of the authenticator is accepted. Then sign in with a recovery code or a passkey, or ask an administrator.

mail-deactivated-subject = Your account was deactivated
mail-deactivated =
    Your account { $name } at { $site } was deactivated { $when }. Nobody can sign in to it, and all its sign-ins have ended.

    If you do not know why, ask those who run { $site }.

mail-address-changed-return-subject = Your address was changed
mail-address-changed-return =
    The e-mail address of your account { $name } at { $site } was changed { $when }. Mails about the account no longer go to this address.

    If this was not you, take the address back with this link:

    { $link }

    It works once, until { $until }, and ends all sign-ins and access keys. Then set another password.

mail-registration-subject = Confirm your registration
mail-registration =
    With this link you confirm your address and get your account at { $site }:

    { $link }

    It works once, for a day. Then sign in with the password that you have chosen. If you did not register, ignore this mail: there will be no account.

mail-registered-before-subject = You have an account already
mail-registered-before =
    Someone, perhaps you, has tried to register at { $site } with this address. You have the account { $name } already. Sign in:

    { $link }

    If you have forgotten the password, set another one:

    { $base }/password/forgot

    If it was not you, ignore this mail: nothing has changed.
