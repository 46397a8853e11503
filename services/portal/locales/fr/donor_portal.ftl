donor-overview = Vue d’ensemble
elsewhere-help = Partagé entre plusieurs pays ou années, déplacé au sein d’un pays ou sans lieu indiqué. Ne figure pas dans les totaux par pays.
reports-received = Reçus
reports-ahead = Prochains rapports
as-of = Situation au { $date }
focal-point = Votre interlocuteur
donor-data-lead = Toutes les informations de ce portail sur vos contributions, à télécharger.
calendar-feed = Les échéances dans votre agenda
calendar-about = Créez une adresse privée à laquelle votre agenda peut s’abonner. En créer une nouvelle désactive la précédente.
calendar-make = Créer une adresse d’agenda
calendar-made = L’adresse est prête. Elle n’est affichée qu’une fois. Quiconque la possède peut consulter les échéances.
calendar-address = Adresse d’agenda
calendar-open = Ouvrir l’agenda
donor-lead = Contributions à { $organisation } et rapports sur leur utilisation.
donor-lead-all = Toutes vos contributions enregistrées, quelle que soit l’organisation destinataire. Les rapports sont ceux de l’organisation { $organisation }.
donor-countries-only = Totaux par pays uniquement : ce qui n’est pas attribué à un seul pays et à une seule année n’y figure pas.
latest-report = Dernier rapport
report-expected = En préparation, attendu le { $date }
record-count = { $count ->
    [one] { $count } enregistrement
   *[other] { $count } enregistrements
}
totals-note = Somme des enregistrements de cette liste qui sont comptabilisés, avec ces filtres. La vue d’ensemble et le relevé comptent les mêmes enregistrements. Une annonce ou un engagement versé n’est compté qu’une fois.
