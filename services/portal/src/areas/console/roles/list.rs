//! The list of roles.

use crate::{
    i18n::{Language, text},
    lists::{ListPage, ListQuery},
    nav::{Group, NavEntry},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use auth::ALL_PERMISSIONS;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("people:read"),
    path: "/console/roles",
    key: "roles",
    group: Group::Administration,
    position: 18,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/roles", web::get().to(list)).route("/console/roles.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/roles", "console/roles/list.html");

#[derive(Serialize, Deserialize)]
struct Filters {
    permission: Option<String>,
    is_built_in: Option<String>,
}

/// Whether a role was just deleted: there is no record to say so.
#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>, done: web::Query<Done>) -> PageResult {
    let more = json!({
        "permissions": permissions(staff.language), "kinds": kinds(staff.language),
        "may_write": staff.may("people:write"), "deleted": done.done.as_deref() == Some("deleted"),
    });
    LIST.show(&staff, &asked, more).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}

/// The permissions to choose from, by what they are called: "Agreements: record and sign".
pub(crate) fn permissions(language: Language) -> Value {
    let of = |key: String| text(language, &key, None);
    let named = |name: &&str| {
        let about = name.split(':').next().unwrap_or_default();
        let group = of(format!("permission-group-{about}"));
        let permission = of(format!("permission-{}", name.replace(':', "-")));
        json!({ "id": name, "name": format!("{group} – {permission}") })
    };
    ALL_PERMISSIONS.iter().map(named).collect()
}

/// Built-in or custom.
pub(crate) fn kinds(language: Language) -> Value {
    let kind = |id: &str, key: &str| json!({ "id": id, "name": text(language, key, None) });
    json!([kind("true", "role-built-in"), kind("false", "role-custom")])
}
