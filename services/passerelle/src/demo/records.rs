//! The demo's offices, donors and plans: written for this project, every figure invented.

/// An office under another.
pub(super) struct Office {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) parent: &'static str,
    pub(super) country: Option<&'static str>,
}

const fn office(
    code: &'static str,
    name: &'static str,
    kind: &'static str,
    parent: &'static str,
    country: &'static str,
) -> Office {
    Office { code, name, kind, parent, country: Some(country) }
}

/// Two regional offices, five country offices.
pub(super) const OFFICES: [Office; 7] = [
    office("NBO", "Regional office for East and Central Africa", "regional", "HQ", "KEN"),
    office("BKK", "Regional office for Asia and the Pacific", "regional", "HQ", "THA"),
    office("TCD", "Chad country office", "country", "NBO", "TCD"),
    office("SDN", "Sudan country office", "country", "NBO", "SDN"),
    office("ETH", "Ethiopia country office", "country", "NBO", "ETH"),
    office("BGD", "Bangladesh country office", "country", "BKK", "BGD"),
    office("PHL", "Philippines country office", "country", "BKK", "PHL"),
];

/// The countries of the country offices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Country {
    Chad,
    Sudan,
    Ethiopia,
    Bangladesh,
    Philippines,
}

impl Country {
    pub(super) const ALL: [Country; 5] =
        [Country::Chad, Country::Sudan, Country::Ethiopia, Country::Bangladesh, Country::Philippines];

    pub(super) fn iso3(self) -> &'static str {
        match self {
            Country::Chad => "TCD",
            Country::Sudan => "SDN",
            Country::Ethiopia => "ETH",
            Country::Bangladesh => "BGD",
            Country::Philippines => "PHL",
        }
    }

    /// The code of its office.
    pub(super) fn office(self) -> &'static str {
        self.iso3()
    }

    /// How much it receives beside the others.
    pub(super) fn weight(self) -> u64 {
        match self {
            Country::Chad => 9,
            Country::Sudan => 14,
            Country::Ethiopia => 10,
            Country::Bangladesh => 7,
            Country::Philippines => 4,
        }
    }
}

/// A donor.
pub(super) struct Donor {
    pub(super) name: &'static str,
    pub(super) short: Option<&'static str>,
    pub(super) kind: &'static str,
    pub(super) segment: &'static str,
    pub(super) country: Option<&'static str>,
    pub(super) currency: &'static str,
    /// How much it gives beside the others.
    pub(super) weight: u64,
}

impl Donor {
    /// What the demo's flows call donor number `number`.
    pub(super) fn reference(&self, number: usize) -> String {
        format!("{}", 910_000 + number)
    }
}

const fn government(
    name: &'static str,
    country: &'static str,
    currency: &'static str,
    segment: &'static str,
    weight: u64,
) -> Donor {
    Donor { name, short: None, kind: "government", segment, country: Some(country), currency, weight }
}

const fn other(
    name: &'static str,
    short: Option<&'static str>,
    kind: &'static str,
    segment: &'static str,
    weight: u64,
) -> Donor {
    Donor { name, short, kind, segment, country: None, currency: "USD", weight }
}

/// Forty donors of all types.
pub(super) const DONORS: [Donor; 40] = [
    government("Norway, Government of", "NOR", "NOK", "traditional", 30),
    government("Sweden, Government of", "SWE", "SEK", "traditional", 28),
    government("Japan, Government of", "JPN", "JPY", "traditional", 26),
    government("Canada, Government of", "CAN", "CAD", "traditional", 24),
    government("Switzerland, Government of", "CHE", "CHF", "traditional", 20),
    government("Netherlands, Government of the", "NLD", "EUR", "traditional", 22),
    government("Ireland, Government of", "IRL", "EUR", "traditional", 12),
    government("Denmark, Government of", "DNK", "DKK", "traditional", 18),
    government("Finland, Government of", "FIN", "EUR", "traditional", 10),
    government("Belgium, Government of", "BEL", "EUR", "traditional", 11),
    government("Australia, Government of", "AUS", "AUD", "traditional", 15),
    government("Republic of Korea, Government of the", "KOR", "KRW", "emerging", 9),
    government("Luxembourg, Government of", "LUX", "EUR", "traditional", 6),
    government("Spain, Government of", "ESP", "EUR", "traditional", 13),
    government("Portugal, Government of", "PRT", "EUR", "traditional", 4),
    government("Chile, Government of", "CHL", "USD", "emerging", 2),
    government("Türkiye, Government of", "TUR", "USD", "emerging", 5),
    government("United Arab Emirates, Government of the", "ARE", "AED", "emerging", 8),
    other("Continental Humanitarian Office", Some("CHO"), "intergovernmental", "traditional", 34),
    other("Emergency Response Pool", Some("ERP"), "intergovernmental", "traditional", 25),
    other("Chad Country-based Pooled Fund", None, "intergovernmental", "traditional", 7),
    other("Sudan Country-based Pooled Fund", None, "intergovernmental", "traditional", 10),
    other("Lake Region Development Bank", Some("LRDB"), "intergovernmental", "emerging", 9),
    other("Island States Resilience Facility", None, "intergovernmental", "emerging", 3),
    other("Asia Mobility Facility", Some("AMF"), "intergovernmental", "emerging", 6),
    other("Joint Fund for Safe Migration", None, "intergovernmental", "traditional", 8),
    other("Northern Church Aid", None, "civil_society", "traditional", 4),
    other("Crescent Relief Federation", None, "civil_society", "emerging", 5),
    other("Physicians for Mobility", None, "civil_society", "traditional", 2),
    other("Children on the Move Alliance", None, "civil_society", "traditional", 3),
    other("Diaspora Action Network", None, "civil_society", "emerging", 1),
    other("Solidarité Sahel", None, "civil_society", "traditional", 2),
    other("Meridian Logistics Group", None, "private_sector", "private", 4),
    other("Solaris Energy Foundation", None, "private_sector", "private", 3),
    other("Fundación Puente del Istmo", None, "private_sector", "private", 2),
    other("Kestrel Telecom", None, "private_sector", "private", 3),
    other("Aurora Health Sciences", None, "private_sector", "private", 2),
    other("Tidewater Shipping Company", None, "private_sector", "private", 1),
    other("Haverford Family Foundation", None, "private_sector", "private", 3),
    other("Individual donors (online giving)", None, "private_sector", "private", 2),
];

/// A response plan.
pub(super) struct Plan {
    pub(super) reference: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) office: &'static str,
    pub(super) countries: &'static [&'static str],
    pub(super) years: &'static [i32],
    /// US dollars: original, revised.
    pub(super) requirement: (u64, Option<u64>),
    /// In need, targeted.
    pub(super) people: (u64, u64),
    pub(super) summary: &'static str,
}

/// Six plans over the demo's countries.
pub(super) const PLANS: [Plan; 6] = [
    Plan {
        reference: "920001",
        name: "Chad crisis response plan 2026",
        kind: "crisis_response_plan",
        office: "TCD",
        countries: &["TCD"],
        years: &[2026],
        requirement: (112_000_000, Some(128_500_000)),
        people: (3_400_000, 1_150_000),
        summary: "Shelter, health and onward transport for people who arrive in the eastern provinces, and support to \
                  the communities that host them.",
    },
    Plan {
        reference: "920002",
        name: "Sudan crisis response plan 2026",
        kind: "crisis_response_plan",
        office: "SDN",
        countries: &["SDN"],
        years: &[2026],
        requirement: (205_000_000, Some(248_000_000)),
        people: (11_200_000, 3_900_000),
        summary: "Life-saving assistance to displaced people, displacement tracking for the whole response, and \
                  rehabilitation of basic services in areas of return.",
    },
    Plan {
        reference: "920003",
        name: "Ethiopia response plan 2026",
        kind: "crisis_response_plan",
        office: "ETH",
        countries: &["ETH"],
        years: &[2026],
        requirement: (96_000_000, None),
        people: (4_100_000, 1_600_000),
        summary: "Durable solutions for internally displaced people and returning migrants.",
    },
    Plan {
        reference: "920004",
        name: "Bangladesh joint response 2026",
        kind: "crisis_response_plan",
        office: "BGD",
        countries: &["BGD"],
        years: &[2026],
        requirement: (74_000_000, Some(69_500_000)),
        people: (1_480_000, 1_300_000),
        summary: "Shelter, site management, water and protection in the camps and for host communities.",
    },
    Plan {
        reference: "920005",
        name: "Philippines typhoon flash appeal 2025",
        kind: "flash_appeal",
        office: "PHL",
        countries: &["PHL"],
        years: &[2025],
        requirement: (31_000_000, Some(38_200_000)),
        people: (1_900_000, 640_000),
        summary: "Emergency shelter, evacuation-centre management and debris removal after two typhoons in a month.",
    },
    Plan {
        reference: "920006",
        name: "Eastern route regional migrant response 2025-2026",
        kind: "regional_response_plan",
        office: "ETH",
        countries: &["ETH", "DJI", "SOM"],
        years: &[2025, 2026],
        requirement: (59_000_000, None),
        people: (1_050_000, 420_000),
        summary: "Protection, voluntary return and reintegration along the route from the Horn of Africa.",
    },
];
