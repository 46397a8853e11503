//! Donor statements to download: by the donor's representative, and by staff.

use crate::{
    ids::Id,
    lists::{given, handed_through},
    visit::{PageResult, Staff, Visit},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/donors/{id}/statement.pdf", web::get().to(of_donor));
}

#[derive(Serialize, Deserialize)]
pub(crate) struct StatementQuery {
    year: Option<String>,
    language: Option<String>,
}

pub(crate) async fn statement_of<W>(visit: &Visit<W>, donor: &str, asked: &StatementQuery) -> PageResult {
    let query = given(asked);
    let file = visit.file(&format!("/v1/donors/{donor}/statement"), &query, "application/pdf").await?;
    // The platform has taken the parameters: they are a year and a language.
    let values = query.iter().map(|(_, value)| value.as_str());
    let name = ["statement"].into_iter().chain(values).collect::<Vec<_>>().join("-");
    Ok(handed_through(file, "application/pdf", &format!("{name}.pdf")))
}

async fn of_donor(staff: Staff, id: web::Path<Id>, asked: web::Query<StatementQuery>) -> PageResult {
    statement_of(&staff, id.as_str(), &asked).await
}
