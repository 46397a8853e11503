//! Minutes of a meeting as they are written, on SQLite.

use super::{api::collected, compose, store};
use crate::{
    committee::DecidedBy,
    decision::testing::{ITEM, ORGANISATION, World, scope},
    meeting::item,
    motion::{
        self,
        Ballot::{Abstain, No, Yes},
        MotionState,
    },
};
use kernel::{AgendaItemId, MotionId, PersonId};
use pdf::{Block, Document};

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
        meeting_id: world.meeting.id,
        version: 1,
        organisation_id: ORGANISATION,
        office_id: world.meeting.office_id,
        texts: store::written(&said).unwrap(),
        actions: Some("Publish the terms".to_owned()),
        drafted_by: PersonId::from_u128(9),
        drafted_at: world.meeting.starts_at,
        signed_by: None,
        signed_at: None,
        sha256: None,
        drafters: None,
    };
    store::save(&tx, &minutes).await.unwrap();
    assert_eq!(minutes.texts().unwrap(), said);
    let meeting = world.meeting.clone();
    let record = collected(&scope(), tx.db(), meeting, minutes).await.unwrap();
    let document = compose::document(&record).unwrap();
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
        meeting_id: world.meeting.id,
        version: 1,
        organisation_id: ORGANISATION,
        office_id: world.meeting.office_id,
        texts: store::written(&said).unwrap(),
        actions: None,
        drafted_by: PersonId::from_u128(9),
        drafted_at: world.meeting.starts_at,
        signed_by: None,
        signed_at: None,
        sha256: None,
        drafters: Some(serde_json::to_string(&[PersonId::from_u128(8)]).unwrap()),
    };
    let drafters: Vec<PersonId> = minutes.drafters().unwrap().into_iter().collect();
    assert_eq!(drafters, [PersonId::from_u128(8), PersonId::from_u128(9)], "the last one, too");
    let record = collected(&scope(), tx.db(), world.meeting.clone(), minutes).await.unwrap();
    let document = compose::document(&record).unwrap();
    let text = texts(&document);
    for title in titles {
        assert!(text.matches(title).count() >= 66, "{title}");
    }
    assert!(pdf::write(&document).unwrap().starts_with(b"%PDF-"));
    tx.commit().await.unwrap();
}
