use super::*;

fn organisation(id: &str, name: &str) -> FlowObject {
    FlowObject::new(FlowObject::ORGANISATION, id, name)
}

/// Who receives a flow, and whether it is ours: the setting is two names and the id 2986.
#[test]
fn a_flow_is_ours_when_the_organisation_alone_receives_it() {
    let us = Us::new(["International Organization for Migration", "Organisation mondiale, É"], ["2986"]);
    let iom = || organisation("1", "International Organization for Migration");
    let place = || FlowObject::usage_year(2020);
    for (destination, expected) in [
        (vec![], false),
        (vec![place()], false),
        (vec![iom()], true),
        (vec![place(), iom(), place()], true),
        // By its id, whatever it is called there; and by its name, whatever its id.
        (vec![organisation("2986", "IOM")], true),
        (vec![organisation("29860", "IOM")], false),
        (vec![organisation("9", "INTERNATIONAL\u{a0}organization  for\tMigration")], true),
        (vec![organisation("9", "organisation mondiale - e")], true),
        (vec![organisation("9", "International Organization for Migration (IOM)")], false),
        (vec![organisation("9", "")], false),
        // Twice the same, or under two of its names: nobody else receives it.
        (vec![iom(), iom()], true),
        (vec![iom(), organisation("2986", "IOM")], true),
        // Shared with others.
        (vec![iom(), organisation("3049", "World Food Programme")], false),
        (vec![organisation("3049", "World Food Programme"), iom()], false),
        (vec![organisation("3049", "World Food Programme")], false),
        // Where the money goes is not who receives it.
        (vec![FlowObject::plan("2986", "International Organization for Migration")], false),
    ] {
        assert_eq!(us.receives(&destination), expected, "{destination:?}");
    }
    let nobody = Us::new([], []);
    assert!(!nobody.receives(&[iom()]) && !nobody.receives(&[organisation("", "")]));
    assert!(!Us::new(["…"], []).receives(&[organisation("9", "!")]), "what has no letters is no name");
}

#[test]
fn the_setting_holds_each_name_and_id_once() {
    let fields = |names: &[&str], ids: &[&str]| RecipientFields {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        fts_organisation_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
    };
    let kept =
        in_order(fields(&[" Horizon\nAgency ", "HORIZON agency", "Horizonte"], &["7", " 7", "8"])).unwrap();
    assert_eq!(kept, fields(&["Horizon Agency", "Horizonte"], &["7", "8"]));
    assert_eq!(in_order(fields(&[], &[])).unwrap(), fields(&[], &[]));
    let wrong = |names: &[&str], ids: &[&str]| -> Vec<String> {
        let problem = in_order(fields(names, ids)).unwrap_err();
        problem.errors.into_iter().map(|error| error.pointer).collect()
    };
    assert_eq!(wrong(&["A", " ", "!"], &["", "8"]), ["/names/1", "/names/2", "/fts_organisation_ids/0"]);
    assert_eq!(wrong(&["A"; 21], &["1"; 21]), ["/names", "/fts_organisation_ids"]);
    let (name, id) = ("x".repeat(301), "1".repeat(101));
    assert_eq!(wrong(&[&name], &[&id]), ["/names/0", "/fts_organisation_ids/0"]);
}

#[test]
fn every_change_of_the_setting_is_another_comparison() {
    let setting = |version, name: &str| RecipientSetting {
        version,
        fields: RecipientFields { names: vec![name.to_owned()], fts_organisation_ids: Vec::new() },
        updated_at: None,
    };
    let wanted = |version, name: &str| setting(version, name).wanted().unwrap();
    assert_eq!(wanted(0, "Horizon"), wanted(0, "HORIZON"));
    assert_ne!(wanted(0, "Horizon"), wanted(0, "Other"), "the organisation was renamed");
    assert_ne!(wanted(1, "Horizon"), wanted(2, "Horizon"), "saved again");
}
