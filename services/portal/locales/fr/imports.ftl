import-of = Importation : { $files }
imports = Importations
import-new = Importer des contributions
import-files = Fichiers
import-do = Importer
import-check = Vérifier uniquement
import-skip = Importer uniquement les lignes valides
import-sending = Envoi
import-check-files = Vérifier les fichiers
import-check-about = La vérification n’enregistre rien : elle montre ce qui se passerait. Les fichiers sont conservés pendant une heure, vous ne les choisissez donc qu’une fois.
import-check-about-fts = La vérification n’enregistre rien : elle montre ce qui se passerait. Les fichiers de flux sont conservés pendant une heure, vous ne les choisissez donc qu’une fois. Les aperçus de plans ne sont pas conservés : choisissez-les de nouveau pour les importer.
import-check-again = Vérifier de nouveau avec ces colonnes
import-kept = Les fichiers sont conservés jusqu’au { $until }.
import-gone = Ces fichiers ne sont plus conservés pour vous. Choisissez-les de nouveau pour les importer.
import-valid-rows = { $count ->
    [one] Importer { $count } ligne valide
   *[other] Importer { $count } lignes valides
}
import-valid-and-decided = Importer les lignes valides
import-undecided = { $count ->
    [one] Une ligne nomme un bailleur de fonds dont le fichier n’indique pas le type. Elle est importée si vous indiquez de quel bailleur il s’agit ou si vous l’enregistrez avec un type.
   *[other] { $count } lignes nomment des bailleurs de fonds dont le fichier n’indique pas le type. Elles sont importées si vous indiquez de quels bailleurs il s’agit ou si vous les enregistrez avec un type.
}
import-rejected-stay = { $count ->
    [one] Une ligne n’est pas valide et sera laissée de côté.
   *[other] { $count } lignes ne sont pas valides et seront laissées de côté.
}
would-created = Serait créée
would-updated = Serait mise à jour
would-unchanged = Resterait inchangée
would-rejected = Serait rejetée
would-not-applied = Non comparée
would-count-created = Seraient créées
would-count-updated = Seraient mises à jour
would-count-unchanged = Resteraient inchangées
would-count-rejected = Seraient rejetées
import-years = Ce qui serait comptabilisé, par année
import-years-about = Lignes qui seraient créées ou mises à jour, selon l’année de la décision, à défaut celle de la transaction ou du premier signalement. Les annonces de contribution ne sont pas comptabilisées comme financement.
import-currencies = Montants par monnaie
import-counting = Financement
import-counts = Serait comptabilisé
import-counts-not = Ne serait pas comptabilisé
import-donors = { $count ->
    [one] Un bailleur de fonds ne figure pas au registre
   *[other] { $count } bailleurs de fonds ne figurent pas au registre
}
import-donors-about = Indiquez pour chaque nom s’il s’agit d’un nouveau bailleur de fonds ou d’un bailleur déjà enregistré. Le nom que le système donne à un bailleur enregistré est retenu.
import-donors-others = { $count ->
    [one] Enregistrer comme nouveau un autre bailleur de fonds, qui n’a pas été comparé avec le registre. Ses lignes qui n’indiquent pas de type sont laissées de côté.
   *[other] Enregistrer comme nouveaux { $count } autres bailleurs de fonds, qui n’ont pas été comparés avec le registre. Leurs lignes qui n’indiquent pas de type sont laissées de côté.
}
import-donors-page = Bailleurs de fonds { $from } à { $to } sur { $total }
import-donors-next = Continuer avec les bailleurs de fonds suivants
import-donors-new = Nouveaux bailleurs de fonds
import-donor-is = Il s’agit de { $name }
import-donor-new = Il s’agit d’un nouveau bailleur de fonds
import-donor-other = Il s’agit d’un autre bailleur enregistré
import-donor-name = Nom du bailleur enregistré
import-donor-untyped = Type non indiqué
import-donor-type = Type du nouveau bailleur de fonds
import-donor-leave = Laisser de côté ses lignes qui n’indiquent pas de type
import-donor-alone = Aucun bailleur de fonds enregistré ne porte un nom semblable.
import-donor-alone-not-compared = Non comparé avec le registre.
import-changes = Modifications
import-overwritten = écrasé
import-changed-to = désormais
import-record = Enregistrement
import-contribution = Contribution
import-refused = Les fichiers n’ont pas été acceptés
import-refused-help = { $count ->
    [one] Une ligne n’est pas valide ; rien n’a été enregistré. Corrigez-la, ou importez uniquement les lignes valides.
   *[other] { $count } lignes ne sont pas valides ; rien n’a été enregistré. Corrigez-les, ou importez uniquement les lignes valides.
}
import-failed-help = La plateforme n’a pas pu terminer cette importation. Les lignes déjà importées sont conservées. Importez de nouveau les fichiers pour terminer.
import-dry-run = vérification uniquement, rien n’est enregistré
import-progress = Avancement
import-queued = En attente
import-applying = En cours
import-done = Terminée
import-checked = Vérifiée
import-failed = Échouée
reload = Actualiser
started = Début
warnings = Avec avertissements
verdict = Résultat
verdicts = Résultats par ligne
verdict-created = Créée
verdict-updated = Mise à jour
verdict-unchanged = Inchangée
verdict-rejected = Rejetée
verdict-not-applied = Non appliquée
imports-format = Type de fichier
imports-format-csv = CSV
imports-format-xlsx = XLSX
imports-format-iati = IATI
imports-format-fts = Flux et plans du FTS
imports-hint-csv = Un ou plusieurs fichiers CSV en UTF-8, séparés par des virgules, des points-virgules ou des tabulations. La première ligne contient les en-têtes. Ensemble, ils forment une seule importation.
imports-hint-xlsx = Un ou plusieurs fichiers XLSX. La première feuille est lue ; sa première ligne contient les en-têtes. Une formule compte pour la valeur enregistrée avec elle.
imports-hint-iati = Un ou plusieurs fichiers d’activités IATI (2.01 à 2.03). Les contributions annoncées, engagées ou versées par les bailleurs de fonds à notre organisation sont lues.
imports-hint-fts = Un ou plusieurs fichiers tels que l’API du FTS les fournit (JSON) : pages de flux, aperçus de plans, ou les deux. Chacun est reconnu à son contenu. Les plans sont importés en premier ; tous les flux forment ensuite une seule importation.
imports-template = Modèle avec toutes les colonnes et un exemple :
imports-source = Système d’origine
imports-source-hint = Un nom court, par exemple erp. Une ligne du même système portant la même référence désigne la même contribution.
imports-receiver = Notre identifiant d’organisation IATI
imports-receiver-hint = Requis lorsque les fichiers nous désignent ainsi et non par notre nom.
imports-decimal = Séparateur décimal
imports-decimal-point = Point (1250.50)
imports-decimal-comma = Virgule (1250,50)
imports-missing = Aucune ligne n’a été lue. Des champs obligatoires ne sont associés à aucune colonne :
imports-columns = Colonnes du fichier
imports-columns-help = Associez chaque colonne à un champ. Les colonnes non associées sont ignorées.
imports-column-unread = Ignorer
imports-column-unnamed = Colonne { $number } (sans en-tête)
imports-as-saved = Comme enregistré pour ce système, sinon par défaut
imports-empty = Cellules vides
imports-empty-erase = Effacer la valeur existante
imports-empty-keep = Conserver la valeur existante
imports-save = Enregistrer ces colonnes pour { $source }
imports-saved = Colonnes enregistrées
imports-saved-used = { $count ->
    [one] La colonne enregistrée pour { $source } le { $date } sera utilisée.
   *[other] Les { $count } colonnes enregistrées pour { $source } le { $date } seront utilisées.
}
imports-saved-columns = { $count ->
    [one] { $count } colonne
   *[other] { $count } colonnes
}
imports-saved-delete = Supprimer les colonnes enregistrées pour { $source }
imports-field-external-ref = Référence dans le système d’origine
imports-field-donor = Nom du bailleur de fonds
imports-field-donor-ref = Référence du bailleur de fonds dans le système d’origine
imports-field-donor-id = Identifiant du bailleur de fonds
imports-field-donor-type = Type de bailleur de fonds
imports-field-status = Statut
imports-field-amount = Montant
imports-field-currency = Monnaie
imports-field-amount-usd = Montant en dollars des États-Unis
imports-field-exchange-rate = Taux de change
imports-field-exchange-rate-date = Date du taux de change
imports-field-exchange-rate-source = Source du taux de change
imports-field-decision-date = Date de décision
imports-field-flow-date = Date de la transaction
imports-field-budget-year = Exercice budgétaire
imports-field-usage-years = Années d’utilisation
imports-field-countries = Pays
imports-field-plan = Plans de réponse (numéro FTS, identifiant ou nom)
imports-field-earmarking = Affectation
imports-field-contribution-type = Financière ou en nature
imports-field-method = Modalité d’aide
imports-field-keywords = Mots-clés
imports-field-visibility = Visibilité
imports-field-new-money = Fonds nouveaux
imports-field-description = Description
imports-field-agreement = Référence de l’accord
imports-field-first-reported-date = Date du premier signalement
imports-field-other = Autres précisions
imports-plans = Importations de plans de réponse
imports-plans-of = Importation de plans de réponse : { $file }
import-line = ligne { $line } du fichier
imports-plans-unnamed = Aperçu de plans
imports-plans-others = Autres aperçus de plans de cet envoi
imports-plans-refused-help = { $count ->
    [one] Un plan n’est pas valide ; aucun plan de ce fichier n’a été enregistré, et les flux envoyés avec lui n’ont pas été importés. Corrigez-le, ou importez uniquement les lignes valides.
   *[other] { $count } plans ne sont pas valides ; aucun plan de ce fichier n’a été enregistré, et les flux envoyés avec lui n’ont pas été importés. Corrigez-les, ou importez uniquement les lignes valides.
}
imports-plan-number = Numéro FTS
imports-flows = Flux de cet envoi
imports-plans-not-kept = Les aperçus de plans ne sont pas conservés : choisissez de nouveau le fichier pour importer ses plans.
imports-flows-kept = Ces flux sont conservés pendant une heure : importez d’abord les plans, puis les flux depuis leur propre page.
