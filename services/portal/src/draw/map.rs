//! The world with a colour for each country that received something: Natural Earth's shapes, made by `cargo xtask map`.

use super::{escaped, head};
use minijinja::{Error, Value};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

#[derive(Deserialize)]
struct World {
    width: f64,
    height: f64,
    /// Outlines, by ISO 3166-1 alpha-3 code.
    countries: BTreeMap<String, String>,
    /// Where a country is that is too small to be seen.
    points: BTreeMap<String, (f64, f64)>,
    borders: String,
    disputed: String,
}

static WORLD: LazyLock<Option<World>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../data/world.json")).ok());

/// Upper ends of the classes, in US dollars; the last has none.
const CLASSES: [f64; 4] = [1e6, 1e7, 1e8, 1e9];

/// The class of an amount, 1 to 5.
pub(crate) fn class(amount: f64) -> usize {
    1 + CLASSES.iter().take_while(|end| amount >= **end).count()
}

/// A map of `{code, value, label, link}`. The same figures stand in a table: the links serve a mouse alone.
pub(crate) fn map(id: &str, title: &str, description: &str, data: Value) -> Result<Value, Error> {
    let Some(world) = WORLD.as_ref() else { return Ok(Value::from("")) };
    let mut coloured = String::new();
    let mut drawn: BTreeSet<String> = BTreeSet::new();
    let mut points = String::new();
    for entry in data.try_iter()? {
        let text = |name: &str| Ok::<_, Error>(entry.get_attr(name)?.as_str().unwrap_or_default().to_owned());
        let (code, label, link) = (text("code")?, escaped(&text("label")?), escaped(&text("link")?));
        let class = class(f64::try_from(entry.get_attr("value")?)?);
        let shape = world.countries.get(&code).map(|path| format!("<path d=\"{path}\"/>"));
        let point =
            world.points.get(&code).map(|(x, y)| format!("<circle cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"9\"/>"));
        let marks =
            format!("{}{}", shape.as_deref().unwrap_or_default(), point.as_deref().unwrap_or_default());
        let place = if point.is_some() { &mut points } else { &mut coloured };
        place.push_str(&format!(
            "<a href=\"{link}\" tabindex=\"-1\" class=\"class-{class}\"><title>{label}</title>{marks}</a>"
        ));
        drawn.insert(code);
    }
    let others = world.countries.iter().filter(|(code, _)| !drawn.contains(*code));
    let others: String = others.map(|(_, path)| path.as_str()).collect();
    let mut svg = head(id, title, description, (world.width, world.height), "map");
    svg.push_str(&format!(
        "<path class=\"land\" d=\"{others}\"/>{coloured}<path class=\"border\" d=\"{}\"/>\
         <path class=\"disputed\" d=\"{}\"/>{points}</svg>",
        world.borders, world.disputed
    ));
    Ok(Value::from_safe_string(svg))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_that_people_speak_of_is_a_shape_or_a_point() {
        let world = WORLD.as_ref().unwrap();
        let nowhere: Vec<&str> = kernel::country::all()
            .iter()
            .filter(|country| {
                !world.countries.contains_key(&country.iso3) && !world.points.contains_key(&country.iso3)
            })
            .map(|country| country.iso3.as_str())
            .collect();
        // Antarctica and what lies south of the map, and codes without a place.
        assert!(nowhere.len() < 12, "{nowhere:?}");
        for code in ["AFG", "UKR", "XKX", "PSE", "ESH", "SSD", "TUV", "MDV"] {
            assert!(!nowhere.contains(&code), "{code}");
        }
    }

    #[test]
    fn amounts_fall_into_classes_of_ten_times_each() {
        let classes = [0.0, 999_999.0, 1e6, 5e7, 1e8, 9e8, 1e9, 1e12].map(class);
        assert_eq!(classes, [1, 1, 2, 3, 4, 4, 5, 5]);
    }

    #[test]
    fn a_country_with_money_is_coloured_named_and_linked_and_not_drawn_twice() {
        let data = serde_json::json!([
            { "code": "TCD", "value": 2e6, "label": "Chad: <5", "link": "/countries/TCD?year=2026" },
            { "code": "TUV", "value": 1.0, "label": "Tuvalu", "link": "/countries/TUV" }]);
        let svg = map("m", "t", "d", Value::from(minijinja::value::Serde(data))).unwrap().to_string();
        assert!(svg.contains("class=\"class-2\"><title>Chad: &lt;5</title><path"));
        assert!(
            svg.contains("class=\"class-1\"><title>Tuvalu</title><circle")
                || svg.contains("<title>Tuvalu</title><path")
        );
        let chad = WORLD.as_ref().unwrap().countries["TCD"].as_str();
        assert_eq!(svg.matches(chad).count(), 1);
        assert!(svg.len() < 60_000, "{}", svg.len());
    }
}
