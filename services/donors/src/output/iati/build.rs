//! Makes activities of records: one of each public agreement, with the contributions under it as its transactions, and
//! one of each public contribution that no public agreement holds. `allocation` makes those of allocations.

use super::{
    activity::{
        Activity, AidTypes, Budget, Dates, Defaults, Flow, Narrative, Organisation, Planned, Share, Status,
        Transaction,
    },
    settings::Model as Settings,
    source::{Amended, Payment},
};
use crate::agreement::terms::{Modality, Terms};
use crate::{
    agreement::{self, State},
    registry::donor,
};
use ::store::StoreError;
use chrono::{Months, NaiveDate};
use kernel::{ContributionStatus, Earmarking, Money};
use locale::Language;

/// The organisation that publishes, and when.
#[derive(Debug, Clone)]
pub(crate) struct Publisher {
    pub(crate) settings: Settings,
    pub(crate) name: String,
    pub(crate) today: NaiveDate,
}

/// Parts of a whole, equal ones since the records hold no others: hundredths of a percent that add up to exactly 100.
/// One alone needs none.
pub(crate) fn shares(mut codes: Vec<String>) -> Vec<Share> {
    let mut seen = std::collections::HashSet::new();
    codes.retain(|code| seen.insert(code.clone()));
    let count = u32::try_from(codes.len()).unwrap_or(u32::MAX);
    let part = |index: u32| (count > 1).then(|| 10_000 / count + u32::from(index < 10_000 % count));
    (0..).zip(codes).map(|(index, code)| Share { code, percentage: part(index) }).collect()
}

/// The code of the codelist EarmarkingCategory.
fn category(earmarking: Option<Earmarking>) -> Option<&'static str> {
    earmarking.map(|category| match category {
        Earmarking::Unearmarked => "1",
        Earmarking::SoftlyEarmarked => "2",
        Earmarking::Earmarked => "3",
        Earmarking::TightlyEarmarked => "4",
    })
}

/// Whether money of this earmarking may be without a country: nobody has decided where it goes.
fn goes_anywhere(earmarking: Option<Earmarking>) -> bool {
    matches!(earmarking, Some(Earmarking::Unearmarked | Earmarking::SoftlyEarmarked))
}

fn organisation(donor: Option<&donor::store::Model>, name: Option<&str>) -> Organisation {
    let Some(donor) = donor else {
        let names = name.map(|name| vec![Narrative { language: None, text: name.to_owned() }]);
        return Organisation { reference: None, kind: None, names: names.unwrap_or_default() };
    };
    let others = [("fr", &donor.name_fr), ("es", &donor.name_es)];
    let others = others
        .into_iter()
        .filter_map(|(code, name)| Some(Narrative { language: Some(code), text: name.clone()? }));
    let own = Narrative { language: Some("en"), text: donor.name.clone() };
    let kind = donor.iati_organisation_type.or(donor::iati_type_of(donor.donor_type));
    Organisation {
        reference: donor.iati_identifier.clone(),
        kind: kind.map(|kind| kind.as_str().to_owned()),
        names: std::iter::once(own).chain(others).collect(),
    }
}

impl Publisher {
    pub(super) fn reporting(&self) -> Organisation {
        Organisation {
            reference: Some(self.settings.organisation_ref.clone()),
            kind: Some(self.settings.organisation_type.as_str().to_owned()),
            names: vec![Narrative::of(self.name.as_str())],
        }
    }

    pub(super) fn defaults(&self) -> Defaults {
        let settings = &self.settings;
        Defaults {
            flow_type: settings.flow_type.map(|code| code.as_str().to_owned()),
            finance_type: settings.finance_type.map(|code| code.as_str().to_owned()),
            tied_status: settings.tied_status.map(|code| code.as_str().to_owned()),
        }
    }

    pub(super) fn aid_types(&self, earmarking: Option<Earmarking>, modality: Option<Modality>) -> AidTypes {
        AidTypes {
            dac: self.settings.aid_type.map(|code| code.as_str().to_owned()),
            earmarking: category(earmarking),
            modality: modality.map(Modality::as_str),
        }
    }

    pub(super) fn sectors(&self, own: &[String]) -> Vec<Share> {
        if own.is_empty() {
            shares(self.settings.sector.iter().cloned().collect())
        } else {
            shares(own.to_vec())
        }
    }

    /// A text in every language: first in the one that the organisation publishes in.
    pub(super) fn sentence(&self, english: String, french: String, spanish: String) -> Vec<Narrative> {
        let own = self.settings.language;
        let texts = [(Language::English, english), (Language::French, french), (Language::Spanish, spanish)];
        let (mut first, others): (Vec<_>, Vec<_>) =
            texts.into_iter().partition(|(language, _)| *language == own);
        first.extend(others);
        first.into_iter().map(|(language, text)| self.narrative(language, text)).collect()
    }

    fn narrative(&self, language: Language, text: String) -> Narrative {
        let language = Some(language.as_str()).filter(|_| language != self.settings.language);
        Narrative { language, text }
    }

    /// The title of an agreement in the languages in which it is known. One that stands alone is in the language that the
    /// organisation publishes in; beside translations it is in English.
    fn titles(&self, terms: &Terms) -> Vec<Narrative> {
        let translated = [(Language::French, &terms.title_fr), (Language::Spanish, &terms.title_es)];
        let known = translated.into_iter().filter_map(|(language, title)| Some((language, title.clone()?)));
        let mut titles: Vec<(Language, String)> = known.collect();
        let is_own = |(language, _): &(Language, String)| *language == self.settings.language;
        let own = titles.iter().position(is_own).map(|index| titles.remove(index));
        match own {
            Some(own) => {
                titles.insert(0, own);
                titles.insert(1, (Language::English, terms.title.clone()));
            }
            None => titles.insert(0, (self.settings.language, terms.title.clone())),
        }
        titles.into_iter().map(|(language, title)| self.narrative(language, title)).collect()
    }

    /// The activity of an agreement with its public contributions.
    ///
    /// What was signed is the commitment, and each amendment of the amount another one; contributions that are
    /// commitments are parts of it and not told twice.
    pub(crate) fn agreement(
        &self,
        row: &agreement::store::Model,
        amendments: &[Amended],
        payments: &[Payment],
        donor: Option<&donor::store::Model>,
    ) -> Result<Activity, StoreError> {
        let (terms, state) = (row.terms()?, row.state);
        let aid_types = self.aid_types(terms.earmarking, terms.modality);
        let mut transactions = commitments(row, amendments)?;
        for payment in payments.iter().filter(|payment| payment.status != ContributionStatus::Commitment) {
            transactions.push(self.transaction(payment, &aid_types));
        }
        transactions.sort_by_key(|transaction| transaction.date);
        let payment_changes = payments.iter().map(|payment| payment.updated_at);
        let (reference, donor_name, name) = (&row.reference, &row.donor_name, &self.name);
        let named = |of_donor: Option<&String>, title: Option<&String>| {
            (of_donor.unwrap_or(donor_name).clone(), title.unwrap_or(&terms.title).clone())
        };
        let in_french = named(donor.and_then(|donor| donor.name_fr.as_ref()), terms.title_fr.as_ref());
        let in_spanish = named(donor.and_then(|donor| donor.name_es.as_ref()), terms.title_es.as_ref());
        let planned = terms.instalments.iter().map(|instalment| Planned {
            revised: !amendments.is_empty(),
            start: instalment.due_date,
            end: None,
            value: instalment.amount,
        });
        Ok(Activity {
            identifier: format!("{}-{reference}", self.settings.organisation_ref),
            updated_at: payment_changes.fold(row.updated_at, std::cmp::max),
            language: self.settings.language,
            currency: row.amount()?.currency().code(),
            reporting: self.reporting(),
            contact_email: self.settings.contact_email.clone(),
            donor: organisation(donor, Some(donor_name)),
            title: self.titles(&terms),
            description: self.sentence(
                format!("Agreement {reference} between {donor_name} and {name}: {}", terms.title),
                format!("Accord {reference} entre {} et {name} : {}", in_french.0, in_french.1),
                format!("Acuerdo {reference} entre {} y {name}: {}", in_spanish.0, in_spanish.1),
            ),
            status: self.status(state, terms.end_date),
            dates: self.dates(row, state),
            worldwide: terms.countries.is_empty() && goes_anywhere(terms.earmarking),
            countries: shares(iso2(&terms.countries)),
            sectors: self.sectors(&terms.sectors),
            defaults: self.defaults(),
            aid_types,
            budgets: budgets(&terms, !amendments.is_empty()),
            planned: planned.collect(),
            transactions,
        })
    }

    fn status(&self, state: State, end: NaiveDate) -> Status {
        match state {
            State::Closed | State::Cancelled => Status::Closed,
            State::Active if end < self.today => Status::Finalisation,
            State::Active => Status::Implementation,
            State::Draft | State::Negotiation | State::Signed => Status::Pipeline,
        }
    }

    fn dates(&self, row: &agreement::store::Model, state: State) -> Dates {
        let began = matches!(state, State::Active | State::Closed) && row.start_date <= self.today;
        // A closed agreement changes no more: its last change closed it.
        let ended = (state == State::Closed).then(|| row.end_date.min(row.updated_at.date_naive()));
        Dates {
            planned_start: Some(row.start_date),
            actual_start: began.then_some(row.start_date),
            planned_end: Some(row.end_date),
            actual_end: ended.filter(|end| began && *end >= row.start_date),
        }
    }

    /// The activity of a contribution that no public agreement holds.
    pub(crate) fn contribution(&self, payment: &Payment, donor: Option<&donor::store::Model>) -> Activity {
        let earmarking = payment.earmarking;
        let aid_types = self.aid_types(earmarking, None);
        let transaction = Transaction { description: None, ..self.transaction(payment, &aid_types) };
        let years: Vec<i32> =
            kernel::text::split(&payment.usage_years).iter().filter_map(|year| year.parse().ok()).collect();
        let first = years.iter().min().and_then(|year| NaiveDate::from_ymd_opt(*year, 1, 1));
        let last = years.iter().max().and_then(|year| NaiveDate::from_ymd_opt(*year, 12, 31));
        let is_pledge = payment.status == ContributionStatus::Pledge;
        let donor_name =
            donor.map(|donor| donor.name.as_str()).or(payment.donor_name.as_deref()).unwrap_or_default();
        let name = &self.name;
        let in_french = donor.and_then(|donor| donor.name_fr.as_deref()).unwrap_or(donor_name);
        let in_spanish = donor.and_then(|donor| donor.name_es.as_deref()).unwrap_or(donor_name);
        let title = self.sentence(
            format!("Contribution of {donor_name} to {name}"),
            format!("Contribution de {in_french} à {name}"),
            format!("Contribución de {in_spanish} a {name}"),
        );
        let told = payment.description.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let countries = kernel::text::split(&payment.countries);
        Activity {
            identifier: format!("{}-C-{}", self.settings.organisation_ref, payment.id.as_uuid().simple()),
            updated_at: payment.updated_at,
            language: self.settings.language,
            currency: payment.value().currency().code(),
            reporting: self.reporting(),
            contact_email: self.settings.contact_email.clone(),
            donor: organisation(donor, payment.donor_name.as_deref()),
            description: told.map_or_else(|| title.clone(), |text| vec![Narrative::of(text)]),
            title,
            status: match last {
                _ if is_pledge => Status::Pipeline,
                Some(last) if last < self.today => Status::Closed,
                Some(_) | None => Status::Implementation,
            },
            dates: Dates {
                planned_start: first.or_else(|| is_pledge.then_some(transaction.date)),
                // Money that came in, or is committed, for no stated year: from then on.
                actual_start: (first.is_none() && !is_pledge).then_some(transaction.date),
                planned_end: last,
                actual_end: None,
            },
            worldwide: countries.is_empty() && goes_anywhere(earmarking),
            countries: shares(iso2(&countries)),
            sectors: self.sectors(&[]),
            defaults: self.defaults(),
            aid_types,
            budgets: Vec::new(),
            planned: Vec::new(),
            transactions: vec![transaction],
        }
    }

    fn transaction(&self, payment: &Payment, of_activity: &AidTypes) -> Transaction {
        let own = category(payment.earmarking);
        let other = own.is_some() && own != of_activity.earmarking;
        let date = payment.date();
        Transaction {
            reference: Some(payment.id.as_uuid().simple().to_string()),
            flow: match payment.status.as_str() {
                "paid" => Flow::Funds,
                "pledge" => Flow::Pledge,
                _ => Flow::Commitment,
            },
            date,
            value: payment.value(),
            value_date: date,
            description: payment.description.clone().filter(|text| !text.trim().is_empty()),
            aid_types: other.then(|| AidTypes { earmarking: own, modality: None, ..of_activity.clone() }),
            provider: None,
        }
    }
}

/// The amount of an agreement by years from its first day, by their days; cents that are left go to the largest remainders.
fn budgets(terms: &Terms, revised: bool) -> Vec<Budget> {
    let mut periods = Vec::new();
    let mut start = terms.start_date;
    // Each counted from the first day, so that none drifts.
    for years in 1.. {
        let next = terms.start_date.checked_add_months(Months::new(12 * years));
        let last = next.and_then(|next| next.pred_opt()).filter(|last| *last < terms.end_date);
        periods.push((start, last.unwrap_or(terms.end_date)));
        match next.filter(|_| last.is_some()) {
            Some(next) => start = next,
            None => break,
        }
    }
    let days: Vec<i64> = periods.iter().map(|(start, end)| (*end - *start).num_days() + 1).collect();
    let parts = terms.amount.in_parts(&days);
    let budget = |((start, end), value)| Budget { revised, start, end, value };
    periods.into_iter().zip(parts).map(budget).collect()
}

/// The amount signed, and what each amendment added to it or took away.
fn commitments(
    row: &agreement::store::Model,
    amendments: &[Amended],
) -> Result<Vec<Transaction>, StoreError> {
    let Some(signed_on) = row.signed_on else { return Ok(Vec::new()) };
    let mut days = vec![signed_on];
    let mut amounts: Vec<Money> = Vec::new();
    for amendment in amendments {
        days.push(amendment.recorded_at.date_naive());
        amounts.push(amendment.amount_before()?);
    }
    amounts.push(row.amount()?);
    let mut before = 0;
    let mut made = Vec::new();
    for (date, amount) in days.into_iter().zip(amounts) {
        let more = amount.minor() - before;
        before = amount.minor();
        if more != 0 {
            made.push(Transaction {
                reference: None,
                flow: Flow::Commitment,
                date,
                value: Money::from_minor(more, amount.currency()),
                value_date: date,
                description: None,
                aid_types: None,
                provider: None,
            });
        }
    }
    Ok(made)
}

/// ISO 3166-1 alpha-2 codes, which the standard uses; a code that is not known stays as it is.
pub(super) fn iso2(countries: &[String]) -> Vec<String> {
    let code =
        |iso3: &String| kernel::country::by_iso3(iso3).map_or(iso3.clone(), |country| country.iso2.clone());
    countries.iter().map(code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::terms::tests::terms;
    use proptest::prelude::*;

    fn budgeted(start: &str, end: &str, amount: &str) -> Vec<String> {
        let mut terms = terms(start, end);
        terms.amount = Money::parse(amount, kernel::Currency::USD).unwrap();
        let line = |budget: Budget| format!("{}..{} {}", budget.start, budget.end, budget.value);
        budgets(&terms, false).into_iter().map(line).collect()
    }

    #[test]
    fn an_amount_is_budgeted_by_years_from_the_first_day() {
        assert_eq!(budgeted("2026-01-01", "2026-12-31", "10.00"), ["2026-01-01..2026-12-31 10.00"]);
        assert_eq!(
            budgeted("2026-01-01", "2027-01-01", "3.66"),
            ["2026-01-01..2026-12-31 3.65", "2027-01-01..2027-01-01 0.01"]
        );
        // From a day that not every year has.
        assert_eq!(
            budgeted("2024-02-29", "2026-08-31", "915.00"),
            [
                "2024-02-29..2025-02-27 365.00",
                "2025-02-28..2026-02-27 365.00",
                "2026-02-28..2026-08-31 185.00",
            ]
        );
    }

    proptest! {
        #[test]
        fn budgets_are_of_at_most_a_year_and_together_the_amount(from in 0u64..4000, length in 1u64..4000, minor in 1i64..1_000_000_000) {
            let first = NaiveDate::from_ymd_opt(2015, 1, 1).unwrap() + chrono::Days::new(from);
            let mut terms = terms("2015-01-01", "2016-01-01");
            (terms.start_date, terms.end_date) = (first, first + chrono::Days::new(length));
            terms.amount = Money::usd(minor);
            let made = budgets(&terms, true);
            prop_assert_eq!((made[0].start, made[made.len() - 1].end), (terms.start_date, terms.end_date));
            prop_assert_eq!(made.iter().map(|budget| budget.value.minor()).sum::<i64>(), minor);
            for budget in &made {
                prop_assert!(budget.start <= budget.end && (budget.end - budget.start).num_days() < 366);
            }
            for pair in made.windows(2) {
                prop_assert_eq!(pair[0].end.succ_opt(), Some(pair[1].start));
            }
        }

        #[test]
        fn shares_add_up_to_exactly_a_hundred(count in 2_u32..60) {
            let made = shares((0..count).map(|number| number.to_string()).collect());
            let parts: Vec<u32> = made.iter().filter_map(|share| share.percentage).collect();
            prop_assert_eq!(parts.iter().sum::<u32>(), 10_000);
            prop_assert!(parts.iter().max().unwrap() - parts.iter().min().unwrap() <= 1);
        }
    }

    #[test]
    fn one_share_and_a_repeated_one_need_no_percentage() {
        let made = shares(vec!["TD".to_owned(), "TD".to_owned()]);
        assert_eq!(made, [Share { code: "TD".to_owned(), percentage: None }]);
    }

    #[test]
    fn earmarking_has_its_code_and_only_free_money_goes_anywhere() {
        assert_eq!(category(Some(Earmarking::Unearmarked)), Some("1"));
        assert_eq!(category(Some(Earmarking::TightlyEarmarked)), Some("4"));
        assert_eq!(category(None), None);
        assert!(goes_anywhere(Some(Earmarking::SoftlyEarmarked)));
        assert!(!goes_anywhere(Some(Earmarking::Earmarked)) && !goes_anywhere(None));
    }
}
