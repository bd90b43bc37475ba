# Textes des pages. Le balisage n’est permis que là où le texte anglais en a.

## La langue

language-name = Français

## Sur chaque page

skip = Aller au contenu
nav-main = Menu principal
nav-account = Votre compte, session ouverte sous le nom de
dashboard = Tableau de bord
users = Utilisateurs
sign-in = Se connecter
sign-out = Se déconnecter
register = S’inscrire
error-prefix = Erreur :
cancel = Annuler
home-page = Page d’accueil
pages = Pages
previous = Précédent
next = Suivant
newest = Les plus récents
older = Plus anciens
none = Aucune
never = Jamais
unknown = Inconnu
not-given = Non renseigné
not-recorded = Non enregistré
optional = (facultatif)

## Noms des informations et des champs

user-name = Nom d’utilisateur
user-name-or-email = Nom d’utilisateur ou adresse e-mail
full-name = Nom complet
email = Adresse e-mail
password = Mot de passe
current-password = Mot de passe actuel
new-password = Nouveau mot de passe
role = Rôle
role-user = utilisateur
role-admin = administrateur
state = État
state-active = Actif
state-inactive = Désactivé
badge-inactive = désactivé
account = Compte
account-number = Numéro de compte
member-since = Membre depuis
since = Depuis
ip-address = Adresse
browser = Navigateur
device = Appareil
kind = Type
last-seen = Dernière activité
end = Terminer
end-it = Terminer
link = Lien

## Heures. Une date est sans ambiguïté et en UTC.

month =
    { $month ->
        [1] janvier
        [2] février
        [3] mars
        [4] avril
        [5] mai
        [6] juin
        [7] juillet
        [8] août
        [9] septembre
        [10] octobre
        [11] novembre
       *[12] décembre
    }
date = { $day } { month } { $year }, { $time } UTC
just-now = à l’instant
minutes-ago =
    { $count ->
        [one] il y a { $count } minute
       *[other] il y a { $count } minutes
    }
hours-ago =
    { $count ->
        [one] il y a { $count } heure
       *[other] il y a { $count } heures
    }
device-name = { $browser } sur { $system }

## Mots de passe

password-hint = Au moins { $min } caractères. Tous les caractères sont permis ; quelques mots sans lien font un bon mot de passe.
password-rule = Au moins { $min } caractères, quels qu’ils soient.
password-advice = Quelques mots sans lien font un bon mot de passe.
password-not-kept = Le mot de passe n’a pas été conservé : veuillez le saisir à nouveau.
confirm-password-first = Confirmez d’abord votre mot de passe.
confirm-password-to-end = Confirmez votre mot de passe pour mettre fin à une connexion.
confirm-password = Confirmer votre mot de passe
confirm = Confirmer
reauthenticate-lead = Vous êtes connecté en tant que <strong>{ $name }</strong>. Saisissez votre mot de passe pour continuer.
forgotten-password = Mot de passe oublié
forgotten-question = Mot de passe oublié ?
forgotten-lead = Saisissez l’adresse e-mail de votre compte. Vous recevrez un e-mail avec un lien pour définir un autre mot de passe.
forgotten-no-address = Sans adresse confirmée, demandez un lien à un administrateur.
back-to-sign-in = Retour au formulaire de connexion
send-link = Envoyer le lien
sign-in-by-mail = Se connecter par e-mail
sign-in-by-mail-lead = Saisissez l’adresse e-mail de votre compte. Vous recevrez un e-mail avec un lien et un code pour vous connecter dans ce navigateur.
send-mail = Envoyer l’e-mail
sign-in-with-password = Se connecter avec le mot de passe
sign-in-here-as = Vous connecter en tant que <strong>{ $name }</strong> dans ce navigateur ?
sign-in-mail-sent = Si un compte a cette adresse, un e-mail est en route. Ouvrez son lien dans ce navigateur, ou saisissez son code.
code = Code
ask-for-another-mail = Demander un autre e-mail
set-password = Définir un mot de passe
set-the-password = Définir le mot de passe
set-password-lead = Choisissez le mot de passe de <strong>{ $name }</strong>.
set-password-failed = Le mot de passe n’a pas été défini, et le lien reste valable.
ends-sign-ins =
    { $sign_ins ->
        [one] Un nouveau mot de passe met fin à { $sign_ins } connexion de ce compte.
       *[other] Un nouveau mot de passe met fin à { $sign_ins } connexions de ce compte.
    }
ends-keys =
    { $keys ->
        [one] Un nouveau mot de passe met fin à cette clé d’accès :
       *[other] Un nouveau mot de passe met fin à ces clés d’accès :
    }
which-keys =
    { $keys ->
        [one] à cette clé d’accès :
       *[other] à ces clés d’accès :
    }
ends-both =
    { $sign_ins ->
        [one] Un nouveau mot de passe met fin à { $sign_ins } connexion de ce compte et { which-keys }
       *[other] Un nouveau mot de passe met fin à { $sign_ins } connexions de ce compte et { which-keys }
    }
then-sign-in = Ensuite, vous vous connectez avec.
link-invalid = Ce lien n’est pas valable
link-changed-nothing = Ce lien n’a rien changé

## Se connecter, se déconnecter, s’inscrire

keep-signed-in = Rester connecté sur cet appareil
no-account-yet = Pas encore de compte ?
have-account = Vous avez déjà un compte ?
sign-out-question = Se déconnecter ?
signed-in-as = Vous êtes connecté en tant que <strong>{ $name }</strong>.
stay-signed-in = Rester connecté
account-not-created = Le compte n’a pas été créé. Veuillez vérifier :
user-name-hint = Il vous sert à vous connecter.
full-name-hint = Comment vous souhaitez être salué.
confirm-registration = Confirmer l’inscription
confirm-registration-question = <strong>{ $email }</strong> est-elle votre adresse, et vous êtes-vous inscrit sous le nom de <strong>{ $name }</strong> ?
confirm-registration-hint = Ensuite, vous vous connectez avec le mot de passe que vous avez choisi.
create-account = Créer le compte
register-email-hint = Vous recevrez un e-mail avec un lien. Le compte est à vous une fois que vous l’avez utilisé.
setup = Installation
setup-lead = Ce service n’a pas encore d’administrateur. Créez le compte de l’administrateur.
setup-button = Créer l’administrateur
setup-once = Le lien fonctionne une fois.
setup-others = Les autres utilisateurs peuvent s’inscrire eux-mêmes.

## La page d’accueil et le tableau de bord

welcome = Bienvenue
welcome-back = Bienvenue, { $name }.
home-lead = { $site } gère votre compte. Voyez où vous êtes connecté et changez votre mot de passe.
home-lead-keys = { $site } gère votre compte. Voyez où vous êtes connecté, changez votre mot de passe et créez des clés d’accès pour vos programmes.
for-programs = Pour les programmes
for-programs-tokens = Échangez un nom d’utilisateur et un mot de passe contre des jetons :
for-programs-send = Envoyez ensuite le <code>access_token</code> de la réponse avec chaque requête :
hello = Bonjour, { $name }.
this-sign-in = Cette connexion

## Votre compte

your-account = Votre compte
profile = Profil
sign-ins = Connexions
access-keys = Clés d’accès
activity = Activité
change = Modifier
change-email = l’adresse e-mail
change-password = Changer le mot de passe
password-not-changed = Le mot de passe n’a pas été changé.
signs-out = Cela vous déconnecte partout ailleurs.
signs-out-keys = Cela vous déconnecte partout ailleurs et met fin à vos clés d’accès.
language = Langue
language-automatic = Langue du navigateur
language-hint = Pour les pages et les e-mails.
language-save = Enregistrer la langue
change-name = Changer le nom complet
save-name = Enregistrer le nom
delete-account = Supprimer le compte
delete-own = Supprimer votre compte
delete-own-question = Supprimer votre compte ?
delete-own-hint = Saisissez { $name } si c’est bien ce que vous voulez.
delete-own-lead =
    { $sign_ins ->
        [one] Le compte <strong>{ $name }</strong> sera supprimé définitivement : { $sign_ins } connexion, son adresse e-mail et ses liens. Son activité reste dans le journal d’audit.
       *[other] Le compte <strong>{ $name }</strong> sera supprimé définitivement : { $sign_ins } connexions, son adresse e-mail et ses liens. Son activité reste dans le journal d’audit.
    }
n-sign-ins =
    { $sign_ins ->
        [one] { $sign_ins } connexion
       *[other] { $sign_ins } connexions
    }
n-keys =
    { $keys ->
        [one] { $keys } clé d’accès
       *[other] { $keys } clés d’accès
    }
delete-own-lead-keys = Le compte <strong>{ $name }</strong> sera supprimé définitivement : { n-sign-ins }, { n-keys }, son adresse e-mail et ses liens. Son activité reste dans le journal d’audit.
where-signed-in = Où vous êtes connecté
sign-ins-lead = Navigateurs et programmes qui peuvent agir pour vous. Mettez fin à toute connexion que vous ne reconnaissez pas.
sign-ins-lead-keys = « Se déconnecter partout » et « Se déconnecter partout ailleurs » mettent aussi fin à vos clés d’accès, tout comme un nouveau mot de passe.
your-sign-ins = Vos connexions, dernière utilisation d’abord
your-sign-ins-page = Vos connexions, dernière utilisation d’abord : { $total }, page { $page } sur { $pages }
this-one = celle-ci
here = ici
end-sign-in-of = la connexion : { $time_html }
sign-out-else = Se déconnecter partout ailleurs
sign-out-everywhere = Se déconnecter partout
kind-browser = Navigateur
kind-program = Programme
kind-key = Clé d’accès
kind-other = Autre

## L’adresse e-mail

your-address = Votre adresse
address-not-changed = L’adresse n’a pas été changée.
address-confirmed = Confirmée
address-pending = Pas encore confirmée
address-use = Avec une adresse confirmée, vous pouvez vous connecter et définir un autre mot de passe par e-mail si vous oubliez le vôtre.
address-remove = Supprimer l’adresse
address-another = Autre adresse
address-label = Adresse
address-hint = Vous recevrez un e-mail avec un lien. L’adresse est à vous une fois que vous l’avez utilisé.
notices = Notifications
notices-text = Une adresse confirmée reçoit un e-mail quand le mot de passe ou l’adresse est changé, quand une clé d’accès est créée et quand le compte est désactivé.
notices-new-device = Aussi quand je me connecte depuis un nouvel appareil
save = Enregistrer
return-address = Reprendre l’adresse
return-lead = Le compte <strong>{ $name }</strong> reçoit à nouveau <strong>{ $email }</strong>.
return-lead-current = Le compte <strong>{ $name }</strong> reçoit à nouveau <strong>{ $email }</strong> à la place de <strong>{ $current }</strong>.
return-ends = Cela met fin à toutes les connexions du compte ({ $sign_ins }), car une autre personne peut avoir changé l’adresse. Définissez ensuite un autre mot de passe.
return-ends-keys = Cela met fin à toutes les connexions du compte ({ $sign_ins }) et à ses clés d’accès ({ $keys }), car une autre personne peut avoir changé l’adresse. Définissez ensuite un autre mot de passe.
confirm-address = Confirmer l’adresse
confirm-address-question = <strong>{ $email }</strong> est-elle l’adresse du compte <strong>{ $name }</strong> ?
confirm-address-hint = Les e-mails concernant le compte sont envoyés à cette adresse, y compris celui qui permet de définir un autre mot de passe.

## Clés d’accès

keys-lead = Une clé permet à un programme d’agir pour vous sans votre mot de passe, jusqu’à ce qu’elle expire ou que vous y mettiez fin. Toutes les clés prennent fin quand vous changez votre mot de passe, quand vous vous déconnectez partout ou partout ailleurs, et quand un administrateur met fin à vos connexions ou désactive votre compte.
key-new = Votre nouvelle clé
key-copy = Copiez-la maintenant : elle n’est affichée qu’une fois. Gardez-la secrète : tout programme qui la possède peut l’utiliser.
key-bearer = Un programme l’envoie comme jeton « bearer ». Avec la clé dans la variable <code>KEY</code>, cette commande montre à qui elle appartient :
keys-caption = Vos clés, dernière utilisation d’abord
keys-none = Vous n’avez aucune clé.
key-label = Libellé
key-scopes = Droits
key-made = Créée
key-last-used = Dernière utilisation
key-expires = Expire
end-key = la clé { $label }
key-make = Créer une clé
key-make-another = Créer une autre clé
key-make-button = Créer la clé
key-not-made = Aucune clé n’a été créée.
key-what-for = À quoi sert-elle ?
key-what-for-hint = Un nom qui vous permettra de la reconnaître, par exemple « sauvegarde de nuit ».
key-what-may = Que peut-elle faire ?
key-what-may-hint = Toute clé peut lire votre nom et votre rôle. Ne cochez que ce dont le programme a besoin.
key-when = Quand expire-t-elle ?
scope-sign-ins = Voir vos connexions et vos clés, et y mettre fin
scope-users-read = Voir tous les utilisateurs et le journal d’audit
scope-users-write = Modifier, déconnecter et supprimer des utilisateurs, sans votre mot de passe
scope-introspect = Demander si les jetons et les clés de tous les utilisateurs sont actifs

## Activité

activity-of = Activité de { $name }
activity-caption = Activité, la plus récente d’abord
activity-when = Quand
activity-event = Événement
activity-by = Par
activity-warning = alerte
activity-none = Il n’y a aucun événement.
activity-none-older = Il n’y a pas d’événements plus anciens.
account-n = numéro { $id }
the-account = Le compte
all-activity = Toute l’activité
all-users = Tous les utilisateurs
by-you = Vous
by-administrator = Un administrateur
by-command-line = Un administrateur, en ligne de commande
key-detail = { $scopes }, jusqu’au { $date } : { $label }
no-scopes = aucun droit

## Utilisateurs, pour les administrateurs

users-name = Nom
any = Tous
search = Rechercher
users-total =
    { $total ->
        [one] { $total } utilisateur
       *[other] { $total } utilisateurs
    }
users-caption = { users-total }
users-caption-q = { users-total } avec « { $q } » dans le nom
users-caption-page = { users-total }, page { $page } sur { $pages }
users-caption-q-page = { users-total } avec « { $q } » dans le nom, page { $page } sur { $pages }
users-none = Aucun utilisateur ne correspond.
users-none-q = Aucun utilisateur n’a « { $q } » dans le nom.
users-none-q-and = Aucun utilisateur avec « { $q } » dans le nom ne correspond.
user-add = Ajouter un utilisateur
user-add-button = Ajouter l’utilisateur
user-not-added = L’utilisateur n’a pas été ajouté. Veuillez vérifier :
user-password-hint = Laissez vide pour obtenir un lien avec lequel l’utilisateur en choisit un. Sinon, au moins { $min } caractères, quels qu’ils soient.
nothing-changed = Rien n’a été changé.
cannot-sign-in = ne peut pas se connecter
signed-in = Connecté
nowhere = Nulle part
in-places =
    { $count ->
        [one] À { $count } endroit
       *[other] À { $count } endroits
    }
link-to-set = Lien pour définir un mot de passe
link-unused = Pas encore utilisé, valable jusqu’au { $time_html }
actions = Actions
own-account-change = Ceci est votre propre compte. Seul un autre administrateur peut annuler ce que vous changez ici.
own-account-undo = Ceci est votre propre compte. Seul un autre administrateur peut annuler ce changement.
own-account-leave = Ceci est votre propre compte. Vous serez déconnecté.
reset-link-dots = Créer un lien de réinitialisation…
remove-address-dots = Supprimer l’adresse…
make-administrator-dots = Nommer administrateur…
make-user-dots = Rendre simple utilisateur…
sign-out-everywhere-dots = Déconnecter partout…
activate-dots = Activer…
deactivate-dots = Désactiver…
delete-dots = Supprimer…
deactivating = Désactiver ou supprimer déconnecte l’utilisateur partout.
sign-ins-of = Connexions de { $name }
sign-ins-caption = Connexions, dernière utilisation d’abord
sign-ins-caption-page = Connexions, dernière utilisation d’abord : { $total }, page { $page } sur { $pages }
signed-in-nowhere = { $name } n’est connecté nulle part.
question-about = { $question } : { $name }
make-administrator = Nommer administrateur
make-administrator-text = Les administrateurs voient tous les utilisateurs et peuvent les modifier, les désactiver et les supprimer, y compris les autres administrateurs.
make-user = Rendre simple utilisateur
make-user-text = Un simple utilisateur ne voit pas les autres utilisateurs et n’en modifie aucun.
deactivate = Désactiver
deactivate-text = Le compte ne peut plus se connecter tant qu’il n’est pas réactivé. Toutes ses connexions et clés d’accès prennent fin maintenant.
activate = Activer
activate-text = Le compte peut se connecter à nouveau. Ce qui a pris fin le reste.
end-sign-ins = Déconnecter partout
end-sign-ins-text = Toutes les connexions du compte prennent fin maintenant, ses clés d’accès aussi.
make-reset-link = Créer un lien de réinitialisation
make-reset-link-text = Avec le lien, l’utilisateur définit un autre mot de passe, une fois et pour une durée limitée. Rien ne change tant qu’il n’est pas utilisé ; ensuite, toutes les connexions du compte prennent fin, ses clés d’accès aussi. Un lien plus récent remplace un plus ancien.
remove-address-of-user = Supprimer l’adresse e-mail
remove-address-of-user-text = L’utilisateur ne peut plus se connecter avec elle et peut en saisir une autre. Aucune connexion ne prend fin.
reset-link = Lien de réinitialisation
invitation = Invitation
link-for = Le lien pour { $name }
link-copy = Copiez-le maintenant : il n’est affiché qu’une fois. Ne le donnez qu’à { $name } : il définit le mot de passe de ce compte.
link-works = Il fonctionne une fois, jusqu’au { $time_html }. Un lien plus récent le remplace.
delete-user = Supprimer un utilisateur
delete-question = Supprimer { $name } ?
delete-lead = Le compte et ses connexions seront supprimés définitivement. Son activité reste dans le journal d’audit.
delete-lead-of = Le compte de { $name } et ses connexions seront supprimés définitivement. Son activité reste dans le journal d’audit.
delete-yes = Oui, supprimer ce compte
delete-button = Supprimer définitivement

## La page d’erreur

error-status = Erreur { $status }
error-sign-in = Connectez-vous, puis ouvrez à nouveau la page.
error-forbidden = Partez de la page d’accueil et réessayez. Si cela n’aide pas, adressez-vous à un administrateur de ce service.
error-not-found = Vérifiez que l’adresse est bien écrite, ou partez de la page d’accueil.
error-unavailable = Si cela se reproduit, prévenez un administrateur de ce service.
error-ours = L’erreur vient de nous. Réessayez dans un instant ; si cela se reproduit, prévenez un administrateur de ce service.
error-go-back = Revenez en arrière, vérifiez votre saisie et envoyez-la à nouveau.
error-request = Requête <code>{ $id }</code>

## Second facteur

second-step = Seconde étape
second-step-lead = La première étape est faite, <strong>{ $name }</strong>. Saisissez un code pour vous connecter.
second-step-hint = Les six chiffres que votre application d’authentification affiche, ou l’un de vos codes de récupération.
second-step-lost = Ni application d’authentification ni code de récupération sous la main ? Un administrateur peut supprimer votre second facteur.
start-again = Recommencer
trust-browser = Ne pas demander de code dans ce navigateur pendant 30 jours
second-factor = Second facteur
second-factor-lead = Avec un second facteur, un mot de passe volé ne suffit pas : pour se connecter, il faut aussi un code d’une application sur votre téléphone ou votre ordinateur, ou une clé d’identification.
second-factor-demanded = Ce service exige de vous un second facteur. Configurez-en un pour continuer.
second-factor-off = Ce service ne propose pas de second facteur.
go-on = Continuer
authenticator = Application d’authentification
authenticator-since = Configurée
set-up = Configurer
set-up-done = Configuré
set-up-authenticator = Configurer une application d’authentification
set-up-scan = Scannez ce code avec une application d’authentification, par exemple celle de votre téléphone ou de votre gestionnaire de mots de passe.
set-up-qr-code = Code QR avec la clé secrète de l’application d’authentification
set-up-open = Ou ouvrez-le dans une application sur cet appareil
set-up-type = Ou saisissez cette clé secrète :
set-up-first-code = Saisissez les six chiffres que l’application affiche maintenant.
set-up-ends-others = Vous serez déconnecté partout ailleurs. Les clés d’accès restent.
recovery-codes-new = Vos nouveaux codes de récupération
recovery-codes-keep = Chacun d’eux vous permet de vous connecter une fois si vous n’avez pas votre application d’authentification. Imprimez-les ou conservez-les en lieu sûr : ils ne sont affichés que maintenant, et les précédents ne fonctionnent plus.
recovery-codes-download = Télécharger en fichier texte
recovery-codes-file = codes-de-récupération
recovery-codes-left = Codes de récupération restants
recovery-codes-few = Créez de nouveaux codes de récupération avant de ne plus en avoir.
recovery-codes-make = Créer de nouveaux codes de récupération
remove-second-factor = Supprimer le second facteur
remove-second-factor-dots = Supprimer le second facteur…
remove-second-factor-text = Ensuite, votre mot de passe seul suffit pour vous connecter. Vos codes de récupération ne fonctionnent plus, et vous serez déconnecté partout ailleurs.
remove-second-factor-demanded = Ce service exige de vous un second facteur : vous devrez en configurer un autre immédiatement.
trusted-browsers = Navigateurs de confiance
trusted-browsers-lead = Dans ces navigateurs, votre mot de passe seul suffit pour vous connecter. Un autre mot de passe met fin à cela aussi.
trusted-since = De confiance depuis
trusted-until = Jusqu’au
trusted-end = la confiance en ce navigateur
reset-second-factor = Supprimer le second facteur de cet utilisateur
reset-second-factor-dots = Supprimer le second facteur…
reset-second-factor-text = Pour un utilisateur qui l’a perdu. Ensuite, le mot de passe seul suffit pour se connecter ; toutes les connexions de l’utilisateur prennent fin, et ses codes de récupération ne fonctionnent plus. Assurez-vous que c’est bien cet utilisateur qui le demande.

## Clés d’identification

recovery-codes = Codes de récupération
passkeys = Clés d’identification
passkeys-lead = Une clé d’identification (passkey) est gardée par votre téléphone, ordinateur, gestionnaire de mots de passe ou clé de sécurité, qui demande votre doigt, votre visage ou un code PIN. Elle vous connecte à elle seule, ou après votre mot de passe.
passkeys-where = Pour ajouter une clé d’identification, ouvrez cette page à l’adresse { $origin } dans un navigateur avec JavaScript.
passkey-name = Nom
passkey-name-hint = Qui vous permet de la reconnaître, comme l’appareil qui la garde.
passkey-added = Ajoutée
passkey-used = Dernière utilisation
passkey-unused = pas encore
passkey-remove = Supprimer
passkey-add = Ajouter une clé d’identification
passkey-there = Cet appareil garde déjà une clé d’identification pour votre compte.
passkey-failed = Votre navigateur n’a utilisé aucune clé d’identification. Réessayez.
sign-in-passkey = Se connecter avec une clé d’identification
use-passkey = Utiliser une clé d’identification
confirm-passkey = Confirmer avec une clé d’identification
