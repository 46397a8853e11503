//! Who sits in a meeting: seats of the day, and who is and was there.

use serde_json::{Map, Value, json};

/// Everybody who has a seat or was there, in the order of the seats, each with their intervals.
pub(super) fn roster(seats: &[Value], attendance: &Value) -> Vec<Value> {
    let intervals: Vec<&Value> = attendance.as_array().into_iter().flatten().collect();
    let of = |person: &Value| -> Vec<&Value> {
        intervals.iter().copied().filter(|interval| interval["person_id"] == *person).collect()
    };
    let row = |person: &Value, seat: &Value| {
        let own = of(person);
        let present = own.iter().find(|interval| interval["to"].is_null());
        json!({
            "person_id": person, "kind": seat["kind"], "office_id": seat["office_id"], "intervals": own,
            "present": present.is_some(), "remote": present.is_some_and(|interval| interval["remote"] == true),
        })
    };
    let mut rows: Vec<Value> = seats.iter().map(|seat| row(&seat["person_id"], seat)).collect();
    // Whose seat has ended since was there all the same.
    for interval in &intervals {
        let person = &interval["person_id"];
        if !rows.iter().any(|row| row["person_id"] == *person) {
            rows.push(row(person, &Value::Null));
        }
    }
    rows
}

/// How many are in the room and how many take part from elsewhere.
pub(super) fn present(roster: &[Value]) -> Value {
    let there = || roster.iter().filter(|row| row["present"] == true);
    let remote = there().filter(|row| row["remote"] == true).count();
    json!({ "all": there().count(), "remote": remote })
}

/// Whom the seats are held by, by the seats' ids.
pub(super) fn holders(seats: &[Value]) -> Value {
    let holder = |seat: &Value| Some((seat["id"].as_str()?.to_owned(), seat["person_id"].clone()));
    seats.iter().filter_map(holder).collect::<Map<String, Value>>().into()
}

/// Votes that make a quorum of so many seats that have one, by the rules of the committee.
pub(super) fn quorum(entitled: usize, rules: &Value) -> Option<usize> {
    let rule = &rules["quorum"];
    let number = |name: &str| usize::try_from(rule[name].as_u64()?).ok();
    let part = (entitled * number("numerator")?).checked_div(number("denominator")?)?;
    Some(number("least")?.max(part + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_with_a_seat_is_told_of_and_whoever_else_was_there() {
        let seat = |person: &str, kind: &str| json!({ "id": person, "person_id": person, "kind": kind, "office_id": "o" });
        let interval = |person: &str, to: Option<&str>, remote: bool| json!({ "person_id": person, "from": "f", "to": to, "remote": remote });
        let seats = [seat("a", "chair"), seat("b", "member"), seat("c", "member")];
        let attendance = json!([
            interval("a", Some("t"), false),
            interval("a", None, true),
            interval("b", Some("t"), false),
            interval("d", None, false)
        ]);
        let rows = roster(&seats, &attendance);
        let told: Vec<(&Value, &Value, &Value)> =
            rows.iter().map(|row| (&row["person_id"], &row["present"], &row["remote"])).collect();
        let (yes, no) = (json!(true), json!(false));
        let names = ["a", "b", "c", "d"].map(Value::from);
        let expected =
            [(&names[0], &yes, &yes), (&names[1], &no, &no), (&names[2], &no, &no), (&names[3], &yes, &no)];
        assert_eq!(told, expected);
        assert_eq!(rows[0]["intervals"].as_array().map(Vec::len), Some(2));
        assert_eq!(present(&rows), json!({ "all": 2, "remote": 1 }));
        assert_eq!(holders(&seats)["b"], "b");
    }

    #[test]
    fn a_quorum_is_more_than_a_part_and_not_less_than_the_least() {
        let rules = json!({ "quorum": { "numerator": 1, "denominator": 2, "least": 3 } });
        let of = |entitled: usize| quorum(entitled, &rules);
        assert_eq!((of(7), of(5), of(3), of(8)), (Some(4), Some(3), Some(3), Some(5)));
        assert_eq!(quorum(7, &Value::Null), None);
    }
}
