//! A new response plan as it is sent: the fields of a plan, and its office beside them.

use super::api::PlanFields;
use kernel::OfficeId;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeSeed, Error, IntoDeserializer, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::fmt;
use utoipa::ToSchema;

/// The field that the fields of a plan do not have.
const OFFICE: &str = "office_id";

/// A new response plan.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewPlan {
    /// The office that owns it: the caller's or one below it. Defaults to the caller's.
    pub(super) office_id: Option<OfficeId>,
    #[serde(flatten)]
    pub(super) fields: PlanFields,
}

/// Read by hand: what serde derives for a flattened part forgets in which field an error is, and takes unknown fields.
impl<'de> Deserialize<'de> for NewPlan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Whole)
    }
}

struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = NewPlan;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("struct NewPlan")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<NewPlan, A::Error> {
        let mut rest = Rest { map, names_office: false, office_id: None };
        let fields = PlanFields::deserialize(MapAccessDeserializer::new(&mut rest))?;
        Ok(NewPlan { office_id: rest.office_id, fields })
    }
}

/// The fields of an object without the office, which is noted as it comes.
struct Rest<A> {
    map: A,
    names_office: bool,
    office_id: Option<OfficeId>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Rest<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(name) = self.map.next_key::<String>()? {
            if name != OFFICE {
                return seed.deserialize(name.into_deserializer()).map(Some);
            }
            if self.names_office {
                return Err(A::Error::duplicate_field(OFFICE));
            }
            self.names_office = true;
            self.office_id = self.map.next_value()?;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_office_stands_beside_the_fields_of_a_plan() {
        let office = OfficeId::from_u128(7);
        let plan = json!({ "name": "Chad 2026", "office_id": office, "plan_type": "flash_appeal",
            "countries": ["TCD"], "years": [2026] });
        let read: NewPlan = serde_json::from_value(plan.clone()).unwrap();
        assert_eq!(read.office_id, Some(office));
        let whole = serde_json::to_value(read).unwrap();
        assert_eq!((&whole["name"], &whole["years"]), (&plan["name"], &plan["years"]));
        let without = json!({ "name": "Chad 2026", "office_id": null, "plan_type": "flash_appeal",
            "countries": [], "years": [] });
        assert_eq!(serde_json::from_value::<NewPlan>(without).unwrap().office_id, None);
        for (text, why) in [
            (r#"{"office_id": null, "office_id": null}"#, "duplicate field `office_id`"),
            (r#"{"nmae": "Chad"}"#, "unknown field `nmae`"),
            (r#"{"name": "Chad"}"#, "missing field `plan_type`"),
            ("[]", "expected struct NewPlan"),
        ] {
            let error = serde_json::from_str::<NewPlan>(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
