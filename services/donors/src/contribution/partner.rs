//! The other record of the same money, as `linking` has found it: shown with a contribution, and listed by.

use super::{
    Standing,
    api::Contribution,
    store::{Model, REPORTING_SOURCE},
};
use kernel::{ContributionId, OfficeId, OrganisationId, closed_set};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;
use std::collections::HashMap;
use store::{StoreError, TenantScope, params, sql};
use utoipa::ToSchema;

closed_set! {
    /// What is said of two records of the same money: that they may be (`proposed`, from 7 points), that little speaks for
    /// it (`weak`, 5 or 6 points: never proposed, and counted as two), that they are (`linked`, by a person or by a shared
    /// reference), or that somebody has looked and they are two (`separate`).
    pub enum LinkState {
        Proposed = "proposed",
        Weak = "weak",
        Linked = "linked",
        Separate = "separate",
    }
}

closed_set! {
    /// Whether FTS reports the money of one of our own records: a flow is linked with it (`linked`), one waits for somebody
    /// to decide (`proposed`), or none is known (`not_in_fts`). `not_applicable` to flows that a source such as FTS
    /// reports, to records that count no longer, and for donors' representatives.
    pub enum InFts {
        Linked = "linked",
        Proposed = "proposed",
        Absent = "not_in_fts",
        NotApplicable = "not_applicable",
    }
}

/// The id of a link of two contributions.
pub(crate) type LinkId = kernel::Id<Partner>;

/// The other record of the same money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Partner {
    /// The contribution: the flow that FTS reports, or our own record; the first of its records, where it was paid in
    /// several.
    pub(crate) id: ContributionId,
    /// What links the two: `/v1/contribution-links/{id}`.
    pub(crate) link_id: LinkId,
    /// `proposed` or `linked`.
    pub(crate) state: LinkState,
    /// What speaks for it, in points.
    #[schema(minimum = 0, maximum = 17)]
    pub(crate) points: i32,
}

impl InFts {
    /// What is known of a record without its partner: what counts in everybody's totals is known once.
    pub(super) fn of(row: &Model) -> Self {
        if !row.is_own() || row.standing != Standing::Current {
            Self::NotApplicable
        } else if row.counts_reported {
            Self::Absent
        } else {
            Self::Proposed
        }
    }

    /// The condition on a contribution `c` of which this is known.
    pub(super) fn condition(self) -> &'static str {
        match self {
            Self::Absent => {
                "c.is_ours AND c.source <> 'fts' AND c.standing = 'current' AND c.counts_reported"
            }
            Self::Linked => {
                "c.is_ours AND c.source <> 'fts' AND c.standing = 'current' AND NOT c.counts_reported
                 AND EXISTS (SELECT 1 FROM contribution_link l
                             WHERE l.own_id = coalesce(c.root_id, c.id) AND l.state = 'linked')"
            }
            Self::Proposed => {
                "c.is_ours AND c.source <> 'fts' AND c.standing = 'current' AND NOT c.counts_reported
                 AND EXISTS (SELECT 1 FROM contribution_link l
                             WHERE l.own_id = coalesce(c.root_id, c.id) AND l.state = 'proposed')"
            }
            Self::NotApplicable => "NOT (c.is_ours AND c.source <> 'fts' AND c.standing = 'current')",
        }
    }
}

/// The name by which the flows that FTS reports of one sum of money are found, each by its id.
pub(crate) fn member_name(id: ContributionId) -> String {
    format!("id:{id}")
}

/// The flow that has this name; none where it is a name of another kind.
pub(crate) fn member_of(name: &str) -> Option<ContributionId> {
    name.strip_prefix("id:")?.parse().ok()
}

/// The first of the flows that FTS reports of the money of this one; itself when it is alone.
pub(crate) async fn reported_root(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: ContributionId,
) -> Result<ContributionId, StoreError> {
    let text = "SELECT root_id FROM contribution_link_key WHERE organisation_id = $1 AND name = $2";
    let row = sql::row(db, text, params![organisation_id, member_name(id)]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(id))
}

/// A live link, and by what its record was asked for.
#[derive(Debug, FromQueryResult)]
struct Found {
    id: LinkId,
    office_id: OfficeId,
    own_id: ContributionId,
    reported_id: ContributionId,
    state: LinkState,
    points: i32,
}

impl Found {
    fn partner(&self, id: ContributionId) -> Partner {
        Partner { id, link_id: self.id, state: self.state, points: self.points }
    }
}

/// Adds to contributions what the reader may know of their partners: two questions for all of them.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn complete(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    contributions: &mut [Contribution],
) -> Result<(), StoreError> {
    let TenantScope::Offices { organisation_id, office_ids, .. } = scope else {
        for contribution in contributions {
            contribution.in_fts = InFts::NotApplicable;
        }
        return Ok(());
    };
    let is_reported = |contribution: &&Contribution| contribution.source == REPORTING_SOURCE;
    let own: Vec<ContributionId> =
        contributions.iter().filter(|one| !is_reported(one)).map(|one| one.root_id).collect();
    let reported: Vec<ContributionId> = contributions.iter().filter(is_reported).map(|one| one.id).collect();
    let mut of_own: HashMap<ContributionId, Partner> = HashMap::new();
    let mut of_reported: HashMap<String, Partner> = HashMap::new();
    let is_seen = |found: &Found| office_ids.contains(&found.office_id);
    if !own.is_empty() {
        let text =
            "SELECT l.id, l.office_id, l.own_id, l.reported_id, l.state, l.points FROM contribution_link l
                    WHERE l.state IN ('proposed', 'linked')";
        let keys = own.into_iter().map(Into::into);
        let rows = sql::select_by_keys(db, text, vec![], "l.own_id", keys).await?;
        let found = sql::read::<Found>(&rows)?.into_iter().filter(is_seen);
        of_own.extend(found.map(|found| (found.own_id, found.partner(found.reported_id))));
    }
    if !reported.is_empty() {
        let text =
            "SELECT l.id, l.office_id, l.own_id, l.reported_id, l.state, l.points, k.name FROM contribution_link_key k
             JOIN contribution_link l ON l.reported_id = k.root_id
             WHERE k.organisation_id = $1 AND l.state IN ('proposed', 'linked')";
        let keys = reported.into_iter().map(|id| member_name(id).into());
        let rows = sql::select_by_keys(db, text, params![*organisation_id], "k.name", keys).await?;
        for row in &rows {
            let found = Found::from_query_result(row, "")?;
            if is_seen(&found) {
                of_reported.insert(row.try_get("", "name")?, found.partner(found.own_id));
            }
        }
    }
    for contribution in contributions {
        contribution.partner = match contribution.source.as_str() {
            REPORTING_SOURCE => of_reported.get(&member_name(contribution.id)).cloned(),
            _ => of_own.get(&contribution.root_id).cloned(),
        };
        let is_linked = contribution.partner.as_ref().is_some_and(|it| it.state == LinkState::Linked);
        if contribution.in_fts == InFts::Proposed && is_linked {
            contribution.in_fts = InFts::Linked;
        }
    }
    Ok(())
}
