//! Donors are called as the reader's language calls them, where the registry knows that name. Some answers of the API have a
//! donor's names beside each other (`name_fr`, `donor_name_fr`); others name a donor by its id and its official name, and
//! what its id is called is asked for once for the whole page. Templates write a donor's name with `donor_name_of(record)`.

use crate::{
    i18n::Language,
    lists::items,
    nav::Shell,
    render::{attribute, language_of},
    visit::Visit,
};
use minijinja::{State, Value};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

/// Where the names are in the context of a page, by id.
pub(crate) const NAMES: &str = "donor_names";
/// Donors asked for at once: as many as the API takes.
const MAX_ASKED: usize = 100;

impl<W> Visit<W> {
    /// What the donors of a page are called in its language. Without them, or where they cannot be asked for, donors have
    /// their official names.
    pub(crate) async fn donor_names(&self, template: &str, context: &Json) -> Json {
        let reader = self.signed_in.as_ref().filter(|signed_in| signed_in.may("donors:read"));
        let asks = reader.is_some_and(|reader| Shell::of(Some(reader), template) != Shell::Public);
        if !asks || self.language == Language::English {
            return json!({});
        }
        let translated = format!("name_{}", self.language.as_str());
        let mut ids = BTreeSet::new();
        named_by_id(context, &mut ids);
        let ids: Vec<&str> = ids.into_iter().collect();
        let mut names = Map::new();
        for some in ids.chunks(MAX_ASKED) {
            let query = [("id", some.join(",")), ("limit", MAX_ASKED.to_string())];
            let Ok(list) = self.get("/v1/donors", &query).await else { break };
            for donor in items(&list) {
                if let (Some(id), Some(name)) = (donor["id"].as_str(), donor[&translated].as_str()) {
                    names.insert(id.to_owned(), name.into());
                }
            }
        }
        names.into()
    }
}

/// The donors that are named by their ids, anywhere in the context of a page.
fn named_by_id<'a>(value: &'a Json, found: &mut BTreeSet<&'a str>) {
    match value {
        Json::Object(fields) => {
            let id = fields.get("donor_id").and_then(Json::as_str);
            found.extend(id.filter(|id| id.parse::<kernel::DonorId>().is_ok()));
            fields.values().for_each(|value| named_by_id(value, found));
        }
        Json::Array(list) => list.iter().for_each(|value| named_by_id(value, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// The name of a donor, or of the donor of a record, in the language of the page; none where there is none.
pub(crate) fn donor_name_of(state: &State<'_, '_>, record: Value) -> Value {
    let text = |name: &str| attribute(&record, name).filter(|text| !text.is_empty());
    let is_of_record = record.get_attr("donor_name").is_ok_and(|name| !name.is_undefined());
    let name = if is_of_record { "donor_name" } else { "name" };
    let translated = || text(&format!("{name}_{}", language_of(state).as_str()));
    let known = || {
        let id = text("donor_id")?;
        attribute(&state.lookup(NAMES)?, &id)
    };
    translated().or_else(known).or_else(|| text(name)).map_or(Value::from(()), Value::from)
}

/// The name of a donor of the registry in a language.
pub(crate) fn in_language(language: Language, donor: &Json) -> Json {
    let translated = &donor[format!("name_{}", language.as_str())];
    if translated.is_string() { translated.clone() } else { donor["name"].clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::{Environment, value::Serde};

    const ID: &str = "0199a1b2-0000-7000-8000-000000000001";

    #[test]
    fn donors_are_found_by_their_ids_wherever_they_stand() {
        let context = json!({ "list": { "items": [{ "donor_id": ID, "donor_name": "Norway" }, { "donor_id": null }] },
            "typed": { "donor_id": "not an id" }, "donor": { "id": "0199a1b2-0000-7000-8000-000000000002" } });
        let mut found = BTreeSet::new();
        named_by_id(&context, &mut found);
        assert_eq!(found, BTreeSet::from([ID]));
    }

    #[test]
    fn a_donor_is_called_by_what_is_known_of_it() {
        let mut environment = Environment::new();
        environment.add_function("donor_name_of", donor_name_of);
        let template = "{{ donor_name_of(record) or '-' }}".to_owned();
        environment.add_template_owned("name".to_owned(), template).unwrap();
        let drawn = |lang: &str, record: Json| {
            let context = json!({ "lang": lang, "record": record, "donor_names": { ID: "Norv\u{e8}ge" } });
            environment.get_template("name").unwrap().render(Serde(&context)).unwrap()
        };
        let record = json!({ "id": "7", "donor_id": ID, "donor_name": "Norway" });
        assert_eq!(drawn("fr", record.clone()), "Norv\u{e8}ge");
        let public = json!({ "donor_id": "8", "donor_name": "Norway", "donor_name_fr": null, "donor_name_es": "Noruega" });
        assert_eq!(
            [drawn("en", public.clone()), drawn("fr", public.clone()), drawn("es", public)],
            ["Norway", "Norway", "Noruega"]
        );
        let donor = json!({ "id": ID, "name": "Norway", "name_fr": "La Norv\u{e8}ge" });
        assert_eq!(drawn("fr", donor), "La Norv\u{e8}ge");
        let candidate = json!({ "donor_id": ID, "name": "Norway" });
        assert_eq!(drawn("fr", candidate), "Norv\u{e8}ge");
        let none = json!({ "id": "7", "donor_id": null, "donor_name": null, "name": "A contribution" });
        assert_eq!(drawn("fr", none), "-");
    }

    #[test]
    fn a_donor_of_the_registry_is_called_in_the_language_of_the_reader() {
        let donor = json!({ "name": "Norway", "name_fr": "Norv\u{e8}ge", "name_es": null });
        let called = [Language::English, Language::French, Language::Spanish]
            .map(|language| in_language(language, &donor));
        assert_eq!(called, ["Norway", "Norv\u{e8}ge", "Norway"]);
    }
}
