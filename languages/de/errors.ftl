# Sätze von Fehlern, auf Seiten und in `detail`, `title` und `fields` von Problem JSON. Codes ändern sich nie.

## Nach Code

error-credentials-missing = Melden Sie sich dafür an.
error-malformed-authorization = Der Header Authorization muss ein Schema und ein Token sein.
error-ambiguous-credentials = Senden Sie einen Nachweis, nicht mehrere.
error-token-invalid = Das Token ist nicht gültig.
error-token-expired = Das Token ist abgelaufen.
error-token-revoked = Das Token wurde widerrufen.
error-wrong-token-type = Diese Route erwartet ein Token anderer Art.
error-csrf-missing = Der CSRF-Wert fehlt.
error-csrf-mismatch = Der CSRF-Wert gehört nicht zum Token.
error-fresh-login-required = Bestätigen Sie dafür Ihr Passwort.
error-second-factor-required = Bestätigen Sie dafür einen zweiten Faktor.
error-second-factor-setup-required = Richten Sie zuerst einen zweiten Faktor ein.
error-bad-credentials = Benutzername oder Passwort ist falsch.
error-account-inactive = Dieses Konto ist nicht aktiv.
error-forbidden-kind = Das dürfen Sie nicht.
error-insufficient-scope = Das Token hat nicht das Recht dafür.
error-cross-origin = Die Anfrage kam von einer anderen Website.
error-insecure-connection = Diese Website hält Sie nur über HTTPS angemeldet. Öffnen Sie sie mit https:// am Anfang.
error-too-many-attempts = Zu viele Versuche. Warten Sie und versuchen Sie es noch einmal.
error-busy = Der Server ist ausgelastet. Versuchen Sie es gleich noch einmal.
error-unavailable-kind = Der Dienst ist zurzeit nicht verfügbar. Versuchen Sie es gleich noch einmal.
error-username-taken = Dieser Benutzername ist vergeben.
error-already-made = Eine andere Anfrage hat das erstellt.
error-replaced = Eine andere Anfrage hat diese ersetzt. Verwenden Sie deren Antwort, oder versuchen Sie es in einer Minute erneut.
error-last-administrator = Mindestens ein aktiver Administrator muss bleiben.
error-invalid-field = Einige Felder sind nicht zulässig.
error-malformed-request = Die Anfrage hat eine Methode oder eine Adresse, die hier nicht verstanden wird.
error-malformed-body = Der Inhalt konnte nicht gelesen werden.
error-unsupported-media-type = Senden Sie den Inhalt als application/json.
error-too-large = Der Inhalt ist zu groß.
error-not-found-kind = Hier ist nichts.
error-method-not-allowed = Dieser Pfad erwartet eine andere Methode.
error-internal = Bei uns ist etwas schiefgegangen.

## Namen von Statuscodes

status-400 = Fehlerhafte Anfrage
status-401 = Nicht angemeldet
status-403 = Nicht erlaubt
status-404 = Nicht gefunden
status-405 = Methode nicht erlaubt
status-409 = Konflikt
status-413 = Inhalt zu groß
status-415 = Medientyp nicht unterstützt
status-422 = Inhalt nicht verarbeitbar
status-429 = Zu viele Anfragen
status-500 = Interner Serverfehler
status-503 = Dienst nicht verfügbar

## Benutzernamen, vollständige Namen, Adressen

username-missing = Wählen Sie einen Benutzernamen.
username-long = Ein Benutzername hat höchstens 80 Zeichen.
username-marks = Ein Benutzername hat höchstens 4 kombinierende Zeichen hintereinander.
username-characters = Ein Benutzername darf Buchstaben, Ziffern und Zeichen wie - oder _ haben, aber keine Leerzeichen, anderen Symbole, Emojis oder unsichtbaren Zeichen.
username-unreadable = Dieser Benutzername hat ein Zeichen, das nicht lesbar war.
username-other = Sie sind jetzt als { $name } angemeldet. Es wurde nichts geändert.
username-signing-in = Sie melden sich jetzt als { $name } an. Was Sie gesendet haben, wurde nicht verwendet.
full-name-long = Ein vollständiger Name hat höchstens 200 Zeichen.
full-name-marks = Ein vollständiger Name hat höchstens 4 kombinierende Zeichen hintereinander.
full-name-characters = Ein vollständiger Name darf keine Steuerzeichen, unsichtbaren Zeichen oder Zeichen für die Schreibrichtung enthalten.
address-invalid = Geben Sie eine Adresse wie ann@example.org ein.
address-taken = Ein anderes Konto hat diese Adresse.
language-missing = Diese Sprache ist nicht verfügbar.
address-required = Eine Adresse ist erforderlich. Geben Sie stattdessen eine andere ein.
not-your-name = Das ist nicht Ihr Benutzername. Es wurde nichts gelöscht.
username-address = Ein Benutzername kann keine E-Mail-Adresse sein.
link-not-valid = Dieser Link ist nicht gültig. Er funktioniert einmal und für begrenzte Zeit, und nicht mehr, sobald das Passwort geändert oder ein neuerer Link erstellt wurde.
sign-in-code-wrong = Dieser Code ist nicht gültig. Fordern Sie nach fünf falschen Codes oder nach einer Viertelstunde eine weitere E-Mail an. Wenn Sie ihn gerade hier benutzt haben, sind Sie wahrscheinlich angemeldet.
registrations =
    { $count ->
        [one] Zu viele Registrierungen von Ihrer Adresse. Versuchen Sie es in einer Minute noch einmal.
       *[other] Zu viele Registrierungen von Ihrer Adresse. Versuchen Sie es in { $count } Minuten noch einmal.
    }
setup-link-invalid = Dieser Link ist nicht gültig. Er funktioniert einmal, einen Tag lang und bis es einen Administrator gibt. Wenn Sie ein Konto haben, melden Sie sich an; wenn es keinen Administrator gibt, benutzen Sie den Link des letzten Starts des Dienstes.
link-of-inactive = Dieses Konto ist deaktiviert. Aktivieren Sie es zuerst.
confirm-missing = Setzen Sie das Häkchen, wenn Sie es so meinen.
remember-neither = Setzen Sie das Häkchen, um auf diesem Gerät angemeldet zu bleiben, oder lassen Sie es weg.

## Passwörter

password-long = Ein Passwort hat höchstens { $count } Bytes.
password-short = Ein Passwort hat mindestens { $count } Zeichen.
password-characters = Das Passwort enthält ein ungültiges Zeichen.
password-user-name = Das Passwort darf nicht der Benutzername sein.
password-full-name = Das Passwort darf nicht der vollständige Name sein.
password-current = Das ist nicht Ihr aktuelles Passwort.
password-weak = { $sentence } Einige Wörter ohne Zusammenhang sind ein gutes Passwort.
password-breached = Dieses Passwort steht in einer Liste gestohlener Passwörter, die zuerst ausprobiert werden. Wählen Sie eines, das Sie sonst nirgends benutzen.
weak-common = Viele Menschen benutzen dieses Passwort; es wird deshalb zuerst erraten.
weak-similar = Das ist einem Passwort sehr ähnlich, das viele Menschen benutzen.
weak-repeated = Ein Passwort aus wiederholten Zeichen oder Wörtern ist leicht zu erraten.
weak-sequence = Ein Passwort mit einer Folge von Buchstaben oder Ziffern ist leicht zu erraten.
weak-keyboard = Ein Passwort aus benachbarten Tasten ist leicht zu erraten.
weak-date = Ein Passwort, das ein Datum ist, ist leicht zu erraten.
weak-other = Dieses Passwort ist leicht zu erraten.

## Zugriffsschlüssel

key-lifetime = Ein Schlüssel gilt mindestens eine Sekunde und höchstens { $duration }.
key-lifetime-far = So weit in der Zukunft liegt keine Zeit.
key-lifetime-missing = Wählen Sie, wann der Schlüssel abläuft.
key-label-wrong = Eine Bezeichnung hat 1 bis 100 Zeichen und keine Steuerzeichen.
key-label-hidden = Eine Bezeichnung darf keine unsichtbaren Zeichen oder Zeichen für die Schreibrichtung enthalten.
key-scopes-wrong = Rechte sind höchstens 32 Wörter von höchstens 64 druckbaren ASCII-Zeichen.
key-scopes-twice = Nennen Sie jedes Recht einmal.
key-scopes-unknown = Ein Schlüssel darf diese Rechte haben: { $scopes }.
key-scopes-user = Ohne die Rolle eines Administrators darf ein Schlüssel haben: { $scopes }.
key-scopes-box = Setzen Sie ein Häkchen oder lassen Sie es weg.
key-scopes-missing = Dieses Feld ist erforderlich; [] ist ein Schlüssel ohne Rechte.
keys-too-many = Ein Konto hat höchstens { $count } Schlüssel. Beenden Sie zuerst einen.
keys-too-often = Sie haben in der letzten Stunde viele Schlüssel erstellt. Versuchen Sie es später noch einmal.
key-made-before = Eine frühere Anfrage mit diesem Idempotency-Key hat den Schlüssel { $id } erstellt, der nur einmal angezeigt wird. Wenn er verloren ist, beenden Sie ihn und erstellen Sie einen anderen.
duration-days =
    { $count ->
        [one] 1 Tag
       *[other] { $count } Tage
    }

## Felder und Parameter

field-required = Dieses Feld ist erforderlich.
field-text = Dieses Feld ist ein Text.
field-send-text = Senden Sie einen Text.
field-flag = Dieses Feld ist true oder false.
field-unknown = Dieses Feld ist unbekannt.
field-twice = Dieses Feld kommt zweimal vor.
field-list = Dieses Feld ist eine Liste von Texten.
field-seconds = Dieses Feld ist eine Anzahl von Sekunden oder ein Text wie "30 days".
field-fixed = Dieses Feld kann hier nicht geändert werden.
field-role = Eine Rolle ist user oder admin.
user-unchanged = Nennen Sie mindestens eines von role, active, full_name und email.
user-email = Nur der Inhaber kann eine Adresse eingeben; null entfernt sie.
parameter-utf8 = Dieser Parameter ist nicht UTF-8.
parameter-twice = Dieser Parameter kommt mehr als einmal vor.
parameter-unknown = Dieser Parameter ist unbekannt.
parameter-number = Dieser Parameter ist eine ganze Zahl von mindestens { $least }.
parameter-flag = Dieser Parameter ist true oder false.
parameter-user = Dieser Parameter ist die Nummer eines Benutzers.
header-idempotency = Dieser Header ist ein Wert von 1 bis 255 sichtbaren ASCII-Zeichen.

## Anfragen

register-role = Registrieren Sie ohne Rolle. Ein Administrator vergibt sie mit PATCH /api/users/<id>.
form-type = Senden Sie das Formular als application/x-www-form-urlencoded.
body-form-type = Senden Sie den Inhalt als application/x-www-form-urlencoded.
body-encoding = Senden Sie den Inhalt ohne Content-Encoding.
body-empty = Der Inhalt ist leer; er muss ein JSON-Objekt sein.
body-utf8 = Der Inhalt ist nicht UTF-8.
body-deep = Der Inhalt ist zu tief verschachtelt.
body-twice = Der Inhalt hat einen Namen zweimal.
body-object = Der Inhalt muss ein JSON-Objekt sein.
body-number = Der Inhalt hat eine zu große Zahl.
body-ends = Der Inhalt endet vor seinem JSON.
body-json = Der Inhalt ist kein JSON (Zeile { $line }, Spalte { $column }).
tokens-no-cookies = Dieser Dienst nimmt keine Tokens aus Cookies an.
tokens-only-cookies = Dieser Dienst nimmt Tokens nur aus Cookies an.
tokens-prefix = Das Token in der Abfrage muss hinter seinem Präfix stehen.
session-not-token = Diese Seite erwartet eine Sitzung, kein Token.
metrics-token = Senden Sie das Token der Metriken.

## Zweiter Faktor

error-code-wrong = Dieser Code ist nicht gültig oder wurde schon benutzt. Geben Sie einen anderen ein.
error-codes-blocked = Nach zu vielen falschen Codes wird kein Code der Authentifizierungs-App mehr angenommen. Benutzen Sie einen Wiederherstellungscode oder einen Passkey, oder fragen Sie einen Administrator.
error-code-missing = Geben Sie einen Code Ihrer Authentifizierungs-App oder einen Wiederherstellungscode ein.
error-code-first-wrong = Das ist nicht der Code zu diesem geheimen Schlüssel. Prüfen Sie die Uhr Ihres Geräts.
error-set-up-expired = Dieses Formular ist nicht mehr gültig. Fangen Sie noch einmal an: Scannen Sie den neuen QR-Code.
error-ticket-expired = Melden Sie sich noch einmal von vorn an: Dieser Schritt ist nicht mehr gültig.
error-second-step = Das Passwort ist richtig. Senden Sie login_token und einen Code des zweiten Faktors an /api/login/second.
error-own-second-factor = Entfernen Sie Ihren eigenen zweiten Faktor auf der Seite Ihres Kontos.
error-trust-unreadable = Setzen Sie das Häkchen, um diesem Browser zu vertrauen, oder lassen Sie es weg.

## Passkeys

error-passkey-refused = Dieser Passkey wurde nicht angenommen. Versuchen Sie es noch einmal, oder weisen Sie sich auf andere Weise aus.
error-passkey-name = Ein Name hat 1 bis 60 Zeichen und keine unsichtbaren.
error-passkey-of-another = Dieser Passkey gehört zu einem anderen Konto.
passkeys-too-many = Ein Konto hat höchstens { $count } Passkeys. Entfernen Sie zuerst einen.
