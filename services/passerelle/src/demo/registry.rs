//! The demo's donors, with their names in the three languages. Governments and international funds are real, and what they
//! give here is invented; companies, foundations and associations are invented altogether.

use super::records::Country::{self, Bangladesh, Chad, Colombia, Ethiopia, Philippines, Sudan};

/// A donor.
pub(super) struct Donor {
    pub(super) name: &'static str,
    pub(super) name_fr: &'static str,
    pub(super) name_es: &'static str,
    pub(super) short: Option<&'static str>,
    pub(super) kind: &'static str,
    pub(super) segment: &'static str,
    pub(super) country: Option<&'static str>,
    pub(super) currency: &'static str,
    /// How much it gives beside the others.
    pub(super) weight: u64,
    /// The only countries for which it gives; none: any.
    only: &'static [Country],
    pub(super) iati: Option<&'static str>,
}

impl Donor {
    /// What the demo's flows call donor number `number`.
    pub(super) fn reference(number: usize) -> String {
        format!("{}", 910_000 + number)
    }

    pub(super) fn gives_to(&self, country: Country) -> bool {
        self.only.is_empty() || self.only.contains(&country)
    }

    /// Whether it gives for some countries only.
    pub(super) fn is_of_few(&self) -> bool {
        !self.only.is_empty()
    }

    const fn only(mut self, countries: &'static [Country]) -> Self {
        self.only = countries;
        self
    }

    const fn short(mut self, short: &'static str) -> Self {
        self.short = Some(short);
        self
    }

    const fn iati(mut self, identifier: &'static str) -> Self {
        self.iati = Some(identifier);
        self
    }

    const fn in_currency(mut self, currency: &'static str) -> Self {
        self.currency = currency;
        self
    }
}

/// Names in English, French and Spanish.
type Names = (&'static str, &'static str, &'static str);

const fn donor(names: Names, kind: &'static str, segment: &'static str, weight: u64) -> Donor {
    Donor {
        name: names.0,
        name_fr: names.1,
        name_es: names.2,
        short: None,
        kind,
        segment,
        country: None,
        currency: "USD",
        weight,
        only: &[],
        iati: None,
    }
}

const fn government(names: Names, country: &'static str, currency: &'static str, weight: u64) -> Donor {
    let mut made = donor(names, "government", "traditional", weight).in_currency(currency);
    made.country = Some(country);
    made
}

const fn emerging(names: Names, country: &'static str, currency: &'static str, weight: u64) -> Donor {
    let mut made = government(names, country, currency, weight);
    made.segment = "emerging";
    made
}

const fn fund(names: Names, weight: u64) -> Donor {
    donor(names, "intergovernmental", "traditional", weight)
}

const fn association(names: Names, weight: u64) -> Donor {
    donor(names, "civil_society", "traditional", weight)
}

const fn private(names: Names, weight: u64) -> Donor {
    donor(names, "private_sector", "private", weight)
}

/// Forty donors of all types.
pub(super) static DONORS: [Donor; 40] = [
    government(("Norway", "Norvège", "Noruega"), "NOR", "NOK", 26).iati("NO-BRC-971277882"),
    government(("Sweden", "Suède", "Suecia"), "SWE", "SEK", 24).iati("SE-0"),
    government(("Germany", "Allemagne", "Alemania"), "DEU", "EUR", 34),
    government(
        ("United States of America", "États-Unis d’Amérique", "Estados Unidos de América"),
        "USA",
        "USD",
        40,
    )
    .iati("US-GOV-1"),
    government(("United Kingdom", "Royaume-Uni", "Reino Unido"), "GBR", "GBP", 28).iati("GB-GOV-1"),
    government(("Japan", "Japon", "Japón"), "JPN", "JPY", 24),
    government(("Canada", "Canada", "Canadá"), "CAN", "CAD", 22),
    government(("Switzerland", "Suisse", "Suiza"), "CHE", "CHF", 17),
    government(
        ("Netherlands (Kingdom of the)", "Pays-Bas (Royaume des)", "Países Bajos (Reino de los)"),
        "NLD",
        "EUR",
        20,
    )
    .iati("XM-DAC-7"),
    government(("Ireland", "Irlande", "Irlanda"), "IRL", "EUR", 10),
    government(("Denmark", "Danemark", "Dinamarca"), "DNK", "DKK", 16),
    government(("France", "France", "Francia"), "FRA", "EUR", 13),
    government(("Italy", "Italie", "Italia"), "ITA", "EUR", 9),
    government(("Finland", "Finlande", "Finlandia"), "FIN", "EUR", 8),
    government(("Belgium", "Belgique", "Bélgica"), "BEL", "EUR", 9),
    government(("Australia", "Australie", "Australia"), "AUS", "AUD", 13),
    government(("Luxembourg", "Luxembourg", "Luxemburgo"), "LUX", "EUR", 5),
    government(("Spain", "Espagne", "España"), "ESP", "EUR", 11),
    government(("Portugal", "Portugal", "Portugal"), "PRT", "EUR", 2)
        .only(&[Chad, Sudan, Ethiopia, Colombia]),
    emerging(("Republic of Korea", "République de Corée", "República de Corea"), "KOR", "KRW", 9),
    emerging(("Türkiye", "Türkiye", "Türkiye"), "TUR", "USD", 4),
    emerging(("United Arab Emirates", "Émirats arabes unis", "Emiratos Árabes Unidos"), "ARE", "AED", 6),
    fund(
        (
            "European Union (Civil Protection and Humanitarian Aid)",
            "Union européenne (protection civile et aide humanitaire)",
            "Unión Europea (protección civil y ayuda humanitaria)",
        ),
        36,
    )
    .short("ECHO")
    .in_currency("EUR")
    .iati("XI-IATI-EC_ECHO"),
    fund(
        (
            "Central Emergency Response Fund",
            "Fonds central pour les interventions d’urgence",
            "Fondo Central para la Acción en Casos de Emergencia",
        ),
        18,
    )
    .short("CERF"),
    fund(
        ("Sudan Humanitarian Fund", "Fonds humanitaire pour le Soudan", "Fondo Humanitario para el Sudán"),
        16,
    )
    .short("SHF")
    .only(&[Sudan]),
    fund(
        ("Ethiopia Humanitarian Fund", "Fonds humanitaire pour l’Éthiopie", "Fondo Humanitario para Etiopía"),
        13,
    )
    .short("EHF")
    .only(&[Ethiopia]),
    fund(
        ("African Development Bank", "Banque africaine de développement", "Banco Africano de Desarrollo"),
        6,
    )
    .short("AfDB")
    .only(&[Chad, Sudan, Ethiopia]),
    fund(("Asian Development Bank", "Banque asiatique de développement", "Banco Asiático de Desarrollo"), 6)
        .short("ADB")
        .only(&[Bangladesh, Philippines]),
    fund(
        (
            "Inter-American Development Bank",
            "Banque interaméricaine de développement",
            "Banco Interamericano de Desarrollo",
        ),
        7,
    )
    .short("IDB")
    .only(&[Colombia]),
    fund(
        (
            "Migration Multi-Partner Trust Fund",
            "Fonds d’affectation spéciale pluripartenaire pour les migrations",
            "Fondo Fiduciario de Asociados Múltiples para la Migración",
        ),
        4,
    ),
    association(
        (
            "Nordic Refugee Appeal",
            "Appel nordique pour les réfugiés",
            "Llamamiento Nórdico por los Refugiados",
        ),
        4,
    ),
    association(
        (
            "Crescent Relief Federation",
            "Fédération de secours du Croissant",
            "Federación de Socorro de la Media Luna",
        ),
        4,
    )
    .only(&[Chad, Sudan, Bangladesh]),
    association(("Solidarité Sahel", "Solidarité Sahel", "Solidaridad Sahel"), 2)
        .in_currency("EUR")
        .only(&[Chad]),
    private(("Solaris Energy Foundation", "Fondation Solaris Énergie", "Fundación Solaris Energía"), 3),
    private(
        (
            "Haverford Family Foundation",
            "Fondation de la famille Haverford",
            "Fundación de la Familia Haverford",
        ),
        3,
    ),
    private(("Fundación Puente del Istmo", "Fondation Puente del Istmo", "Fundación Puente del Istmo"), 3)
        .only(&[Colombia]),
    private(("Meridian Logistics Group", "Groupe Meridian Logistique", "Grupo Meridian Logística"), 3)
        .in_currency("EUR"),
    private(("Kestrel Telecom", "Kestrel Télécom", "Kestrel Telecom"), 2),
    private(("Tidewater Shipping Company", "Compagnie maritime Tidewater", "Compañía Naviera Tidewater"), 1)
        .only(&[Bangladesh, Philippines]),
    private(
        (
            "Individual donors (online giving)",
            "Dons de particuliers (en ligne)",
            "Donaciones de particulares (en línea)",
        ),
        2,
    ),
];
