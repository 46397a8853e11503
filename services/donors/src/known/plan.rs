//! Response plans that a contribution or an agreement may go to.

use async_trait::async_trait;
use auth::ApiError;
use events::{FlowObject, PlanChanged};
use kernel::{Fault, OrganisationId, PlanId, Problem, RecordKind};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use service::PageRequest;
use std::collections::{BTreeSet, HashMap};
use store::{
    ConsumeError, Consumer, EventHandler, Store, StoreError, SystemTx, TenantScope, eventually, params, sql,
    upsert_models,
};

/// Maximum number of plans of one record.
pub(crate) const MAX_PLANS: usize = 20;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_plan")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanId,
    pub organisation_id: OrganisationId,
    pub name: String,
    pub external_source: Option<String>,
    pub external_ref: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

struct Plans;

#[async_trait]
impl EventHandler<PlanChanged> for Plans {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<PlanChanged>) -> Result<(), ConsumeError> {
        for event in events {
            let (external_source, external_ref) =
                event.external_ref.map(|ext| (ext.source, ext.r#ref)).unzip();
            let PlanChanged { id, organisation_id, name, .. } = event;
            let row = Model { id, organisation_id, name, external_source, external_ref };
            upsert_models(tx.db(), &[row]).await?;
        }
        Ok(())
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<PlanChanged>("donors.plan", Plans)
}

/// A plan by name, and what FTS calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownPlan {
    pub(crate) id: PlanId,
    pub(crate) name: String,
    pub(crate) fts_id: Option<String>,
}

impl From<Model> for KnownPlan {
    fn from(row: Model) -> Self {
        let fts_id = row.external_ref.filter(|_| row.external_source.as_deref() == Some("fts"));
        Self { id: row.id, name: row.name, fts_id }
    }
}

impl KnownPlan {
    /// The plan as a destination of money: by its number in FTS if it has one.
    pub(crate) fn object(&self) -> FlowObject {
        FlowObject::plan(self.fts_id.clone().unwrap_or_else(|| self.id.to_string()), &self.name)
    }
}

/// The organisation's plans, by name.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    page: &PageRequest,
    after: Option<(String, PlanId)>,
) -> Result<Vec<KnownPlan>, StoreError> {
    let mut text = "SELECT * FROM known_plan WHERE organisation_id = $1".to_owned();
    let mut values = params![scope.organisation_id()];
    if let Some((name, id)) = after {
        text.push_str(" AND (name > $2 OR (name = $2 AND id > $3))");
        values.extend(params![name, id]);
    }
    text.push_str(&format!(" ORDER BY name, id LIMIT {}", page.limit + 1));
    let rows: Vec<Model> = sql::all(db, &text, values).await?;
    Ok(rows.into_iter().map(KnownPlan::from).collect())
}

/// The plans of an organisation that texts mean, by text: the plan with that id, with that number in FTS, or with exactly
/// that name. A text may mean several.
pub(crate) async fn meant(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    texts: &BTreeSet<String>,
) -> Result<HashMap<String, Vec<KnownPlan>>, StoreError> {
    if texts.is_empty() {
        return Ok(HashMap::new());
    }
    let id_of = |text: &String| text.parse::<PlanId>().ok();
    let ids: Vec<PlanId> = texts.iter().filter_map(id_of).collect();
    let mut plans = known(db, organisation_id, &ids).await?;
    let own = "SELECT * FROM known_plan WHERE organisation_id = $1";
    let of_fts = "SELECT * FROM known_plan WHERE organisation_id = $1 AND external_source = 'fts'";
    for (text, key) in [(of_fts, "external_ref"), (own, "name")] {
        let keys = texts.iter().map(|text| text.as_str().into());
        let rows = sql::select_by_keys(db, text, params![organisation_id], key, keys).await?;
        plans.extend(sql::read::<Model>(&rows)?.into_iter().map(|row| (row.id, KnownPlan::from(row))));
    }
    let mut named: HashMap<&str, BTreeSet<PlanId>> = HashMap::new();
    for plan in plans.values() {
        for name in plan.fts_id.iter().chain([&plan.name]) {
            named.entry(name.as_str()).or_default().insert(plan.id);
        }
    }
    let of_text = |text: &String| {
        let mut ids = named.get(text.as_str()).cloned().unwrap_or_default();
        ids.extend(id_of(text));
        (text.clone(), ids.iter().filter_map(|id| plans.get(id).cloned()).collect())
    };
    Ok(texts.iter().map(of_text).collect())
}

/// [`meant`]; waits up to two seconds, for all of them together, for those that were only just written.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn meant_eventually(
    store: &Store,
    organisation_id: OrganisationId,
    texts: &BTreeSet<String>,
) -> Result<HashMap<String, Vec<KnownPlan>>, StoreError> {
    let found = eventually(async || {
        let plans = meant(&store.system_read().await?, organisation_id, texts).await?;
        Ok::<_, StoreError>(plans.values().all(|plans| !plans.is_empty()).then_some(plans))
    });
    match found.await? {
        Some(plans) => Ok(plans),
        None => meant(&store.system_read().await?, organisation_id, texts).await,
    }
}

/// Those of the organisation's plans that are known here, in one query.
async fn known(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    ids: &[PlanId],
) -> Result<HashMap<PlanId, KnownPlan>, StoreError> {
    let text = "SELECT * FROM known_plan WHERE organisation_id = $1";
    let keys = ids.iter().map(|id| (*id).into());
    let rows = sql::select_by_keys(db, text, params![organisation_id], "id", keys).await?;
    let plans = sql::read::<Model>(&rows)?.into_iter().map(KnownPlan::from);
    Ok(plans.map(|plan| (plan.id, plan)).collect())
}

/// One of the organisation's plans.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: PlanId,
) -> Result<Option<KnownPlan>, StoreError> {
    Ok(known(db, organisation_id, &[id]).await?.remove(&id))
}

/// The plans of an organisation that a body names in `/plan_ids`, in its order. Waits up to two seconds, for all of them
/// together, for those that were only just written.
///
/// # Errors
/// 422 that points to the one that is no plan, or to a list of more than [`MAX_PLANS`], about which nothing is asked.
pub(crate) async fn find_all(
    store: &Store,
    organisation_id: OrganisationId,
    ids: &[PlanId],
) -> Result<Vec<KnownPlan>, ApiError> {
    if ids.len() > MAX_PLANS {
        let fault = Fault::too_many(MAX_PLANS as u64, "entries");
        return Err(Problem::invalid_field("/plan_ids", fault).into());
    }
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = store.eventually(ids.iter().map(|id| id.as_uuid()), async || {
        let db = store.system_read().await?;
        let plans = known(&db, organisation_id, ids).await?;
        Ok::<_, StoreError>(ids.iter().all(|id| plans.contains_key(id)).then_some(plans))
    });
    let plans = match found.await? {
        Some(plans) => plans,
        None => known(&store.system_read().await?, organisation_id, ids).await?,
    };
    let plan = |(index, id): (usize, &PlanId)| {
        let fault = || Fault::unknown(RecordKind::Plan);
        let unknown = || Problem::invalid_field(format!("/plan_ids/{index}"), fault()).into();
        plans.get(id).cloned().ok_or_else(unknown)
    };
    ids.iter().enumerate().map(plan).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{counted::tests::stores, migration::Migrator, statements::Statements};
    use kernel::SystemClock;
    use std::{sync::Arc, time::Instant};

    const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);

    #[tokio::test(flavor = "multi_thread")]
    async fn a_text_means_a_plan_by_its_id_its_number_in_fts_or_its_name_and_may_mean_several() {
        let folder = testkit::folder();
        let plan = |id: u128, organisation: u128, name: &str, source: &str, reference: &str| Model {
            id: PlanId::from_u128(id),
            organisation_id: OrganisationId::from_u128(organisation),
            name: name.to_owned(),
            external_source: Some(source.to_owned()),
            external_ref: Some(reference.to_owned()),
        };
        let plans = [
            plan(10, 1, "Chad 2026", "fts", "1263"),
            plan(11, 1, "Sudan", "erp", "9"),
            plan(12, 1, "Sudan", "fts", "1300"),
            // It is called like the number of another.
            plan(13, 1, "1300", "erp", "8"),
            plan(14, 2, "Chad 2026", "fts", "77"),
        ];
        for (store, _) in stores(folder.path()).await {
            let tx = store.system(::store::Actor::system()).await.unwrap();
            ::store::insert_models(tx.db(), &plans).await.unwrap();
            tx.commit().await.unwrap();
            let id = PlanId::from_u128(11).to_string();
            let cases: [(&str, &[u128]); 9] = [
                ("Chad 2026", &[10]),
                ("1263", &[10]),
                (id.as_str(), &[11]),
                ("Sudan", &[11, 12]),
                ("1300", &[12, 13]),
                ("chad 2026", &[]),
                ("77", &[]),
                ("9", &[]),
                ("Chad", &[]),
            ];
            let mut texts: BTreeSet<String> = cases.iter().map(|(text, _)| (*text).to_owned()).collect();
            // So many that each is looked up by itself.
            texts.extend((0..40).map(|number| format!("Nothing {number}")));
            let db = store.system_read().await.unwrap();
            let found = meant(&db, ORGANISATION, &texts).await.unwrap();
            for (text, expected) in cases {
                let ids: Vec<u128> = found[text].iter().map(|plan| plan.id.as_u128()).collect();
                assert_eq!(ids, expected, "{:?}: {text}", store.backend());
            }
            let page = PageRequest { name: "x", limit: 2, cursor: None, fingerprint: String::new() };
            let scope = TenantScope::Organisation { organisation_id: ORGANISATION };
            let mut listed: Vec<KnownPlan> = Vec::new();
            loop {
                let after = listed.last().map(|plan| (plan.name.clone(), plan.id));
                let rows = list(&scope, &db, &page, after).await.unwrap();
                let is_more = rows.len() > 2;
                listed.extend(rows.into_iter().take(2));
                if !is_more {
                    break;
                }
            }
            let listed: Vec<u128> = listed.iter().map(|plan| plan.id.as_u128()).collect();
            assert_eq!(listed, [13, 10, 11, 12], "{:?}", store.backend());
        }
    }

    async fn store(folder: &std::path::Path, plans: &[PlanId]) -> Store {
        let store = Store::open_sqlite(&folder.join("donors.db"), Arc::new(SystemClock)).await.unwrap();
        ::store::migration::migrate::<Migrator>(&store).await.unwrap();
        let row = |id: &PlanId| Model {
            id: *id,
            organisation_id: ORGANISATION,
            name: format!("Plan {id}"),
            external_source: Some("fts".to_owned()),
            external_ref: Some(id.to_string()),
        };
        let rows: Vec<Model> = plans.iter().map(row).collect();
        ::store::insert_models(store.writer(), &rows).await.unwrap();
        store
    }

    #[tokio::test]
    async fn twenty_plans_are_one_question_in_the_order_of_the_body_and_more_are_none() {
        let folder = testkit::folder();
        let plans: Vec<PlanId> = (10..30).map(PlanId::from_u128).rev().collect();
        let store = store(folder.path(), &plans).await;
        let statements = Statements::count();
        let found = find_all(&store, ORGANISATION, &plans).await.unwrap();
        assert_eq!(found.iter().map(|plan| plan.id).collect::<Vec<_>>(), plans);
        assert_eq!(statements.sent(), 1);
        let refused = find_all(&store, ORGANISATION, &vec![plans[0]; 26_000]).await.unwrap_err();
        assert_eq!(refused.0.errors[0].pointer, "/plan_ids");
        assert!(find_all(&store, ORGANISATION, &[]).await.unwrap().is_empty());
        assert_eq!(statements.sent(), 1);
    }

    #[tokio::test]
    async fn plans_that_nobody_has_are_waited_for_once_and_the_first_of_them_is_named() {
        let folder = testkit::folder();
        let known = PlanId::from_u128(10);
        let store = store(folder.path(), &[known]).await;
        let mut ids = vec![known];
        ids.extend((100..119).map(|_| PlanId::new(&SystemClock)));
        let began = Instant::now();
        let refused = find_all(&store, ORGANISATION, &ids).await.unwrap_err();
        assert_eq!(refused.0.errors[0].pointer, "/plan_ids/1");
        assert!(began.elapsed().as_secs() < 15, "{:?}", began.elapsed());
        let of_another = find_all(&store, OrganisationId::from_u128(2), &[known]).await.unwrap_err();
        assert_eq!(of_another.0.errors[0].pointer, "/plan_ids/0");
    }
}
