//! Contacts of donors: the people who speak for them. What is about the person is sealed under a key of its own
//! (`store::seal`); erasing a contact destroys that key.

pub(crate) mod api;
pub(crate) mod erasure;
pub(crate) mod rotation;
pub(crate) mod store;

use chrono::NaiveDate;
use kernel::{Fault, FieldCode, Problem, Situation, closed_set};
use serde::{Deserialize, Serialize};
use service::Checks;
use utoipa::ToSchema;

closed_set! {
    /// Legal basis for keeping somebody's data (Regulation (EU) 2016/679, article 6, as far as it fits an organisation's
    /// contacts).
    pub(crate) enum ConsentBasis {
        Consent = "consent",
        Contract = "contract",
        LegitimateInterest = "legitimate_interest",
        PublicInterest = "public_interest",
    }
}

/// The legal basis for keeping the data, and since when it applies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Consent {
    #[schema(example = "consent", value_type = ConsentBasis)]
    pub(crate) basis: String,
    /// The date it was given; required for `consent`.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    pub(crate) given_on: Option<NaiveDate>,
    /// The date it was withdrawn: the person is not contacted from then on.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    pub(crate) withdrawn_on: Option<NaiveDate>,
}

/// The fields of a contact.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactFields {
    #[schema(example = "Ingrid Solheim", min_length = 1, max_length = 200)]
    pub(crate) name: String,
    #[schema(example = "Head of section", max_length = 200)]
    pub(crate) post: Option<String>,
    /// The ministry, department or unit.
    #[schema(example = "Section for humanitarian affairs", max_length = 300)]
    pub(crate) unit: Option<String>,
    /// ISO 639 codes of the languages spoken, preferred language first.
    #[serde(default)]
    #[schema(example = json!(["no", "en"]), max_items = 20, value_type = Vec<kernel::items::LanguageCode>)]
    pub(crate) languages: Vec<String>,
    #[schema(example = "ingrid.solheim@example.org", max_length = 254)]
    pub(crate) email: Option<String>,
    #[schema(example = "+47 22 00 00 00", max_length = 40)]
    pub(crate) phone: Option<String>,
    #[schema(max_length = 500)]
    pub(crate) address: Option<String>,
    /// The role in the relationship.
    #[schema(example = "Signs agreements", max_length = 2000)]
    pub(crate) notes: Option<String>,
    /// `geneva`, or the capital whose liaison post is responsible for this contact.
    #[schema(example = "geneva", max_length = 100)]
    pub(crate) liaison_post: Option<String>,
    pub(crate) consent: Consent,
    /// First day in the position, if known.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    pub(crate) valid_from: Option<NaiveDate>,
    /// Last day in the position.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    pub(crate) valid_until: Option<NaiveDate>,
}

impl Consent {
    /// Whether a person may be contacted on a day as far as the basis goes.
    fn holds_on(&self, day: NaiveDate) -> bool {
        self.withdrawn_on.is_none_or(|withdrawn| day < withdrawn)
    }
}

/// Whether a period that is open where nothing is said holds a day.
fn within(from: Option<NaiveDate>, until: Option<NaiveDate>, day: NaiveDate) -> bool {
    from.is_none_or(|from| from <= day) && until.is_none_or(|until| day <= until)
}

/// The errors of a contact; never with its values, which are personal data.
///
/// # Errors
/// 422 with every field.
fn check(fields: &ContactFields, today: NaiveDate) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.text("/name", &fields.name, 200);
    let texts = [
        ("/post", &fields.post, 200),
        ("/unit", &fields.unit, 300),
        ("/email", &fields.email, 254),
        ("/phone", &fields.phone, 40),
        ("/address", &fields.address, 500),
        ("/notes", &fields.notes, 2000),
        ("/liaison_post", &fields.liaison_post, 100),
    ];
    for (pointer, text, longest) in texts {
        checks.optional_text(pointer, text.as_deref(), longest);
    }
    if let Some(email) = &fields.email {
        checks.require(is_address(email), "/email", (FieldCode::NotAnEmail, "is not an e-mail address"));
    }
    if let Some(phone) = &fields.phone {
        let dialled = |c: char| c.is_ascii_digit() || "+-./() ".contains(c);
        let holds = phone.chars().all(dialled) && phone.chars().any(|c| c.is_ascii_digit());
        let fault = (FieldCode::NotAPhoneNumber, "must be digits, spaces and + - . / ( )");
        checks.require(holds, "/phone", fault);
    }
    for (index, code) in checks.at_most("/languages", &fields.languages, 20).iter().enumerate() {
        let is_code = (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase());
        let fault = (FieldCode::NotALanguage, "must be an ISO 639 code of two or three letters");
        checks.require(is_code, &format!("/languages/{index}"), fault);
    }
    let Consent { basis, given_on, withdrawn_on } = &fields.consent;
    // What was sent is not repeated: it may be personal.
    let allowed: Vec<&str> = ConsentBasis::ALL.iter().map(|basis| basis.as_str()).collect();
    let is_known = allowed.contains(&basis.as_str());
    let allowed = allowed.join(", ");
    let unknown = FieldCode::NotOneOf.says(format!("must be one of {allowed}")).with("allowed", allowed);
    checks.require(is_known, "/consent/basis", unknown);
    if basis == "consent" && given_on.is_none() {
        let fault = Fault::required_with(Situation::Consent, "is required if the basis is consent");
        checks.refuse("/consent/given_on", fault);
    }
    for (pointer, day) in [("/consent/given_on", given_on), ("/consent/withdrawn_on", withdrawn_on)] {
        checks.require(day.is_none_or(|day| day <= today), pointer, Fault::in_future());
    }
    let dates = [
        ("/consent/given_on", *given_on),
        ("/consent/withdrawn_on", *withdrawn_on),
        ("/valid_from", fields.valid_from),
        ("/valid_until", fields.valid_until),
    ];
    for (pointer, day) in dates {
        if let Some(day) = day {
            checks.day(pointer, day);
        }
    }
    for (pointer, field, first, last) in [
        ("/consent/withdrawn_on", "given_on", *given_on, *withdrawn_on),
        ("/valid_until", "valid_from", fields.valid_from, fields.valid_until),
    ] {
        if let Some((first, _)) = first.zip(last).filter(|(first, last)| first > last) {
            checks.refuse(pointer, Fault::before(field, first));
        }
    }
    checks.finish()
}

/// As much as can be said of an address without writing to it.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let parts =
        |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "@<>,;\"".contains(c));
    parts(local)
        && parts(domain)
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn fields() -> ContactFields {
        serde_json::from_value(serde_json::json!({ "name": "Ingrid Solheim", "email": "i@example.org",
            "phone": "+47 (22) 00-00", "languages": ["no", "en"], "valid_from": "2026-01-01",
            "consent": { "basis": "consent", "given_on": "2026-01-01" } }))
        .unwrap()
    }

    #[test]
    fn everything_that_is_wrong_is_named_and_nothing_of_it_repeated() {
        check(&fields(), day("2026-11-25")).unwrap();
        let mut wrong = fields();
        wrong.name = "\u{7}".to_owned();
        wrong.email = Some("secret-address".to_owned());
        wrong.phone = Some("secret-number".to_owned());
        wrong.languages = vec!["Norwegian".to_owned()];
        wrong.consent = Consent {
            basis: "secret-basis".to_owned(),
            given_on: Some(day("2027-01-01")),
            withdrawn_on: Some(day("2026-01-01")),
        };
        wrong.valid_until = Some(day("2025-12-31"));
        let problem = check(&wrong, day("2026-11-25")).unwrap_err();
        let pointers: Vec<&str> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/name",
                "/email",
                "/phone",
                "/languages/0",
                "/consent/basis",
                "/consent/given_on",
                "/consent/withdrawn_on",
                "/valid_until"
            ]
        );
        assert!(!format!("{problem:?}").contains("secret-"), "{problem:?}");
        let mut unasked = fields();
        unasked.consent.given_on = None;
        assert_eq!(check(&unasked, day("2026-11-25")).unwrap_err().errors[0].pointer, "/consent/given_on");
        unasked.consent.given_on = Some(day("0001-01-01"));
        assert_eq!(check(&unasked, day("2026-11-25")).unwrap_err().errors[0].pointer, "/consent/given_on");
        unasked.consent.given_on = None;
        unasked.consent.basis = "public_interest".to_owned();
        check(&unasked, day("2026-11-25")).unwrap();
    }

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for good in ["a@example.org", "first.last+tag@mfa.gov.no", "josé@exämple.org"] {
            assert!(is_address(good), "{good}");
        }
        for bad in
            ["", "a", "a@", "@b.c", "a@b", "a b@c.d", "a@b@c.d", "a@.org", "a@org.", "<a@b.c>", "a@b.c,d@e.f"]
        {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn a_contact_is_valid_from_its_first_day_to_its_last_and_until_consent_is_withdrawn() {
        let (first, last) = (Some(day("2026-01-01")), Some(day("2026-12-31")));
        for (from, until, on, holds) in [
            (first, last, "2026-01-01", true),
            (first, last, "2026-12-31", true),
            (first, last, "2025-12-31", false),
            (first, last, "2027-01-01", false),
            (None, last, "1990-01-01", true),
            (first, None, "2090-01-01", true),
            (None, None, "2026-01-01", true),
        ] {
            assert_eq!(within(from, until, day(on)), holds, "{on}");
        }
        let withdrawn = Consent { basis: "consent".to_owned(), given_on: first, withdrawn_on: last };
        assert!(withdrawn.holds_on(day("2026-12-30")) && !withdrawn.holds_on(day("2026-12-31")));
    }
}
