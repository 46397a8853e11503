//! What waits for members of committees and for the head of the organisation: reviews, votes, signatures, answers.

use crate::{
    areas::console::{
        decisions::circulation::is_voting,
        meetings::{
            minutes::signs,
            vote::{own, own_on},
        },
    },
    error::{PageError, unless_away},
    lists::items,
    visit::Staff,
};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// Records of a kind that are looked through at most.
const MAX_LOOKED_AT: &str = "10";

/// What waits for the reader, and whether some of it could not be found out.
pub(super) async fn waiting(staff: &Staff) -> Result<Value, PageError> {
    let (reviews, votes, circulations, decisions, minutes) = futures_util::join!(
        reviews(staff),
        votes(staff),
        circulations(staff),
        some(staff, "decisions:confirm", "/v1/allocation-decisions", "awaiting_head"),
        minutes(staff),
    );
    let (reviews, votes, circulations) = (reviews?, votes?, circulations?);
    let (decisions, minutes) = (decisions?, minutes?);
    let away = [&reviews, &votes, &circulations, &decisions, &minutes].iter().any(|part| part.is_none());
    Ok(json!({
        "reviews": reviews.unwrap_or_default(), "votes": votes.unwrap_or_default(), "circulations": circulations.unwrap_or_default(),
        "decisions": decisions.unwrap_or_default(), "minutes": minutes.unwrap_or_default(), "away": away,
    }))
}

/// The newest records of a list in a state: none at all for whoever may not do something with them, or while they are
/// unavailable.
async fn some(
    staff: &Staff,
    permission: &str,
    path: &str,
    state: &str,
) -> Result<Option<Vec<Value>>, PageError> {
    if !staff.may(permission) || !staff.may("meetings:read") {
        return Ok(Some(Vec::new()));
    }
    let found = unless_away(staff.get(path, &[("state", state), ("limit", MAX_LOOKED_AT)]).await)?;
    Ok(found.map(|list| items(&list).to_vec()))
}

/// The proposals that wait for the reader's score sheet.
async fn reviews(staff: &Staff) -> Result<Option<Vec<Value>>, PageError> {
    let query = [("limit", MAX_LOOKED_AT)];
    let found = unless_away(staff.get_if("scores:write", "/v1/awaited-reviews", &query).await)?;
    Ok(found.map(|list| items(&list).to_vec()))
}

/// Whether somebody has a vote and has not cast it.
fn is_awaited(own: &Value) -> bool {
    own["standing"] == "may_vote" && own["vote"].is_null()
}

/// The motions that are put to the vote and wait for the reader's.
async fn votes(staff: &Staff) -> Result<Option<Vec<Value>>, PageError> {
    let Some(open) = some(staff, "votes:write", "/v1/motions", "open").await? else { return Ok(None) };
    let own = join_all(open.iter().map(|motion| own_on(staff, motion))).await;
    awaited(open, own)
}

/// The circulations that wait for the reader's vote.
async fn circulations(staff: &Staff) -> Result<Option<Vec<Value>>, PageError> {
    let found = some(staff, "votes:write", "/v1/circulations", "open").await?;
    let Some(mut open) = found else { return Ok(None) };
    let now = staff.state.clock.now();
    open.retain(|circulation| is_voting(circulation, now));
    let of_it = |circulation: &Value| {
        let path = format!("/v1/circulations/{}", circulation["id"].as_str().unwrap_or_default());
        async move { own(staff, &path).await }
    };
    let own = join_all(open.iter().map(of_it)).await;
    awaited(open, own)
}

/// Those of the records whose own vote is awaited.
fn awaited(open: Vec<Value>, own: Vec<Result<Value, PageError>>) -> Result<Option<Vec<Value>>, PageError> {
    let mut awaited = Vec::new();
    for (record, own) in open.into_iter().zip(own) {
        if is_awaited(&own?) {
            awaited.push(record);
        }
    }
    Ok(Some(awaited))
}

/// The meetings whose minutes the reader is to sign.
async fn minutes(staff: &Staff) -> Result<Option<Vec<Value>>, PageError> {
    let drafted = some(staff, "votes:write", "/v1/committee-meetings", "minutes_drafted").await?;
    let Some(drafted) = drafted else { return Ok(None) };
    let signing = join_all(drafted.iter().map(|meeting| is_to_sign(staff, meeting))).await;
    let mut due = Vec::new();
    for (meeting, signing) in drafted.into_iter().zip(signing) {
        match signing? {
            Some(true) => due.push(meeting),
            Some(false) => {}
            None => return Ok(None),
        }
    }
    Ok(Some(due))
}

/// Whether the reader is to sign the minutes of a meeting; none while that cannot be found out.
async fn is_to_sign(staff: &Staff, meeting: &Value) -> Result<Option<bool>, PageError> {
    let path = format!("/v1/committee-meetings/{}/minutes", meeting["id"].as_str().unwrap_or_default());
    let Some(minutes) = unless_away(staff.get(&path, &()).await)? else { return Ok(None) };
    unless_away(signs(staff, meeting, &minutes).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vote_is_awaited_of_whoever_has_one_and_has_not_cast_it() {
        let own = |standing: &str, vote: Option<&str>| json!({ "standing": standing, "vote": vote });
        assert!(is_awaited(&own("may_vote", None)));
        assert!(!is_awaited(&own("may_vote", Some("no"))) && !is_awaited(&own("recused", None)));
        assert!(!is_awaited(&Value::Null));
        let records = vec![json!({ "id": "a" }), json!({ "id": "b" })];
        let votes = vec![Ok(own("may_vote", Some("yes"))), Ok(own("may_vote", None))];
        let found = awaited(records, votes).unwrap();
        assert_eq!(found, Some(vec![json!({ "id": "b" })]));
    }
}
