//! A person as the API shows it.

use super::rights::{Held, Role};
use crate::{
    person::{PersonState, api::RoleIn, invitations, state_of, store},
    role::{RoleId, rights},
};
use ::store::StoreError;
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{DonorId, OfficeId, PersonId};
use locale::Language;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{Column, Row};
use std::collections::HashMap;
use utoipa::ToSchema;

/// A custom role in an office.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomRoleIn {
    pub(super) office_id: OfficeId,
    /// One of the organisation's own roles.
    pub(super) role_id: RoleId,
}

/// A person who can sign in, or was invited to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    id: PersonId,
    #[schema(minimum = 1)]
    version: i64,
    /// The office that manages the account.
    pub(super) office_id: OfficeId,
    #[schema(example = "Amina Rahimi", max_length = 200)]
    name: String,
    /// Empty for people beyond the caller's offices, who are shown by name alone.
    #[schema(example = "amina@example.org", max_length = 254)]
    email: String,
    /// `en`, `fr` or `es`.
    language: Language,
    /// For staff: built-in roles by office.
    #[schema(max_items = 50)]
    roles: Vec<RoleIn>,
    /// For staff: custom roles by office.
    #[schema(max_items = 50)]
    custom_roles: Vec<CustomRoleIn>,
    /// For a donor's representative: the donor.
    donor_id: Option<DonorId>,
    state: PersonState,
    /// Whether the person can sign in: the state is `active`.
    active: bool,
    /// Until when the invitation can be accepted; null if there is none that can.
    invitation_expires_at: Option<DateTime<Utc>>,
    /// For a donor's representative: the last day of access (UTC); null if it does not end.
    access_until: Option<NaiveDate>,
    /// When the account was suspended; null if it is not.
    suspended_at: Option<DateTime<Utc>>,
    /// When the person last signed in; null if never.
    last_sign_in_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl Row for Person {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("name", |row| row.name.as_str().into()),
        ("email", |row| row.email.as_str().into()),
        ("language", |row| row.language.as_str().into()),
        ("roles", |row| service::joined(row.roles.iter().map(|role| role.role))),
        ("donor_id", |row| row.donor_id.into()),
        ("active", |row| row.active.into()),
        ("state", |row| row.state.as_str().into()),
        ("office_id", |row| row.office_id.into()),
        ("custom_roles", |row| service::joined(row.custom_roles.iter().map(|role| role.role_id))),
        ("access_until", |row| row.access_until.into()),
        ("last_sign_in_at", |row| row.last_sign_in_at.map(|at| at.to_rfc3339()).into()),
    ];
}

impl Person {
    /// A person with the roles that it holds, as it is now.
    pub(super) fn of(
        row: store::Model,
        held: &Held,
        invitation_expires_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Self {
        let state = state_of(&row, now);
        let (roles, custom_roles) = lists(held);
        let store::Model { id, version, office_id, name, email, language, donor_id, created_at, .. } = row;
        Self {
            id,
            version,
            office_id,
            name,
            email,
            language,
            roles,
            custom_roles,
            donor_id,
            state,
            active: state == PersonState::Active,
            invitation_expires_at: invitation_expires_at.filter(|_| state == PersonState::Invited),
            access_until: row.access_until,
            suspended_at: row.suspended_at,
            last_sign_in_at: row.last_sign_in_at,
            created_at,
        }
    }

    /// What the caller is shown of a member of staff beyond its own offices: who it is.
    pub(super) fn by_name(self) -> Self {
        Self {
            email: String::new(),
            roles: Vec::new(),
            custom_roles: Vec::new(),
            invitation_expires_at: None,
            suspended_at: None,
            last_sign_in_at: None,
            ..self
        }
    }
}

/// Roles as the API lists them: by office, built-in ones and custom ones apart.
pub(super) fn lists(held: &Held) -> (Vec<RoleIn>, Vec<CustomRoleIn>) {
    let (mut roles, mut custom_roles) = (Vec::new(), Vec::new());
    for (office_id, role) in held.iter().copied() {
        match role {
            Role::BuiltIn(role) => roles.push(RoleIn { office_id, role }),
            Role::Custom(role_id) => custom_roles.push(CustomRoleIn { office_id, role_id }),
        }
    }
    (roles, custom_roles)
}

/// What each of these people holds.
pub(super) async fn held_by(
    db: &impl ConnectionTrait,
    people: &[PersonId],
) -> Result<HashMap<PersonId, Held>, StoreError> {
    let mut held: HashMap<PersonId, Held> = HashMap::new();
    for one in store::roles(db, people).await? {
        held.entry(one.person_id).or_default().insert((one.office_id, Role::BuiltIn(one.role)));
    }
    for one in rights::custom_held(db, people).await? {
        held.entry(one.person_id).or_default().insert((one.office_id, Role::Custom(one.role_id)));
    }
    Ok(held)
}

/// People with their roles and their invitations.
pub(super) async fn all(
    db: &impl ConnectionTrait,
    rows: Vec<store::Model>,
    now: DateTime<Utc>,
) -> Result<Vec<Person>, StoreError> {
    let ids: Vec<PersonId> = rows.iter().map(|row| row.id).collect();
    let mut held = held_by(db, &ids).await?;
    let open: HashMap<PersonId, DateTime<Utc>> =
        invitations::open_until(db, &ids, now).await?.into_iter().collect();
    let shown = rows.into_iter().map(|row| {
        let (held, open) = (held.remove(&row.id).unwrap_or_default(), open.get(&row.id).copied());
        Person::of(row, &held, open, now)
    });
    Ok(shown.collect())
}

/// A person with its roles and its invitation.
pub(super) async fn one(
    db: &impl ConnectionTrait,
    row: store::Model,
    now: DateTime<Utc>,
) -> Result<Person, StoreError> {
    let ids = [row.id];
    let held = held_by(db, &ids).await?.remove(&row.id).unwrap_or_default();
    let open = invitations::open_until(db, &ids, now).await?.pop().map(|(_, until)| until);
    Ok(Person::of(row, &held, open, now))
}

/// What the audit trail says of an account: no personal data.
pub(super) fn trail(person: &store::Model, held: &Held) -> serde_json::Value {
    let (roles, custom_roles) = lists(held);
    serde_json::json!({
        "office_id": person.office_id, "roles": roles, "custom_roles": custom_roles, "donor_id": person.donor_id,
        "language": person.language, "access_until": person.access_until, "suspended_at": person.suspended_at,
    })
}
