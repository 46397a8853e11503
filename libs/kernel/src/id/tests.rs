use super::*;
use crate::clock::FixedClock;
use serde_json::json;

const ID: DonorId = DonorId::from_u128(0x018f_0000_0000_7000_8000_0000_0000_0001);
const TEXT: &str = "018f0000-0000-7000-8000-000000000001";

#[test]
fn ids_made_within_one_instant_sort_in_the_order_they_were_made() {
    let clock = FixedClock::at(chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000));
    let ids: Vec<DonorId> = (0..1000).map(|_| Id::new(&clock)).collect();
    let mut sorted = ids.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(ids, sorted);
}

#[test]
fn an_id_of_an_earlier_instant_sorts_among_those_of_its_time() {
    let instant = |days: i64| chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(days);
    let now: DonorId = Id::new(&FixedClock::at(instant(20_000)));
    let (older, newer): (DonorId, DonorId) = (Id::at(instant(19_000)), Id::at(instant(19_500)));
    assert!(older < newer && newer < now);
    assert_ne!(Id::<Donor>::at(instant(19_000)), older);
}

#[test]
fn an_id_is_the_text_of_its_uuid_everywhere() {
    assert_eq!((ID.to_string().as_str(), format!("{ID:?}").as_str()), (TEXT, TEXT));
    assert_eq!(TEXT.parse(), Ok(ID));
    assert_eq!(serde_json::to_value(ID).unwrap(), json!(TEXT));
    assert_eq!(serde_json::from_value::<DonorId>(json!(TEXT)).unwrap(), ID);
    let refused = serde_json::from_value::<DonorId>(json!("7")).unwrap_err().to_string();
    assert_eq!(refused, serde_json::from_value::<Uuid>(json!("7")).unwrap_err().to_string());
}

#[test]
fn a_row_holds_its_uuid() {
    let value = Value::from(ID);
    assert_eq!(value, Value::from(ID.as_uuid()));
    assert_eq!(<DonorId as ValueType>::try_from(value).ok(), Some(ID));
    assert!(<DonorId as ValueType>::try_from(Value::from(TEXT)).is_err());
    assert_eq!(Value::from(None::<DonorId>), Value::from(None::<Uuid>));
    assert_eq!(DonorId::column_type(), Uuid::column_type());
    assert_eq!(DonorId::array_type(), Uuid::array_type());
}

#[test]
fn a_principal_is_the_person_or_the_client_that_it_was() {
    let (person, client) = (PersonId::from_u128(7), ClientId::from_u128(7));
    assert_eq!(PrincipalId::from(person).as_person(), person);
    assert_eq!(PrincipalId::from(client), PrincipalId::from_u128(7));
}

#[test]
fn a_document_has_the_schema_of_an_id_where_it_stands() {
    let mut record = json!({ "properties": {
        "id": { "$ref": "#/components/schemas/Id", "description": "The donor." },
        "parent_id": { "oneOf": [
            { "$ref": "#/components/schemas/Id", "description": "The donor above." }, { "type": "null" },
        ] },
        "plan_ids": { "type": "array", "items": { "$ref": "#/components/schemas/Id" } },
        "text": { "oneOf": [{ "$ref": "#/components/schemas/Text" }, { "type": "null" }] },
    } });
    let text = record["properties"]["text"].clone();
    inline_schema(&mut record);
    assert_eq!(
        record["properties"],
        json!({
            "id": { "type": "string", "format": "uuid", "description": "The donor." },
            "parent_id": { "type": ["string", "null"], "format": "uuid", "description": "The donor above." },
            "plan_ids": { "type": "array", "items": { "type": "string", "format": "uuid" } },
            "text": text,
        })
    );
}

#[test]
fn macros_write_the_schema_of_an_id_as_that_of_a_uuid() {
    #[derive(utoipa::ToSchema)]
    #[expect(dead_code, reason = "only its schema is read")]
    struct Typed {
        /// The record.
        id: DonorId,
        /// The one above.
        parent_id: Option<DonorId>,
        /// Those below.
        ids: Vec<DonorId>,
    }
    #[derive(utoipa::ToSchema)]
    #[expect(dead_code, reason = "only its schema is read")]
    struct Untyped {
        /// The record.
        id: Uuid,
        /// The one above.
        parent_id: Option<Uuid>,
        /// Those below.
        ids: Vec<Uuid>,
    }
    let mut typed = serde_json::to_value(<Typed as utoipa::PartialSchema>::schema()).unwrap();
    inline_schema(&mut typed);
    assert_eq!(typed, serde_json::to_value(<Untyped as utoipa::PartialSchema>::schema()).unwrap());
}
