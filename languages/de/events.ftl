# Die Ereignisse des Protokolls, nach ihren Namen in JSON.

event-signed-in = Angemeldet
event-signed-out = Abgemeldet
event-restored = Sitzung in einem gemerkten Browser wiederhergestellt
event-confirmed = Anmeldung bestätigt
event-theft = Ein ersetztes Refresh-Token wurde noch einmal benutzt; seine Anmeldung wurde beendet
event-protected = Sitzung aus einem anderen Browser oder von einer anderen Adresse benutzt
event-ended = Anmeldungen beendet
event-bad-credentials = Falsche Passwörter
event-breached-password = Mit einem gestohlenen Passwort angemeldet
event-throttled = Zu viele falsche Passwörter
event-registered = Registriert
event-added = Konto hinzugefügt
event-imported = Konten importiert
event-password-changed = Passwort geändert
event-link-made = Link zum Festlegen eines Passworts erstellt
event-link-used = Link zum Festlegen eines Passworts benutzt
event-sign-in-link-used = Link oder Code zum Anmelden benutzt
event-second-factor-added = Zweiter Faktor eingerichtet
event-second-factor-removed = Zweiter Faktor entfernt
event-recovery-codes-made = Wiederherstellungscodes erstellt
event-recovery-code-used = Wiederherstellungscode benutzt
event-bad-code = Falscher Code des zweiten Faktors
event-codes-guessed = Viele falsche Codes der Authentifizierungs-App
event-passkey-added = Passkey hinzugefügt
event-passkey-removed = Passkey entfernt
event-passkey-counter = Passkey abgelehnt, es gibt vielleicht eine Kopie davon
event-browser-trusted = Browser als vertrauenswürdig eingestuft
event-trust-ended = Browser nicht mehr vertrauenswürdig
event-role-changed = Rolle geändert
event-activated = Konto aktiviert
event-deactivated = Konto deaktiviert
event-full-name-changed = Vollständiger Name geändert
event-address-changed = E-Mail-Adresse geändert
event-notices-changed = Benachrichtigungen über neue Geräte geändert
event-address-returned = Frühere E-Mail-Adresse zurückgeholt
event-deleted = Konto gelöscht
event-key-made = Zugriffsschlüssel erstellt
event-key-ended = Zugriffsschlüssel beendet
event-backup-restored = Sicherung zurückgespielt
event-events-lost = Ereignisse gingen verloren
event-events-pruned = Die ältesten Ereignisse wurden entfernt

## Wer es war, wenn es kein Benutzer war

actor-command-line = Befehlszeile
actor-mail = per E-Mail angefordert
actor-retention = Einstellung audit_retention
