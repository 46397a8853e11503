//! The search over what is public: countries, plans, donors and the organisations that received something. What is called
//! as was typed comes first, then what begins so; typing errors are forgiven where nothing else is found.

mod rank;

use self::rank::{Match, Typed};
use crate::{
    figures::plan as of_plans,
    funding::{fact::recipient_scope, listed, store},
    plan::store::{self as plans, Outline},
};
use ::store::{StoreError, TenantScope};
use kernel::{OrganisationId, country::Country};
use sea_orm::ConnectionTrait;
use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
};

/// Donors and organisations whose names are compared: those with the most funding. Smaller donors are found where their
/// name holds what was typed.
const MAX_COMPARED: u64 = 2_000;
/// More countries and years than there are.
const MAX_COUNTRIES: u64 = 20_000;

/// Something that was found, by how well its name answers.
struct Hit<T> {
    rank: Match,
    funding: i64,
    /// The name that answers.
    name: String,
    found: T,
}

impl<T> Hit<T> {
    fn order(&self) -> (Match, Reverse<i64>, &str) {
        (self.rank, Reverse(self.funding), &self.name)
    }

    fn is_misspelt(&self) -> bool {
        matches!(self.rank, Match::Misspelt(_))
    }
}

/// What was found of a kind, the best first.
fn sorted<T>(mut hits: Vec<Hit<T>>) -> Vec<Hit<T>> {
    hits.sort_by(|one, other| one.order().cmp(&other.order()));
    hits
}

/// What is kept of a kind: typing errors only where they are all there is.
fn kept<T>(hits: Vec<Hit<T>>, misspelt: bool, limit: usize) -> Vec<T> {
    let kept = hits.into_iter().filter(|hit| misspelt || !hit.is_misspelt());
    kept.take(limit).map(|hit| hit.found).collect()
}

/// A country, with the latest year that it received something for.
pub(crate) struct FoundCountry {
    pub(crate) country: &'static Country,
    pub(crate) latest: Option<listed::Country>,
}

/// A plan, with what it received.
pub(crate) struct FoundPlan {
    pub(crate) outline: Outline,
    pub(crate) received: of_plans::OfPlan,
}

/// An organisation that received something, with the countries and years in which it did.
pub(crate) struct FoundOrganisation {
    pub(crate) organisation: store::Counted,
    /// The largest first.
    pub(crate) places: Vec<store::Counted>,
}

/// All that was found.
#[derive(Default)]
pub(crate) struct Found {
    /// What was meant, when only things were found that are called otherwise.
    pub(crate) did_you_mean: Option<String>,
    pub(crate) countries: Vec<FoundCountry>,
    pub(crate) plans: Vec<FoundPlan>,
    pub(crate) donors: Vec<listed::Donor>,
    pub(crate) organisations: Vec<FoundOrganisation>,
}

/// Searches what the public sees, for at most `limit` of each kind.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    text: &str,
    limit: usize,
) -> Result<Found, StoreError> {
    let typed = Typed::new(text);
    if typed.is_empty() {
        return Ok(Found::default());
    }
    let organisation_id = scope.organisation_id();
    let countries = countries(db, organisation_id, &typed).await?;
    let plans = plans_called(plans::outlines(scope, db, &plans::Filter::default()).await?, &typed);
    let donors = donors(db, organisation_id, text, &typed).await?;
    let organisations = organisations(db, organisation_id, &typed).await?;
    let best = [
        countries.first().map(|hit| (hit.rank, hit.name.as_str())),
        plans.first().map(|hit| (hit.rank, hit.name.as_str())),
        donors.first().map(|hit| (hit.rank, hit.name.as_str())),
        organisations.first().map(|hit| (hit.rank, hit.name.as_str())),
    ];
    // Of equals the first: a country rather than a plan.
    let best = best.into_iter().flatten().min_by_key(|(rank, _)| *rank);
    let meant = best.filter(|(rank, _)| matches!(rank, Match::Misspelt(_)));
    let did_you_mean = meant.map(|(_, name)| typed.corrected(name));
    let misspelt = did_you_mean.is_some();
    Ok(Found {
        did_you_mean,
        countries: kept(countries, misspelt, limit),
        plans: with_funding(db, organisation_id, kept(plans, misspelt, limit)).await?,
        donors: kept(donors, misspelt, limit),
        organisations: with_places(db, organisation_id, kept(organisations, misspelt, limit)).await?,
    })
}

async fn countries(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    typed: &Typed,
) -> Result<Vec<Hit<FoundCountry>>, StoreError> {
    let mut latest: HashMap<String, listed::Country> = HashMap::new();
    // They come by year, the latest first.
    for entry in listed::countries(db, organisation_id, None, None, MAX_COUNTRIES).await? {
        latest.entry(entry.country.clone()).or_insert(entry);
    }
    let mut hits = Vec::new();
    for country in kernel::country::all() {
        let names = [&country.name_en, &country.name_fr, &country.name_es].map(String::as_str);
        let by_code = typed.matching(&country.iso3).filter(|found| *found == Match::Exact);
        let by_code = by_code.map(|found| (found, country.name_en.as_str()));
        let Some((rank, name)) = by_code.or_else(|| typed.best(names)) else { continue };
        let latest = latest.remove(&country.iso3);
        let funding = latest.as_ref().map_or(0, |entry| entry.amounts().funding());
        hits.push(Hit { rank, funding, name: name.to_owned(), found: FoundCountry { country, latest } });
    }
    Ok(sorted(hits))
}

fn plans_called(outlines: Vec<Outline>, typed: &Typed) -> Vec<Hit<Outline>> {
    let hit = |outline: Outline| {
        let rank = typed.matching(&outline.name)?;
        Some(Hit { rank, funding: 0, name: outline.name.clone(), found: outline })
    };
    sorted(outlines.into_iter().filter_map(hit).collect())
}

async fn with_funding(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    outlines: Vec<Outline>,
) -> Result<Vec<FoundPlan>, StoreError> {
    let mut received = of_plans::of(db, organisation_id, outlines.iter().map(Outline::funding_key)).await?;
    let plan = |outline: Outline| {
        let received = received.remove(&outline.funding_key()).unwrap_or_default();
        FoundPlan { outline, received }
    };
    Ok(outlines.into_iter().map(plan).collect())
}

async fn donors(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    text: &str,
    typed: &Typed,
) -> Result<Vec<Hit<listed::Donor>>, StoreError> {
    let mut compared = listed::donors(db, organisation_id, None, None, MAX_COMPARED).await?;
    compared.extend(listed::donors(db, organisation_id, Some(text), None, MAX_COMPARED).await?);
    let mut known = BTreeSet::new();
    let mut hits = Vec::new();
    for donor in compared {
        let names = [Some(donor.name.as_str()), donor.name_fr.as_deref(), donor.name_es.as_deref()];
        let Some((rank, name)) = typed.best(names.into_iter().flatten()) else { continue };
        let (name, funding) = (name.to_owned(), donor.amounts().funding());
        if known.insert(donor.id) {
            hits.push(Hit { rank, funding, name, found: donor });
        }
    }
    Ok(sorted(hits))
}

async fn organisations(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    typed: &Typed,
) -> Result<Vec<Hit<store::Counted>>, StoreError> {
    let hit = |organisation: store::Counted| {
        let name = organisation.name.clone()?;
        let (rank, funding) = (typed.matching(&name)?, organisation.amounts().funding());
        Some(Hit { rank, funding, name, found: organisation })
    };
    let compared = store::recipients(db, organisation_id, MAX_COMPARED).await?;
    Ok(sorted(compared.into_iter().filter_map(hit).collect()))
}

async fn with_places(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    organisations: Vec<store::Counted>,
) -> Result<Vec<FoundOrganisation>, StoreError> {
    let scopes = organisations.iter().map(|organisation| recipient_scope(&organisation.member));
    let mut places: HashMap<String, Vec<store::Counted>> = HashMap::new();
    for place in store::dimension_of(db, organisation_id, scopes, "country_year").await? {
        places.entry(place.scope.clone()).or_default().push(place);
    }
    let organisation = |organisation: store::Counted| {
        let places = places.remove(&recipient_scope(&organisation.member)).unwrap_or_default();
        FoundOrganisation { organisation, places }
    };
    Ok(organisations.into_iter().map(organisation).collect())
}
