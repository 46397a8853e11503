//! Makes an activity of each public allocation of which something was paid: a project of the organisation, with what
//! was disbursed to it of each contribution. So a dollar that nobody earmarked can be followed from the donor's
//! agreement, whose activity provides it, to the project.

use super::{
    activity::{Activity, Dates, Flow, Narrative, Provider, Status, Transaction},
    build::{Publisher, iso2, shares},
};
use crate::known::allocation::Model;
use chrono::{NaiveDate, NaiveTime};
use kernel::{ContributionId, Money, ProposalState, text::split};

/// What was disbursed of a contribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Disbursed {
    /// The first record of the contribution; none for own funds of the organisation.
    pub(crate) root_id: Option<ContributionId>,
    /// In US cents.
    pub(crate) amount: i64,
    /// How the identifier of the activity ends that it comes from: the agreement's reference, or the contribution's id;
    /// none where neither is public.
    pub(crate) from: Option<String>,
}

/// What is told of contributions: of one that is public, what was disbursed of it; of all others their sum, which says
/// nothing of any of them.
fn told_apart(sources: &[Disbursed]) -> Vec<Disbursed> {
    let (mut told, others): (Vec<_>, Vec<_>) =
        sources.iter().cloned().partition(|source| source.from.is_some());
    let amount: i64 = others.iter().map(|source| source.amount).sum();
    if amount > 0 {
        told.push(Disbursed { root_id: None, amount, from: None });
    }
    told
}

impl Publisher {
    /// The activity of an allocation, of which something was disbursed last on a day.
    pub(crate) fn allocation(&self, row: &Model, paid_on: NaiveDate, sources: &[Disbursed]) -> Activity {
        let (own, prefix) = (self.reporting(), &self.settings.organisation_ref);
        let (reference, title) = (&row.reference, &row.title);
        let disbursement = |source: &Disbursed| Transaction {
            reference: source.root_id.map(|id| id.as_uuid().simple().to_string()),
            flow: Flow::Disbursement,
            date: paid_on,
            value: Money::usd(source.amount),
            value_date: paid_on,
            description: None,
            aid_types: None,
            provider: Some(Provider {
                organisation: own.clone(),
                activity: source.from.as_ref().map(|end| format!("{prefix}-{end}")),
            }),
        };
        let countries = split(&row.countries);
        let status = status(row.state.known());
        let ended = row.end_date.filter(|day| status == Status::Closed && *day <= self.today);
        Activity {
            identifier: format!("{prefix}-{reference}"),
            updated_at: paid_on.and_time(NaiveTime::MIN).and_utc(),
            language: self.settings.language,
            currency: "USD",
            reporting: own.clone(),
            contact_email: self.settings.contact_email.clone(),
            // Nobody earmarked it: the organisation itself decided on it.
            donor: own.clone(),
            title: vec![Narrative::of(title.as_str())],
            description: self.sentence(
                format!("Allocation {reference} from contributions that are not earmarked: {title}"),
                format!("Allocation {reference} sur des contributions non affectées\u{a0}: {title}"),
                format!("Asignación {reference} con contribuciones no asignadas: {title}"),
            ),
            status,
            dates: Dates {
                planned_start: Some(row.start_date),
                actual_start: Some(row.start_date).filter(|day| *day <= self.today),
                planned_end: row.end_date,
                actual_end: ended.filter(|day| *day >= row.start_date),
            },
            worldwide: countries.is_empty(),
            countries: shares(iso2(&countries)),
            sectors: self.sectors(&[]),
            defaults: self.defaults(),
            aid_types: self.aid_types(None, None),
            budgets: Vec::new(),
            planned: Vec::new(),
            transactions: told_apart(sources).iter().map(disbursement).collect(),
        }
    }
}

/// The status of an activity by the state of its proposal. Something was paid: it is under way, unless more is known.
fn status(state: Option<ProposalState>) -> Status {
    match state {
        Some(ProposalState::Reporting) => Status::Finalisation,
        Some(ProposalState::Closed | ProposalState::Cancelled) => Status::Closed,
        Some(
            ProposalState::Draft
            | ProposalState::Submitted
            | ProposalState::Ineligible
            | ProposalState::Eligible
            | ProposalState::Scored
            | ProposalState::Shortlisted
            | ProposalState::Deferred
            | ProposalState::Approved
            | ProposalState::PartlyApproved
            | ProposalState::Rejected
            | ProposalState::Lapsed
            | ProposalState::Withdrawn
            | ProposalState::Disbursing,
        )
        | None => Status::Implementation,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{rules::broken, settings::Model as Settings},
        *,
    };
    use kernel::{OfficeId, OrganisationId, ProposalId, Visibility};
    use locale::Language;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn publisher() -> Publisher {
        let settings = Settings {
            organisation_id: OrganisationId::from_u128(1),
            office_id: OfficeId::from_u128(2),
            version: 1,
            organisation_ref: "XM-DAC-47066".to_owned(),
            organisation_type: "40".parse().unwrap(),
            language: Language::English,
            contact_email: None,
            sector: Some("72010".to_owned()),
            flow_type: None,
            finance_type: None,
            aid_type: "C01".parse().ok(),
            tied_status: None,
            updated_at: "2026-06-01T00:00:00Z".parse().unwrap(),
        };
        Publisher { settings, name: "Organisation".to_owned(), today: day("2026-06-30") }
    }

    fn row(state: ProposalState, countries: &str) -> Model {
        Model {
            id: ProposalId::from_u128(9),
            organisation_id: OrganisationId::from_u128(1),
            office_id: OfficeId::from_u128(3),
            reference: "MIR-2026-00042".to_owned(),
            title: "Transport".to_owned(),
            state: state.into(),
            visibility: Visibility::Public.into(),
            countries: countries.to_owned(),
            start_date: day("2026-03-01"),
            end_date: Some(day("2026-12-31")),
            disbursed_on: Some(day("2026-04-02")),
            disbursed: 650,
        }
    }

    #[test]
    fn what_was_paid_of_each_contribution_comes_from_the_activity_of_its_agreement() {
        let of = |root: u128, amount: i64, from: Option<&str>| Disbursed {
            root_id: Some(ContributionId::from_u128(root)),
            amount,
            from: from.map(str::to_owned),
        };
        let sources = [of(2, 20, None), of(1, 600, Some("AGR-2026-00007")), of(3, 30, None)];
        let row = row(ProposalState::Disbursing, ",TCD,");
        let activity = publisher().allocation(&row, day("2026-04-02"), &sources);
        let paid: Vec<(String, Option<&str>)> = activity
            .transactions
            .iter()
            .map(|paid| {
                let provider = paid.provider.as_ref().unwrap();
                (paid.value.to_string(), provider.activity.as_deref())
            })
            .collect();
        assert_eq!(
            paid,
            [("6.00".to_owned(), Some("XM-DAC-47066-AGR-2026-00007")), ("0.50".to_owned(), None)]
        );
        assert!(activity.transactions[1].reference.is_none(), "it names no contribution that is not public");
        assert_eq!(activity.identifier, "XM-DAC-47066-MIR-2026-00042");
        assert_eq!((activity.status, activity.countries[0].code.as_str()), (Status::Implementation, "TD"));
    }

    #[test]
    fn an_allocation_breaks_no_rule_of_the_standard_in_any_state() {
        for &state in ProposalState::ALL {
            for countries in ["", ",TCD,", ",TCD,SDN,CMR,"] {
                let source = Disbursed { root_id: None, amount: 650, from: None };
                let activity = publisher().allocation(&row(state, countries), day("2026-04-02"), &[source]);
                let found: Vec<&str> = broken(&activity, day("2026-06-30")).map(|rule| rule.id).collect();
                assert!(found.is_empty(), "{state} {countries}: {found:?}");
            }
        }
    }
}
