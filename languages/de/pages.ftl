# Texte der Seiten. Auszeichnung steht nur dort, wo sie auch der englische Text hat.

## Die Sprache

language-name = Deutsch

## Auf jeder Seite

skip = Zum Inhalt springen
nav-main = Hauptmenü
nav-account = Ihr Konto, angemeldet als
dashboard = Übersicht
users = Benutzer
sign-in = Anmelden
sign-out = Abmelden
register = Registrieren
error-prefix = Fehler:
cancel = Abbrechen
home-page = Startseite
pages = Seiten
previous = Zurück
next = Weiter
newest = Neueste
older = Ältere
none = Keine
never = Nie
unknown = Unbekannt
not-given = Nicht angegeben
not-recorded = Nicht aufgezeichnet
optional = (freiwillig)

## Namen von Angaben und Feldern

user-name = Benutzername
user-name-or-email = Benutzername oder E-Mail-Adresse
full-name = Vollständiger Name
email = E-Mail-Adresse
password = Passwort
current-password = Aktuelles Passwort
new-password = Neues Passwort
role = Rolle
role-user = Benutzer
role-admin = Administrator
state = Status
state-active = Aktiv
state-inactive = Deaktiviert
badge-inactive = deaktiviert
account = Konto
account-number = Kontonummer
member-since = Mitglied seit
since = Seit
ip-address = Adresse
browser = Browser
device = Gerät
kind = Art
last-seen = Zuletzt aktiv
end = Beenden
end-it = Beenden
link = Link

## Zeiten. Ein Datum ist eindeutig und in UTC.

month =
    { $month ->
        [1] Januar
        [2] Februar
        [3] März
        [4] April
        [5] Mai
        [6] Juni
        [7] Juli
        [8] August
        [9] September
        [10] Oktober
        [11] November
       *[12] Dezember
    }
date = { $day }. { month } { $year }, { $time } UTC
just-now = gerade eben
minutes-ago =
    { $count ->
        [one] vor 1 Minute
       *[other] vor { $count } Minuten
    }
hours-ago =
    { $count ->
        [one] vor 1 Stunde
       *[other] vor { $count } Stunden
    }
device-name = { $browser } auf { $system }

## Passwörter

password-hint = Mindestens { $min } Zeichen. Alle Zeichen sind erlaubt; einige Wörter ohne Zusammenhang sind ein gutes Passwort.
password-rule = Mindestens { $min } beliebige Zeichen.
password-advice = Einige Wörter ohne Zusammenhang sind ein gutes Passwort.
password-not-kept = Das Passwort wurde nicht übernommen: Bitte geben Sie es noch einmal ein.
confirm-password-first = Bestätigen Sie zuerst Ihr Passwort.
confirm-password-to-end = Bestätigen Sie Ihr Passwort, um eine Anmeldung zu beenden.
confirm-password = Passwort bestätigen
confirm = Bestätigen
reauthenticate-lead = Sie sind als <strong>{ $name }</strong> angemeldet. Geben Sie Ihr Passwort ein, um fortzufahren.
forgotten-password = Passwort vergessen
forgotten-question = Passwort vergessen?
forgotten-lead = Geben Sie die E-Mail-Adresse Ihres Kontos ein. Sie erhalten eine E-Mail mit einem Link, um ein anderes Passwort festzulegen.
forgotten-no-address = Ohne bestätigte Adresse bitten Sie einen Administrator um einen Link.
back-to-sign-in = Zurück zur Anmeldung
send-link = Link senden
sign-in-by-mail = Per E-Mail anmelden
sign-in-by-mail-lead = Geben Sie die E-Mail-Adresse Ihres Kontos ein. Sie erhalten eine E-Mail mit einem Link und einem Code, um sich in diesem Browser anzumelden.
send-mail = E-Mail senden
sign-in-with-password = Mit dem Passwort anmelden
sign-in-here-as = In diesem Browser als <strong>{ $name }</strong> anmelden?
sign-in-mail-sent = Wenn ein Konto diese Adresse hat, ist eine E-Mail unterwegs. Öffnen Sie deren Link in diesem Browser, oder geben Sie deren Code ein.
code = Code
ask-for-another-mail = Eine weitere E-Mail anfordern
set-password = Passwort festlegen
set-the-password = Passwort festlegen
set-password-lead = Wählen Sie das Passwort von <strong>{ $name }</strong>.
set-password-failed = Das Passwort wurde nicht festgelegt; der Link ist noch gültig.
ends-sign-ins =
    { $sign_ins ->
        [one] Ein neues Passwort beendet 1 Anmeldung dieses Kontos.
       *[other] Ein neues Passwort beendet { $sign_ins } Anmeldungen dieses Kontos.
    }
ends-keys =
    { $keys ->
        [one] Ein neues Passwort beendet diesen Zugriffsschlüssel:
       *[other] Ein neues Passwort beendet diese Zugriffsschlüssel:
    }
which-keys =
    { $keys ->
        [one] diesen Zugriffsschlüssel:
       *[other] diese Zugriffsschlüssel:
    }
ends-both =
    { $sign_ins ->
        [one] Ein neues Passwort beendet 1 Anmeldung dieses Kontos und { which-keys }
       *[other] Ein neues Passwort beendet { $sign_ins } Anmeldungen dieses Kontos und { which-keys }
    }
then-sign-in = Danach melden Sie sich damit an.
link-invalid = Dieser Link ist nicht gültig
link-changed-nothing = Dieser Link hat nichts geändert

## Anmelden, abmelden, registrieren

keep-signed-in = Auf diesem Gerät angemeldet bleiben
no-account-yet = Noch kein Konto?
have-account = Sie haben schon ein Konto?
sign-out-question = Abmelden?
signed-in-as = Sie sind als <strong>{ $name }</strong> angemeldet.
stay-signed-in = Angemeldet bleiben
account-not-created = Das Konto wurde nicht angelegt. Bitte prüfen Sie:
user-name-hint = Damit melden Sie sich an.
full-name-hint = Wie Sie begrüßt werden möchten.
confirm-registration = Registrierung bestätigen
confirm-registration-question = Ist <strong>{ $email }</strong> Ihre Adresse, und haben Sie sich als <strong>{ $name }</strong> registriert?
confirm-registration-hint = Danach melden Sie sich mit dem Passwort an, das Sie gewählt haben.
create-account = Konto anlegen
register-email-hint = Sie erhalten eine E-Mail mit einem Link. Wenn Sie ihn benutzt haben, gehört das Konto Ihnen.
setup = Einrichten
setup-lead = Dieser Dienst hat noch keinen Administrator. Legen Sie das Konto des Administrators an.
setup-button = Administrator anlegen
setup-once = Der Link funktioniert einmal.
setup-others = Andere Benutzer können sich selbst registrieren.

## Startseite und Übersicht

welcome = Willkommen
welcome-back = Willkommen zurück, { $name }.
home-lead = { $site } verwaltet Ihr Konto. Sehen Sie, wo Sie angemeldet sind, und ändern Sie Ihr Passwort.
home-lead-keys = { $site } verwaltet Ihr Konto. Sehen Sie, wo Sie angemeldet sind, ändern Sie Ihr Passwort und erstellen Sie Zugriffsschlüssel für Ihre Programme.
for-programs = Für Programme
for-programs-tokens = Tauschen Sie Benutzername und Passwort gegen Tokens:
for-programs-send = Senden Sie dann das <code>access_token</code> aus der Antwort mit jeder Anfrage:
hello = Guten Tag, { $name }.
this-sign-in = Diese Anmeldung

## Das eigene Konto

your-account = Ihr Konto
profile = Profil
sign-ins = Anmeldungen
access-keys = Zugriffsschlüssel
activity = Aktivität
change = Ändern
change-email = der E-Mail-Adresse
change-password = Passwort ändern
password-not-changed = Das Passwort wurde nicht geändert.
signs-out = Sie werden dadurch überall sonst abgemeldet.
signs-out-keys = Sie werden dadurch überall sonst abgemeldet, und Ihre Zugriffsschlüssel enden.
language = Sprache
language-automatic = Sprache des Browsers
language-hint = Für Seiten und E-Mails.
language-save = Sprache speichern
change-name = Vollständigen Namen ändern
save-name = Namen speichern
delete-account = Konto löschen
delete-own = Ihr Konto löschen
delete-own-question = Ihr Konto löschen?
delete-own-hint = Geben Sie { $name } ein, wenn Sie es so meinen.
delete-own-lead =
    { $sign_ins ->
        [one] Das Konto <strong>{ $name }</strong> wird endgültig gelöscht: 1 Anmeldung, seine E-Mail-Adresse und seine Links. Seine Aktivität bleibt im Protokoll.
       *[other] Das Konto <strong>{ $name }</strong> wird endgültig gelöscht: { $sign_ins } Anmeldungen, seine E-Mail-Adresse und seine Links. Seine Aktivität bleibt im Protokoll.
    }
n-sign-ins =
    { $sign_ins ->
        [one] 1 Anmeldung
       *[other] { $sign_ins } Anmeldungen
    }
n-keys =
    { $keys ->
        [one] 1 Zugriffsschlüssel
       *[other] { $keys } Zugriffsschlüssel
    }
delete-own-lead-keys = Das Konto <strong>{ $name }</strong> wird endgültig gelöscht: { n-sign-ins }, { n-keys }, seine E-Mail-Adresse und seine Links. Seine Aktivität bleibt im Protokoll.
where-signed-in = Wo Sie angemeldet sind
sign-ins-lead = Browser und Programme, die für Sie handeln können. Beenden Sie jede Anmeldung, die Sie nicht erkennen.
sign-ins-lead-keys = „Überall abmelden“ und „Überall sonst abmelden“ beenden auch Ihre Zugriffsschlüssel, ebenso ein neues Passwort.
your-sign-ins = Ihre Anmeldungen, zuletzt aktive zuerst
your-sign-ins-page = Ihre Anmeldungen, zuletzt aktive zuerst: { $total }, Seite { $page } von { $pages }
this-one = diese
here = hier
end-sign-in-of = (die Anmeldung: { $time_html })
sign-out-else = Überall sonst abmelden
sign-out-everywhere = Überall abmelden
kind-browser = Browser
kind-program = Programm
kind-key = Zugriffsschlüssel
kind-other = Andere

## Die E-Mail-Adresse

your-address = Ihre Adresse
address-not-changed = Die Adresse wurde nicht geändert.
address-confirmed = Bestätigt
address-pending = Noch nicht bestätigt
address-use = Mit einer bestätigten Adresse können Sie sich anmelden und per E-Mail ein anderes Passwort festlegen, wenn Sie Ihres vergessen.
address-remove = Adresse entfernen
address-another = Andere Adresse
address-label = Adresse
address-hint = Sie erhalten eine E-Mail mit einem Link. Wenn Sie ihn benutzt haben, gehört die Adresse zu Ihrem Konto.
notices = Benachrichtigungen
notices-text = Eine bestätigte Adresse erhält eine E-Mail, wenn das Passwort oder die Adresse geändert, ein Zugriffsschlüssel erstellt oder das Konto deaktiviert wird.
notices-new-device = Auch wenn ich mich von einem neuen Gerät anmelde
save = Speichern
return-address = Adresse zurückholen
return-lead = Das Konto <strong>{ $name }</strong> erhält wieder <strong>{ $email }</strong>.
return-lead-current = Das Konto <strong>{ $name }</strong> erhält wieder <strong>{ $email }</strong> anstelle von <strong>{ $current }</strong>.
return-ends = Das beendet alle Anmeldungen des Kontos ({ $sign_ins }), weil jemand anderes die Adresse geändert haben kann. Legen Sie danach ein anderes Passwort fest.
return-ends-keys = Das beendet alle Anmeldungen des Kontos ({ $sign_ins }) und seine Zugriffsschlüssel ({ $keys }), weil jemand anderes die Adresse geändert haben kann. Legen Sie danach ein anderes Passwort fest.
confirm-address = Adresse bestätigen
confirm-address-question = Ist <strong>{ $email }</strong> die Adresse des Kontos <strong>{ $name }</strong>?
confirm-address-hint = E-Mails zum Konto gehen an diese Adresse, auch eine, mit der ein anderes Passwort festgelegt wird.

## Zugriffsschlüssel

keys-lead = Mit einem Schlüssel kann ein Programm ohne Ihr Passwort für Sie handeln, bis er abläuft oder Sie ihn beenden. Alle Schlüssel enden, wenn Sie Ihr Passwort ändern, wenn Sie sich überall oder überall sonst abmelden und wenn ein Administrator Ihre Anmeldungen beendet oder Ihr Konto deaktiviert.
key-new = Ihr neuer Schlüssel
key-copy = Kopieren Sie ihn jetzt: Er wird nur einmal angezeigt. Halten Sie ihn geheim: Jedes Programm, das ihn hat, kann ihn benutzen.
key-bearer = Ein Programm sendet ihn als Bearer-Token. Mit dem Schlüssel in der Variablen <code>KEY</code> zeigt dieser Befehl, wessen Schlüssel es ist:
keys-caption = Ihre Schlüssel, zuletzt benutzte zuerst
keys-none = Sie haben keine Schlüssel.
key-label = Bezeichnung
key-scopes = Rechte
key-made = Erstellt
key-last-used = Zuletzt benutzt
key-expires = Läuft ab
end-key = (der Schlüssel { $label })
key-make = Schlüssel erstellen
key-make-another = Weiteren Schlüssel erstellen
key-make-button = Schlüssel erstellen
key-not-made = Es wurde kein Schlüssel erstellt.
key-what-for = Wofür ist er?
key-what-for-hint = Ein Name, an dem Sie ihn erkennen, zum Beispiel „nächtliche Sicherung“.
key-what-may = Was darf er?
key-what-may-hint = Jeder Schlüssel kann Ihren Namen und Ihre Rolle lesen. Wählen Sie nur, was das Programm braucht.
key-when = Wann läuft er ab?
scope-sign-ins = Ihre Anmeldungen und Schlüssel sehen und beenden
scope-users-read = Alle Benutzer und das Protokoll sehen
scope-users-write = Benutzer ändern, abmelden und löschen, ohne Ihr Passwort
scope-introspect = Abfragen, ob Tokens und Schlüssel aller Benutzer gültig sind

## Aktivität

activity-of = Aktivität von { $name }
activity-caption = Aktivität, neueste zuerst
activity-when = Wann
activity-event = Ereignis
activity-by = Durch
activity-warning = Warnung
activity-none = Es gibt keine Ereignisse.
activity-none-older = Es gibt keine älteren Ereignisse.
account-n = Nummer { $id }
the-account = Das Konto
all-activity = Alle Aktivität
all-users = Alle Benutzer
by-you = Sie
by-administrator = Ein Administrator
by-command-line = Ein Administrator, auf der Befehlszeile
key-detail = { $scopes }, bis { $date }: { $label }
no-scopes = keine Rechte

## Benutzer, für Administratoren

users-name = Name
any = Alle
search = Suchen
users-total =
    { $total ->
        [one] 1 Benutzer
       *[other] { $total } Benutzer
    }
users-caption = { users-total }
users-caption-q = { users-total } mit „{ $q }“ im Namen
users-caption-page = { users-total }, Seite { $page } von { $pages }
users-caption-q-page = { users-total } mit „{ $q }“ im Namen, Seite { $page } von { $pages }
users-none = Kein Benutzer gefunden.
users-none-q = Kein Benutzer hat „{ $q }“ im Namen.
users-none-q-and = Kein Benutzer mit „{ $q }“ im Namen passt zur Auswahl.
user-add = Benutzer hinzufügen
user-add-button = Benutzer hinzufügen
user-not-added = Der Benutzer wurde nicht hinzugefügt. Bitte prüfen Sie:
user-password-hint = Lassen Sie es leer, um einen Link zu erhalten, mit dem der Benutzer eines wählt. Sonst mindestens { $min } beliebige Zeichen.
nothing-changed = Es wurde nichts geändert.
cannot-sign-in = kann sich nicht anmelden
signed-in = Angemeldet
nowhere = Nirgends
in-places =
    { $count ->
        [one] An einer Stelle
       *[other] An { $count } Stellen
    }
link-to-set = Link zum Festlegen eines Passworts
link-unused = Noch nicht benutzt, gültig bis { $time_html }
actions = Aktionen
own-account-change = Das ist Ihr eigenes Konto. Was Sie hier ändern, kann nur ein anderer Administrator rückgängig machen.
own-account-undo = Das ist Ihr eigenes Konto. Nur ein anderer Administrator kann dies rückgängig machen.
own-account-leave = Das ist Ihr eigenes Konto. Sie werden abgemeldet.
reset-link-dots = Link zum Zurücksetzen erstellen…
remove-address-dots = Adresse entfernen…
make-administrator-dots = Zum Administrator machen…
make-user-dots = Zum einfachen Benutzer machen…
sign-out-everywhere-dots = Überall abmelden…
activate-dots = Aktivieren…
deactivate-dots = Deaktivieren…
delete-dots = Löschen…
deactivating = Deaktivieren und Löschen melden den Benutzer überall ab.
sign-ins-of = Anmeldungen von { $name }
sign-ins-caption = Anmeldungen, zuletzt aktive zuerst
sign-ins-caption-page = Anmeldungen, zuletzt aktive zuerst: { $total }, Seite { $page } von { $pages }
signed-in-nowhere = { $name } ist nirgends angemeldet.
question-about = { $question }: { $name }
make-administrator = Zum Administrator machen
make-administrator-text = Administratoren sehen alle Benutzer und können sie ändern, deaktivieren und löschen, auch andere Administratoren.
make-user = Zum einfachen Benutzer machen
make-user-text = Ein einfacher Benutzer sieht keine anderen Benutzer und ändert keine.
deactivate = Deaktivieren
deactivate-text = Das Konto kann sich nicht anmelden, bis es wieder aktiviert wird. Alle seine Anmeldungen und Zugriffsschlüssel enden jetzt.
activate = Aktivieren
activate-text = Das Konto kann sich wieder anmelden. Was beendet ist, bleibt beendet.
end-sign-ins = Überall abmelden
end-sign-ins-text = Alle Anmeldungen des Kontos enden jetzt, auch seine Zugriffsschlüssel.
make-reset-link = Link zum Zurücksetzen erstellen
make-reset-link-text = Mit dem Link legt der Benutzer ein anderes Passwort fest, einmal und für begrenzte Zeit. Bis er benutzt wird, ändert sich nichts; dann enden alle Anmeldungen des Kontos, auch seine Zugriffsschlüssel. Ein neuerer Link ersetzt einen älteren.
remove-address-of-user = E-Mail-Adresse entfernen
remove-address-of-user-text = Der Benutzer kann sich nicht mehr mit ihr anmelden und kann eine andere eingeben. Anmeldungen enden nicht.
reset-link = Link zum Zurücksetzen
invitation = Einladung
link-for = Der Link für { $name }
link-copy = Kopieren Sie ihn jetzt: Er wird nur einmal angezeigt. Geben Sie ihn nur { $name }: Er legt das Passwort dieses Kontos fest.
link-works = Er funktioniert einmal, bis { $time_html }. Ein neuerer Link ersetzt ihn.
delete-user = Benutzer löschen
delete-question = { $name } löschen?
delete-lead = Das Konto und seine Anmeldungen werden endgültig gelöscht. Seine Aktivität bleibt im Protokoll.
delete-lead-of = Das Konto von { $name } und seine Anmeldungen werden endgültig gelöscht. Seine Aktivität bleibt im Protokoll.
delete-yes = Ja, dieses Konto löschen
delete-button = Endgültig löschen

## Die Fehlerseite

error-status = Fehler { $status }
error-sign-in = Melden Sie sich an und öffnen Sie die Seite noch einmal.
error-forbidden = Gehen Sie von der Startseite aus und versuchen Sie es noch einmal. Wenn das nicht hilft, fragen Sie einen Administrator dieses Dienstes.
error-not-found = Prüfen Sie die Adresse auf Tippfehler, oder gehen Sie von der Startseite aus.
error-unavailable = Wenn es noch einmal geschieht, sagen Sie es einem Administrator dieses Dienstes.
error-ours = Der Fehler liegt bei uns. Versuchen Sie es gleich noch einmal; wenn es noch einmal geschieht, sagen Sie es einem Administrator dieses Dienstes.
error-go-back = Gehen Sie zurück, prüfen Sie Ihre Eingabe und senden Sie sie noch einmal.
error-request = Anfrage <code>{ $id }</code>

## Zweiter Faktor

second-step = Zweiter Schritt
second-step-lead = Der erste Schritt ist geschafft, <strong>{ $name }</strong>. Geben Sie einen Code ein, um sich anzumelden.
second-step-hint = Die sechs Ziffern, die Ihre Authentifizierungs-App anzeigt, oder einer Ihrer Wiederherstellungscodes.
second-step-lost = Weder Authentifizierungs-App noch Wiederherstellungscode zur Hand? Ein Administrator kann Ihren zweiten Faktor entfernen.
start-again = Von vorn beginnen
trust-browser = In diesem Browser 30 Tage lang keinen Code verlangen
second-factor = Zweiter Faktor
second-factor-lead = Mit einem zweiten Faktor genügt ein gestohlenes Passwort nicht: Wer sich anmeldet, braucht auch einen Code aus einer App auf Ihrem Telefon oder Computer, oder einen Passkey.
second-factor-demanded = Dieser Dienst verlangt von Ihnen einen zweiten Faktor. Richten Sie einen ein, um fortzufahren.
second-factor-off = Dieser Dienst bietet keinen zweiten Faktor an.
go-on = Weiter
authenticator = Authentifizierungs-App
authenticator-since = Eingerichtet
set-up = Einrichten
set-up-done = Eingerichtet
set-up-authenticator = Authentifizierungs-App einrichten
set-up-scan = Scannen Sie diesen Code mit einer Authentifizierungs-App, zum Beispiel der Ihres Telefons oder Passwortmanagers.
set-up-qr-code = QR-Code mit dem geheimen Schlüssel der Authentifizierungs-App
set-up-open = Oder in einer App auf diesem Gerät öffnen
set-up-type = Oder geben Sie diesen geheimen Schlüssel ein:
set-up-first-code = Geben Sie die sechs Ziffern ein, die die App jetzt anzeigt.
set-up-ends-others = Sie werden überall sonst abgemeldet. Zugriffsschlüssel bleiben.
recovery-codes-new = Ihre neuen Wiederherstellungscodes
recovery-codes-keep = Mit jedem davon können Sie sich einmal anmelden, wenn Sie Ihre Authentifizierungs-App nicht haben. Drucken Sie die Codes aus oder bewahren Sie sie an einem sicheren Ort auf: Sie werden nur jetzt angezeigt, und frühere funktionieren nicht mehr.
recovery-codes-download = Als Textdatei herunterladen
recovery-codes-file = wiederherstellungscodes
recovery-codes-left = Übrige Wiederherstellungscodes
recovery-codes-few = Erstellen Sie neue Wiederherstellungscodes, bevor sie Ihnen ausgehen.
recovery-codes-make = Neue Wiederherstellungscodes erstellen
remove-second-factor = Zweiten Faktor entfernen
remove-second-factor-dots = Zweiten Faktor entfernen…
remove-second-factor-text = Danach genügt zum Anmelden Ihr Passwort allein. Ihre Wiederherstellungscodes funktionieren nicht mehr, und Sie werden überall sonst abgemeldet.
remove-second-factor-demanded = Dieser Dienst verlangt von Ihnen einen zweiten Faktor: Sie müssen dann sofort einen anderen einrichten.
trusted-browsers = Vertrauenswürdige Browser
trusted-browsers-lead = In diesen Browsern genügt zum Anmelden Ihr Passwort allein. Ein anderes Passwort beendet auch das.
trusted-since = Vertraut seit
trusted-until = Bis
trusted-end = (das Vertrauen in diesen Browser)
reset-second-factor = Zweiten Faktor dieses Benutzers entfernen
reset-second-factor-dots = Zweiten Faktor entfernen…
reset-second-factor-text = Für einen Benutzer, der ihn verloren hat. Danach genügt zum Anmelden das Passwort allein; alle Anmeldungen des Benutzers enden, und seine Wiederherstellungscodes funktionieren nicht mehr. Vergewissern Sie sich, dass wirklich dieser Benutzer darum bittet.

## Passkeys

recovery-codes = Wiederherstellungscodes
passkeys = Passkeys
passkeys-lead = Einen Passkey bewahrt Ihr Telefon, Computer, Passwortmanager oder Sicherheitsschlüssel auf, der nach Ihrem Finger, Gesicht oder einer PIN fragt. Er meldet Sie allein an oder nach Ihrem Passwort.
passkeys-where = Um einen Passkey hinzuzufügen, öffnen Sie diese Seite unter { $origin } in einem Browser mit JavaScript.
passkey-name = Name
passkey-name-hint = An dem Sie ihn erkennen, etwa das Gerät, das ihn aufbewahrt.
passkey-added = Hinzugefügt
passkey-used = Zuletzt benutzt
passkey-unused = noch nicht
passkey-remove = Entfernen
passkey-add = Passkey hinzufügen
passkey-there = Dieses Gerät bewahrt schon einen Passkey für Ihr Konto auf.
passkey-failed = Ihr Browser hat keinen Passkey benutzt. Versuchen Sie es noch einmal.
sign-in-passkey = Mit einem Passkey anmelden
use-passkey = Passkey benutzen
confirm-passkey = Mit einem Passkey bestätigen
