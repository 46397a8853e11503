//! The search over what is public.

use crate::{
    lists::{items, or_empty},
    visit::{PageResult, Visitor},
};
use actix_web::web::{self, ServiceConfig};
use kernel::country::Country;
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/search", web::get().to(search));
}

#[derive(Deserialize)]
pub(crate) struct Question {
    q: Option<String>,
}

impl Question {
    /// What was asked for, no longer than the services take.
    pub(crate) fn words(&self) -> String {
        self.q.as_deref().unwrap_or_default().trim().chars().take(200).collect()
    }
}

async fn search(visitor: Visitor, asked: web::Query<Question>) -> PageResult {
    let words = asked.words();
    if words.is_empty() {
        let nothing = json!({ "q": "", "plans": [], "countries": [], "donors": null });
        return visitor.page("public/search.html", nothing).await;
    }
    let found = async |path: &str, of_list: &[(&str, &str)]| {
        let query = [&[("q", words.as_str())][..], of_list].concat();
        or_empty(visitor.get(path, &query).await)
    };
    // Every donor that gave to anybody is found.
    let (plans, donors) = futures_util::join!(
        found("/v1/public/plans", &[("limit", "50")]),
        found("/v1/public/donors", &[("limit", "20"), ("scope", "all")])
    );
    let plans: Vec<Value> = items(&plans?).to_vec();
    let context = json!({ "q": words, "plans": plans, "countries": countries(&words), "donors": donors? });
    visitor.page("public/search.html", context).await
}

/// Countries whose name in any language holds what was asked for, or whose code it is.
fn countries(words: &str) -> Vec<&'static str> {
    let wanted = words.to_lowercase();
    let fits = |country: &&Country| {
        let names = [&country.name_en, &country.name_fr, &country.name_es];
        names.iter().any(|name| name.to_lowercase().contains(&wanted))
            || country.iso3.to_lowercase() == wanted
    };
    kernel::country::all().iter().filter(fits).map(|country| country.iso3.as_str()).take(20).collect()
}
