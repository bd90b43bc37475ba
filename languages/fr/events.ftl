# Les événements du journal d’audit, par leurs noms en JSON.

event-signed-in = Connexion
event-signed-out = Déconnexion
event-restored = Session rétablie dans un navigateur mémorisé
event-confirmed = Connexion confirmée
event-theft = Un jeton d’actualisation remplacé a été réutilisé ; sa connexion a pris fin
event-protected = Session utilisée depuis un autre navigateur ou une autre adresse
event-ended = Connexions terminées
event-bad-credentials = Mots de passe incorrects
event-breached-password = Connexion avec un mot de passe volé
event-throttled = Trop de mots de passe incorrects
event-registered = Inscription
event-added = Compte ajouté
event-imported = Comptes importés
event-password-changed = Mot de passe changé
event-link-made = Lien pour définir un mot de passe créé
event-link-used = Lien pour définir un mot de passe utilisé
event-sign-in-link-used = Lien ou code pour se connecter utilisé
event-second-factor-added = Second facteur configuré
event-second-factor-removed = Second facteur supprimé
event-recovery-codes-made = Codes de récupération créés
event-recovery-code-used = Code de récupération utilisé
event-bad-code = Code du second facteur incorrect
event-codes-guessed = Nombreux codes incorrects de l’application d’authentification
event-passkey-added = Clé d’identification ajoutée
event-passkey-removed = Clé d’identification supprimée
event-passkey-counter = Clé d’identification refusée, il en existe peut-être une copie
event-browser-trusted = Navigateur ajouté aux navigateurs de confiance
event-trust-ended = Navigateur retiré des navigateurs de confiance
event-role-changed = Rôle changé
event-activated = Compte activé
event-deactivated = Compte désactivé
event-full-name-changed = Nom complet changé
event-address-changed = Adresse e-mail changée
event-notices-changed = Notifications de nouveaux appareils modifiées
event-address-returned = Ancienne adresse e-mail reprise
event-deleted = Compte supprimé
event-key-made = Clé d’accès créée
event-key-ended = Clé d’accès terminée
event-backup-restored = Sauvegarde restaurée
event-events-lost = Des événements ont été perdus
event-events-pruned = Les plus anciens événements ont été supprimés

## Qui l’a fait, si ce n’est pas un utilisateur

actor-command-line = ligne de commande
actor-mail = demandé par e-mail
actor-retention = réglage audit_retention
