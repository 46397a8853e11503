use super::{
    State, amendment,
    store::{self, After, AgreementOrder, Filter},
    terms::{Instalment, Terms},
};
use crate::agreement::AmendmentKind;
use crate::agreement::terms::Modality;
use crate::clearance::standing::{self, ClearanceStanding};
use ::store::TenantScope;
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    AgreementId, DonorId, Earmarking, Money, OfficeId, PersonId, PrincipalId, Problem, closed_set,
    text::search_key,
};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Column, Context, Envelope, Id, Listed, Paging, Row, openapi::ReadProblems, response,
};
use utoipa::{IntoParams, ToSchema};

/// An agreement with a donor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Agreement {
    pub(crate) id: AgreementId,
    #[schema(minimum = 1)]
    pub(crate) version: i64,
    /// The office that implements it.
    pub(crate) office_id: OfficeId,
    #[schema(example = "AGR-2026-00042", max_length = 40)]
    pub(crate) reference: String,
    #[schema(max_length = 300)]
    pub(crate) donor_name: String,
    pub(crate) state: State,
    pub(crate) signed_on: Option<NaiveDate>,
    /// Who signed it: as the only signatory, or as the first of two where the organisation's rule requires two
    /// signatures. Staff only.
    pub(crate) first_signature: Option<FirstSignature>,
    /// Who signed, by function. Staff only.
    #[schema(max_length = 100)]
    pub(crate) signatory: Option<String>,
    /// The member of staff who is responsible for it. Staff only.
    pub(crate) responsible_id: Option<PersonId>,
    #[serde(flatten)]
    pub(crate) terms: Terms,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// A signature.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FirstSignature {
    /// The person or client that signed.
    pub(crate) by: PrincipalId,
    pub(crate) at: DateTime<Utc>,
}

impl TryFrom<store::Model> for Agreement {
    type Error = ::store::StoreError;

    fn try_from(row: store::Model) -> Result<Self, Self::Error> {
        Ok(Self {
            terms: row.terms()?,
            id: row.id,
            version: row.version,
            office_id: row.office_id,
            reference: row.reference,
            donor_name: row.donor_name,
            state: row.state,
            signed_on: row.signed_on,
            first_signature: row
                .first_signed_by
                .zip(row.first_signed_at)
                .map(|(by, at)| FirstSignature { by, at }),
            signatory: row.signatory,
            responsible_id: row.responsible_id,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl Row for Agreement {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("reference", |row| row.reference.as_str().into()),
        ("donor", |row| row.donor_name.as_str().into()),
        ("title", |row| row.terms.title.as_str().into()),
        ("state", |row| row.state.as_str().into()),
        ("start_date", |row| row.terms.start_date.into()),
        ("end_date", |row| row.terms.end_date.into()),
        ("amount", |row| row.terms.amount.into()),
        ("currency", |row| row.terms.amount.currency().code().into()),
        ("earmarking", |row| row.terms.earmarking.map(Earmarking::as_str).into()),
        ("modality", |row| row.terms.modality.map(Modality::as_str).into()),
        ("countries", |row| row.terms.countries.join(" ").into()),
        ("signed_on", |row| row.signed_on.into()),
        ("visibility", |row| row.terms.visibility.as_str().into()),
    ];
}

/// An agreement with what has been received under it and its amendments.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgreementRecord {
    #[serde(flatten)]
    pub(crate) agreement: Agreement,
    /// Totals of its contributions, in its currency.
    pub(crate) received: Received,
    /// Its instalments with the payments matched to them, by due date.
    #[schema(max_items = 60)]
    pub(crate) payments: Vec<InstalmentPaid>,
    /// Its amendments, oldest first.
    #[schema(max_items = 1000)]
    pub(crate) amendments: Vec<Amendment>,
    /// Whether it needs a due-diligence clearance of its donor to be signed, activated or extended at a cost, and whether
    /// one holds today. Staff only.
    pub(crate) clearance: Option<ClearanceStanding>,
}

/// What has been received under an agreement, in its currency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Received {
    /// Pledged; never counted as funding.
    pub(crate) pledged: Money,
    pub(crate) committed: Money,
    pub(crate) paid: Money,
    /// Agreed and not yet paid; negative when more was paid than agreed.
    pub(crate) outstanding: Money,
    /// Number of records in other currencies, which are not part of these totals.
    #[schema(minimum = 0)]
    pub(crate) other_currency_records: i64,
}

closed_set! {
    /// The payment status of an instalment.
    pub(crate) enum InstalmentState {
        Due = "due",
        PartPaid = "part_paid",
        Overdue = "overdue",
        Paid = "paid",
    }
}

/// An instalment and the payments towards it: payments are matched to instalments in due-date order.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct InstalmentPaid {
    #[serde(flatten)]
    pub(crate) instalment: Instalment,
    pub(crate) paid: Money,
    pub(crate) state: InstalmentState,
}

/// An amendment of an agreement.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Amendment {
    #[schema(minimum = 1)]
    pub(crate) number: i32,
    pub(crate) kind: AmendmentKind,
    #[schema(max_length = 2000)]
    pub(crate) reason: String,
    pub(crate) requested_on: NaiveDate,
    /// Whether it was requested after the date it changes.
    pub(crate) late: bool,
    /// The terms it replaced.
    pub(crate) terms_before: Terms,
    pub(crate) recorded_at: DateTime<Utc>,
}

impl TryFrom<amendment::Model> for Amendment {
    type Error = ::store::StoreError;

    fn try_from(row: amendment::Model) -> Result<Self, Self::Error> {
        Ok(Self {
            number: row.number,
            kind: row.kind,
            reason: row.reason,
            requested_on: row.requested_on,
            late: row.late,
            terms_before: serde_json::from_str(&row.terms_before)?,
            recorded_at: row.recorded_at,
        })
    }
}

/// Fills instalments with what was paid, in the order they are due.
pub(crate) fn match_payments(instalments: &[Instalment], paid: i64, today: NaiveDate) -> Vec<InstalmentPaid> {
    let mut left = paid.max(0);
    let fill = |instalment: &Instalment| {
        let due = instalment.amount.minor();
        let filled = left.min(due);
        left -= filled;
        let state = match filled {
            filled if filled == due => InstalmentState::Paid,
            _ if instalment.due_date < today => InstalmentState::Overdue,
            0 => InstalmentState::Due,
            _ => InstalmentState::PartPaid,
        };
        let paid = Money::from_minor(filled, instalment.amount.currency());
        InstalmentPaid { instalment: instalment.clone(), paid, state }
    };
    instalments.iter().map(fill).collect()
}

/// An agreement with everything about it; `db` reads all its contributions. What was found out about a donor is for staff
/// alone.
pub(crate) async fn record(
    db: &impl sea_orm::ConnectionTrait,
    row: store::Model,
    today: NaiveDate,
    is_for_staff: bool,
) -> Result<AgreementRecord, ::store::StoreError> {
    let sums = store::received(db, &row, None).await?;
    let amount = row.amount()?;
    let money = |minor| Money::from_minor(minor, amount.currency());
    let received = Received {
        pledged: money(sums.pledged),
        committed: money(sums.committed),
        paid: money(sums.paid),
        outstanding: money(amount.minor() - sums.paid),
        other_currency_records: sums.other_currency,
    };
    let amendments = amendment::of(db, row.id).await?;
    let amendments = amendments.into_iter().map(Amendment::try_from).collect::<Result<_, _>>()?;
    let payments = match_payments(&row.terms()?.instalments, sums.paid, today);
    let clearance = match is_for_staff {
        true => Some(standing::of(db, row.organisation_id, row.donor_id, today).await?),
        false => None,
    };
    Ok(AgreementRecord { agreement: row.try_into()?, received, payments, amendments, clearance })
}

/// Filters of the agreement list.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AgreementFilter {
    /// Full-text search in the reference, the title and the donor's name.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only of this donor.
    donor_id: Option<DonorId>,
    /// Only of this office.
    office_id: Option<OfficeId>,
    state: Option<State>,
    /// Only those that end on or before this date.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    ends_before: Option<NaiveDate>,
    /// Defaults to `newest`.
    #[param(inline)]
    sort: Option<AgreementOrder>,
}

impl AgreementFilter {
    fn filter(&self) -> Filter {
        Filter {
            donor_id: self.donor_id,
            office_id: self.office_id,
            state: self.state,
            search: self.q.as_deref().map(search_key),
            ends_before: self.ends_before,
            sort: self.sort,
        }
    }
}

/// Lists agreements
///
/// Agreements of the caller's office and the offices below it. A donor's representative sees the donor's own agreements
/// that are visible to it.
#[utoipa::path(tag = "agreements", params(AgreementFilter, Paging), security(("oauth2" = ["agreements:read"])),
    responses((status = 200, description = "The agreements", body = Envelope<Agreement>), ReadProblems))]
#[get("/v1/agreements")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::AgreementsRead>,
    context: Data<Context>,
    listed: Listed<AgreementFilter>,
) -> ApiResult {
    let filter = listed.filter.filter();
    let scope = context.scope(&caller.claims).await?;
    let filters = (listed.filter, caller.claims.sub);
    let page = listed.paging.of("agreements", &filters)?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, &filter, page, page.after()?).await?;
        Ok(page.page(rows, |row| After::of(row, filter.order())).try_map(Agreement::try_from)?)
    })
    .await
}

/// Gets an agreement
///
/// Includes what has been received under it, its instalments and its amendments.
#[utoipa::path(tag = "agreements", params(("id" = Uuid, Path, description = "The agreement")),
    security(("oauth2" = ["agreements:read"])),
    responses((status = 200, description = "The agreement", body = AgreementRecord), ReadProblems))]
#[get("/v1/agreements/{id}")]
pub(crate) async fn get(
    caller: Caller<perm::AgreementsRead>,
    context: Data<Context>,
    id: Id<AgreementId>,
) -> ApiResult {
    let today = context.store.clock().now().date_naive();
    let found = service::read(&context, &caller.claims, async |db, scope| {
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        // What was received under it is counted in full for every reader.
        let is_for_staff = matches!(scope, TenantScope::Offices { .. });
        Ok(db.across_offices(scope, async |all| record(all, row, today, is_for_staff).await).await?)
    });
    let record = found.await?;
    // Contributions change it too, so its version alone does not say that nothing has changed.
    let headers =
        [("etag", response::etag(record.agreement.version)), ("cache-control", "no-cache".to_owned())];
    response::json(actix_web::http::StatusCode::OK, &headers, &record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::terms::tests::day;
    use kernel::Currency;
    use proptest::prelude::*;

    fn part(date: &str, minor: i64) -> Instalment {
        let amount = Money::from_minor(minor, Currency::USD);
        Instalment { due_date: day(date), amount, condition: None }
    }

    #[test]
    fn payments_fill_instalments_in_the_order_they_are_due() {
        let parts = [part("2026-01-01", 100), part("2026-06-01", 100), part("2026-12-01", 100)];
        let states = |paid: i64, today: &str| -> Vec<(i64, &'static str)> {
            let matched = match_payments(&parts, paid, day(today));
            matched.into_iter().map(|part| (part.paid.minor(), part.state.as_str())).collect()
        };
        let of = |entries: [(i64, &'static str); 3]| entries.to_vec();
        assert_eq!(states(0, "2025-12-01"), of([(0, "due"), (0, "due"), (0, "due")]));
        assert_eq!(states(150, "2026-05-31"), of([(100, "paid"), (50, "part_paid"), (0, "due")]));
        assert_eq!(states(150, "2026-06-02"), of([(100, "paid"), (50, "overdue"), (0, "due")]));
        assert_eq!(states(900, "2027-01-01"), of([(100, "paid"), (100, "paid"), (100, "paid")]));
    }

    proptest! {
        #[test]
        fn no_cent_is_matched_twice_or_lost(amounts in prop::collection::vec(1i64..10_000, 1..20), paid in 0i64..200_000) {
            let parts: Vec<Instalment> = amounts.iter().map(|amount| part("2026-01-01", *amount)).collect();
            let matched: i64 = match_payments(&parts, paid, day("2026-01-01")).iter().map(|part| part.paid.minor()).sum();
            prop_assert_eq!(matched, paid.min(amounts.iter().sum()));
        }
    }
}
