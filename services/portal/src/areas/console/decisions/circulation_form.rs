//! A new circulation, on a proposal that is chosen first: its window says which committee decides.

use crate::{
    areas::console::meetings::new_motion::{proposal_of, resolutions, wording},
    client::{Guard, Method},
    committees::{self, day_in},
    error::unless_away,
    forms::{self, key},
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/circulations", web::post().to(create))
        .route("/console/circulations/new", web::get().to(new));
}

#[derive(Deserialize)]
struct OnProposal {
    proposal_id: Option<Id>,
}

async fn new(staff: Staff, on: web::Query<OnProposal>) -> PageResult {
    let proposal_id = on.proposal_id.as_ref().map(Id::as_str);
    form_page(&staff, json!({ "proposal_id": proposal_id }), Value::Null).await
}

async fn form_page(staff: &Staff, typed: Value, problem: Value) -> PageResult {
    let proposal = proposal_of(staff, &typed["proposal_id"]).await?;
    let Some(proposal) = proposal else {
        let waiting = staff.all("/v1/allocation-proposals", &[("state", "shortlisted")]).await;
        let shown = |proposal: &Value| {
            let part = |name: &str| proposal[name].as_str().unwrap_or_default().to_owned();
            json!({ "id": proposal["id"], "name": format!("{} · {}", part("reference"), part("title")) })
        };
        let proposals: Vec<Value> = unless_away(waiting)?.unwrap_or_default().iter().map(shown).collect();
        let context = json!({ "proposal": null, "proposals": proposals, "problem": problem, "typed": typed });
        return staff.page("console/decisions/circulation-form.html", context).await;
    };
    let window_id = proposal["window_id"].as_str().unwrap_or_default();
    let window = staff.get(&format!("/v1/allocation-windows/{window_id}"), &()).await?;
    let committee = committees::of(staff, &window["committee_id"]).await?;
    let today = day_in(&committee["time_zone"], staff.state.clock.now());
    let seats = committees::seats(staff, &window["committee_id"], Some(&today)).await?;
    let context = json!({
        "window": window, "committee": committee, "resolutions": resolutions(Some(&proposal)), "proposal": proposal,
        "proposals": [], "movers": committees::movers(staff, &seats).await?, "typed": typed, "problem": problem,
        "key": key(),
    });
    staff.page("console/decisions/circulation-form.html", context).await
}

async fn create(form: Writer) -> PageResult {
    let typed = &form.typed;
    let sent = json!({
        "committee_id": typed.text("committee_id"), "proposal_id": typed.text("proposal_id"),
        "mover_id": typed.text("mover_id"), "urgency_reason": typed.some("urgency_reason"),
        "wording": wording(form.language, typed),
    });
    let answer = form.change(Method::POST, "/v1/circulations", &sent, Guard::Key(typed.text("key"))).await;
    match forms::refused(answer, "/wording")? {
        Ok(saved) => {
            let id = saved["id"].as_str().unwrap_or_default();
            form.see_other(&format!("/console/circulations/{id}?done=created"))
        }
        Err(problem) => form_page(&form, typed.values(), problem).await,
    }
}
