//! Countries and territories: ISO 3166-1 alpha-3 codes, FTS location ids, names in three languages, coordinates, time
//! zones.
//!
//! Source: `data/countries.csv`, derived from hdx-python-country (MIT; see `data/NOTICE.md`). FTS names locations by
//! its own ids (the column "HPC Tools API ID" there), never by ISO code.

use serde::Deserialize;
use std::{collections::HashMap, sync::LazyLock};

/// One country or territory.
#[derive(Debug, Clone, Deserialize)]
pub struct Country {
    /// ISO 3166-1 alpha-3 code (`XKX` for Kosovo, as the UN systems use it).
    pub iso3: String,
    /// ISO 3166-1 alpha-2 code.
    pub iso2: String,
    /// UN M49 numeric code, where there is one.
    pub m49: Option<u16>,
    /// The id of the location in FTS.
    pub fts_id: Option<String>,
    /// English short name.
    pub name_en: String,
    /// French short name.
    pub name_fr: String,
    /// Spanish short name.
    pub name_es: String,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// IANA time zone of its capital, where people live.
    pub time_zone: Option<String>,
    /// UN M49 region code (2 Africa, 19 Americas, 142 Asia, 150 Europe, 9 Oceania).
    pub region_code: Option<u16>,
    /// UN M49 region name, English.
    pub region: String,
    /// UN M49 sub-region name, English.
    pub sub_region: String,
}

impl Country {
    /// The short name in `language` (`en`, `fr`, `es`; anything else is answered in English).
    pub fn name(&self, language: &str) -> &str {
        match language {
            "fr" => &self.name_fr,
            "es" => &self.name_es,
            _ => &self.name_en,
        }
    }
}

struct Table {
    all: Vec<Country>,
    by_iso3: HashMap<String, usize>,
    by_fts_id: HashMap<String, usize>,
}

#[expect(clippy::expect_used, reason = "the table is part of the binary and a test reads every row")]
static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let text = include_str!("../data/countries.csv");
    let all: Vec<Country> = csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("countries.csv is well formed");
    let by_iso3 = all.iter().enumerate().map(|(i, c)| (c.iso3.clone(), i)).collect();
    let by_fts_id = all.iter().enumerate().filter_map(|(i, c)| Some((c.fts_id.clone()?, i))).collect();
    Table { all, by_iso3, by_fts_id }
});

/// Every country and territory, in the order of the source.
pub fn all() -> &'static [Country] {
    &TABLE.all
}

/// The country with this ISO 3166-1 alpha-3 code (upper case).
pub fn by_iso3(iso3: &str) -> Option<&'static Country> {
    TABLE.by_iso3.get(iso3).map(|&i| &TABLE.all[i])
}

/// The country that FTS knows under this location id.
pub fn by_fts_id(fts_id: &str) -> Option<&'static Country> {
    TABLE.by_fts_id.get(fts_id).map(|&i| &TABLE.all[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_is_found_by_its_code_and_by_its_fts_id() {
        assert_eq!(all().len(), 251);
        for country in all() {
            assert_eq!(by_iso3(&country.iso3).unwrap().iso3, country.iso3);
            if let Some(fts_id) = &country.fts_id {
                assert_eq!(by_fts_id(fts_id).unwrap().iso3, country.iso3);
            }
            assert!(!country.name_fr.is_empty() && !country.name_es.is_empty(), "{}", country.iso3);
        }
        assert_eq!(by_fts_id("1").unwrap().iso3, "AFG");
        assert_eq!(by_iso3("CIV").unwrap().name("es"), "Côte d’Ivoire");
        assert!(by_iso3("afg").is_none() && by_iso3("ZZZ").is_none());
    }
}
