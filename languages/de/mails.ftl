# E-Mails. Eine leere Zeile trennt Absätze.

mail-greeting = Guten Tag { $name },
mail-hello = Guten Tag,
mail-subject = { $subject } - { $site }
mail-on = am { $date }
mail-on-from = am { $date }, von { $from },
mail-from = { $program } unter { $address }

mail-confirm-subject = Bestätigen Sie Ihre Adresse
mail-confirm =
    bitte bestätigen Sie, dass dies die Adresse Ihres Kontos bei { $site } ist:

    { $link }

    Der Link funktioniert einen Tag lang. Wenn Sie ihn nicht angefordert haben, ignorieren Sie diese E-Mail: Das Konto erhält diese Adresse dann nicht.

mail-reset-subject = Legen Sie ein anderes Passwort fest
mail-reset =
    mit diesem Link können Sie ein anderes Passwort für Ihr Konto { $name } bei { $site } festlegen:

    { $link }

    Er funktioniert einmal, eine halbe Stunde lang, und beendet alle Ihre Anmeldungen und Zugriffsschlüssel. Wenn Sie ihn nicht angefordert haben, ignorieren Sie diese E-Mail: Ihr Passwort ist nicht geändert.

mail-sign-in-subject = Anmelden
mail-sign-in =
    mit diesem Link melden Sie sich bei Ihrem Konto { $name } bei { $site } an, in dem Browser, in dem Sie ihn angefordert haben:

    { $link }

    Wenn Sie dies auf einem anderen Gerät lesen, geben Sie in jenem Browser diesen Code ein:

    { "    " }{ $code }

    Beide funktionieren einmal, eine Viertelstunde lang. Sie wurden { $when } angefordert. Wenn Sie das nicht waren, ignorieren Sie diese E-Mail und nennen Sie niemandem den Code.

mail-address-changed-subject = Ihre Adresse wurde geändert
mail-address-changed =
    die E-Mail-Adresse Ihres Kontos { $name } bei { $site } wurde { $when } geändert. E-Mails zum Konto gehen nicht mehr an diese Adresse.

    Wenn Sie das nicht waren, melden Sie sich an und ändern Sie sofort Ihr Passwort:

    { $link }

mail-password-changed-subject = Ihr Passwort wurde geändert
mail-password-changed =
    das Passwort Ihres Kontos { $name } bei { $site } wurde { $when } geändert, und seine anderen Anmeldungen sind beendet.

    Wenn Sie das nicht waren, legen Sie sofort ein anderes Passwort fest:

    { $link }

mail-new-device-subject = Anmeldung von einem neuen Gerät
mail-new-device =
    bei Ihrem Konto { $name } bei { $site } gab es { $when } eine Anmeldung von einem Browser oder einer Adresse, die dort noch nicht vorkamen.

    Wenn Sie das waren, brauchen Sie nichts zu tun. Wenn nicht, kann sich jemand anderes anmelden: Legen Sie sofort ein anderes Passwort fest; das beendet alle Anmeldungen:

    { $link }

    Diese Benachrichtigungen können Sie abschalten:

    { $base }/account/address

mail-key-made-subject = Ein Zugriffsschlüssel wurde erstellt
mail-key-made =
    für Ihr Konto { $name } bei { $site } wurde { $when } ein Zugriffsschlüssel erstellt. Ein Programm kann das Konto damit benutzen.

    Wenn Sie das nicht waren, beenden Sie den Schlüssel und ändern Sie sofort Ihr Passwort:

    { $link }
    { $base }/account

mail-breached-subject = Ihr Passwort steht in einer Liste gestohlener Passwörter
mail-breached =
    bei Ihrem Konto { $name } bei { $site } wurde sich { $when } mit einem Passwort angemeldet, das in einer öffentlichen Liste gestohlener Passwörter steht. Es wurde nicht unbedingt hier gestohlen: Viele Menschen benutzen dasselbe Passwort anderswo. Solche Listen werden zuerst ausprobiert.

    Bitte setzen Sie ein anderes Passwort, das Sie sonst nirgends benutzen:

    { $link }

mail-second-factor-added-subject = Ein zweiter Faktor wurde eingerichtet
mail-second-factor-added =
    für Ihr Konto { $name } bei { $site } wurde { $when } ein zweiter Faktor eingerichtet: eine Authentifizierungs-App oder ein Passkey. Von jetzt an ist zum Anmelden ein zweiter Faktor nötig; wenn es Ihr erster ist, sind alle anderen Anmeldungen beendet.

    Wenn Sie das nicht waren, kennt jemand anderes Ihr Passwort. Bitten Sie einen Administrator, den zweiten Faktor zu entfernen, und legen Sie ein anderes Passwort fest. Was eingerichtet ist, sehen Sie hier:

    { $link }

mail-second-factor-removed-subject = Ihr zweiter Faktor wurde entfernt
mail-second-factor-removed =
    der zweite Faktor Ihres Kontos { $name } bei { $site } wurde { $when } entfernt. Von jetzt an genügt zum Anmelden das Passwort allein.

    Wenn Sie das nicht waren und auch keinen Administrator darum gebeten haben, legen Sie sofort ein anderes Passwort fest und richten Sie wieder einen zweiten Faktor ein:

    { $link }

mail-recovery-code-used-subject = Ein Wiederherstellungscode wurde benutzt
mail-recovery-code-used =
    ein Wiederherstellungscode Ihres Kontos { $name } bei { $site } wurde { $when } anstelle der Authentifizierungs-App benutzt.

    Wenn Sie das nicht waren, legen Sie sofort ein anderes Passwort fest und erstellen Sie neue Wiederherstellungscodes:

    { $link }

mail-codes-guessed-subject = Viele falsche Codes für Ihr Konto
mail-codes-guessed =
    für Ihr Konto { $name } bei { $site } wurde mindestens zehnmal hintereinander ein falscher Code der Authentifizierungs-App eingegeben, zuletzt { $when }. Der Schritt vor dem Code, in der Regel Ihr Passwort, war jedes Mal richtig.

    Wenn Sie das nicht waren, kennt jemand anderes Ihr Passwort. Legen Sie sofort ein anderes fest:

    { $link }

    Nach hundert falschen Codes hintereinander wird kein Code der Authentifizierungs-App mehr angenommen. Melden Sie sich dann mit einem Wiederherstellungscode oder einem Passkey an, oder fragen Sie einen Administrator.

mail-deactivated-subject = Ihr Konto wurde deaktiviert
mail-deactivated =
    Ihr Konto { $name } bei { $site } wurde { $when } deaktiviert. Niemand kann sich damit anmelden, und alle seine Anmeldungen sind beendet.

    Wenn Sie nicht wissen, warum, fragen Sie die Betreiber von { $site }.

mail-address-changed-return-subject = Ihre Adresse wurde geändert
mail-address-changed-return =
    die E-Mail-Adresse Ihres Kontos { $name } bei { $site } wurde { $when } geändert. E-Mails zum Konto gehen nicht mehr an diese Adresse.

    Wenn Sie das nicht waren, holen Sie die Adresse mit diesem Link zurück:

    { $link }

    Er funktioniert einmal, bis { $until }, und beendet alle Anmeldungen und Zugriffsschlüssel. Legen Sie danach ein anderes Passwort fest.

mail-registration-subject = Bestätigen Sie Ihre Registrierung
mail-registration =
    mit diesem Link bestätigen Sie Ihre Adresse und erhalten Ihr Konto bei { $site }:

    { $link }

    Er funktioniert einmal, einen Tag lang. Melden Sie sich danach mit dem Passwort an, das Sie gewählt haben. Wenn Sie sich nicht registriert haben, ignorieren Sie diese E-Mail: Dann entsteht kein Konto.

mail-registered-before-subject = Sie haben schon ein Konto
mail-registered-before =
    jemand, vielleicht Sie, wollte sich bei { $site } mit dieser Adresse registrieren. Sie haben schon das Konto { $name }. Melden Sie sich an:

    { $link }

    Wenn Sie das Passwort vergessen haben, legen Sie ein anderes fest:

    { $base }/password/forgot

    Wenn Sie das nicht waren, ignorieren Sie diese E-Mail: Es ist nichts geändert.
