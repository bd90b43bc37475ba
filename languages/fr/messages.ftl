# Ce qu’une page dit au-dessus de son contenu.

## Durées et nombres

duration =
    { $unit ->
        [day]
            { $count ->
                [1] un jour
                [one] { $count } jour
               *[other] { $count } jours
            }
        [hour]
            { $count ->
                [1] une heure
                [one] { $count } heure
               *[other] { $count } heures
            }
        [minute]
            { $count ->
                [1] une minute
                [one] { $count } minute
               *[other] { $count } minutes
            }
       *[second]
            { $count ->
                [1] une seconde
                [one] { $count } seconde
               *[other] { $count } secondes
            }
    }
sign-ins-count =
    { $count ->
        [one] { $count } connexion terminée
       *[other] { $count } connexions terminées
    }

## Après un formulaire

notice-unsent = Rien n’a encore été changé. Vous pouvez envoyer le formulaire à nouveau.
notice-unsent-set-up = Rien n’a encore été changé. Configurez un second facteur, puis envoyez le formulaire à nouveau.
notice-unused = Vous avez été déconnecté après { duration } sans activité.
notice-signed-out = Vous êtes déconnecté.
notice-ticket-expired = Reprenez la connexion depuis le début : cette étape n’est plus valable.
notice-second-factor-removed = Votre second facteur est supprimé, et vous êtes déconnecté partout ailleurs.
notice-no-second-factor = Vous n’avez pas de second facteur.
notice-authenticator-there = Une application d’authentification est configurée. Ce formulaire n’en a pas ajouté d’autre. Si les codes de récupération n’ont pas été affichés, créez-en de nouveaux.
notice-passkey-added = La clé d’identification est ajoutée.
notice-passkey-there = Cette clé d’identification existait déjà.
notice-passkey-removed = La clé d’identification est supprimée. Supprimez-la aussi sur l’appareil qui la garde.
notice-second-factor-of-user-removed = Le second facteur de { $name } est supprimé ; { sign-ins-count }.
notice-trust-ended = Le navigateur n’est plus un navigateur de confiance.
notice-password-changed = Votre mot de passe a été changé, et vous êtes déconnecté partout ailleurs.
notice-language-changed = La langue a été changée.
notice-password-set = Le mot de passe est défini. Connectez-vous avec.
notice-password-set-elsewhere = Le mot de passe est défini, pour le compte auquel le lien appartient. Dans ce navigateur, vous êtes connecté à un autre compte.
notice-registration-mailed = Un e-mail avec un lien est en route. Utilisez-le, puis connectez-vous. Si rien n’arrive, inscrivez-vous de nouveau avec les mêmes nom, adresse et mot de passe : il est envoyé une nouvelle fois.
notice-registered = Votre compte est prêt. Connectez-vous avec votre mot de passe.
notice-registered-elsewhere = Le compte est prêt. Dans ce navigateur, vous êtes connecté à un autre compte.
notice-name-changed = Votre nom est enregistré.
notice-reset-mailed = Si un compte a cette adresse, un e-mail avec un lien est en route. Le lien fonctionne pendant une demi-heure.
notice-address-mailed = Un e-mail avec un lien est en route. L’adresse est à vous une fois que vous l’avez utilisé.
notice-address-confirmed = L’adresse est confirmée.
notice-address-confirmed-elsewhere = L’adresse est confirmée, pour le compte auquel le lien appartient. Dans ce navigateur, vous êtes connecté à un autre compte.
notice-address-returned = L’adresse est de nouveau à vous, et toutes les connexions ont pris fin. Définissez maintenant un autre mot de passe, par « Mot de passe oublié ? », si une autre personne peut le connaître.
notice-address-returned-elsewhere = L’adresse est de nouveau celle du compte auquel le lien appartient, et toutes les connexions de ce compte ont pris fin. Définissez un autre mot de passe pour ce compte si une autre personne peut le connaître. Dans ce navigateur, vous êtes connecté à un autre compte.
notice-address-removed = L’adresse est supprimée.
notice-device-notices-on = Vous recevrez un e-mail quand vous vous connectez depuis un nouvel appareil.
notice-device-notices-off = Vous ne recevrez pas d’e-mail quand vous vous connectez depuis un nouvel appareil.
notice-sign-in-ended = Cette connexion a pris fin.
notice-others-ended = Déconnecté partout ailleurs : { sign-ins-count }.
notice-others-none = Vous n’êtes connecté nulle part ailleurs.
notice-key-there = Ce formulaire a déjà créé sa clé et n’en crée pas d’autre. Si le texte de la clé n’a pas été affiché, mettez fin à la clé et créez-en une autre.
notice-codes-there = Une autre requête vient de créer des codes de récupération. S’ils n’ont pas été affichés, créez-en de nouveaux.
notice-link-there = Une autre requête vient de créer un lien. S’il n’a pas été affiché, créez-en un autre.
notice-key-ended = Cette clé a pris fin.
notice-administrator-now = { $name } est maintenant administrateur.
notice-user-now = { $name } est maintenant un simple utilisateur.
notice-activated = { $name } peut se connecter.
notice-deactivated = { $name } est désactivé ; { sign-ins-count }.
notice-sign-ins-ended = { $name } est déconnecté partout : { sign-ins-count }.
notice-address-of-user-removed = L’adresse e-mail de { $name } est supprimée.
notice-user-added = { $name } est ajouté.
notice-user-deleted = L’utilisateur est supprimé ; { sign-ins-count }.
notice-user-deleted-before = Cet utilisateur est supprimé.
notice-own-role-lost = Vous n’êtes plus administrateur.
notice-own-deactivated = Votre compte est désactivé, et vous êtes déconnecté partout.
notice-own-sign-ins-ended = Vous êtes déconnecté partout.
notice-own-deleted = Votre compte est supprimé.

## Au-dessus du formulaire de connexion, et de celui du mot de passe

please-sign-in = Veuillez vous connecter pour voir cette page.
unsent-sign-in = Rien n’a encore été changé. Connectez-vous, puis envoyez le formulaire à nouveau.
unsent-confirm = Rien n’a encore été changé. Confirmez votre mot de passe, puis envoyez le formulaire à nouveau.
no-cookie = Vous n’êtes pas connecté. Reprenez la connexion depuis le début ; si vous venez de le faire, votre navigateur n’a pas conservé le cookie de ce site, ou l’a envoyé avec un autre qui est illisible : autorisez les cookies pour ce site, supprimez ceux qui sont enregistrés pour lui, puis connectez-vous à nouveau.
setup-due = Ce service n’a pas encore d’administrateur. Son exploitant trouve le lien pour en créer un dans la sortie du dernier démarrage.

## À propos d’un lien inutilisable

password-link-invalid = Un lien pour définir un mot de passe fonctionne une fois et pour une durée limitée, et plus du tout dès que le mot de passe a été changé ou qu’un lien plus récent a été créé. Demandez-en un nouveau à un administrateur de ce service.
password-link-invalid-mail = Un lien pour définir un mot de passe fonctionne une fois et pour une durée limitée, et plus du tout dès que le mot de passe a été changé ou qu’un lien plus récent a été créé. Si vous venez de l’utiliser, connectez-vous avec le nouveau mot de passe ; sinon, utilisez le lien le plus récent, ou demandez-en un autre par « Mot de passe oublié ? ». Si votre compte n’a pas d’adresse e-mail, adressez-vous à un administrateur de ce service.
registration-link-invalid = Un lien pour confirmer une inscription fonctionne une fois, pendant un jour, et jusqu’à ce qu’un lien plus récent soit envoyé. Si vous avez déjà confirmé votre inscription, votre compte est prêt : connectez-vous. Sinon, inscrivez-vous à nouveau.
return-link-invalid = Un lien pour reprendre une adresse fonctionne une fois et pour une durée limitée. Si vous venez de l’utiliser, l’adresse est de nouveau à vous.
address-link-invalid = Un lien pour confirmer une adresse fonctionne une fois, pendant un jour, et jusqu’à ce qu’un lien plus récent soit envoyé ou qu’une autre adresse soit saisie. Si vous avez déjà confirmé l’adresse, il n’y a plus rien à faire ; sinon, saisissez-la à nouveau pour obtenir un nouveau lien.
sign-in-link-unknown = Ce navigateur n’a pas demandé de courriel dans la dernière heure, ou n’a pas gardé le cookie de ce site. Autorisez les cookies de ce site et faites la demande ici : le lien et le code fonctionnent dans le navigateur qui les a demandés.
link-no-cookie = Cette page s’ouvre par un lien. Si vous en avez suivi un, votre navigateur n’a pas gardé le cookie de ce site, dont la page a besoin : autorisez les cookies de ce site et suivez le lien de nouveau.
sign-in-link-invalid = Un lien pour se connecter fonctionne une fois, pendant un quart d’heure, et seulement dans le navigateur qui l’a demandé. Il prend fin quand ce navigateur en demande un autre. Si vous venez de l’utiliser ici, vous êtes probablement déjà connecté. Si vous l’avez demandé dans un autre navigateur, saisissez-y le code de l’e-mail.

## À propos d’un mauvais mot de passe, et de trop d’essais

not-your-password = Ce n’est pas votre mot de passe.
wait =
    { $unit ->
        [day]
            { $count ->
                [one] Trop d’essais. Attendez { $count } jour, puis réessayez.
               *[other] Trop d’essais. Attendez { $count } jours, puis réessayez.
            }
        [hour]
            { $count ->
                [one] Trop d’essais. Attendez { $count } heure, puis réessayez.
               *[other] Trop d’essais. Attendez { $count } heures, puis réessayez.
            }
        [minute]
            { $count ->
                [one] Trop d’essais. Attendez { $count } minute, puis réessayez.
               *[other] Trop d’essais. Attendez { $count } minutes, puis réessayez.
            }
       *[second]
            { $count ->
                [one] Trop d’essais. Attendez { $count } seconde, puis réessayez.
               *[other] Trop d’essais. Attendez { $count } secondes, puis réessayez.
            }
    }
something-wrong = Un problème est survenu.
