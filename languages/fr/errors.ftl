# Phrases des erreurs, sur les pages et dans `detail`, `title` et `fields` de Problem JSON. Les codes ne
# changent jamais.

## Par code

error-credentials-missing = Connectez-vous pour cela.
error-malformed-authorization = L’en-tête Authorization doit être un schéma et un jeton.
error-ambiguous-credentials = Présentez une seule preuve d’identité, pas plusieurs.
error-token-invalid = Le jeton n’est pas valable.
error-token-expired = Le jeton a expiré.
error-token-revoked = Le jeton a été révoqué.
error-wrong-token-type = Cette route attend un autre type de jeton.
error-csrf-missing = La valeur CSRF manque.
error-csrf-mismatch = La valeur CSRF ne va pas avec le jeton.
error-fresh-login-required = Confirmez votre mot de passe pour cela.
error-second-factor-required = Confirmez un second facteur pour cela.
error-second-factor-setup-required = Configurez d’abord un second facteur.
error-bad-credentials = Nom d’utilisateur ou mot de passe incorrect.
error-account-inactive = Ce compte n’est pas actif.
error-forbidden-kind = Vous n’avez pas le droit de faire cela.
error-insufficient-scope = Le jeton n’a pas le droit de faire cela.
error-cross-origin = La requête vient d’un autre site.
error-insecure-connection = Ce site ne vous garde connecté que par HTTPS. Ouvrez-le avec https:// au début.
error-too-many-attempts = Trop d’essais. Attendez, puis réessayez.
error-busy = Le serveur est occupé. Réessayez dans un instant.
error-unavailable-kind = Le service n’est pas disponible pour le moment. Réessayez dans un instant.
error-username-taken = Ce nom d’utilisateur est pris.
error-already-made = Une autre requête l’a créé.
error-replaced = Une autre requête a remplacé celle-ci. Utilisez sa réponse, ou réessayez dans une minute.
error-last-administrator = Il doit rester au moins un administrateur actif.
error-invalid-field = Certains champs ne sont pas acceptables.
error-malformed-request = La requête a une méthode ou une adresse qui n’est pas comprise ici.
error-malformed-body = Le corps de la requête n’a pas pu être lu.
error-unsupported-media-type = Envoyez le corps en application/json.
error-too-large = Le corps de la requête est trop grand.
error-not-found-kind = Il n’y a rien ici.
error-method-not-allowed = Ce chemin attend une autre méthode.
error-internal = Un problème est survenu de notre côté.

## Noms des statuts

status-400 = Requête incorrecte
status-401 = Non authentifié
status-403 = Accès refusé
status-404 = Introuvable
status-405 = Méthode non autorisée
status-409 = Conflit
status-413 = Contenu trop grand
status-415 = Type de contenu non pris en charge
status-422 = Contenu non traitable
status-429 = Trop de requêtes
status-500 = Erreur interne du serveur
status-503 = Service indisponible

## Noms d’utilisateur, noms complets, adresses

username-missing = Choisissez un nom d’utilisateur.
username-long = Un nom d’utilisateur a au plus 80 caractères.
username-marks = Un nom d’utilisateur a au plus 4 signes combinants de suite.
username-characters = Un nom d’utilisateur peut avoir des lettres, des chiffres et des signes comme - ou _, mais pas d’espaces, d’autres symboles, d’emojis ni de caractères invisibles.
username-unreadable = Ce nom d’utilisateur a un caractère qui n’a pas pu être lu.
username-other = Vous êtes maintenant connecté en tant que { $name }. Rien n’a été changé.
username-signing-in = Vous vous connectez maintenant en tant que { $name }. Ce que vous avez envoyé n’a pas été utilisé.
full-name-long = Un nom complet a au plus 200 caractères.
full-name-marks = Un nom complet a au plus 4 signes combinants de suite.
full-name-characters = Un nom complet ne peut pas contenir de caractères de contrôle, invisibles ou qui changent le sens d’écriture.
address-invalid = Saisissez une adresse telle que ann@example.org.
address-taken = Un autre compte a cette adresse.
language-missing = Cette langue n’est pas disponible.
address-required = Une adresse est obligatoire. Saisissez-en une autre à sa place.
not-your-name = Ce n’est pas votre nom d’utilisateur. Rien n’a été supprimé.
username-address = Un nom d’utilisateur ne peut pas être une adresse e-mail.
link-not-valid = Ce lien n’est pas valable. Il fonctionne une fois et pour une durée limitée, et plus du tout dès que le mot de passe a été changé ou qu’un lien plus récent a été créé.
sign-in-code-wrong = Ce code n’est pas valable. Après cinq codes faux, ou un quart d’heure, demandez un autre e-mail. Si vous venez de l’utiliser ici, vous êtes probablement connecté.
registrations =
    { $count ->
        [one] Trop d’inscriptions depuis votre adresse. Réessayez dans { $count } minute.
       *[other] Trop d’inscriptions depuis votre adresse. Réessayez dans { $count } minutes.
    }
setup-link-invalid = Ce lien n’est pas valable. Il fonctionne une fois, pendant un jour, et jusqu’à ce qu’il y ait un administrateur. Si vous avez un compte, connectez-vous ; s’il n’y a pas d’administrateur, utilisez le lien du dernier démarrage du service.
link-of-inactive = Ce compte est désactivé. Activez-le d’abord.
confirm-missing = Cochez la case si c’est bien ce que vous voulez.
remember-neither = Cochez la case pour rester connecté sur cet appareil, ou laissez-la.

## Mots de passe

password-long = Un mot de passe a au plus { $count } octets.
password-short = Un mot de passe a au moins { $count } caractères.
password-characters = Le mot de passe contient un caractère non valable.
password-user-name = Le mot de passe ne doit pas être le nom d’utilisateur.
password-full-name = Le mot de passe ne doit pas être le nom complet.
password-current = Ce n’est pas votre mot de passe actuel.
password-weak = { $sentence } Quelques mots sans lien font un bon mot de passe.
password-breached = Ce mot de passe figure dans une liste de mots de passe volés, qui sont essayés en premier. Choisissez-en un que vous n’utilisez nulle part ailleurs.
weak-common = Beaucoup de gens utilisent ce mot de passe ; il est donc deviné en premier.
weak-similar = Il ressemble beaucoup à un mot de passe que beaucoup de gens utilisent.
weak-repeated = Un mot de passe fait de caractères ou de mots répétés est facile à deviner.
weak-sequence = Un mot de passe avec une suite de lettres ou de chiffres est facile à deviner.
weak-keyboard = Un mot de passe fait de touches voisines est facile à deviner.
weak-date = Un mot de passe qui est une date est facile à deviner.
weak-other = Ce mot de passe est facile à deviner.

## Clés d’accès

key-lifetime = La durée d’une clé va d’une seconde à { $duration }.
key-lifetime-far = Aucune date n’est aussi lointaine.
key-lifetime-missing = Choisissez quand la clé expire.
key-label-wrong = Un libellé a de 1 à 100 caractères, sans caractères de contrôle.
key-label-hidden = Un libellé ne peut pas contenir de caractères invisibles ou qui changent le sens d’écriture.
key-scopes-wrong = Les droits sont au plus 32 mots d’au plus 64 caractères ASCII imprimables.
key-scopes-twice = Nommez chaque droit une fois.
key-scopes-unknown = Une clé peut avoir ces droits : { $scopes }.
key-scopes-user = Sans le rôle d’administrateur, une clé peut avoir : { $scopes }.
key-scopes-box = Cochez une case ou laissez-la.
key-scopes-missing = Ce champ est obligatoire ; [] est une clé sans droits.
keys-too-many = Un compte a au plus { $count } clés. Mettez d’abord fin à l’une d’elles.
keys-too-often = Vous avez créé beaucoup de clés au cours de la dernière heure. Réessayez plus tard.
key-made-before = Une requête antérieure avec cette Idempotency-Key a créé la clé { $id }, qui n’est affichée qu’une fois. Si elle est perdue, mettez-y fin et créez-en une autre.
duration-days =
    { $count ->
        [one] { $count } jour
       *[other] { $count } jours
    }

## Champs et paramètres

field-required = Ce champ est obligatoire.
field-text = Ce champ est un texte.
field-send-text = Envoyez un texte.
field-flag = Ce champ est true ou false.
field-unknown = Ce champ est inconnu.
field-twice = Ce champ apparaît deux fois.
field-list = Ce champ est une liste de textes.
field-seconds = Ce champ est un nombre de secondes, ou un texte tel que "30 days".
field-fixed = Ce champ ne peut pas être changé ici.
field-role = Un rôle est user ou admin.
user-unchanged = Indiquez au moins role, active, full_name ou email.
user-email = Seul le titulaire peut saisir une adresse ; null la supprime.
parameter-utf8 = Ce paramètre n’est pas en UTF-8.
parameter-twice = Ce paramètre apparaît plus d’une fois.
parameter-unknown = Ce paramètre est inconnu.
parameter-number = Ce paramètre est un nombre entier d’au moins { $least }.
parameter-flag = Ce paramètre est true ou false.
parameter-user = Ce paramètre est le numéro d’un utilisateur.
header-idempotency = Cet en-tête est une valeur de 1 à 255 caractères ASCII visibles.

## Requêtes

register-role = Inscrivez-vous sans rôle. Un administrateur en donne un avec PATCH /api/users/<id>.
form-type = Envoyez le formulaire en application/x-www-form-urlencoded.
body-form-type = Envoyez le corps en application/x-www-form-urlencoded.
body-encoding = Envoyez le corps sans Content-Encoding.
body-empty = Le corps est vide ; il doit être un objet JSON.
body-utf8 = Le corps n’est pas en UTF-8.
body-deep = Le corps est imbriqué trop profondément.
body-twice = Le corps a deux fois le même nom.
body-object = Le corps doit être un objet JSON.
body-number = Le corps contient un nombre trop grand.
body-ends = Le corps se termine avant son JSON.
body-json = Le corps n’est pas du JSON (ligne { $line }, colonne { $column }).
tokens-no-cookies = Ce service n’accepte pas de jetons dans des cookies.
tokens-only-cookies = Ce service n’accepte de jetons que dans des cookies.
tokens-prefix = Le jeton de la requête doit être précédé de son préfixe.
session-not-token = Cette page attend une session, pas un jeton.
metrics-token = Envoyez le jeton des métriques.

## Second facteur

error-code-wrong = Ce code n’est pas valable, ou a déjà été utilisé. Saisissez-en un autre.
error-codes-blocked = Après trop de codes incorrects, aucun code de l’application d’authentification n’est accepté. Utilisez un code de récupération ou une clé d’identification, ou adressez-vous à un administrateur.
error-code-missing = Saisissez un code de votre application d’authentification, ou un code de récupération.
error-code-first-wrong = Ce n’est pas le code de cette clé secrète. Vérifiez l’heure de votre appareil.
error-set-up-expired = Ce formulaire n’est plus valable. Recommencez : scannez le nouveau code QR.
error-ticket-expired = Reprenez la connexion depuis le début : cette étape n’est plus valable.
error-second-step = Le mot de passe est correct. Envoyez login_token et un code du second facteur à /api/login/second.
error-own-second-factor = Supprimez votre propre second facteur sur la page de votre compte.
error-trust-unreadable = Cochez la case pour faire confiance à ce navigateur, ou laissez-la.

## Clés d’identification

error-passkey-refused = Cette clé d’identification n’a pas été acceptée. Réessayez, ou prouvez autrement que c’est vous.
error-passkey-name = Un nom compte de 1 à 60 caractères, sans caractères invisibles.
error-passkey-of-another = Cette clé d’identification appartient à un autre compte.
passkeys-too-many = Un compte a au plus { $count } clés d’identification. Supprimez-en une d’abord.
