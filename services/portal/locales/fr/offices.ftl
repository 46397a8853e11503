offices = Bureaux
offices-lead = Tous les bureaux de l’organisation, chacun sous celui dont il dépend.
office-search = Nom ou code
office-new = Créer un bureau
office-edit = Modifier le bureau
office-do-edit = Modifier ou déplacer
office-code = Code
office-code-hint = De 2 à 20 lettres majuscules, chiffres et traits d’union, par exemple AFG-KBL. Il ne peut plus être modifié ensuite.
office-type = Type de bureau
office-type-headquarters = Siège
office-type-regional = Bureau régional
office-type-country = Bureau de pays
office-type-liaison = Bureau de liaison
office-above = Dépend de
office-above-hint = Les bureaux régionaux et de liaison dépendent du siège, les bureaux de pays du siège ou d’un bureau régional.
office-move-hint = Un autre choix déplace le bureau avec tous ceux qui en dépendent. Ce que chacun voit change en quelques secondes, sans que personne soit déconnecté.
office-time-zone = Fuseau horaire
office-state-open = Ouvert
office-state-closed = Fermé
office-do-close = Fermer le bureau
office-do-reopen = Rouvrir le bureau
office-done-created = Le bureau a été créé.
office-done-saved = Les modifications ont été enregistrées.
office-done-close = Le bureau est fermé.
office-done-reopen = Le bureau est de nouveau ouvert.
office-reopen-about = Des personnes, des clients de l’API, des enregistrements et des bureaux pourront de nouveau y être ajoutés.
office-closed-about = Ce bureau a été fermé le { $date }. Ses enregistrements restent consultables et peuvent être menés à terme, mais rien de nouveau ne peut lui être confié.
office-close-title = Fermer { $name }
office-close-about = Rien de nouveau ne peut être confié à un bureau fermé{ "\u00A0" }: ni enregistrement, ni rôle, ni client de l’API, ni bureau rattaché. Ses enregistrements sont conservés et peuvent être menés à terme. Il peut être rouvert à tout moment.
office-close-first = Pour que le bureau puisse être fermé, déplacez ou terminez d’abord ce qui figure ci-dessus.
office-open = Encore ouvert
office-open-nothing = Rien n’est ouvert dans ce bureau.
office-open-offices = { $count ->
    [one] { $count } bureau ouvert en dépend
   *[other] { $count } bureaux ouverts en dépendent
 }
office-open-people = { $count ->
    [one] { $count } personne qui y a un rôle ou dont ce bureau gère le compte
   *[other] { $count } personnes qui y ont un rôle ou dont ce bureau gère le compte
 }
office-open-clients = { $count ->
    [one] { $count } client de l’API
   *[other] { $count } clients de l’API
 }
office-open-agreements = { $count ->
    [one] { $count } accord ni clôturé ni annulé
   *[other] { $count } accords ni clôturés ni annulés
 }
offices-below = Bureaux rattachés
offices-below-none = Aucun bureau ne dépend de celui-ci.
office-accounts = Comptes gérés par ce bureau
office-people = Personnes ayant un rôle dans ce bureau
office-people-none = Personne n’a de rôle dans ce bureau.
office-person-inactive = Ne peut pas se connecter
