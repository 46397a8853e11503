//! Figures of an office that is moved, on both back ends.

use super::*;
use crate::counted::{
    Sums,
    recount::recount,
    tests::{OFFICES, ORGANISATION, figures, organisation, stores, written},
};
use ::store::{Actor, Store};
use kernel::OfficeKind;

type Figures = (Vec<String>, BTreeMap<(OfficeId, String, i32), Sums>);

fn told(id: OfficeId, parent: OfficeId) -> OfficeChanged {
    OfficeChanged {
        id,
        sequence: 2,
        organisation_id: ORGANISATION,
        parent_id: Some(parent),
        code: "X".to_owned(),
        name: "X".to_owned(),
        kind: OfficeKind::Country.into(),
        country: None,
        time_zone: None,
        is_closed: false,
    }
}

/// Applies events as the consumer does.
async fn apply(store: &Store, events: Vec<OfficeChanged>) {
    let tx = store.system(Actor::system()).await.unwrap();
    let touched = touched(tx.db(), &events).await.unwrap();
    lock(&tx).await.unwrap();
    office::keep(&tx, events).await.unwrap();
    count(&tx, &touched).await.unwrap();
    tx.commit().await.unwrap();
}

/// The figures, which are those of a full recount.
async fn checked(store: &Store, owner: &Store) -> Figures {
    let found = figures(store).await;
    let tx = owner.system(Actor::system()).await.unwrap();
    recount(tx.db()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(figures(store).await, found);
    found
}

fn of(figures: &Figures, office: OfficeId) -> Vec<(i32, Sums)> {
    let own = figures.1.iter().filter(|((id, ..), _)| *id == office);
    own.map(|((_, _, year), sums)| (*year, sums.clone())).collect()
}

#[tokio::test]
async fn an_office_takes_its_figures_along_and_brings_them_back() {
    let folder = testkit::folder();
    for (store, owner) in stores(folder.path()).await {
        organisation(&store).await;
        written(&store).await;
        let [headquarters, region, country, _] = OFFICES;
        let before = checked(&store, &owner).await;
        // An event that moves nothing, and one that is delivered twice.
        apply(&store, vec![told(country, region)]).await;
        assert_eq!(figures(&store).await, before);
        for _ in 0..2 {
            apply(&store, vec![told(country, headquarters)]).await;
            let moved = checked(&store, &owner).await;
            assert_ne!(of(&moved, region), of(&before, region));
            assert_eq!(of(&moved, headquarters), of(&before, headquarters));
            assert_eq!(of(&moved, country), of(&before, country));
        }
        apply(&store, vec![told(country, headquarters), told(country, region)]).await;
        assert_eq!(checked(&store, &owner).await, before);
    }
}

#[tokio::test]
async fn an_office_is_moved_below_one_of_which_the_event_comes_later() {
    let folder = testkit::folder();
    for (store, owner) in stores(folder.path()).await {
        organisation(&store).await;
        written(&store).await;
        let [headquarters, region, country, _] = OFFICES;
        let before = checked(&store, &owner).await;
        let late = OfficeId::from_u128(99);
        apply(&store, vec![told(country, late)]).await;
        let between = figures(&store).await;
        assert_ne!(of(&between, headquarters), of(&before, headquarters), "nothing leads there yet");
        apply(&store, vec![told(late, headquarters)]).await;
        let moved = checked(&store, &owner).await;
        assert_eq!(of(&moved, headquarters), of(&before, headquarters));
        assert_eq!(of(&moved, late), of(&before, country));
        assert_ne!(of(&moved, region), of(&before, region));
    }
}
