//! The donors that an import records, or that a dry run says it would, with those of the registry that are most like them.

use super::store::{self, ImportId};
use crate::registry::{
    donor,
    duplicates::{self, Candidate},
};
use ::store::{StoreError, TenantScope, params, sql};
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use kernel::{DonorId, DonorType, Problem};
use sea_orm::entity::prelude::*;
use serde::Serialize;
use service::{ApiResult, Cell, Context, Envelope, Id, Paging, Parameters, Row, openapi::ReadProblems};
use utoipa::ToSchema;

/// How many donors of the registry are shown beside a new one.
const MAX_NEAREST: usize = 3;
/// How many new donors of a dry run are compared with the registry: each takes some questions to the database.
pub(super) const MAX_COMPARED: usize = 1000;

/// A row of `import_new_donor`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_new_donor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: ImportId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub name: String,
    /// Null where the rows that name it state none, and nobody has decided on it.
    pub donor_type: Option<DonorType>,
    pub reference: Option<String>,
    pub donor_id: Option<DonorId>,
    /// A JSON list of candidates.
    pub nearest: String,
    pub is_compared: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A donor that is not in the registry, and the first row that names it.
#[derive(Debug)]
pub(super) struct Unregistered {
    pub(super) number: i64,
    /// What the source calls it.
    pub(super) reference: Option<String>,
    /// Its type, where that is stated or decided.
    pub(super) donor_type: Option<DonorType>,
    /// As it would be recorded, with any type where that is not known.
    pub(super) donor: donor::store::Model,
}

impl Unregistered {
    /// As a run has recorded it.
    pub(super) fn recorded(self, import_id: ImportId) -> Model {
        let donor_id = Some(self.donor.id);
        Model { donor_id, ..self.noted(import_id) }
    }

    /// As a dry run would record it. With `compared` it is compared with the registry.
    pub(super) async fn foreseen(
        self,
        scope: &TenantScope,
        db: &impl ConnectionTrait,
        import_id: ImportId,
        compared: bool,
    ) -> Result<Model, StoreError> {
        let nearest = match (compared, self.donor_type) {
            (false, _) => Vec::new(),
            (true, Some(_)) => duplicates::nearest(scope, db, &self.donor, MAX_NEAREST).await?,
            (true, None) => duplicates::nearest_of_any_type(scope, db, &self.donor, MAX_NEAREST).await?,
        };
        let nearest = serde_json::to_string(&nearest)?;
        Ok(Model { nearest, is_compared: compared, ..self.noted(import_id) })
    }

    fn noted(self, import_id: ImportId) -> Model {
        Model {
            import_id,
            number: self.number,
            name: self.donor.name,
            donor_type: self.donor_type,
            reference: self.reference,
            donor_id: None,
            nearest: "[]".to_owned(),
            is_compared: false,
        }
    }
}

/// A donor that an import records, or a dry run would.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportNewDonor {
    /// The number of the first row that names it.
    #[schema(minimum = 1)]
    number: i64,
    #[schema(max_length = 500)]
    name: String,
    /// Null in a dry run where the rows that name it state none: those are rejected (`not_in_registry`) unless the decision on
    /// it says which donor it is, or of which type.
    #[serde(rename = "type")]
    donor_type: Option<DonorType>,
    /// What the source calls it, where the file says so.
    #[schema(max_length = 100)]
    reference: Option<String>,
    /// The donor that was recorded; null in a dry run.
    donor_id: Option<DonorId>,
    /// The donors of the registry most like it, when the file was checked: highest score first.
    #[schema(max_items = 3)]
    nearest: Vec<Candidate>,
    /// Whether it was compared with the registry: the first 1,000 of a dry run are.
    compared: bool,
}

impl TryFrom<Model> for ImportNewDonor {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        let nearest = serde_json::from_str(&row.nearest)?;
        let Model { number, name, donor_type, reference, donor_id, is_compared: compared, .. } = row;
        Ok(Self { number, name, donor_type, reference, donor_id, nearest, compared })
    }
}

impl Row for ImportNewDonor {
    const COLUMNS: &'static [service::Column<Self>] = &[
        ("number", |row| row.number.into()),
        ("name", |row| row.name.as_str().into()),
        ("type", |row| row.donor_type.map(DonorType::as_str).into()),
        ("reference", |row| row.reference.clone().into()),
        ("donor_id", |row| row.donor_id.into()),
        ("nearest", |row| nearest_in_a_cell(&row.nearest)),
        ("compared", |row| row.compared.into()),
    ];
}

/// Names, ids and scores in one cell.
fn nearest_in_a_cell(nearest: &[Candidate]) -> Cell {
    let shown: Vec<String> = nearest.iter().map(ToString::to_string).collect();
    shown.join("; ").into()
}

/// Lists the donors that an import records
///
/// Of a dry run: those that are not in the registry and would be recorded, and those that would be if their `type` was
/// known, each with the donors most like it. Send the decisions on them with the run (`donor_decisions`): those that are left
/// out are recorded if their rows state a type. Of a run: those that were recorded. In the order of the rows that name them
/// first. 404 if the caller may not see the import.
#[utoipa::path(tag = "imports", params(("id" = Uuid, Path, description = "The import"), Paging),
    security(("oauth2" = ["imports:read"])),
    responses((status = 200, description = "The new donors", body = Envelope<ImportNewDonor>), ReadProblems))]
#[get("/v1/imports/{id}/new-donors")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ImportsRead>,
    context: Data<Context>,
    id: Id<ImportId>,
    paging: Parameters<Paging>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let import = service::read_within(&context, &scope, async |db| Ok(store::get(&scope, db, id.0).await?));
    let import = import.await?.ok_or_else(Problem::not_found)?.id;
    let page = paging.0.of("import-new-donors", &import)?;
    service::list(&request, &context, scope, page, async move |db, _, page| {
        let text = format!(
            "SELECT * FROM import_new_donor WHERE import_id = $1 AND number > $2 ORDER BY number LIMIT {}",
            page.limit + 1
        );
        let after: i64 = page.after()?.unwrap_or(0);
        let rows: Vec<Model> = sql::all(db, &text, params![import, after]).await?;
        Ok(page.page(rows, |row| row.number).try_map(ImportNewDonor::try_from)?)
    })
    .await
}
