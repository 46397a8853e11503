//! A donor with what belongs to it, and what happened with it.

use crate::{
    areas::console::representatives::show::may_keep,
    donor_names::in_language,
    error::{PageError, unless_away},
    forms::key,
    ids::{Id, only_ids},
    lists::{ListQuery, NoFilters, added},
    people, recent,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/donors/{id}"), web::get().to(show))
        .route("/console/donors/{id}/timeline", web::get().to(timeline));
}

async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    show_page(&staff, &id, json!({ "problem": null, "typed": null })).await
}

/// The page, with what `again` says of a decision that was refused.
pub(super) async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let path = format!("/v1/donors/{id}");
    let donor = staff.get(&path, &()).await?;
    let (of_it, funding) = ([("donor_id", id.as_str()), ("limit", "20")], format!("{path}/funding"));
    let owed = [("donor_id", id.as_str()), ("owed", "true"), ("limit", "20")];
    let (clearance, clearances) = (format!("{path}/clearance"), format!("{path}/clearances"));
    let (contributions, funding, agreements, reports, contacts, clearance, clearances, assigned) = futures_util::join!(
        staff.get_if("contributions:read", "/v1/contributions", &of_it),
        staff.get(&funding, &()),
        staff.get_if("agreements:read", "/v1/agreements", &of_it),
        staff.get_if("reports:read", "/v1/reports", &owed),
        contacts(staff, id),
        staff.get_if("agreements:read", &clearance, &()),
        staff.get_if("agreements:read", &clearances, &[("limit", "20")]),
        assigned(staff, &donor),
    );
    let (representatives, invites) = futures_util::join!(
        staff.get_if("representatives:read", "/v1/representatives", &of_it),
        may_keep(staff, &donor),
    );
    let name = in_language(staff.language, &donor);
    recent::note(&staff.request, &format!("/console/donors/{id}"), name.as_str());
    let (focal_point, liaison_office) = assigned?;
    let context = json!({
        // Totals over all offices are for headquarters: for others that part is not there.
        "donor": donor, "contributions": contributions?, "funding": funding.unwrap_or(Value::Null),
        "agreements": agreements?, "reports": reports?, "contacts": contacts?,
        "clearance": clearance?, "clearances": clearances?, "key": key(),
        "may_write": staff.may("agreements:write"), "curates": staff.may("donors:write"),
        "focal_point": focal_point, "liaison_office": liaison_office,
        "may_write_contacts": staff.may("contacts:write"), "may_read_contacts": staff.may("contacts:read"),
        "representatives": unless_away(representatives)?, "invites": invites?,
        "may_read_representatives": staff.may("representatives:read"),
    });
    staff.page("console/donors/show.html", added(context, again)).await
}

/// Who looks after a donor, as far as the reader may know: null for nobody. Somebody who is no member of staff has no name.
async fn assigned(staff: &Staff, donor: &Value) -> Result<(Value, Value), PageError> {
    let focal_point = &donor["focal_point_id"];
    let (names, office) = futures_util::join!(
        people::names(staff, [focal_point]),
        liaison_office(staff, &donor["liaison_office_id"]),
    );
    let names = names?;
    let known = focal_point.as_str().filter(|_| staff.may("people:read"));
    Ok((known.map(|id| json!({ "name": names[id] })).unwrap_or_default(), office?))
}

async fn liaison_office(staff: &Staff, id: &Value) -> Result<Value, PageError> {
    let Some(id) = id.as_str().filter(|_| staff.may("offices:read")) else { return Ok(Value::Null) };
    match unless_away(staff.get(&format!("/v1/offices/{id}"), &()).await) {
        Ok(office) => Ok(office.unwrap_or_default()),
        Err(PageError::Refused(problem)) if problem.status == 404 => Ok(json!({ "name": null })),
        Err(error) => Err(error),
    }
}

/// A donor's contacts: null for whoever may not see them; none when they are unavailable, or their key is.
async fn contacts(staff: &Staff, id: &Id) -> Result<Option<Value>, PageError> {
    let path = format!("/v1/donors/{id}/contacts");
    unless_away(staff.get_if("contacts:read", &path, &[("limit", "100")]).await)
}

async fn timeline(staff: Staff, id: web::Path<Id>, asked: web::Query<ListQuery<NoFilters>>) -> PageResult {
    let (path, list) = (format!("/v1/donors/{id}"), format!("/v1/donors/{id}/timeline"));
    let (donor, context) = futures_util::join!(staff.get(&path, &()), staff.list(&list, &asked));
    let mut context = context?;
    context["donor"] = donor?;
    staff.page("console/donors/timeline.html", context).await
}
