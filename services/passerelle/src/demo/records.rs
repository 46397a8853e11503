//! The demo's offices and countries: written for this project, every figure invented.

/// An office under another.
pub(super) struct Office {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) parent: &'static str,
    pub(super) country: Option<&'static str>,
    pub(super) time_zone: &'static str,
}

const fn office(
    code: &'static str,
    name: &'static str,
    kind: &'static str,
    parent: &'static str,
    (country, time_zone): (&'static str, &'static str),
) -> Office {
    Office { code, name, kind, parent, country: Some(country), time_zone }
}

/// Three regional offices, six country offices.
pub(super) const OFFICES: [Office; 9] = [
    office("NBO", "Regional office for East and Central Africa", "regional", "HQ", ("KEN", "Africa/Nairobi")),
    office("BKK", "Regional office for Asia and the Pacific", "regional", "HQ", ("THA", "Asia/Bangkok")),
    office(
        "PTY",
        "Regional office for Latin America and the Caribbean",
        "regional",
        "HQ",
        ("PAN", "America/Panama"),
    ),
    office("TCD", "Chad country office", "country", "NBO", ("TCD", "Africa/Ndjamena")),
    office("SDN", "Sudan country office", "country", "NBO", ("SDN", "Africa/Khartoum")),
    office("ETH", "Ethiopia country office", "country", "NBO", ("ETH", "Africa/Addis_Ababa")),
    office("BGD", "Bangladesh country office", "country", "BKK", ("BGD", "Asia/Dhaka")),
    office("PHL", "Philippines country office", "country", "BKK", ("PHL", "Asia/Manila")),
    office("COL", "Colombia country office", "country", "PTY", ("COL", "America/Bogota")),
];

/// The codes of the regional offices.
pub(super) const REGIONS: [&str; 3] = ["NBO", "BKK", "PTY"];

/// The countries of the country offices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Country {
    Chad,
    Sudan,
    Ethiopia,
    Bangladesh,
    Philippines,
    Colombia,
}

impl Country {
    pub(super) const ALL: [Country; 6] = [
        Country::Chad,
        Country::Sudan,
        Country::Ethiopia,
        Country::Bangladesh,
        Country::Philippines,
        Country::Colombia,
    ];

    pub(super) fn iso3(self) -> &'static str {
        match self {
            Country::Chad => "TCD",
            Country::Sudan => "SDN",
            Country::Ethiopia => "ETH",
            Country::Bangladesh => "BGD",
            Country::Philippines => "PHL",
            Country::Colombia => "COL",
        }
    }

    /// The code of its office.
    pub(super) fn office(self) -> &'static str {
        self.iso3()
    }

    /// The code of the regional office above its office.
    pub(super) fn region(self) -> &'static str {
        match self {
            Country::Chad | Country::Sudan | Country::Ethiopia => "NBO",
            Country::Bangladesh | Country::Philippines => "BKK",
            Country::Colombia => "PTY",
        }
    }

    /// A country with which it shares some of what it receives.
    pub(super) fn neighbour(self) -> &'static str {
        match self {
            Country::Chad => "CMR",
            Country::Sudan => "SSD",
            Country::Ethiopia => "SOM",
            Country::Bangladesh => "MMR",
            Country::Philippines => "IDN",
            Country::Colombia => "ECU",
        }
    }

    /// What it receives in a year outside its plans: flows, and US dollars in all.
    pub(super) fn outside_plans(self) -> (u64, u64) {
        match self {
            Country::Chad => (8, 7_400_000),
            Country::Sudan => (12, 18_900_000),
            Country::Ethiopia => (9, 9_600_000),
            Country::Bangladesh => (6, 5_200_000),
            Country::Philippines => (6, 3_100_000),
            Country::Colombia => (6, 4_700_000),
        }
    }
}
