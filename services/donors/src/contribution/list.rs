//! The list of contributions: its filters, and how each is served by an index.

use super::{partner::InFts, store::Model};
use kernel::{AgreementId, ContributionId, ContributionStatus, DonorId, Earmarking, MoneyScope, OfficeId};
use sea_orm::{ConnectionTrait, prelude::Date};
use service::PageRequest;
use store::{
    StoreError, TenantScope,
    list::{self, Conditions, Listed},
    sql,
};

/// Filters of the contribution list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) donor_id: Option<DonorId>,
    pub(crate) office_id: Option<OfficeId>,
    pub(crate) agreement_id: Option<AgreementId>,
    pub(crate) parent_id: Option<ContributionId>,
    /// Only those that come from this record, and itself.
    pub(crate) root_id: Option<ContributionId>,
    pub(crate) status: Option<ContributionStatus>,
    pub(crate) earmarking: Option<Earmarking>,
    pub(crate) year: Option<i32>,
    pub(crate) country: Option<String>,
    pub(crate) external: Option<(String, String)>,
    /// Only our own records of which this is known.
    pub(crate) in_fts: Option<InFts>,
    /// Only what counts in this year's figures.
    pub(crate) counted_year: Option<i32>,
    /// Only those of these offices.
    pub(crate) offices: Option<Vec<OfficeId>>,
    /// Only those of these donors.
    pub(crate) givers: Option<Givers>,
    /// Only those to the plan of this target.
    pub(crate) plan: Option<String>,
    /// Whose money; everybody's when none is given.
    pub(crate) scope: Option<MoneyScope>,
    /// Only those that count in the totals of the scope.
    pub(crate) only_counting: bool,
}

/// The donors of a search.
#[derive(Debug, Clone)]
pub(crate) enum Givers {
    /// At most [`list::MAX_PARTS`].
    These(Vec<DonorId>),
    /// All that have these words in their names.
    Named(String),
}

impl Filter {
    pub(super) fn conditions(&self, scope: &TenantScope) -> Conditions {
        let mut conditions = Conditions::of(scope, "c");
        conditions.and_few("c.donor_id = ?", self.donor_id);
        conditions.and_few("c.agreement_id = ?", self.agreement_id);
        conditions.and_few("c.parent_id = ?", self.parent_id);
        let of_root = "c.id IN (SELECT f.id FROM contribution f WHERE f.id = ? AND f.root_id IS NULL
                                UNION ALL SELECT f.id FROM contribution f WHERE f.root_id = ?)";
        conditions.and_few(of_root, self.root_id);
        if let Some((source, reference)) = &self.external {
            conditions.and("c.source = ?", source.as_str());
            conditions.and_few("c.external_ref = ?", Some(reference.as_str()));
        }
        conditions.and_some("c.status = ?", self.status);
        conditions.and_some("c.earmarking = ?", self.earmarking);
        if let Some(in_fts) = self.in_fts {
            conditions.and_also(in_fts.condition());
        }
        let holding = |value: &str| format!("%,{value},%");
        conditions.and_some("c.countries LIKE ?", self.country.as_deref().map(holding));
        conditions.and_some("c.usage_years LIKE ?", self.year.map(|year| holding(&year.to_string())));
        let under =
            "EXISTS (SELECT 1 FROM contribution_target a WHERE a.office_id = c.office_id AND a.target = ?
                       AND a.is_ours = c.is_ours AND a.contribution_id = c.id)";
        conditions.and_some(under, self.plan.as_deref());
        if let Some(Givers::Named(words)) = &self.givers {
            let named = "EXISTS (SELECT 1 FROM donor d WHERE d.id = c.donor_id AND d.names LIKE ?)";
            for word in words.split(' ') {
                conditions.and(named, format!("%{word}%"));
            }
        }
        self.of_scope(&mut conditions);
        if let Some(year) = self.counted_year {
            let first = |year| Date::from_ymd_opt(year, 1, 1).unwrap_or(Date::MAX);
            conditions.and_also("c.standing = 'current' AND c.status IN ('commitment', 'paid')");
            let date = "coalesce(c.decision_date, c.flow_date, c.first_reported_date)";
            conditions.and_both(&format!("{date} >= ?1 AND {date} < ?2"), first(year), first(year + 1));
        }
        self.narrow(&mut conditions);
        conditions
    }

    /// Ours alone, or everybody's, in words of the indexes.
    fn whose(&self, conditions: &mut Conditions, ours: &str) {
        if self.scope == Some(MoneyScope::Ours) {
            conditions.and_also(ours);
        } else {
            conditions.either("is_ours");
        }
    }

    /// Whose money, and whether it counts.
    fn of_scope(&self, conditions: &mut Conditions) {
        let counting = self.only_counting || self.counted_year.is_some();
        self.whose(conditions, "c.is_ours = true");
        match self.scope {
            Some(MoneyScope::Ours) if counting => conditions.and_also("c.counts_ours = true"),
            Some(MoneyScope::All) if counting => conditions.and_also("c.counts_reported = true"),
            Some(MoneyScope::Ours | MoneyScope::All) | None => {}
        }
    }

    /// The same of the records that stand under a plan, a country or a year; none when there is none of them, or when
    /// other filters leave few rows or ask for what does not stand there.
    fn under_a_target(&self, scope: &TenantScope) -> Option<Conditions> {
        let asks_more = self.counted_year.is_some()
            || self.only_counting
            || self.givers.is_some()
            || self.in_fts.is_some();
        if asks_more || !self.conditions(scope).apart() {
            return None;
        }
        let places = self.plan.clone().into_iter().chain(self.country.clone());
        let mut targets = places.chain(self.year.map(|year| year.to_string()));
        let mut conditions = Conditions::of(scope, "t");
        conditions.and("t.target = ?", targets.next()?);
        self.whose(&mut conditions, "t.is_ours = true");
        conditions.and_some("t.status = ?", self.status);
        conditions.and_some("t.earmarking = ?", self.earmarking);
        let also =
            "EXISTS (SELECT 1 FROM contribution_target a WHERE a.office_id = t.office_id AND a.target = ?
                      AND a.is_ours = t.is_ours AND a.contribution_id = t.contribution_id)";
        for target in targets {
            conditions.and(also, target);
        }
        self.narrow(&mut conditions);
        Some(conditions)
    }

    fn narrow(&self, conditions: &mut Conditions) {
        if let Some(office_id) = self.office_id {
            conditions.within(&[office_id]);
        }
        if let Some(offices) = &self.offices {
            conditions.within(offices);
        }
    }
}

/// Newest record first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &PageRequest,
    after: Option<ContributionId>,
) -> Result<Vec<Model>, StoreError> {
    let select = "SELECT c.* FROM contribution c";
    let limit = page.limit + 1;
    let rows = match filter.under_a_target(scope) {
        Some(mut conditions) => {
            conditions.and_some("t.contribution_id < ?", after);
            let (from, order) = ("contribution_target t", &["contribution_id"]);
            list::plan_for_values(db).await?;
            let ids = conditions.first(db, &Listed { select, from, order, descending: true, limit }).await?;
            list::by_ids(db, select, "c.id", "c.id DESC", ids).await?
        }
        None => {
            let mut conditions = filter.conditions(scope);
            conditions.and_some("c.id < ?", after);
            let (from, order) = ("contribution c", &["id"]);
            let listed = Listed { select, from, order, descending: true, limit };
            match &filter.givers {
                Some(Givers::These(donors)) => {
                    list::plan_for_values(db).await?;
                    let donors = donors.iter().map(|donor| donor.as_uuid()).collect();
                    let ids = conditions.first_of(db, &listed, "donor_id", donors).await?;
                    list::by_ids(db, select, "c.id", "c.id DESC", ids).await?
                }
                Some(Givers::Named(_)) | None => conditions.rows(db, &listed).await?,
            }
        }
    };
    sql::read(&rows)
}
