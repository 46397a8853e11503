committees = Comités
committees-lead = Un comité décide quelles propositions reçoivent les fonds d’un fonds commun, ou le recommande au chef de l’organisation.
committees-none = Il n’y a pas encore de comité.
committee-new = Nouveau comité
committee-edit = Modifier le comité
committee-form-about = Il commence avec les règles habituelles, modifiables ensuite : plus de la moitié des membres habilités et au moins trois, majorité simple avec au moins deux voix, proposition différée en cas d’égalité, délai de convocation de sept jours.
committee-overview = Vue d’ensemble
committee-seats = Sièges
committee-seats-today = Qui y siège aujourd’hui
committee-seats-none = Personne n’a de siège.
committee-rules = Règles
committee-decision-by = Décision finale
committee-decision-by-hint = Si la décision revient au chef de l’organisation, le comité recommande. Ses règles peuvent aussi lui renvoyer les montants plus élevés.
committee-decided-by-committee = le comité
committee-decided-by-head = le chef de l’organisation
committee-time-zone = Fuseau horaire
committee-time-zone-hint = Les sièges commencent et prennent fin selon les jours de ce lieu.
committee-name-en = Nom
committee-name-fr = Nom en français
committee-name-es = Nom en espagnol
committee-done-created = Le comité a été créé.
committee-done-saved = Les modifications ont été enregistrées.
committee-done-seat = Le siège a été attribué.
committee-done-end = Le dernier jour du siège a été enregistré.
committee-done-rules = Les nouvelles règles sont en vigueur. Les réunions déjà convoquées gardent les précédentes.
seat-new = Attribuer un siège
seat-new-about = Une personne n’a qu’un siège à la fois dans un comité, et un comité n’a qu’une présidence.
seat-person = Personne
seat-person-unknown = une personne que vous ne voyez pas
seat-office = Représente
seat-office-hint = Les membres ne votent pas sur les propositions du bureau qu’ils représentent ni des bureaux supérieurs ou subordonnés.
seat-office-unknown = un bureau que vous ne voyez pas
seat-kind = Siège
seat-kind-chair = Présidence
seat-kind-vice-chair = Vice-présidence
seat-kind-member = Membre
seat-kind-alternate = Suppléance
seat-kind-observer = Observation (sans droit de vote)
seat-alternate-of = de
seat-alternate-of-label = Suppléance de
seat-alternate-of-none = personne
seat-days = Durée
seat-from = Premier jour
seat-to = Dernier jour
seat-since = depuis le { $date }
seat-ended = Terminé
seat-do-end = Fixer le dernier jour
seat-end-about = La personne garde le siège jusqu’à la fin de ce jour. La personne qui lui succède reçoit son propre siège.
rules-about = Chaque changement est une nouvelle version. Une réunion se tient selon la version en vigueur lors de sa convocation.
rules-new = Modifier les règles
rules-new-about = Le formulaire présente les règles en vigueur. Ce que vous enregistrez les remplace, pour les réunions et les procédures écrites qui commencent ensuite.
rules-version = Version { $number }
rules-recorded-by = Enregistrée par
rules-reason-hint = Par exemple la décision ou le mandat dont découlent les règles.
rules-quorum = Quorum
rules-quorum-says = Plus de { $part } des membres habilités, et au moins { $least }
rules-quorum-hint = Plus de cette part des membres habilités, et au moins ce nombre. S’il y a moins de membres habilités, le chef de l’organisation décide.
rules-numerator = Plus de (numérateur)
rules-denominator = sur (dénominateur)
rules-least = Au moins (membres)
rules-majority = Majorité
rules-majority-simple = Plus de voix pour que contre
rules-majority-absolute = Plus de la moitié des membres habilités
rules-majority-two-thirds = Deux tiers des voix pour ou contre
rules-least-yes = Voix pour, au moins
rules-least-yes-says = { $count ->
    [one] au moins { $count } voix pour
   *[other] au moins { $count } voix pour
}
rules-tie = En cas d’égalité
rules-tie-deferred = La proposition est différée
rules-tie-rejected = La proposition est rejetée
rules-tie-chair-casting = La voix de la présidence est prépondérante
rules-notice = Délai de convocation
rules-notice-days = Délai de convocation, en jours
rules-notice-says = { $count ->
    [one] { $count } jour
   *[other] { $count } jours
}
rules-circulation = Décisions sans réunion
rules-hours = Durée (heures)
rules-hours-says = { $count ->
    [one] Ouverte { $count } heure
   *[other] Ouverte { $count } heures
}
rules-and = ,
rules-circulation-absolute = adoptée par plus de la moitié des membres habilités
rules-circulation-two-thirds = adoptée par deux tiers des membres habilités
rules-objections = Objections qui la renvoient à une réunion
rules-objections-says = { $count ->
    [one] { $count } objection la renvoie à la prochaine réunion
   *[other] { $count } objections la renvoient à la prochaine réunion
}
rules-normalisation = Notations
rules-normalisation-none = comparées telles quelles
rules-normalisation-centred = comparées sans l’indulgence de chaque évaluateur
rules-alternates = Suppléants
rules-alternates-label = Les suppléants votent aussi pour les membres en conflit d’intérêts
rules-alternates-yes = votent pour les membres absents ou en conflit d’intérêts
rules-alternates-no = votent pour les membres absents
rules-authority = Décision finale sur les montants plus élevés
rules-authority-hint = Par montants croissants, en dollars des États-Unis. Laissez vides les lignes inutiles.
rules-authority-from = À partir du montant { $number }
rules-authority-by = Décision finale { $number }
rules-authority-says = À partir de { $amount },
rules-authority-none = pas de seuil par montant
