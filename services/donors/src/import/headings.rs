//! What columns are usually called in English, French and Spanish, beside the names of the template. A heading that may
//! stand for several fields ("Date", "Type", "Reference") is none of these: it is never guessed.

use kernel::text::search_key;
use std::{collections::HashMap, sync::LazyLock};

/// What a field is called: in English, French and Spanish.
struct Usual {
    field: &'static str,
    english: &'static [&'static str],
    french: &'static [&'static str],
    spanish: &'static [&'static str],
}

impl Usual {
    fn all(&self) -> impl Iterator<Item = &'static str> {
        self.english.iter().chain(self.french).chain(self.spanish).copied()
    }
}

/// The field that a heading is usually for. Case, accents, punctuation and the kind of blank do not matter.
pub(super) fn usual(heading: &str) -> Option<&'static str> {
    BY_HEADING.get(&search_key(heading)).copied()
}

static BY_HEADING: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let pairs =
        USUAL.iter().flat_map(|usual| usual.all().map(move |heading| (search_key(heading), usual.field)));
    pairs.collect()
});

static USUAL: [Usual; 26] = [
    Usual {
        field: "external_ref",
        english: &[
            "External reference",
            "Reference in the source system",
            "Source reference",
            "Contribution reference",
            "Contribution ref",
            "Contribution number",
            "Contribution ID",
            "Transaction reference",
            "Transaction number",
            "Transaction ID",
        ],
        french: &[
            "Référence externe",
            "Référence dans le système d’origine",
            "Référence de la contribution",
            "Numéro de la contribution",
            "Numéro de contribution",
            "Identifiant de la contribution",
            "Référence de la transaction",
            "Numéro de la transaction",
            "Numéro de transaction",
        ],
        spanish: &[
            "Referencia externa",
            "Referencia en el sistema de origen",
            "Referencia de la contribución",
            "Número de la contribución",
            "Número de contribución",
            "Identificador de la contribución",
            "Referencia de la transacción",
            "Número de la transacción",
            "Número de transacción",
        ],
    },
    Usual {
        field: "donor",
        english: &[
            "Donor name",
            "Name of donor",
            "Name of the donor",
            "Donor organisation",
            "Donor organization",
        ],
        french: &[
            "Bailleur",
            "Bailleur de fonds",
            "Donateur",
            "Nom du bailleur",
            "Nom du bailleur de fonds",
            "Nom du donateur",
            "Organisation donatrice",
        ],
        spanish: &["Donante", "Nombre del donante", "Organización donante", "Entidad donante"],
    },
    Usual {
        field: "donor_ref",
        english: &["Donor reference", "Donor reference in the source system", "Donor code", "Donor number"],
        french: &[
            "Référence du bailleur",
            "Référence du bailleur de fonds",
            "Référence du bailleur de fonds dans le système d’origine",
            "Code du bailleur",
            "Code du bailleur de fonds",
            "Numéro du bailleur",
            "Référence du donateur",
        ],
        spanish: &[
            "Referencia del donante",
            "Referencia del donante en el sistema de origen",
            "Código del donante",
            "Código de donante",
            "Número del donante",
        ],
    },
    Usual {
        field: "donor_id",
        english: &["Donor identifier"],
        french: &["Identifiant du bailleur", "Identifiant du bailleur de fonds", "Identifiant du donateur"],
        spanish: &["Identificador del donante", "Identificador de donante"],
    },
    Usual {
        field: "donor_type",
        english: &["Type of donor", "Donor category", "Category of donor"],
        french: &[
            "Type de bailleur",
            "Type de bailleur de fonds",
            "Type du bailleur",
            "Type de donateur",
            "Catégorie de bailleur",
            "Catégorie de bailleur de fonds",
        ],
        spanish: &["Tipo de donante", "Tipo del donante", "Categoría de donante", "Categoría del donante"],
    },
    Usual {
        field: "status",
        english: &["Contribution status", "Status of the contribution", "Funding status"],
        french: &["Statut", "Statut de la contribution", "Situation de la contribution"],
        spanish: &["Situación", "Situación de la contribución", "Estado de la contribución"],
    },
    Usual {
        field: "amount",
        english: &[
            "Original amount",
            "Amount in original currency",
            "Contribution amount",
            "Amount of the contribution",
        ],
        french: &[
            "Montant",
            "Montant initial",
            "Montant d’origine",
            "Montant en monnaie d’origine",
            "Montant en devise d’origine",
            "Montant de la contribution",
        ],
        spanish: &[
            "Importe",
            "Monto",
            "Importe original",
            "Monto original",
            "Importe en moneda original",
            "Monto en moneda original",
            "Importe de la contribución",
            "Monto de la contribución",
        ],
    },
    Usual {
        field: "currency",
        english: &["Currency code", "Original currency", "ISO currency"],
        french: &[
            "Monnaie",
            "Devise",
            "Code de la monnaie",
            "Code devise",
            "Monnaie d’origine",
            "Devise d’origine",
        ],
        spanish: &[
            "Moneda",
            "Divisa",
            "Código de moneda",
            "Código de la moneda",
            "Moneda original",
            "Moneda de origen",
        ],
    },
    Usual {
        field: "amount_usd",
        english: &["Amount in US dollars", "Amount in USD", "Amount (US$)", "USD amount", "US dollar amount"],
        french: &[
            "Montant en dollars des États-Unis",
            "Montant en dollars",
            "Montant en USD",
            "Montant USD",
            "Montant ($ US)",
        ],
        spanish: &[
            "Importe en dólares de los Estados Unidos",
            "Importe en dólares",
            "Importe en USD",
            "Importe USD",
            "Monto en dólares",
            "Monto en USD",
            "Monto USD",
        ],
    },
    Usual {
        field: "exchange_rate",
        english: &["Rate of exchange", "Conversion rate", "FX rate"],
        french: &["Taux de change", "Cours de change", "Taux de conversion"],
        spanish: &["Tipo de cambio", "Tasa de cambio", "Tasa de conversión"],
    },
    Usual {
        field: "exchange_rate_date",
        english: &["Date of the exchange rate", "Date of exchange rate", "Rate date"],
        french: &["Date du taux de change", "Date du taux"],
        spanish: &["Fecha del tipo de cambio", "Fecha de la tasa de cambio"],
    },
    Usual {
        field: "exchange_rate_source",
        english: &["Source of the exchange rate", "Source of exchange rate", "Rate source"],
        french: &["Source du taux de change", "Source du taux"],
        spanish: &["Fuente del tipo de cambio", "Fuente de la tasa de cambio"],
    },
    Usual {
        field: "decision_date",
        english: &["Date of decision", "Date of the decision"],
        french: &["Date de décision", "Date de la décision"],
        spanish: &["Fecha de decisión", "Fecha de la decisión"],
    },
    Usual {
        field: "flow_date",
        english: &[
            "Transaction date",
            "Date of transaction",
            "Date of the transaction",
            "Payment date",
            "Date of payment",
            "Date of the payment",
        ],
        french: &[
            "Date de la transaction",
            "Date de transaction",
            "Date du flux",
            "Date de paiement",
            "Date du paiement",
            "Date de versement",
            "Date du versement",
        ],
        spanish: &[
            "Fecha de la transacción",
            "Fecha de transacción",
            "Fecha del flujo",
            "Fecha de pago",
            "Fecha del pago",
            "Fecha de desembolso",
        ],
    },
    Usual {
        field: "budget_year",
        english: &["Fiscal year", "Financial year"],
        french: &["Exercice budgétaire", "Année budgétaire", "Exercice"],
        spanish: &[
            "Año presupuestario",
            "Ejercicio presupuestario",
            "Ejercicio",
            "Año fiscal",
            "Ejercicio fiscal",
        ],
    },
    Usual {
        field: "usage_years",
        english: &["Usage year", "Year of use", "Years of use", "Years of usage"],
        french: &["Années d’utilisation", "Année d’utilisation"],
        spanish: &["Años de uso", "Año de uso", "Años de utilización", "Año de utilización"],
    },
    Usual {
        field: "countries",
        english: &[
            "Country",
            "Destination country",
            "Destination countries",
            "Recipient country",
            "Recipient countries",
        ],
        french: &[
            "Pays",
            "Pays de destination",
            "Pays bénéficiaire",
            "Pays bénéficiaires",
            "Pays destinataire",
        ],
        spanish: &[
            "País",
            "Países",
            "País de destino",
            "Países de destino",
            "País beneficiario",
            "Países beneficiarios",
        ],
    },
    Usual {
        field: "plan",
        english: &["Plans", "Response plan", "Response plans", "Response plans (FTS number, ID or name)"],
        french: &["Plan de réponse", "Plans de réponse", "Plans de réponse (numéro FTS, identifiant ou nom)"],
        spanish: &[
            "Planes",
            "Plan de respuesta",
            "Planes de respuesta",
            "Planes de respuesta (número de FTS, identificador o nombre)",
        ],
    },
    Usual {
        field: "earmarking",
        english: &["Earmarking category", "Earmarking type", "Level of earmarking"],
        french: &["Affectation", "Catégorie d’affectation", "Niveau d’affectation"],
        spanish: &["Asignación", "Categoría de asignación", "Nivel de asignación"],
    },
    Usual {
        field: "contribution_type",
        english: &["Type of contribution", "Financial or in kind"],
        french: &["Type de contribution", "Nature de la contribution", "Financière ou en nature"],
        spanish: &["Tipo de contribución", "Financiera o en especie"],
    },
    Usual {
        field: "method",
        english: &["Aid modality", "Modality of aid"],
        french: &["Modalité d’aide", "Modalité de l’aide"],
        spanish: &["Modalidad de la ayuda", "Modalidad de ayuda"],
    },
    Usual {
        field: "keywords",
        english: &["Keyword", "Key words"],
        french: &["Mots-clés", "Mot-clé"],
        spanish: &["Palabras clave", "Palabra clave"],
    },
    Usual {
        field: "visibility",
        english: &["Visible to"],
        french: &["Visibilité", "Visible par"],
        spanish: &["Visibilidad", "Visible para"],
    },
    Usual {
        field: "new_money",
        english: &["New funds", "Is new money"],
        french: &["Fonds nouveaux", "Nouveaux fonds", "Argent frais"],
        spanish: &["Fondos nuevos", "Nuevos fondos", "Dinero nuevo"],
    },
    Usual {
        field: "description",
        english: &["Contribution description", "Description of the contribution"],
        french: &["Description", "Description de la contribution", "Libellé"],
        spanish: &["Descripción", "Descripción de la contribución"],
    },
    Usual {
        field: "agreement",
        english: &["Agreement reference", "Agreement ref", "Agreement number"],
        french: &["Accord", "Référence de l’accord", "Numéro de l’accord", "Numéro d’accord"],
        spanish: &["Acuerdo", "Referencia del acuerdo", "Número del acuerdo", "Número de acuerdo"],
    },
];

#[cfg(test)]
#[path = "headings_tests.rs"]
mod tests;
