//! A proposal with everything about it, and the steps that move it on.

use super::{
    conflicts, fields, form, money, report, score, screening,
    standing::{Standing, has_region, is_pending, is_promised, is_unaccounted, steps_for},
};
use crate::{
    error::{PageError, unless_away},
    forms::key,
    ids::{Id, only_ids},
    lists::{added, items},
    offices, people, recent,
    steps::{Field, Kind, Step, Steps, offering_for},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/proposals/{id}"), web::get().to(show))
        .route(&STEPS.address(), web::post().to(step));
}

const COMMENT: Field = Field::optional("comment", "comment", Kind::Long);
const WHY: Field = Field::required("comment", "reason", Kind::Long);
const REASON: Field = Field::required("reason", "reason", Kind::Long);
const DECISION: Field =
    Field::required("decision_id", "proposal-by-decision", Kind::Offered { blank: "proposal-choose" });
/// What is recorded of money that moves.
const MOVED: &[Field] = &[
    Field::required("amount", "proposal-amount", Kind::Dollars),
    Field::optional("on", "proposal-on", Kind::PastDate),
    COMMENT,
];

/// Every step but those with forms of their own: screening, scoring, budgets and reports.
pub(crate) const STEPS: Steps = Steps {
    list: "allocation-proposals",
    once: false,
    steps: &[
        Step::dialog("submit", "proposal-do-submit").about("proposal-submit-about"),
        Step::dialog("endorse", "proposal-do-endorse").about("proposal-endorse-about"),
        Step::quiet("send-back", "proposal-do-send-back").about("proposal-send-back-about").fields(&[WHY]),
        Step::dialog("reopen", "proposal-do-reopen").about("proposal-reopen-about").fields(&[WHY]),
        Step::dialog("shortlist", "proposal-do-shortlist")
            .about("proposal-shortlist-about")
            .fields(&[COMMENT]),
        Step::quiet("withdraw", "proposal-do-withdraw").about("proposal-withdraw-about").fields(&[COMMENT]),
        Step::panel("disburse", "proposal-do-disburse").about("proposal-disburse-about").fields(MOVED),
        Step::panel("spend", "proposal-do-spend").about("proposal-spend-about").fields(MOVED),
        Step::panel("return", "proposal-do-return").about("proposal-return-about").fields(MOVED),
        Step::panel("restore", "proposal-do-restore").about("proposal-restore-about").fields(MOVED),
        Step::dialog("close", "proposal-do-close").about("proposal-close-about"),
        Step::panel("withdraw-funds", "proposal-do-withdraw-funds")
            .about("proposal-withdraw-funds-about")
            .fields(&[
                DECISION,
                Field::free(
                    "suggestion_id",
                    "proposal-suggestion",
                    Kind::Offered { blank: "proposal-suggestion-none" },
                ),
                REASON,
            ]),
        Step::panel("reallocate", "proposal-do-reallocate").about("proposal-reallocate-about").fields(&[
            DECISION,
            Field::required(
                "to_proposal_id",
                "proposal-reallocate-to",
                Kind::Offered { blank: "proposal-choose" },
            ),
            REASON,
        ]),
        Step::panel("extend", "proposal-do-extend").about("proposal-extend-about").fields(&[
            DECISION,
            Field::required("last_day", "proposal-last-day-new", Kind::Date),
            REASON,
        ]),
    ],
};

pub(super) async fn proposal_of(staff: &Staff, id: &Id) -> Result<Value, PageError> {
    staff.get(&format!("/v1/allocation-proposals/{id}"), &()).await
}

/// What is not shown to this reader, or is unavailable, is left out of the page.
pub(super) fn unless_hidden(result: Result<Value, PageError>) -> Result<Value, PageError> {
    match result {
        Err(PageError::Refused(problem)) if [403, 404].contains(&problem.status) => Ok(Value::Null),
        other => Ok(unless_away(other)?.unwrap_or_default()),
    }
}

async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    show_page(&staff, &id, json!({ "problem": null })).await
}

/// What belongs to a proposal; null where it is not shown to the reader.
struct Parts {
    window: Value,
    sheets: Value,
    conflicts: Value,
    funds: Value,
    sources: Value,
    decisions: Value,
    offices: Vec<Value>,
    plans: Vec<Value>,
}

async fn parts(staff: &Staff, id: &Id, proposal: &Value) -> Result<Parts, PageError> {
    let at = |part: &str| format!("/v1/allocation-proposals/{id}/{part}");
    let window = format!("/v1/allocation-windows/{}", proposal["window_id"].as_str().unwrap_or_default());
    let (sheets, conflicts) = (at("score-sheets"), at("conflicts"));
    let (funds, sources) = (at("funds"), at("sources"));
    let of_it = [("proposal_id", id.as_str()), ("limit", "100")];
    let (window, sheets, conflicts, funds, sources, decisions, offices, plans) = futures_util::join!(
        staff.get_if("windows:read", &window, &()),
        staff.get(&sheets, &()),
        staff.get(&conflicts, &()),
        staff.get(&funds, &()),
        staff.get_if("allocations:read", &sources, &()),
        staff.get_if("meetings:read", "/v1/allocation-decisions", &of_it),
        offices::every(staff),
        form::plans(staff),
    );
    Ok(Parts {
        window: unless_hidden(window)?,
        sheets: unless_hidden(sheets)?,
        conflicts: unless_hidden(conflicts)?,
        funds: unless_hidden(funds)?,
        sources: unless_hidden(sources)?,
        decisions: unless_hidden(decisions)?,
        offices: unless_away(offices)?.unwrap_or_default(),
        plans: unless_away(plans)?.unwrap_or_default(),
    })
}

/// The page, with what `again` says of what was refused.
pub(super) async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let proposal = proposal_of(staff, id).await?;
    let parts = parts(staff, id, &proposal).await?;
    recent::note(&staff.request, &format!("/console/proposals/{id}"), proposal["reference"].as_str());
    let standing = Standing::of(staff, &parts.offices, &proposal);
    let reviews = reviews(staff, &proposal, &parts).await?;
    let taken = steps(staff, &proposal, &parts, standing).await?;
    let rules = screening::rules(staff, standing, &proposal, &parts.window).await?;
    let state = proposal["state"].as_str().unwrap_or_default();
    let writes = standing.is_own && staff.may("proposals:write");
    let lacks_budget = money::lacks_budget(&proposal, &parts.funds);
    let may = json!({
        "edit": writes && state == "draft", "copy": writes && state != "draft",
        "attach": writes && (state == "draft" || is_pending(state) || is_promised(state)),
        "file_budget": writes && (lacks_budget || ["approved", "partly_approved"].contains(&state)),
        "file_report": report::may_file(&proposal, writes, staff.today()),
    });
    let needs_endorsement = parts.window["eligibility"]["is_regional_endorsement_needed"] == true
        && has_region(&parts.offices, &proposal);
    let context = json!({
        "steps": taken, "key": key(), "may": may, "plan_names": named_plans(&proposal, &parts.plans),
        "office": offices::names(&parts.offices)[proposal["office_id"].as_str().unwrap_or_default()],
        "rules": rules, "marks": money::marks(staff.language, &proposal["amounts"]),
        "unendorsed": state == "draft" && needs_endorsement && proposal["endorsed_by"].is_null(),
        "unaccounted": state == "reporting" && is_unaccounted(&proposal),
        "lacks_budget": lacks_budget, "due": money::due(&proposal, &parts.funds).map(fields::dollars),
        "budget_total": fields::dollars(fields::total(&proposal["budget"])),
        "final_budget_total": fields::dollars(fields::total(&proposal["final_budget"])),
        "window": parts.window, "sheets": parts.sheets, "conflicts": parts.conflicts, "funds": parts.funds,
        "sources": parts.sources, "decisions": parts.decisions, "proposal": proposal,
        "screened": null, "scored": null, "ruled": null, "ruled_at": null,
    });
    staff.page("console/proposals/show.html", added(added(context, reviews), again)).await
}

/// The steps that the reader can take, with what they let choose from.
async fn steps(
    staff: &Staff,
    proposal: &Value,
    parts: &Parts,
    standing: Standing,
) -> Result<Value, PageError> {
    let decided = money::decided(staff.language, proposal, &parts.decisions, &parts.funds);
    let resolutions: Vec<&str> =
        decided.iter().filter_map(|decision| decision["resolution"].as_str()).collect();
    let is_reserve = parts.window["kind"] == "reserve";
    let may = |permission: &str| staff.may(permission);
    let mut names = steps_for(proposal, standing, (is_reserve, &resolutions), may);
    let lacks_budget = money::lacks_budget(proposal, &parts.funds);
    names.retain(|name| *name != "disburse" || !lacks_budget);
    offer(staff, proposal, STEPS.of(staff, proposal, &names), &decided).await
}

/// What the page says of the committee's review: the reader's own sheet, who is named, and on whom the reader rules.
async fn reviews(staff: &Staff, proposal: &Value, parts: &Parts) -> Result<Value, PageError> {
    let is_pending = is_pending(proposal["state"].as_str().unwrap_or_default());
    let is_member = parts.sheets.is_object() && staff.may("scores:write");
    let own = if is_member { staff.get("/v1/me", &()).await?["id"].clone() } else { Value::Null };
    let seats = conflicts::seats(staff, &parts.window, is_member && is_pending).await?;
    let names = people::names(staff, mentioned(proposal, parts, &seats)).await?;
    let criteria = score::criteria(staff.language, &parts.window);
    let sheet = if conflicts::scores(&seats, &own) {
        score::own_sheet(proposal, &criteria, &parts.sheets, [&own, &parts.conflicts])
    } else {
        Value::Null
    };
    Ok(json!({
        "sheet": sheet,
        "may_declare": is_member && is_pending, "chairs": conflicts::chairs(&seats, &own),
        "members": conflicts::members(&seats, &names, &own), "own": own, "criteria": criteria, "names": names,
    }))
}

/// The names of the response plans that a proposal is a part of.
fn named_plans(proposal: &Value, plans: &[Value]) -> Vec<Value> {
    let of_it = |plan: &&Value| {
        proposal["plan_ids"].as_array().into_iter().flatten().any(|wanted| *wanted == plan["id"])
    };
    plans.iter().filter(of_it).map(|plan| plan["name"].clone()).collect()
}

/// Everybody that the page may name.
fn mentioned<'a>(proposal: &'a Value, parts: &'a Parts, seats: &'a [Value]) -> Vec<&'a Value> {
    let mut people: Vec<&Value> =
        ["endorsed_by", "submitted_by", "screened_by"].iter().map(|name| &proposal[*name]).collect();
    people.extend(proposal["steps"].as_array().into_iter().flatten().map(|step| &step["actor_id"]));
    people.extend(items(&parts.sheets).iter().map(|sheet| &sheet["person_id"]));
    for name in ["person_id", "recorded_by", "lifted_by"] {
        people.extend(items(&parts.conflicts).iter().map(|conflict| &conflict[name]));
    }
    let report = &parts.funds["report"];
    people.extend([&report["filed_by"], &report["accepted_by"]]);
    people.extend(seats.iter().map(|seat| &seat["person_id"]));
    people
}

/// The steps with what their fields let choose from: decisions, suggestions, and other proposals that have money.
async fn offer(
    staff: &Staff,
    proposal: &Value,
    mut steps: Value,
    decided: &[Value],
) -> Result<Value, PageError> {
    for (step, resolution) in
        [("withdraw-funds", "withdraw_funds"), ("reallocate", "reallocate"), ("extend", "extend")]
    {
        let of_kind: Vec<Value> =
            decided.iter().filter(|decision| decision["resolution"] == resolution).cloned().collect();
        steps = offering_for(steps, (step, "decision_id"), &of_kind);
    }
    let takes = |step: &str| {
        let mut shown = steps.as_array().into_iter().flatten();
        shown.any(|one| one["name"] == step)
    };
    let (withdraws, gives) = (takes("withdraw-funds"), takes("reallocate"));
    if withdraws {
        let id = proposal["id"].as_str().unwrap_or_default();
        let found = staff.all("/v1/suggestions", &[("state", "open"), ("proposal_id", id)]).await?;
        let found = money::suggestions(staff.language, &found);
        steps = offering_for(steps, ("withdraw-funds", "suggestion_id"), &found);
    }
    if gives {
        let mut others = Vec::new();
        for state in ["approved", "partly_approved", "disbursing"] {
            others.extend(staff.all("/v1/allocation-proposals", &[("state", state)]).await?);
        }
        let receivers = money::receivers(&others, proposal);
        steps = offering_for(steps, ("reallocate", "to_proposal_id"), &receivers);
    }
    Ok(steps)
}

async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match STEPS.take(&form, &id, &step).await? {
        Ok(response) => Ok(response),
        // What is missing is filled in on the form of the draft.
        Err(again) if step == "submit" && form::concerns_fields(&again["problem"]) => {
            form::incomplete(&form, &id, again["problem"].clone()).await
        }
        Err(again) => show_page(&form, &id, unendorsed(again)).await,
    }
}

/// What is refused until the region has endorsed it is said so, beside the notice of the page.
fn unendorsed(mut again: Value) -> Value {
    for error in again["problem"]["errors"].as_array_mut().into_iter().flatten() {
        if error["field"] == "submit-endorsed_by" {
            error["field"] = "unendorsed".into();
            error["params"]["kind"] = "endorsement".into();
        }
    }
    again
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_that_is_not_endorsed_says_what_is_missing() {
        let refused = |field: &str, params: Value| {
            let error = json!({ "field": field, "code": "required", "params": params });
            json!({ "problem": { "errors": [error] }, "asked": "submit" })
        };
        let endorsement = json!({ "kind": "endorsement" });
        assert_eq!(unendorsed(refused("submit-endorsed_by", json!({}))), refused("unendorsed", endorsement));
        let other = refused("withdraw-comment", json!({}));
        assert_eq!(unendorsed(other.clone()), other);
    }
}
