# E-mails. Une ligne vide sépare les paragraphes.

mail-greeting = Bonjour { $name },
mail-hello = Bonjour,
mail-subject = { $subject } - { $site }
mail-on = le { $date }
mail-on-from = le { $date }, depuis { $from }
mail-from = { $program } à l’adresse { $address }

mail-confirm-subject = Confirmez votre adresse
mail-confirm =
    Veuillez confirmer que cette adresse est celle de votre compte chez { $site } :

    { $link }

    Le lien fonctionne pendant un jour. Si vous ne l’avez pas demandé, ignorez cet e-mail : le compte ne reçoit pas cette adresse.

mail-reset-subject = Définissez un autre mot de passe
mail-reset =
    Avec ce lien, vous pouvez définir un autre mot de passe pour votre compte { $name } chez { $site } :

    { $link }

    Il fonctionne une fois, pendant une demi-heure, et met fin à toutes vos connexions et clés d’accès. Si vous ne l’avez pas demandé, ignorez cet e-mail : votre mot de passe n’a pas changé.

mail-sign-in-subject = Connectez-vous
mail-sign-in =
    Avec ce lien, vous vous connectez à votre compte { $name } chez { $site }, dans le navigateur où vous l’avez demandé :

    { $link }

    Si vous lisez ceci sur un autre appareil, saisissez ce code dans ce navigateur-là :

    { "    " }{ $code }

    Les deux fonctionnent une fois, pendant un quart d’heure. Ils ont été demandés { $when }. Si ce n’était pas vous, ignorez cet e-mail et ne communiquez le code à personne.

mail-address-changed-subject = Votre adresse a été changée
mail-address-changed =
    L’adresse e-mail de votre compte { $name } chez { $site } a été changée { $when }. Les e-mails concernant le compte ne sont plus envoyés à cette adresse.

    Si ce n’était pas vous, connectez-vous et changez votre mot de passe immédiatement :

    { $link }

mail-password-changed-subject = Votre mot de passe a été changé
mail-password-changed =
    Le mot de passe de votre compte { $name } chez { $site } a été changé { $when }, et ses autres connexions ont pris fin.

    Si ce n’était pas vous, définissez un autre mot de passe immédiatement :

    { $link }

mail-new-device-subject = Connexion depuis un nouvel appareil
mail-new-device =
    Une connexion à votre compte { $name } chez { $site } a eu lieu { $when }, depuis un navigateur ou une adresse qui n’avaient pas encore servi.

    Si c’était vous, vous n’avez rien à faire. Sinon, quelqu’un d’autre peut se connecter : définissez immédiatement un autre mot de passe, ce qui met fin à toutes les connexions :

    { $link }

    Vous pouvez désactiver ces notifications :

    { $base }/account/address

mail-key-made-subject = Une clé d’accès a été créée
mail-key-made =
    Une clé d’accès a été créée pour votre compte { $name } chez { $site } { $when }. Un programme peut utiliser le compte avec elle.

    Si ce n’était pas vous, mettez fin à la clé et changez votre mot de passe immédiatement :

    { $link }
    { $base }/account

mail-breached-subject = Votre mot de passe figure dans une liste de mots de passe volés
mail-breached =
    Une connexion à votre compte { $name } chez { $site } a eu lieu { $when } avec un mot de passe qui figure dans une liste publique de mots de passe volés. Il n’a pas forcément été volé ici : beaucoup de gens utilisent le même mot de passe ailleurs. Ces listes sont essayées en premier.

    Veuillez choisir un autre mot de passe, que vous n’utilisez nulle part ailleurs :

    { $link }

mail-second-factor-added-subject = Un second facteur a été configuré
mail-second-factor-added =
    Un second facteur a été configuré pour votre compte { $name } chez { $site } { $when } : une application d’authentification ou une clé d’identification. Désormais, la connexion demande un second facteur ; si c’est votre premier, toutes les autres connexions ont pris fin.

    Si ce n’était pas vous, quelqu’un d’autre connaît votre mot de passe. Demandez à un administrateur de supprimer le second facteur, et définissez un autre mot de passe. Vous voyez ici ce qui est configuré :

    { $link }

mail-second-factor-removed-subject = Votre second facteur a été supprimé
mail-second-factor-removed =
    Le second facteur de votre compte { $name } chez { $site } a été supprimé { $when }. Désormais, le mot de passe seul suffit pour se connecter.

    Si ce n’était pas vous et que vous ne l’avez pas demandé à un administrateur, définissez immédiatement un autre mot de passe et configurez de nouveau un second facteur :

    { $link }

mail-recovery-code-used-subject = Un code de récupération a été utilisé
mail-recovery-code-used =
    Un code de récupération de votre compte { $name } chez { $site } a été utilisé à la place de l’application d’authentification { $when }.

    Si ce n’était pas vous, définissez immédiatement un autre mot de passe et créez de nouveaux codes de récupération :

    { $link }

mail-codes-guessed-subject = De nombreux codes incorrects pour votre compte
mail-codes-guessed =
    Pour votre compte { $name } chez { $site }, un code incorrect de l’application d’authentification a été saisi au moins dix fois de suite, la dernière fois { $when }. L’étape précédant le code, en général votre mot de passe, était correcte à chaque fois.

    Si ce n’était pas vous, quelqu’un d’autre connaît votre mot de passe. Définissez-en immédiatement un autre :

    { $link }

    Après cent codes incorrects de suite, aucun code de l’application d’authentification n’est accepté. Connectez-vous alors avec un code de récupération ou une clé d’identification, ou adressez-vous à un administrateur.

mail-deactivated-subject = Votre compte a été désactivé
mail-deactivated =
    Votre compte { $name } chez { $site } a été désactivé { $when }. Personne ne peut s’y connecter, et toutes ses connexions ont pris fin.

    Si vous ne savez pas pourquoi, adressez-vous aux exploitants de { $site }.

mail-address-changed-return-subject = Votre adresse a été changée
mail-address-changed-return =
    L’adresse e-mail de votre compte { $name } chez { $site } a été changée { $when }. Les e-mails concernant le compte ne sont plus envoyés à cette adresse.

    Si ce n’était pas vous, reprenez l’adresse avec ce lien :

    { $link }

    Il fonctionne une fois, jusqu’au { $until }, et met fin à toutes les connexions et clés d’accès. Définissez ensuite un autre mot de passe.

mail-registration-subject = Confirmez votre inscription
mail-registration =
    Avec ce lien, vous confirmez votre adresse et obtenez votre compte chez { $site } :

    { $link }

    Il fonctionne une fois, pendant un jour. Connectez-vous ensuite avec le mot de passe que vous avez choisi. Si vous ne vous êtes pas inscrit, ignorez cet e-mail : aucun compte ne sera créé.

mail-registered-before-subject = Vous avez déjà un compte
mail-registered-before =
    Quelqu’un, peut-être vous, a essayé de s’inscrire chez { $site } avec cette adresse. Vous avez déjà le compte { $name }. Connectez-vous :

    { $link }

    Si vous avez oublié le mot de passe, définissez-en un autre :

    { $base }/password/forgot

    Si ce n’était pas vous, ignorez cet e-mail : rien n’a changé.
