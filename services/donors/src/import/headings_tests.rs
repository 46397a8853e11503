use super::*;
use crate::import::{
    columns::{Columns, Mapping},
    fields::FIELDS,
};
use std::collections::HashSet;

/// A heading of each field in English, French and Spanish, as the console calls it.
const GOLDEN: [(&str, [&str; 3]); 26] = [
    (
        "external_ref",
        [
            "Reference in the source system",
            "Référence dans le système d’origine",
            "Referencia en el sistema de origen",
        ],
    ),
    ("donor", ["Donor name", "Nom du bailleur de fonds", "Nombre del donante"]),
    (
        "donor_ref",
        [
            "Donor reference in the source system",
            "Référence du bailleur de fonds dans le système d’origine",
            "Referencia del donante en el sistema de origen",
        ],
    ),
    ("donor_id", ["Donor ID", "Identifiant du bailleur de fonds", "Identificador del donante"]),
    ("donor_type", ["Donor type", "Type de bailleur de fonds", "Tipo de donante"]),
    ("status", ["Status", "Statut", "Situación"]),
    ("amount", ["Amount", "Montant", "Importe"]),
    ("currency", ["Currency", "Monnaie", "Moneda"]),
    (
        "amount_usd",
        [
            "Amount in US dollars",
            "Montant en dollars des États-Unis",
            "Importe en dólares de los Estados Unidos",
        ],
    ),
    ("exchange_rate", ["Exchange rate", "Taux de change", "Tipo de cambio"]),
    (
        "exchange_rate_date",
        ["Date of the exchange rate", "Date du taux de change", "Fecha del tipo de cambio"],
    ),
    (
        "exchange_rate_source",
        ["Source of the exchange rate", "Source du taux de change", "Fuente del tipo de cambio"],
    ),
    ("decision_date", ["Decision date", "Date de décision", "Fecha de decisión"]),
    ("flow_date", ["Transaction date", "Date de la transaction", "Fecha de la transacción"]),
    ("budget_year", ["Budget year", "Exercice budgétaire", "Año presupuestario"]),
    ("usage_years", ["Usage years", "Années d’utilisation", "Años de uso"]),
    ("countries", ["Countries", "Pays", "Países"]),
    (
        "plan",
        [
            "Response plans (FTS number, ID or name)",
            "Plans de réponse (numéro FTS, identifiant ou nom)",
            "Planes de respuesta (número de FTS, identificador o nombre)",
        ],
    ),
    ("earmarking", ["Earmarking", "Affectation", "Asignación"]),
    ("contribution_type", ["Financial or in kind", "Financière ou en nature", "Financiera o en especie"]),
    ("method", ["Aid modality", "Modalité d’aide", "Modalidad de la ayuda"]),
    ("keywords", ["Keywords", "Mots-clés", "Palabras clave"]),
    ("visibility", ["Visibility", "Visibilité", "Visibilidad"]),
    ("new_money", ["New money", "Fonds nouveaux", "Fondos nuevos"]),
    ("description", ["Description", "Description", "Descripción"]),
    ("agreement", ["Agreement reference", "Référence de l’accord", "Referencia del acuerdo"]),
];

/// The fields of a table with these headings; none where nothing is guessed.
fn fields(headings: &[String]) -> Vec<Option<String>> {
    let headed = Columns::of(headings, &Mapping::default(), true).unwrap();
    headed.found.into_iter().map(|column| column.field).collect()
}

#[test]
fn every_column_is_recognised_in_three_languages_whatever_its_case_accents_and_blanks() {
    let named: Vec<&str> = GOLDEN.iter().map(|(field, _)| *field).collect();
    let all: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(named, all);
    let plain = |text: &str| search_key(text);
    let forms: [&dyn Fn(&str) -> String; 5] = [
        &|text: &str| text.to_owned(),
        &|text: &str| text.to_uppercase(),
        &|text: &str| text.replace(' ', "\u{a0}"),
        &|text: &str| format!("  {}\u{202f}", text.replace(' ', "_")),
        &plain,
    ];
    for language in 0..3 {
        for form in forms {
            let headings: Vec<String> = GOLDEN.iter().map(|(_, names)| form(names[language])).collect();
            let expected: Vec<Option<String>> =
                GOLDEN.iter().map(|(field, _)| Some((*field).to_owned())).collect();
            assert_eq!(fields(&headings), expected, "{headings:?}");
        }
    }
}

#[test]
fn no_heading_stands_for_two_fields_or_for_the_name_of_another() {
    let (mut seen, mut fields) = (HashSet::new(), HashSet::new());
    for usual in &USUAL {
        assert!(fields.insert(usual.field) && FIELDS.iter().any(|field| field.name == usual.field));
        let own: HashSet<String> = usual.all().map(search_key).collect();
        for heading in own {
            let name = heading.replace(' ', "_");
            let other = FIELDS.iter().find(|field| field.name == name && field.name != usual.field);
            assert!(other.is_none(), "{heading} is the name of another field");
            assert!(seen.insert(heading.clone()), "{heading} stands twice");
        }
    }
    assert_eq!(fields.len(), FIELDS.len());
}

#[test]
fn a_heading_that_may_mean_several_is_not_guessed() {
    let unclear = [
        "Date",
        "Fecha",
        "Type",
        "Tipo",
        "Reference",
        "Référence",
        "Referencia",
        "Year",
        "Année",
        "Año",
        "Name",
        "Nom",
        "Nombre",
        "Code",
        "Código",
        "Source",
        "Fuente",
        "State",
        "État",
        "Estado",
        "Value",
        "Valeur",
        "Valor",
        "Organisation",
        "Modality",
        "Modalité",
        "Modalidad",
        "No.",
        "Total",
        "",
    ];
    let unclear = unclear.map(str::to_owned);
    assert!(fields(&unclear).iter().all(Option::is_none), "{:?}", fields(&unclear));
}

#[test]
fn of_two_headings_for_one_field_neither_is_guessed_and_the_templates_own_goes_first() {
    let two = ["Date de versement", "Date du flux", "Montant"].map(str::to_owned);
    assert_eq!(fields(&two), [None, None, Some("amount".to_owned())]);
    let own = ["flow_date", "Date du flux"].map(str::to_owned);
    assert_eq!(fields(&own), [Some("flow_date".to_owned()), None]);
    let mut mapping = Mapping::default();
    mapping.add("Date", "flow_date").unwrap();
    mapping.add("Montant", "").unwrap();
    let headings = ["Date", "Date du flux", "Montant"].map(str::to_owned);
    let headed = Columns::of(&headings, &mapping, true).unwrap();
    let found: Vec<Option<&str>> = headed.found.iter().map(|column| column.field.as_deref()).collect();
    assert_eq!(found, [Some("flow_date"), None, None], "what the sender says goes before what is usual");
}
