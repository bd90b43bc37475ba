# Was eine Seite über ihrem Inhalt sagt.

## Dauern und Anzahlen

duration =
    { $unit ->
        [day]
            { $count ->
                [one] einem Tag
               *[other] { $count } Tagen
            }
        [hour]
            { $count ->
                [one] einer Stunde
               *[other] { $count } Stunden
            }
        [minute]
            { $count ->
                [one] einer Minute
               *[other] { $count } Minuten
            }
       *[second]
            { $count ->
                [one] einer Sekunde
               *[other] { $count } Sekunden
            }
    }
sign-ins-count =
    { $count ->
        [one] 1 Anmeldung
       *[other] { $count } Anmeldungen
    }

## Nach einem Formular

notice-unsent = Es wurde noch nichts geändert. Sie können das Formular noch einmal senden.
notice-unsent-set-up = Es wurde noch nichts geändert. Richten Sie einen zweiten Faktor ein und senden Sie das Formular dann noch einmal.
notice-unused = Sie wurden nach { duration } ohne Nutzung abgemeldet.
notice-signed-out = Sie sind abgemeldet.
notice-ticket-expired = Melden Sie sich noch einmal von vorn an: Dieser Schritt ist nicht mehr gültig.
notice-second-factor-removed = Ihr zweiter Faktor ist entfernt, und Sie sind überall sonst abgemeldet.
notice-no-second-factor = Sie haben keinen zweiten Faktor.
notice-authenticator-there = Ein Authenticator ist eingerichtet. Dieses Formular hat keinen weiteren hinzugefügt. Wenn die Wiederherstellungscodes nicht angezeigt wurden, erstellen Sie neue.
notice-passkey-added = Der Passkey ist hinzugefügt.
notice-passkey-there = Diesen Passkey gab es schon.
notice-passkey-removed = Der Passkey ist entfernt. Löschen Sie ihn auch auf dem Gerät, das ihn aufbewahrt.
notice-second-factor-of-user-removed = Der zweite Faktor von { $name } ist entfernt; { sign-ins-count } beendet.
notice-trust-ended = Der Browser gilt nicht mehr als vertrauenswürdig.
notice-password-changed = Ihr Passwort ist geändert, und Sie sind überall sonst abgemeldet.
notice-language-changed = Die Sprache ist geändert.
notice-password-set = Das Passwort ist festgelegt. Melden Sie sich damit an.
notice-password-set-elsewhere = Das Passwort ist festgelegt, und zwar für das Konto, zu dem der Link gehört. In diesem Browser sind Sie mit einem anderen Konto angemeldet.
notice-registration-mailed = Eine E-Mail mit einem Link ist unterwegs. Benutzen Sie ihn und melden Sie sich dann an. Wenn keine kommt, registrieren Sie sich noch einmal mit demselben Namen, derselben Adresse und demselben Passwort: Dann wird sie noch einmal gesendet.
notice-registered = Ihr Konto ist bereit. Melden Sie sich mit Ihrem Passwort an.
notice-registered-elsewhere = Das Konto ist bereit. In diesem Browser sind Sie mit einem anderen Konto angemeldet.
notice-name-changed = Ihr Name ist gespeichert.
notice-reset-mailed = Wenn ein Konto diese Adresse hat, ist eine E-Mail mit einem Link unterwegs. Der Link funktioniert eine halbe Stunde lang.
notice-address-mailed = Eine E-Mail mit einem Link ist unterwegs. Wenn Sie ihn benutzt haben, gehört die Adresse zu Ihrem Konto.
notice-address-confirmed = Die Adresse ist bestätigt.
notice-address-confirmed-elsewhere = Die Adresse ist bestätigt, und zwar für das Konto, zu dem der Link gehört. In diesem Browser sind Sie mit einem anderen Konto angemeldet.
notice-address-returned = Die Adresse gehört wieder zu Ihrem Konto, und alle Anmeldungen sind beendet. Legen Sie jetzt über „Passwort vergessen?“ ein anderes Passwort fest, wenn jemand anderes es kennen kann.
notice-address-returned-elsewhere = Die Adresse gehört wieder zu dem Konto, zu dem der Link gehört, und alle seine Anmeldungen sind beendet. Legen Sie für dieses Konto ein anderes Passwort fest, wenn jemand anderes es kennen kann. In diesem Browser sind Sie mit einem anderen Konto angemeldet.
notice-address-removed = Die Adresse ist entfernt.
notice-device-notices-on = Sie erhalten eine E-Mail, wenn Sie sich von einem neuen Gerät anmelden.
notice-device-notices-off = Sie erhalten keine E-Mail, wenn Sie sich von einem neuen Gerät anmelden.
notice-sign-in-ended = Diese Anmeldung ist beendet.
notice-others-ended = Überall sonst abgemeldet: { sign-ins-count } beendet.
notice-others-none = Sie sind nirgends sonst angemeldet.
notice-key-there = Dieses Formular hat seinen Schlüssel schon erstellt und erstellt keinen weiteren. Wenn der Text des Schlüssels nicht angezeigt wurde, beenden Sie den Schlüssel und erstellen Sie einen anderen.
notice-codes-there = Eine andere Anfrage hat gerade Wiederherstellungscodes erstellt. Wenn sie nicht angezeigt wurden, erstellen Sie neue.
notice-link-there = Eine andere Anfrage hat gerade einen Link erstellt. Wenn er nicht angezeigt wurde, erstellen Sie einen anderen.
notice-key-ended = Dieser Schlüssel ist beendet.
notice-administrator-now = { $name } ist jetzt Administrator.
notice-user-now = { $name } ist jetzt einfacher Benutzer.
notice-activated = { $name } kann sich anmelden.
notice-deactivated = { $name } ist deaktiviert; { sign-ins-count } beendet.
notice-sign-ins-ended = { $name } ist überall abgemeldet: { sign-ins-count } beendet.
notice-address-of-user-removed = Die E-Mail-Adresse von { $name } ist entfernt.
notice-user-added = { $name } ist hinzugefügt.
notice-user-deleted = Der Benutzer ist gelöscht; { sign-ins-count } beendet.
notice-user-deleted-before = Dieser Benutzer ist gelöscht.
notice-own-role-lost = Sie sind nicht mehr Administrator.
notice-own-deactivated = Ihr Konto ist deaktiviert, und Sie sind überall abgemeldet.
notice-own-sign-ins-ended = Sie sind überall abgemeldet.
notice-own-deleted = Ihr Konto ist gelöscht.

## Über der Anmeldung, und über der Bestätigung des Passworts

please-sign-in = Bitte melden Sie sich an, um diese Seite zu sehen.
unsent-sign-in = Es wurde noch nichts geändert. Melden Sie sich an und senden Sie das Formular dann noch einmal.
unsent-confirm = Es wurde noch nichts geändert. Bestätigen Sie Ihr Passwort und senden Sie das Formular dann noch einmal.
no-cookie = Sie sind nicht angemeldet. Melden Sie sich von vorn an; wenn Sie das gerade getan haben, hat Ihr Browser das Cookie dieser Website nicht behalten oder zusammen mit einem anderen gesendet, das nicht lesbar ist: Erlauben Sie Cookies für diese Website, löschen Sie die dafür gespeicherten und melden Sie sich noch einmal an.
setup-due = Dieser Dienst hat noch keinen Administrator. Der Betreiber findet den Link, um einen anzulegen, in der Ausgabe des letzten Starts.

## Über einen Link, der nicht benutzt werden kann

password-link-invalid = Ein Link zum Festlegen eines Passworts funktioniert einmal und für begrenzte Zeit, und nicht mehr, sobald das Passwort geändert oder ein neuerer Link erstellt wurde. Bitten Sie einen Administrator dieses Dienstes um einen neuen.
password-link-invalid-mail = Ein Link zum Festlegen eines Passworts funktioniert einmal und für begrenzte Zeit, und nicht mehr, sobald das Passwort geändert oder ein neuerer Link erstellt wurde. Wenn Sie ihn gerade benutzt haben, melden Sie sich mit dem neuen Passwort an; wenn nicht, benutzen Sie den neuesten Link, oder fordern Sie über „Passwort vergessen?“ einen anderen an. Wenn Ihr Konto keine E-Mail-Adresse hat, wenden Sie sich an einen Administrator dieses Dienstes.
registration-link-invalid = Ein Link zum Bestätigen einer Registrierung funktioniert einmal, einen Tag lang und bis ein neuerer Link gesendet wird. Wenn Sie Ihre Registrierung schon bestätigt haben, ist Ihr Konto bereit: Melden Sie sich an. Wenn nicht, registrieren Sie sich noch einmal.
return-link-invalid = Ein Link zum Zurückholen einer Adresse funktioniert einmal und für begrenzte Zeit. Wenn Sie ihn gerade benutzt haben, gehört die Adresse wieder zu Ihrem Konto.
address-link-invalid = Ein Link zum Bestätigen einer Adresse funktioniert einmal, einen Tag lang und bis ein neuerer Link gesendet oder eine andere Adresse eingegeben wird. Wenn Sie die Adresse schon bestätigt haben, ist nichts mehr zu tun; wenn nicht, geben Sie sie noch einmal ein, um einen neuen Link zu erhalten.
sign-in-link-unknown = Dieser Browser hat in der letzten Stunde keine E-Mail angefordert oder das Cookie dieser Website nicht behalten. Erlauben Sie Cookies für diese Website und fordern Sie hier eine an: Link und Code gelten in dem Browser, der sie angefordert hat.
link-no-cookie = Diese Seite wird durch einen Link geöffnet. Wenn Sie einem gefolgt sind, hat Ihr Browser das Cookie dieser Website nicht behalten, das die Seite braucht: Erlauben Sie Cookies für diese Website und folgen Sie dem Link noch einmal.
sign-in-link-invalid = Ein Link zum Anmelden funktioniert einmal, eine Viertelstunde lang, und nur in dem Browser, in dem er angefordert wurde. Er endet, wenn dieser Browser einen anderen anfordert. Wenn Sie ihn gerade hier benutzt haben, sind Sie wahrscheinlich schon angemeldet. Wenn Sie ihn in einem anderen Browser angefordert haben, geben Sie dort den Code aus der E-Mail ein.

## Über ein falsches Passwort, und über zu viele Versuche

not-your-password = Das ist nicht Ihr Passwort.
wait =
    { $unit ->
        [day]
            { $count ->
                [one] Zu viele Versuche. Warten Sie einen Tag und versuchen Sie es dann noch einmal.
               *[other] Zu viele Versuche. Warten Sie { $count } Tage und versuchen Sie es dann noch einmal.
            }
        [hour]
            { $count ->
                [one] Zu viele Versuche. Warten Sie eine Stunde und versuchen Sie es dann noch einmal.
               *[other] Zu viele Versuche. Warten Sie { $count } Stunden und versuchen Sie es dann noch einmal.
            }
        [minute]
            { $count ->
                [one] Zu viele Versuche. Warten Sie eine Minute und versuchen Sie es dann noch einmal.
               *[other] Zu viele Versuche. Warten Sie { $count } Minuten und versuchen Sie es dann noch einmal.
            }
       *[second]
            { $count ->
                [one] Zu viele Versuche. Warten Sie eine Sekunde und versuchen Sie es dann noch einmal.
               *[other] Zu viele Versuche. Warten Sie { $count } Sekunden und versuchen Sie es dann noch einmal.
            }
    }
something-wrong = Etwas ist schiefgegangen.
