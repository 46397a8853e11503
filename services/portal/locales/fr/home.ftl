console = Mon travail
console-empty = Rien n’a encore été enregistré dans votre bureau.
welcome = Bienvenue, { $name }
latest-imports = Dernières importations
console-search-label = Bailleur de fonds, accord, plan de réponse, organisation, personne ou numéro d’un flux FTS
notifications-all = Toutes les notifications
work-none = Aucune action en attente.
work-clear = En attente de validation
work-review = En attente de votre examen
work-write = Rapports à remettre par votre bureau
work-overdue = En retard dans vos bureaux
work-negotiated = Accords en négociation
work-ending = Accords échus ou arrivant à terme dans les 90 jours
work-twice = { $count ->
    [one] { $count } paire d’enregistrements correspond peut-être aux mêmes fonds
   *[other] { $count } paires d’enregistrements correspondent peut-être aux mêmes fonds
 }
work-twice-more = Plus de { $count } paires d’enregistrements correspondent peut-être aux mêmes fonds
work-reviews = Propositions qui attendent votre notation
work-votes = Motions qui attendent votre vote
work-circulations = Procédures écrites qui attendent votre vote
work-decisions = Décisions qui attendent le chef de l’organisation
work-minutes = Procès-verbaux que vous devez signer
recent = Consultés récemment :
