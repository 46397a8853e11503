//! Minutes of a meeting as they are written, on SQLite.

use super::{collect::collected, compose, store};
use crate::{
    committee::DecidedBy,
    conflict,
    decision::{
        self,
        testing::{ITEM, ORGANISATION, World, scope, seat_of},
    },
    meeting::item,
    motion::{
        self,
        Ballot::{Abstain, No, Yes},
        MotionState, Resolution,
        roll::Roll,
    },
    proposal, score,
    what_if::{Answer, SOLVE_LIMIT, solve},
    window,
};
use ::store::TenantTx;
use kernel::{
    AgendaItemId, ConflictId, DecisionId, Money, MotionId, PersonId, PrincipalId, ProposalId, ScoreSheetId,
    WindowId,
};
use locale::Language;
use pdf::{Block, Document};
use std::collections::BTreeSet;

/// All texts of a document.
fn texts(document: &Document) -> String {
    let mut text = document.title.clone();
    for block in &document.blocks {
        let own = match block {
            Block::Heading(line) | Block::Paragraph(line) => line.clone(),
            Block::Facts(facts) => facts.iter().map(|(name, value)| format!("{name}: {value}\n")).collect(),
            Block::Table(table) => table.rows.iter().map(|row| row.cells.join(" | ") + "\n").collect(),
        };
        text.push('\n');
        text.push_str(&own);
    }
    text
}

/// Minutes that say nothing.
fn blank(world: &World) -> store::Model {
    store::Model {
        meeting_id: world.meeting.id,
        version: 1,
        organisation_id: ORGANISATION,
        office_id: world.meeting.office_id,
        texts: "[]".to_owned(),
        actions: None,
        drafted_by: PersonId::from_u128(9),
        drafted_at: world.meeting.starts_at,
        signed_by: None,
        signed_at: None,
        sha256: None,
        drafters: None,
    }
}

/// A window of a million dollars under deliberation, without a balance.
async fn deliberated(world: &World, tx: &mut TenantTx) -> window::store::Model {
    let mut fields = window::fields_check::tests::window();
    fields.committee_id = world.committee.id;
    fields.envelope = Money::usd(100_000_000);
    fields.balance.clear();
    let row = window::store::Model {
        id: WindowId::from_u128(101),
        office_id: world.meeting.office_id,
        state: window::State::Deliberation,
        ..window::store::tests::blank().with(&fields).unwrap()
    };
    window::store::insert(tx, &row).await.unwrap();
    row
}

/// A proposal of 600,000.00 in a window, with one sheet.
async fn scored(
    tx: &mut TenantTx,
    window: &window::store::Model,
    number: u128,
    (least, points): (i64, i32),
) -> proposal::store::Model {
    let mut fields = proposal::fields_check::tests::proposal();
    fields.window_id = window.id;
    (fields.asked, fields.least) = (Money::usd(60_000_000), Money::usd(least));
    let begun = proposal::store::Model {
        id: ProposalId::from_u128(500 + number),
        office_id: window.office_id,
        reference: format!("MIR-2026-{number:05}"),
        ..proposal::store::tests::row(proposal::State::Shortlisted)
    };
    let row = begun.with(&fields, PrincipalId::from_u128(7)).unwrap();
    proposal::store::insert(tx, &row).await.unwrap();
    let sheet = score::store::Model {
        id: ScoreSheetId::from_u128(600 + number),
        version: 1,
        organisation_id: ORGANISATION,
        window_id: window.id,
        proposal_id: row.id,
        person_id: seat_of(3).1,
        answers: "[]".to_owned(),
        points: Some(points),
        submitted_at: Some(tx.now()),
        struck: None,
        struck_at: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    score::store::save(tx, &sheet).await.unwrap();
    row
}

/// A member has a conflict of interest in a proposal that is on the agenda, and is out of the room while it is voted on.
async fn put_to_the_vote(world: &World, tx: &mut TenantTx, proposal: &proposal::store::Model) {
    let (_, left) = seat_of(2);
    let conflict = conflict::store::Model {
        id: ConflictId::from_u128(1),
        version: 1,
        organisation_id: ORGANISATION,
        office_id: proposal.office_id,
        proposal_id: proposal.id,
        person_id: left,
        ground: conflict::Ground::Declared,
        reason: Some("Worked there".to_owned()),
        recorded_by: PrincipalId::nil(),
        recorded_at: tx.now(),
        lifted_by: None,
        lifted_at: None,
        lift_reason: None,
    };
    conflict::store::record(tx, conflict).await.unwrap();
    let general = item::get(tx.db(), ORGANISATION, ITEM).await.unwrap().unwrap();
    let id = AgendaItemId::from_u128(301);
    let about = item::Model { id, position: 2, proposal_id: Some(proposal.id), ..general };
    item::save_all(tx, &[about]).await.unwrap();
    let roll = Roll {
        entitled: Vec::new(),
        recused: BTreeSet::from([left]),
        present: [1, 3, 4, 5].map(|number| seat_of(number).1).into_iter().collect(),
    };
    let first = motion::store::get(&scope(), tx.db(), MotionId::from_u128(401)).await.unwrap().unwrap();
    let motion = motion::store::Model {
        id: MotionId::from_u128(402),
        number: 2,
        item_id: id,
        proposal_id: Some(proposal.id),
        window_id: Some(proposal.window_id),
        state: MotionState::Passed,
        at_opening: Some(serde_json::to_string(&roll).unwrap()),
        opened_at: Some(world.meeting.starts_at),
        ..first
    };
    motion::store::save(tx, &motion).await.unwrap();
}

#[tokio::test]
async fn minutes_tell_scores_conflicts_and_the_optimum_beside_the_decisions_in_three_languages() {
    let world = World::new(DecidedBy::Committee).await;
    let mut tx = world.begin().await;
    let window = deliberated(&world, &mut tx).await;
    let first = scored(&mut tx, &window, 1, (60_000_000, 8_000)).await;
    scored(&mut tx, &window, 2, (30_000_000, 7_000)).await;
    let (_, general) = world.decide(&mut tx, 1, &[Yes, Yes, Yes]).await;
    put_to_the_vote(&world, &mut tx, &first).await;
    let approved = decision::store::Model {
        id: DecisionId::from_u128(900),
        reference: "DEC-2026-00002".to_owned(),
        motion_id: None,
        proposal_id: Some(first.id),
        window_id: Some(window.id),
        resolution: Resolution::PartlyApprove,
        amount: Some(50_000_000),
        ..general.unwrap()
    };
    decision::store::save(&mut tx, &approved).await.unwrap();
    let record = collected(&scope(), tx.db(), world.meeting.clone(), blank(&world)).await.unwrap();
    let problems = record.judged.iter().map(|judged| &judged.asked.problem);
    let best: Vec<Option<Answer>> = problems.map(|problem| solve(problem, SOLVE_LIMIT).ok()).collect();
    let in_language = |language: Language| compose::document(&record, &best, language).unwrap();
    let text = texts(&in_language(Language::English));
    for expected in [
        "Proposal: MIR-2026-00001 ",
        "Score: 80.00 (mean of the sheets)",
        "Conflict of interest: Member,  (declared); Worked there",
        "Out of the room at the vote: Member, ",
        "recused: Member, ",
        "Optimum beside decisions: First standard allocation 2026",
        "Envelope of the window: USD\u{a0}1,000,000.00",
        "Optimum: USD\u{a0}1,000,000.00, 76.00 points per dollar",
        "Decided: USD\u{a0}500,000.00, 80.00 points per dollar",
        "MIR-2026-00001 | 80.00 | 600,000.00 | 600,000.00 | 500,000.00 | approve in part",
        "MIR-2026-00002 | 70.00 | 600,000.00 | 400,000.00 |  | ",
        "Total |  | 1,200,000.00 | 1,000,000.00 | 500,000.00 | ",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    for (language, expected) in [
        (Language::French, "Allocation committee\u{a0}: procès-verbal de la réunion 1"),
        (Language::French, "Enveloppe de la fenêtre: USD\u{a0}1\u{202f}000\u{202f}000,00"),
        (Language::French, "Langue du document: Français"),
        (Language::Spanish, "Allocation committee: acta de la reunión 1"),
        (Language::Spanish, "Dotación de la ventana: USD\u{a0}1.000.000,00"),
        (Language::Spanish, "Conflicto de intereses: Miembro,  (declarado); Worked there"),
    ] {
        let document = in_language(language);
        assert_eq!(document.language, language.as_str());
        let text = texts(&document);
        assert!(text.contains(expected), "{expected}\n{text}");
        assert!(!text.contains('{'), "{text}");
        assert!(pdf::write(&document).unwrap().starts_with(b"%PDF-"));
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn minutes_tell_who_was_there_what_was_said_and_what_was_decided() {
    let world = World::new(DecidedBy::Committee).await;
    let mut tx = world.begin().await;
    let (_, decision) = world.decide(&mut tx, 1, &[Yes, Yes, No, Abstain]).await;
    let id = MotionId::from_u128(401);
    let motion = motion::store::get(&scope(), tx.db(), id).await.unwrap().unwrap();
    let ended = motion::store::Model {
        state: MotionState::Passed,
        votes_yes: Some(2),
        votes_no: Some(1),
        votes_abstain: Some(1),
        quorum: Some(3),
        decision_id: decision.map(|decision| decision.id),
        ..motion
    };
    motion::store::save(&tx, &ended).await.unwrap();
    let said = store::Texts::from([(ITEM, "The chair explained.\n\nNobody objected.".to_owned())]);
    let minutes = store::Model {
        texts: store::written(&said).unwrap(),
        actions: Some("Publish the terms".to_owned()),
        ..blank(&world)
    };
    store::save(&tx, &minutes).await.unwrap();
    assert_eq!(minutes.texts().unwrap(), said);
    let meeting = world.meeting.clone();
    let record = collected(&scope(), tx.db(), meeting, minutes).await.unwrap();
    let document = compose::document(&record, &[], Language::English).unwrap();
    let text = texts(&document);
    for expected in [
        "Allocation committee: minutes of meeting 1",
        "Opened: 2026-05-04 12:00",
        "Chair,  | present | 2026-05-04 12:00 | ",
        "1. Terms of reference",
        "The chair explained.",
        "Votes: 2 for, 1 against, 1 abstained; quorum 3",
        "Decision: DEC-2026-00001, in force",
        "Publish the terms",
        "Signed: not yet: this is a draft",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    let file = pdf::write(&document).unwrap();
    assert!(file.starts_with(b"%PDF-"));
    // The document that is signed is kept as it is.
    store::keep_file(&tx, world.meeting.id, file.clone()).await.unwrap();
    assert_eq!(store::file(tx.db(), world.meeting.id).await.unwrap(), Some(file));
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn minutes_of_two_hundred_items_in_any_script_are_a_document() {
    let world = World::new(DecidedBy::Committee).await;
    let tx = world.begin().await;
    let general = item::get(tx.db(), ORGANISATION, ITEM).await.unwrap().unwrap();
    let titles = ["الغذاء لمخيم الزعتري", "L’abri d’urgence : phase 2", "Alimentación, fase 2"];
    let items: Vec<item::Model> = titles
        .into_iter()
        .cycle()
        .zip(2_i64..)
        .take(item::MAX_ITEMS - 1)
        .map(|(title, position)| item::Model {
            id: AgendaItemId::from_u128(1_000 + u128::try_from(position).unwrap()),
            position,
            title: title.to_owned(),
            ..general.clone()
        })
        .collect();
    item::save_all(&tx, &items).await.unwrap();
    let said: store::Texts = items.iter().map(|item| (item.id, "Nobody objected.".to_owned())).collect();
    let minutes = store::Model {
        texts: store::written(&said).unwrap(),
        drafters: Some(serde_json::to_string(&[PersonId::from_u128(8)]).unwrap()),
        ..blank(&world)
    };
    let drafters: Vec<PersonId> = minutes.drafters().unwrap().into_iter().collect();
    assert_eq!(drafters, [PersonId::from_u128(8), PersonId::from_u128(9)], "the last one, too");
    let record = collected(&scope(), tx.db(), world.meeting.clone(), minutes).await.unwrap();
    let document = compose::document(&record, &[], Language::English).unwrap();
    let text = texts(&document);
    for title in titles {
        assert!(text.matches(title).count() >= 66, "{title}");
    }
    assert!(pdf::write(&document).unwrap().starts_with(b"%PDF-"));
    tx.commit().await.unwrap();
}
