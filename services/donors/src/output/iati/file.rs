//! The public file: streamed page by page, in memory that does not grow with it.

use super::{
    build::Publisher,
    rules::publishable,
    settings::Publication,
    source::{self, Position},
    writer::Xml,
};
use ::store::{StoreError, TenantScope, office};
use actix_web::{HttpResponse, get, http::header, web::Data};
use auth::ApiError;
use bytes::Bytes;
use chrono::NaiveDate;
use futures_util::{StreamExt, stream};
use kernel::{Code, Problem, Reason};
use sea_orm::ConnectionTrait;
use service::{ApiResult, Context, openapi::PublicProblems, setting_row};

/// Who publishes, as of today; none when the organisation has not said how.
pub(super) async fn publisher(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    today: NaiveDate,
) -> Result<Option<Publisher>, StoreError> {
    let organisation_id = scope.organisation_id();
    let Some(settings) = setting_row::<Publication>(db, organisation_id).await? else { return Ok(None) };
    let name = office::organisation_name(db, organisation_id).await?.unwrap_or_default();
    Ok(Some(Publisher { settings, name, today }))
}

/// A file on its way.
struct Writing {
    context: Data<Context>,
    scope: TenantScope,
    publisher: Publisher,
    xml: Xml,
    next: Option<Position>,
    /// Activities written so far.
    activities: usize,
}

impl Writing {
    /// Writes the next page of records, and the end after the last; gives what was written.
    async fn advance(&mut self) -> Result<Bytes, ApiError> {
        let Some(position) = self.next else { return Ok(Bytes::new()) };
        let (scope, publisher) = (&self.scope, &self.publisher);
        let page = service::read_within(&self.context, scope, async |db| {
            Ok(source::page(scope, db, publisher, position, source::PAGE_SIZE).await?)
        });
        let (subjects, next) = page.await?;
        let io = |error: std::io::Error| ApiError::internal(&error);
        for subject in &subjects {
            if publishable(&subject.activity, self.publisher.today) {
                self.xml.activity(&subject.activity).map_err(io)?;
                self.activities += 1;
            }
        }
        self.next = next;
        if next.is_none() {
            self.xml.close().map_err(io)?;
        }
        Ok(self.xml.take().into())
    }
}

/// Downloads the organisation's activities as an IATI 2.03 file
///
/// Public agreements in force or closed with their public contributions, public contributions outside agreements, and
/// public allocations of contributions that are not earmarked, with what was disbursed to each and the activity that
/// provides it. Records that break a rule of the standard are excluded until they are corrected. 404 if the
/// organisation has no publication settings or nothing to publish.
#[utoipa::path(tag = "public", extensions(("x-timeout-seconds" = json!(120))),
    responses((status = 200, description = "The activities", content_type = "application/xml", body = String), PublicProblems))]
#[get("/v1/public/iati/activities.xml")]
pub(crate) async fn read(context: Data<Context>) -> ApiResult {
    let nothing =
        |why: &str| ApiError::from(Problem::new(Code::NotFound).because(Reason::PublicationNotSet, why));
    let today = context.store.clock().now().date_naive();
    let found = service::read_public(&context, async |db, scope| {
        Ok((publisher(scope, db, today).await?, scope.clone()))
    });
    let (publisher, scope) = found.await?;
    let publisher = publisher.ok_or_else(|| nothing("the organisation has no publication settings yet"))?;
    let mut xml = Xml::new();
    xml.open(context.store.clock().now()).map_err(|error| ApiError::internal(&error))?;
    let mut writing =
        Writing { context, scope, publisher, xml, next: Some(Position::default()), activities: 0 };
    // A file without an activity is none (the schema asks for one), so the answer begins when there is one.
    let mut head = Vec::new();
    while writing.activities == 0 && writing.next.is_some() {
        head.extend(writing.advance().await?);
    }
    if writing.activities == 0 {
        return Err(nothing("the organisation has nothing to publish yet"));
    }
    let rest = stream::unfold(writing, |mut writing| async move {
        writing.next?;
        let written = writing.advance().await;
        if written.is_err() {
            writing.next = None;
        }
        Some((written, writing))
    });
    let body = stream::once(async move { Ok::<_, ApiError>(Bytes::from(head)) }).chain(rest);
    Ok(HttpResponse::Ok()
        .content_type("application/xml; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, "inline; filename=\"activities.xml\""))
        .insert_header((header::CACHE_CONTROL, "public, max-age=60"))
        .streaming(body))
}
