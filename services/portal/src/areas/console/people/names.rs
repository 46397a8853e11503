//! Names of people, for the script that completes them where a form asks for one.

use crate::{
    areas::public::search::Question,
    lists::fresh_json,
    people::proposed,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/person-names", web::get().to(names));
}

/// Active staff whose name or address holds what was typed.
async fn names(staff: Staff, asked: web::Query<Question>) -> PageResult {
    Ok(fresh_json(&proposed(&staff, &asked.words()).await?.into()))
}
