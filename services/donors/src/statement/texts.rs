//! What stands on a statement, in its three languages. Terms are those of docs/glossary.md.

/// A language of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    French,
    Spanish,
}

impl Language {
    pub(super) const CODES: [&str; 3] = ["en", "fr", "es"];

    /// The language of a code; English for any other.
    pub(super) fn of(code: &str) -> Self {
        match code {
            "fr" => Language::French,
            "es" => Language::Spanish,
            _ => Language::English,
        }
    }

    pub(super) const fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::French => "fr",
            Language::Spanish => "es",
        }
    }

    pub(super) const fn texts(self) -> &'static Texts {
        match self {
            Language::English => &ENGLISH,
            Language::French => &FRENCH,
            Language::Spanish => &SPANISH,
        }
    }
}

/// The texts of a language. `{…}` is filled in.
pub(super) struct Texts {
    pub(super) title: &'static str,
    pub(super) footer: &'static str,
    pub(super) missing: &'static str,
    pub(super) donor: &'static str,
    pub(super) organisation: &'static str,
    pub(super) period: &'static str,
    pub(super) all_years: &'static str,
    pub(super) made_on: &'static str,
    pub(super) covers: &'static str,
    pub(super) covers_office: &'static str,
    pub(super) covers_donor: &'static str,
    pub(super) summary: &'static str,
    pub(super) summary_caption: &'static str,
    pub(super) status: &'static str,
    pub(super) records: &'static str,
    pub(super) paid: &'static str,
    pub(super) commitments: &'static str,
    pub(super) pledges: &'static str,
    pub(super) pledges_apart: &'static str,
    pub(super) funding: &'static str,
    pub(super) total: &'static str,
    pub(super) none: &'static str,
    pub(super) reference: &'static str,
    pub(super) day: &'static str,
    pub(super) purpose: &'static str,
    pub(super) for_years: &'static str,
    pub(super) earmarking: &'static str,
    pub(super) amount: &'static str,
    pub(super) in_kind: &'static str,
    pub(super) agreements: &'static str,
    pub(super) agreed: &'static str,
    pub(super) outstanding: &'static str,
    pub(super) reports: &'static str,
    pub(super) report: &'static str,
    pub(super) due_on: &'static str,
    pub(super) handed_in_on: &'static str,
    pub(super) handed_in: &'static str,
    pub(super) accepted: &'static str,
    pub(super) overdue: &'static str,
    pub(super) due: &'static str,
    pub(super) counting: &'static str,
    pub(super) rules: [&'static str; 5],
    /// Unearmarked, softly earmarked, earmarked, tightly earmarked, not stated.
    earmarkings: [&'static str; 5],
    /// Draft, in negotiation, signed, active, closed.
    states: [&'static str; 5],
}

impl Texts {
    pub(super) fn earmarked(&self, category: Option<&str>) -> &'static str {
        let index = crate::contribution::EARMARKINGS.iter().position(|known| Some(*known) == category);
        self.earmarkings[index.unwrap_or(4)]
    }

    pub(super) fn state(&self, state: &str) -> &'static str {
        let index = ["draft", "negotiation", "signed", "active"].iter().position(|known| *known == state);
        self.states[index.unwrap_or(4)]
    }
}

static ENGLISH: Texts = Texts {
    title: "Donor statement: {donor}, {period}",
    footer: "{organisation} · donor statement of {day}",
    missing: "This document's font lacks some characters. They are shown as �; screen readers, search and copying find the characters themselves.",
    donor: "Donor",
    organisation: "Organisation",
    period: "Period",
    all_years: "all years",
    made_on: "Date of this statement",
    covers: "What it covers",
    covers_office: "The records of {office} and of the offices below it",
    covers_donor: "The records that are shown to the donor",
    summary: "Summary",
    summary_caption: "Contributions by status, in US dollars",
    status: "Status",
    records: "Records",
    paid: "Paid",
    commitments: "Commitments",
    pledges: "Pledges",
    pledges_apart: "Pledges (not funding)",
    funding: "Funding",
    total: "Total",
    none: "None.",
    reference: "Reference",
    day: "Date",
    purpose: "Purpose",
    for_years: "For",
    earmarking: "Earmarking",
    amount: "Amount given",
    in_kind: "in kind",
    agreements: "Agreements",
    agreed: "Agreed",
    outstanding: "Outstanding",
    reports: "Reports to the donor",
    report: "Report",
    due_on: "Due",
    handed_in_on: "Handed in",
    handed_in: "Handed in",
    accepted: "Accepted",
    overdue: "Overdue",
    due: "Due",
    counting: "How this statement counts",
    rules: [
        "Funding is what was paid and what is committed. A pledge is announced and not binding; it is in no total of funding.",
        "Each record counts once, with its own amount, also where it is a part of another record.",
        "A record for several years is listed with its whole amount in the statement of each of them.",
        "Amounts in US dollars are at the exchange rate that was recorded with each contribution. Totals in other currencies are added up currency by currency and not converted.",
        "What is paid and outstanding under an agreement counts all payments in its currency up to the date of this statement, whatever the period.",
    ],
    earmarkings: ["Unearmarked", "Softly earmarked", "Earmarked", "Tightly earmarked", "Not stated"],
    states: ["Draft", "In negotiation", "Signed", "Active", "Closed"],
};

static FRENCH: Texts = Texts {
    title: "Relevé du bailleur de fonds\u{a0}: {donor}, {period}",
    footer: "{organisation} · relevé du bailleur de fonds au {day}",
    missing: "Certains caractères manquent dans la police de ce document. Ils sont remplacés par �\u{a0}; les lecteurs d'écran, la recherche et la copie trouvent les caractères d'origine.",
    donor: "Bailleur de fonds",
    organisation: "Organisation",
    period: "Période",
    all_years: "toutes les années",
    made_on: "Date du relevé",
    covers: "Champ du relevé",
    covers_office: "Données du bureau «\u{a0}{office}\u{a0}» et des bureaux qui en relèvent",
    covers_donor: "Données communiquées au bailleur de fonds",
    summary: "Récapitulatif",
    summary_caption: "Contributions par statut, en dollars des États-Unis",
    status: "Statut",
    records: "Enregistrements",
    paid: "Versé",
    commitments: "Engagements",
    pledges: "Annonces de contributions",
    pledges_apart: "Annonces de contributions (hors financement)",
    funding: "Financement",
    total: "Total",
    none: "Néant.",
    reference: "Référence",
    day: "Date",
    purpose: "Objet",
    for_years: "Pour",
    earmarking: "Affectation",
    amount: "Montant d'origine",
    in_kind: "en nature",
    agreements: "Accords",
    agreed: "Convenu",
    outstanding: "Restant dû",
    reports: "Rapports au bailleur de fonds",
    report: "Rapport",
    due_on: "Échéance",
    handed_in_on: "Remis le",
    handed_in: "Remis",
    accepted: "Accepté",
    overdue: "En retard",
    due: "À remettre",
    counting: "Mode de calcul",
    rules: [
        "Le financement comprend les montants versés et les engagements. Une annonce de contribution n'est pas contraignante\u{a0}; elle n'entre dans aucun total de financement.",
        "Chaque enregistrement compte une fois, pour son propre montant, même s'il fait partie d'un autre.",
        "Un enregistrement qui porte sur plusieurs années figure pour la totalité de son montant dans le relevé de chacune d'elles.",
        "Les montants en dollars des États-Unis sont calculés au taux de change enregistré avec chaque contribution. Les totaux dans d'autres monnaies sont établis monnaie par monnaie, sans conversion.",
        "Les montants versés et restant dus au titre d'un accord tiennent compte de tous les versements effectués dans la monnaie de l'accord jusqu'à la date du relevé, quelle que soit la période.",
    ],
    earmarkings: [
        "Sans affectation spéciale",
        "Affectation souple",
        "Affectée",
        "Strictement affectée",
        "Non précisée",
    ],
    states: ["Projet", "En négociation", "Signé", "En vigueur", "Clos"],
};

static SPANISH: Texts = Texts {
    title: "Estado de cuentas del donante: {donor}, {period}",
    footer: "{organisation} · estado de cuentas del donante al {day}",
    missing: "La fuente de este documento carece de algunos caracteres, que se muestran como �; los lectores de pantalla, la búsqueda y la copia encuentran los caracteres originales.",
    donor: "Donante",
    organisation: "Organización",
    period: "Período",
    all_years: "todos los años",
    made_on: "Fecha del estado de cuentas",
    covers: "Alcance",
    covers_office: "Registros de la oficina «{office}» y de las oficinas que dependen de ella",
    covers_donor: "Registros que se muestran al donante",
    summary: "Resumen",
    summary_caption: "Contribuciones por situación, en dólares de los Estados Unidos",
    status: "Situación",
    records: "Registros",
    paid: "Desembolsado",
    commitments: "Compromisos",
    pledges: "Promesas de contribución",
    pledges_apart: "Promesas de contribución (no son financiación)",
    funding: "Financiación",
    total: "Total",
    none: "Ninguno.",
    reference: "Referencia",
    day: "Fecha",
    purpose: "Finalidad",
    for_years: "Para",
    earmarking: "Asignación",
    amount: "Importe original",
    in_kind: "en especie",
    agreements: "Acuerdos",
    agreed: "Acordado",
    outstanding: "Pendiente",
    reports: "Informes al donante",
    report: "Informe",
    due_on: "Vencimiento",
    handed_in_on: "Entregado el",
    handed_in: "Entregado",
    accepted: "Aceptado",
    overdue: "Atrasado",
    due: "Pendiente",
    counting: "Cómo se calcula",
    rules: [
        "La financiación comprende lo desembolsado y lo comprometido. Una promesa de contribución no es vinculante y no figura en ningún total de financiación.",
        "Cada registro se cuenta una vez, por su propio importe, aunque forme parte de otro.",
        "Un registro que abarca varios años figura con su importe íntegro en el estado de cuentas de cada uno de ellos.",
        "Los importes en dólares de los Estados Unidos se calculan al tipo de cambio registrado con cada contribución. Los totales en otras monedas se suman moneda por moneda, sin conversión.",
        "Lo desembolsado y lo pendiente de un acuerdo tienen en cuenta todos los pagos efectuados en la moneda del acuerdo hasta la fecha del estado de cuentas, sea cual sea el período.",
    ],
    earmarkings: ["No asignada", "Asignación flexible", "Asignada", "Asignación estricta", "Sin especificar"],
    states: ["Borrador", "En negociación", "Firmado", "Activo", "Cerrado"],
};
