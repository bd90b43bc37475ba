# E-mails. Une ligne vide sépare les paragraphes.

mail-greeting = Bonjour { $name },
mail-subject = { $subject } - { $site }
mail-on = le { $date }
mail-on-from = le { $date }, depuis { $address }

mail-confirm-subject = Confirmez votre adresse
mail-confirm =
    Veuillez confirmer que cette adresse est celle du compte { $name } chez { $site } :

    { $link }

    Le lien fonctionne pendant un jour. Si vous ne l’avez pas demandé, ignorez cet e-mail : le compte ne reçoit pas cette adresse.

mail-reset-subject = Définissez un autre mot de passe
mail-reset =
    Avec ce lien, vous pouvez définir un autre mot de passe pour votre compte { $name } chez { $site } :

    { $link }

    Il fonctionne une fois, pendant une demi-heure, et met fin à toutes vos connexions et clés d’accès. Si vous ne l’avez pas demandé, ignorez cet e-mail : votre mot de passe n’a pas changé.

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
