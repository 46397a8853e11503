reason-required = { $kind ->
    [endorsement] Le bureau régional doit d’abord appuyer la proposition.
   *[other] Veuillez remplir ce champ.
 }
reason-negative = Cette valeur ne peut pas être négative.
reason-negative-row = Cette valeur ne peut pas être négative : une ligne indique ce que vaut sa contribution. Pour corriger une contribution, inscrivez sur sa propre ligne ce qu’il en reste (0 si tout a été restitué) et importez-la de nouveau.
reason-state = { $kind ->
    [agenda_item] Le point ({ $state }) ne permet pas cette étape : il est déjà décidé ou reporté, ou il a fait l’objet d’une motion.
    [allocation_proposal] L’état actuel de la proposition ({ $state }) ne permet pas cette étape.
    [circulation] L’état de la procédure écrite sur la proposition ({ $state }) ne permet pas cette étape.
    [committee] Trop peu de membres sans conflit d’intérêts occupent un siège : présentez une motion en réunion, qui sera renvoyée au chef de l’organisation.
    [decision] L’état de la décision sur la proposition ({ $state }) ne permet pas cette étape.
    [meeting] L’état actuel de la réunion ({ $state }) ne permet pas cette étape.
    [motion] L’état de la motion, ou d’une autre sur la même question ({ $state }), ne permet pas cette étape.
    [shortfall] L’état actuel de l’insuffisance ({ $state }) ne permet pas cette étape.
    [suggestion] L’état actuel de la suggestion ({ $state }) ne permet pas cette étape.
    [agreement] L’état actuel de l’accord ({ $state }) ne permet pas cette étape.
    [report] L’état actuel du rapport ({ $state }) ne permet pas cette étape.
    [contribution] L’état actuel de la contribution ({ $state }) ne permet pas cette étape.
    [contact] Les données de cette personne ont été effacées : enregistrez-la de nouveau.
    [office] L’état actuel du bureau ({ $state }) ne permet pas cette étape.
    [person] L’état actuel du compte ({ $state }) ne permet pas cette étape.
    [role] Ce rôle a encore des titulaires : retirez-le-leur d’abord.
    [client] Ce client a été révoqué : créez-en un autre.
    [allocation_window] L’état actuel de la fenêtre d’allocation ({ $state }) ne permet pas cette étape.
   *[other] L’état actuel ({ $state }) ne permet pas cette étape.
 }
reason-no-rate = Aucun taux de change n’est enregistré pour { $currency } et ce mois ({ $month }) : indiquez-en un avec sa date et sa source, ou faites importer les taux du mois.
reason-parts-first = Des parties ont été engagées, versées ou allouées : annulez-les d’abord par contre-passation.
reason-kept-elsewhere = Cet enregistrement est géré dans un autre système ({ $source }) : modifiez-le là-bas, puis réimportez-le.
reason-second-person = L’accord dépasse le seuil et vous l’avez déjà signé : une seconde personne doit signer.
reason-invalid = Cette saisie n’a pas été acceptée.
reason-required-with = Ce champ est obligatoire { $with }.
reason-required-one-of = L’un de ces champs est obligatoire : { $fields }.
reason-not-allowed-with = Veuillez laisser ce champ vide { $with }.
reason-unknown-field = Ce champ n’existe pas ici. Champs admis : { $allowed }
reason-too-long = Veuillez vous limiter à { $max } caractères.
reason-too-short = Veuillez saisir au moins { $min } caractères.
reason-too-many = Trop d’éléments : le maximum est de { $max }.
reason-too-large = Trop grand : le maximum est de { $max }.
reason-out-of-range = { $kind ->
    [weights] Le total des pondérations doit être de { $max }.
    [floors] Le total des planchers ne doit pas dépasser { $max } pour cent.
   *[other] Veuillez saisir un nombre de { $min } à { $max }.
 }
reason-not-above-zero = Cette valeur doit être supérieure à zéro.
reason-too-precise = { $max ->
    [0] Les montants en { $currency } n’ont pas de décimales.
    [one] Les montants en { $currency } ont { $max } décimale au plus.
   *[other] Les montants en { $currency } ont { $max } décimales au plus.
 }
reason-inexact = Ce nombre compte trop de chiffres pour être conservé exactement : saisissez-le comme texte ou raccourcissez-le.
reason-wrong-type = { $expected ->
    [string] Un texte est attendu ici.
    [integer] Un nombre entier est attendu ici.
    [number] Un nombre est attendu ici.
    [boolean] Vrai ou faux est attendu ici.
    [array] Une liste est attendue ici.
    [object] Un objet avec des champs est attendu ici.
   *[other] Une valeur d’un autre type est attendue ici.
 }
reason-wrong-format = Veuillez respecter la forme de cet exemple : { $example }
reason-not-a-number = { $sent ->
    [yes] « { $value } » n’est pas un nombre.
   *[no] Veuillez saisir un nombre.
 }
reason-not-a-date = { $sent ->
    [yes] « { $value } » n’est pas une date : écrivez-la ainsi : 2026-09-30.
   *[no] Veuillez saisir une date.
 }
reason-not-a-year = { $sent ->
    [yes] « { $value } » n’est pas une année de { $min } à { $max }.
   *[no] Veuillez saisir une année de { $min } à { $max }.
 }
reason-not-a-boolean = Veuillez répondre par oui ou par non.
reason-not-an-id = Cet identifiant n’est pas valide.
reason-not-an-email = Veuillez saisir une adresse électronique, par exemple nom@exemple.org.
reason-not-a-phone-number = Veuillez saisir un numéro de téléphone : chiffres, espaces et + - . / ( ).
reason-not-a-country = { $sent ->
    [yes] « { $value } » n’est pas un code de pays, comme KEN.
   *[no] Veuillez saisir un code de pays à trois lettres, par exemple KEN.
 }
reason-not-a-currency = { $sent ->
    [yes] « { $value } » n’est pas un code de monnaie, comme EUR.
   *[no] Veuillez saisir un code de monnaie à trois lettres, par exemple EUR.
 }
reason-withdrawn-currency = { $currency } a été retirée de la circulation avant cette date (dernier mois : { $month }) : indiquez la monnaie alors en vigueur, ou corrigez la date.
reason-not-a-language = Veuillez saisir les langues par leur nom français ou leur code ISO, séparées par des virgules : français, anglais.
reason-not-a-time-zone = Veuillez choisir un fuseau horaire dans la liste, par exemple Africa/Nairobi.
reason-not-a-purpose-code = Veuillez saisir un code-objet du CAD à cinq chiffres.
reason-not-one-of = { $sent ->
    [yes] « { $value } » ne figure pas parmi les valeurs admises : { $allowed }
   *[no] Veuillez choisir l’une de ces valeurs : { $allowed }
 }
reason-hidden-characters = Ce texte contient des caractères invisibles, ou qui inversent le sens d’écriture.
reason-forbidden-characters = Veuillez n’utiliser ni espace ni aucun de ces caractères : { $characters }
reason-no-letters = Ce texte doit contenir une lettre ou un chiffre.
reason-date-out-of-range = Veuillez saisir une date entre { $min } et { $max }.
reason-in-future = La date ne peut pas être dans le futur.
reason-not-after = Cette date doit être postérieure à celle-ci : { $date } ({ $field }).
reason-before = Cette date ne doit pas précéder celle-ci : { $date } ({ $field }).
reason-period-too-long = La période est trop longue : le maximum est de { $max } ans.
reason-duplicate = Cette valeur figure deux fois.
reason-already-exists = { $kind ->
    [donor] Un bailleur de fonds portant ce nom et de ce type, ou l’une de ces références, existe déjà.
    [contribution] Une contribution portant cette référence, ou remplaçant celle-ci, existe déjà.
    [plan] Un plan portant cette référence existe déjà.
    [office] Un bureau portant ce code existe déjà.
    [person] Cette adresse a déjà un compte.
    [role] Votre organisation a déjà un rôle portant ce nom.
   *[other] Cet élément existe déjà.
 }
reason-unknown-reference = { $kind ->
    [allocation_proposal] Le comité ne se prononce pas sur une telle proposition.
    [seat] Cette personne n’occupe pas un tel siège au comité ce jour-là.
    [office] Veuillez choisir l’un de vos bureaux.
    [donor] Votre organisation n’a pas ce bailleur de fonds.
    [agreement] Votre bureau n’a pas cet accord.
    [plan] { $sent ->
        [yes] Votre organisation n’a aucun plan « { $value } ».
       *[no] Votre organisation n’a pas ce plan.
     }
    [contribution] Vous n’avez pas cette contribution.
    [person] Veuillez choisir un membre du personnel de votre organisation.
    [role] Votre organisation n’a pas ce rôle.
    [notification] Vous n’avez pas cette notification.
   *[other] Cet enregistrement n’existe pas.
 }
reason-not-yours = { $kind ->
    [agreement] Cet accord relève d’un autre bureau.
    [contribution] Un autre bureau a une contribution portant cette référence.
    [plan] Ce plan relève d’un autre bureau.
   *[other] Cet élément relève d’un autre bureau.
 }
reason-other-donor = Cet accord est conclu avec un autre bailleur de fonds.
reason-not-binding = Cet accord n’est pas signé ou a été annulé.
reason-merged = Ce bailleur de fonds a été fusionné avec un autre : utilisez ce dernier.
reason-circular = { $kind ->
    [office] Un bureau ne peut pas être placé sous lui-même : choisissez-en un autre.
   *[other] Il s’agit du même bailleur de fonds, ou l’un est rattaché à l’autre : choisissez-en un autre, ou modifiez d’abord le rattachement.
 }
reason-not-active = Veuillez choisir un membre du personnel en activité.
reason-wrong-parent = Un bureau de ce type ({ $office }) ne peut pas dépendre d’un bureau de cet autre type ({ $parent }).
reason-superseded = Cette fusion a été annulée, ou ses bailleurs de fonds ont été fusionnés de nouveau depuis.
reason-no-clearance = Ce bailleur de fonds doit avoir fait l’objet d’une vérification préalable favorable, et aucune n’est en cours de validité.
reason-half-signed = Une première personne a signé l’accord : modifiez-en les conditions pour recommencer, ou faites-le signer.
reason-kept-here = Cette contribution a été enregistrée ici : modifiez-la ici, et non par une importation.
reason-reserved = Ce nom est réservé à la plateforme : choisissez-en un autre.
reason-wrong-currency = { $kind ->
    [agreement] La monnaie doit être celle de l’accord : { $currency }.
    [contribution] La monnaie doit être celle de la contribution : { $currency }.
   *[other] La monnaie doit être { $currency }.
 }
reason-more-than-left = { $kind ->
    [allocation_window] Le fonds commun ne dispose pas de plus de { $amount } pour cette fenêtre.
   *[other] Ce montant dépasse le solde : { $amount }.
 }
reason-sum-differs = La somme des parts n’est pas égale au montant : { $amount }.
reason-sum-too-large = { $kind ->
    [overhead] Les frais généraux dépassent le taux du fonds commun. Maximum : { $amount }
    [least] Cette valeur ne peut dépasser le montant demandé : { $amount }.
    [allocation_window] Ce montant est inférieur à ce qui est déjà promis dans la fenêtre : { $amount }.
    [window_least] Ce montant dépasse le montant maximal d’une demande : { $amount }.
   *[other] La somme des parts dépasse le montant : { $amount }.
 }
reason-differs = Cette valeur ne concorde pas avec : { $field }.
reason-several-rates = Le fichier contient plusieurs taux de { $currency } pour ce mois ({ $month }).
reason-dollar-rate = Le taux du dollar doit être 1.
reason-no-amount = L’enregistrement n’a pas de montant dans sa propre monnaie.
reason-no-destination = Indiquez la destination : un pays, un plan ou une année.
reason-no-change = Veuillez saisir un autre montant, ou d’autres tranches.
reason-section-empty = Veuillez rédiger cette section ou joindre un document.
reason-empty-file = Le fichier, ou sa première feuille, est vide.
reason-wrong-file-format = Le fichier n’est pas au format attendu : { $expected }
reason-file-type-differs = Le contenu du fichier ne correspond pas à son extension : le nom se termine par « .{ $ending } », le contenu est { $media_type }.
reason-holds-macros = Le fichier contient des macros : enregistrez-le sans elles.
reason-password-protected = Le fichier est protégé par un mot de passe, ou est un ancien fichier .xls : enregistrez-le en .xlsx sans mot de passe.
reason-damaged-file = Le fichier est tronqué ou illisible.
reason-not-utf8 = Ce n’est pas du texte UTF-8 : enregistrez le fichier en UTF-8.
reason-too-complex = Le fichier, ou une de ses parties, est trop volumineux ou trop complexe pour être lu.
reason-unsupported-version = Le fichier est dans la version « { $version } » ; versions prises en charge : { $expected }
reason-missing-column = Aucune colonne n’est associée à : { $field }. En-têtes du fichier : { $headings }
reason-column-twice = « { $first } » et « { $second } » sont toutes deux associées à : { $field }
reason-no-receiver = Le fichier contient des transactions ({ $count }), mais aucune ne désigne { $name } comme organisation destinataire : saisissez votre identifiant d’organisation IATI.
reason-after-files = Ce champ doit précéder les fichiers dans le formulaire.
reason-extra-cells = La ligne compte plus de cellules ({ $cells }) qu’il n’y a d’en-têtes ({ $headings }).
reason-decimal-comma = « { $value } » contient une virgule : utilisez un point décimal ou choisissez la virgule décimale.
reason-decimal-point = Le nombre contient un point, mais la virgule décimale a été choisie.
reason-number-for-date = C’est un nombre : appliquez un format de date à la cellule, ou écrivez la date ainsi : 2026-09-30.
reason-cell-error = La cellule contient une erreur de formule : { $error }
reason-formula-without-value = La cellule contient une formule dont le fichier ne conserve pas la valeur : ouvrez-le dans un tableur et enregistrez-le.
reason-contradiction = Référence en double avec des contenus différents : « { $value } ».
reason-ambiguous = { $kind ->
    [plan] « { $value } » peut désigner plusieurs plans : indiquez l’identifiant du plan.
    [person] Plusieurs personnes peuvent être visées : sélectionnez l’une d’elles ou saisissez l’adresse électronique.
   *[donor] Plusieurs bailleurs de fonds portent ce nom : indiquez le type, une référence ou un identifiant.
 }
reason-not-in-registry = { $sent ->
    [yes] Ce bailleur de fonds ne figure pas au registre, et aucun type de bailleur ne correspond à son type d’organisation IATI ({ $value }) : enregistrez-le d’abord.
   *[no] Ce bailleur de fonds ne figure pas au registre : enregistrez-le d’abord, ou indiquez son nom et son type.
 }
reason-several-donors = Plusieurs organisations sont nommées : aucun bailleur de fonds n’est enregistré.
reason-kept-as-stated = Le taux de change donne { $computed } : le montant indiqué ({ $stated }) est conservé.
reason-kept-as-reported = { $because } La donnée est conservée telle que reçue.
reason-taken-as-not-stated = { $sent ->
    [yes] « { $value } » est considéré comme non indiqué.
   *[no] Cette donnée n’est pas indiquée.
 }
reason-corrected = Ce montant est inférieur à celui du fichier : des corrections de { $amount } en ont été déduites.
reason-paid-more = Les versements ({ $amount }) dépassent les engagements ({ $committed }) : ce sont les versements qui comptent.
reason-counts-no-longer = Ce montant compte désormais pour zéro : les fonds ont été restitués, ou d’autres transactions les indiquent.
reason-wrong-credentials = Adresse électronique ou mot de passe incorrect.
reason-token-not-valid = Cette connexion ou ce lien n’est pas valable : inconnu, déjà utilisé ou expiré.
reason-permission-needed = Il manque à votre rôle cette autorisation : { $permission }
reason-beyond-your-rights = Vous ne pouvez ni accorder ni retirer ce droit ({ $value }) : il dépasse les vôtres.
reason-headquarters-only = Seul le siège peut ouvrir des comptes de bailleurs de fonds.
reason-no-role = Ce compte n’a pas de rôle dans ce bureau.
reason-stale = Une autre personne a modifié cet enregistrement : rechargez la page.
reason-key-reused = Ce formulaire a déjà été envoyé avec un autre contenu : rechargez la page.
reason-in-progress = Ce formulaire vient d’être envoyé et est en cours de traitement : veuillez patienter.
reason-media-type = Un autre type de fichier ou de contenu est attendu : { $allowed }
reason-foreign-cursor = Cette page de la liste n’existe plus : recommencez à la première page.
reason-malformed = Les données envoyées sont illisibles.
problem-reason-office-only = Seul le bureau dont relève cet enregistrement peut le faire.
problem-reason-office-or-above-only = Seul le bureau dont relève cet enregistrement, ou un bureau dont celui-ci dépend, peut le faire.
problem-reason-regional-office-only = Seul le bureau régional de rattachement peut le faire.
problem-reason-headquarters-only = Seul le siège peut le faire.
problem-reason-focal-point-only = Seul l’interlocuteur du bailleur, ou un administrateur du siège, peut le faire.
problem-reason-staff-only = Cette partie est réservée au personnel de l’organisation.
problem-reason-people-only = Cette partie est destinée aux personnes, non aux clients de l’API.
problem-reason-second-person = Cette étape doit être accomplie par une autre personne que la précédente.
problem-reason-chair-only = Cette étape revient à la présidence du comité.
problem-reason-seat-needed = Cette étape revient aux membres du comité qui ont le droit de vote et sont présents.
problem-reason-conflict-of-interest = Il y a un conflit d’intérêts concernant cette proposition.
problem-reason-own-account = Il s’agit de votre propre compte : une autre personne doit s’en charger.
problem-reason-last-administrator = Cette personne est la dernière à administrer la plateforme au siège : désignez d’abord quelqu’un d’autre.
problem-reason-kept-elsewhere = Ces données sont désormais gérées dans un autre service ({ $source }) : veuillez y apporter la modification.
problem-reason-gateway-only = Les requêtes passent uniquement par la passerelle.
problem-reason-office-not-known-yet = Le bureau vient d’être créé : veuillez réessayer dans un instant.
problem-reason-open-business = Le bureau ne peut pas être fermé tant qu’il y reste des éléments ouverts. Bureaux rattachés : { $offices } ; personnes : { $people } ; clients de l’API : { $clients } ; accords : { $agreements }.
problem-reason-publication-not-set = Les paramètres de publication sont incomplets.
problem-reason-no-organisation = Aucune organisation n’a encore été créée.
problem-reason-rows-rejected = { $rejected } lignes sur { $rows } ne sont pas valides : rien n’a été enregistré.
problem-reason-body-too-large = L’envoi est trop volumineux : le maximum est de { $max }.
problem-reason-body-broken = L’envoi s’est interrompu : veuillez recommencer.
problem-reason-file-lost = Le fichier n’a pas été conservé : veuillez le renvoyer.
problem-reason-no-room = Il n’y a pas d’espace de stockage pour le fichier en ce moment.
problem-reason-too-many-requests = Trop de requêtes : veuillez réessayer dans { $seconds } secondes.
problem-reason-export-under-way = Une autre de vos exportations est en cours : veuillez attendre qu’elle se termine.
problem-reason-busy = La plateforme est très sollicitée en ce moment : veuillez réessayer sous peu.
problem-reason-sign-in-unavailable = La connexion n’est pas possible en ce moment.
problem-reason-key-missing = La clé des données personnelles manque : veuillez prévenir votre administrateur.
problem-reason-envelope-exceeded = La fenêtre ne peut plus promettre que { $amount }.
problem-reason-no-eligible-money = Les fonds utilisables à cette fin s’élèvent à { $amount } : le reste est destiné à autre chose ou à une autre période.
problem-reason-insufficient = Il ne reste que { $amount }.
problem-reason-already-reversed = Cette écriture a déjà été annulée.
problem-reason-not-reversible = Une écriture de ce type ne s’annule pas : une autre étape en défait l’effet.
problem-code-malformed-body = Les données envoyées sont illisibles.
problem-code-invalid-parameter = L’adresse de cette page contient un élément inconnu.
problem-code-invalid-cursor = Cette page de la liste n’existe plus.
problem-code-unauthenticated = Veuillez d’abord vous connecter.
problem-code-invalid-grant = Cette connexion n’est plus valable : veuillez vous reconnecter.
problem-code-forbidden = Votre rôle ne le permet pas.
problem-code-not-found = Cet enregistrement n’existe pas, ou votre compte n’y a pas accès.
problem-code-method-not-allowed = Cette action n’est pas possible sur cet enregistrement.
problem-code-not-acceptable = Ce format n’est pas disponible.
problem-code-request-timeout = L’envoi a pris trop de temps : veuillez recommencer.
problem-code-conflict = L’état actuel ne le permet pas, ou l’enregistrement existe déjà.
problem-code-stale-version = Une autre personne a modifié cet enregistrement.
problem-code-body-too-large = L’envoi est trop volumineux.
problem-code-unsupported-media-type = Ce type de fichier n’est pas pris en charge.
problem-code-invalid-field = Un champ du formulaire n’est pas valide.
problem-code-idempotency-key-reused = Ce formulaire a déjà été envoyé avec un autre contenu.
problem-code-precondition-required = La page n’est plus à jour : rechargez-la.
problem-code-rate-limited = Trop de requêtes : veuillez patienter un instant.
problem-code-internal = Une erreur est survenue de notre côté.
problem-code-unavailable = Une partie de la plateforme est indisponible : veuillez réessayer.
problem-code-storage-full = Le disque est plein : la lecture reste possible, l’écriture non.
problem-code-timeout = Une partie de la plateforme n’a pas répondu à temps : veuillez réessayer.
situation-consent = lorsque la base juridique est le consentement
situation-exchange-rate = avec un taux de change
situation-us-dollars = pour un montant en dollars des États-Unis
situation-in-kind = pour une contribution en nature
situation-not-in-kind = pour une contribution qui n’est pas en nature
situation-even-split = lorsque le montant est réparti à parts égales entre les années
situation-financial-report = dans un rapport financier
situation-narrative-report = dans un rapport qui n’est pas financier
situation-cost-extension = dans une prolongation avec incidence financière
situation-no-cost-extension = dans une prolongation sans incidence financière
situation-budget-revision = dans une révision budgétaire
situation-donor-account = pour le compte d’un bailleur de fonds
situation-staff-account = pour le compte d’un membre du personnel
situation-period = en même temps qu’une période
situation-measure = avec cet indicateur ({ $measure })
refused-field-start-date = début
refused-field-end-date = fin actuelle
refused-field-period-start = début de la période
refused-field-period-end = fin de la période
refused-field-submitted-at = remise
refused-field-due-date = échéance précédente
refused-field-given-on = date du consentement
refused-field-valid-from = début de validité
refused-field-today = aujourd’hui
refused-field-from = première année
refused-field-usage-split = répartition par année
refused-field-amount = montant
refused-field-redirect-uri = adresse de la connexion
refused-field-office-id = bureau
refused-field-client-id = client
refused-field-answer = réponse choisie
size-bytes = { $number } octets
