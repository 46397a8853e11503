//! What every page is given in the tests: as its handler gives it, of answers that the API's document allows, with markup
//! wherever people can write.

use crate::{
    areas::console::STEPS,
    forms,
    i18n::Language,
    nav::{self, Shell},
    render::{Frame, Unread},
    session,
};
use kernel::FieldCode;
use serde_json::{Value, json};

/// A page, and what its handler gives its template.
pub(super) struct Sample {
    pub(super) template: &'static str,
    pub(super) context: fn(Language) -> Value,
}

/// Every page.
pub(super) fn all() -> impl Iterator<Item = &'static Sample> {
    PAGES.iter().copied().flatten()
}

/// Where a sample is looked at.
pub(super) fn path_of(template: &str) -> String {
    format!("/{}", template.trim_end_matches(".html"))
}

impl Sample {
    /// What the template is drawn with: its own context inside the frame of whoever looks at such a page, who may do
    /// everything that a menu asks for.
    pub(super) fn in_frame(&self, language: Language) -> Value {
        let mut signed_in = session::tests::signed_in(&nav::permissions());
        signed_in.donor_id = self.template.starts_with("donor_portal/").then(|| ID.to_owned());
        let path = path_of(self.template);
        let mut context = (self.context)(language);
        let site = public::organisation();
        Frame {
            language,
            prefix: "/fr".to_owned(),
            path: &path,
            query: "",
            public_url: "http://x",
            site: &site,
            signed_in: Some(&signed_in),
            shell: Shell::of(Some(&signed_in), self.template),
            folded: None,
            unread: Unread { reports: Some(3), allocations: Some(2) },
        }
        .fill(&mut context);
        context
    }
}

pub(super) const ID: &str = "0199a1b2-0000-7000-8000-000000000001";
const DAY: &str = "2026-02-03";
const INSTANT: &str = "2026-02-03T10:00:00Z";
/// What somebody wrote who would like to be markup.
const MARKUP: &str = "<b>bold</b> العربية";

fn money(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

/// Some figures beside others: what an answer is made of.
fn with(mut value: Value, more: Value) -> Value {
    for (name, field) in more.as_object().unwrap() {
        value[name] = field.clone();
    }
    value
}

/// The names of people by id, as [`crate::people`] finds them.
fn names() -> Value {
    [(ID, MARKUP)].into_iter().collect()
}

/// Every step of a record of `list`, as its page shows them.
fn steps(language: Language, list: &str, record: &Value) -> Value {
    let steps = STEPS.iter().copied().flatten().find(|steps| steps.list == list).unwrap();
    steps.shown((language, DAY), record, &steps.names())
}

/// A refusal of `field`, as a form shows it.
fn refusal(field: &str) -> Value {
    let mut problem = forms::own(field, &FieldCode::Required.says("is required"));
    let whole = json!({ "field": "", "code": "wrong_type", "params": { "value": MARKUP } });
    problem["errors"].as_array_mut().unwrap().push(whole);
    problem
}

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod account;
pub(crate) mod agreements;
pub(crate) mod analysis;
pub(crate) mod audit;
pub(crate) mod clients;
pub(crate) mod committees;
pub(crate) mod contacts;
pub(crate) mod contributions;
pub(crate) mod decisions;
pub(crate) mod document;
pub(crate) mod donor_portal;
pub(crate) mod donors;
pub(crate) mod home;
pub(crate) mod imports;
pub(crate) mod meetings;
pub(crate) mod offices;
pub(crate) mod organisation;
pub(crate) mod people;
pub(crate) mod pools;
pub(crate) mod proposals;
pub(crate) mod public;
pub(crate) mod reports;
pub(crate) mod representatives;
pub(crate) mod roles;
pub(crate) mod settings;
pub(crate) mod shortfalls;
pub(crate) mod unearmarked;
pub(crate) mod unearmarked_reports;
pub(crate) mod windows;

/// The samples of these files.
const PAGES: &[&[Sample]] = &[
    account::PAGES,
    agreements::PAGES,
    analysis::PAGES,
    audit::PAGES,
    clients::PAGES,
    committees::PAGES,
    contacts::PAGES,
    contributions::PAGES,
    decisions::PAGES,
    donor_portal::PAGES,
    donors::PAGES,
    home::PAGES,
    imports::PAGES,
    meetings::PAGES,
    offices::PAGES,
    organisation::PAGES,
    people::PAGES,
    pools::PAGES,
    proposals::PAGES,
    public::PAGES,
    reports::PAGES,
    representatives::PAGES,
    roles::PAGES,
    settings::PAGES,
    shortfalls::PAGES,
    unearmarked::PAGES,
    unearmarked_reports::PAGES,
    windows::PAGES,
];
