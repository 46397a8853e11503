//! Menus: what each area adds to them, and what a reader sees of them.

use crate::{areas, session::SignedIn};
use serde_json::{Value, json};

/// A page that a menu leads to.
pub(crate) struct NavEntry {
    /// What a reader must be permitted; none for a page that everybody may see.
    pub(crate) permission: Option<&'static str>,
    pub(crate) path: &'static str,
    /// The key of its text.
    pub(crate) key: &'static str,
    pub(crate) group: Group,
    /// Its place among the entries of its group, from the top: 10, 20, 30, …, with room for more between them.
    pub(crate) position: u16,
}

/// The groups of the console's menu, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Work,
    Donors,
    CrisisResponse,
    Allocations,
    Engagement,
    PrivateSector,
    Analysis,
    Data,
    Administration,
    /// Entries without a heading: the public pages, the donor portal, the account.
    Plain,
}

impl Group {
    const ALL: [Self; 10] = [
        Self::Plain,
        Self::Work,
        Self::Donors,
        Self::CrisisResponse,
        Self::Allocations,
        Self::Engagement,
        Self::PrivateSector,
        Self::Analysis,
        Self::Data,
        Self::Administration,
    ];

    /// Its name in the cookie of folded groups; the key of its heading is `menu-` and this.
    fn name(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Donors => "donors",
            Self::CrisisResponse => "crisis-response",
            Self::Allocations => "allocations",
            Self::Engagement => "engagement",
            Self::PrivateSector => "private-sector",
            Self::Analysis => "analysis",
            Self::Data => "data",
            Self::Administration => "administration",
            Self::Plain => "plain",
        }
    }
}

/// The entries that an area has: those of each of its files.
pub(crate) type Entries = &'static [&'static [NavEntry]];
/// The entries that one of the faces of the site has: those of each of its areas. In what order they are listed means
/// nothing.
pub(crate) type Menu = &'static [Entries];

/// Every entry of a menu, in no order.
pub(crate) fn entries_of(menu: Menu) -> impl Iterator<Item = &'static NavEntry> {
    menu.iter().copied().flatten().copied().flatten()
}

/// Groups are unfolded from the top where they have no more entries than this together; one that is too long for the room
/// left is folded, but for the group of the page, until the reader chooses.
const MAX_UNFOLDED: usize = 16;
/// The cookie that says which groups a reader has folded, with points between. It decides nothing else.
pub(crate) const FOLDED: &str = "folded";

impl NavEntry {
    fn is_for(&self, signed_in: Option<&SignedIn>) -> bool {
        let may = |permission| signed_in.is_some_and(|signed_in| signed_in.may(permission));
        self.permission.is_none_or(may)
    }

    /// `page` when it leads to this very path, `true` when the path lies below it. A start page has nothing below it: its
    /// path is the beginning of all others.
    fn current(&self, path: &str) -> Option<&'static str> {
        let is_start = self.path.matches('/').count() < 2;
        let below = || path.strip_prefix(self.path).is_some_and(|rest| rest.starts_with('/'));
        if path == self.path { Some("page") } else { (!is_start && below()).then_some("true") }
    }
}

/// The entries that somebody may see, in their groups; a group with nothing is not there.
fn groups(menu: Menu, signed_in: Option<&SignedIn>, path: &str, folded: Option<&[&str]>) -> Vec<Value> {
    let seen: Vec<&NavEntry> = entries_of(menu).filter(|entry| entry.is_for(signed_in)).collect();
    // A page below two entries, one within the other, is marked at the nearer one only.
    let nearer = |entry: &NavEntry, other: &NavEntry| {
        other.path.len() > entry.path.len() && other.current(path).is_some()
    };
    let current =
        |entry: &NavEntry| entry.current(path).filter(|_| !seen.iter().any(|other| nearer(entry, other)));
    let mut entries_so_far = 0;
    let of_group = |group: Group| {
        let mut of_it: Vec<&NavEntry> = seen.iter().copied().filter(|entry| entry.group == group).collect();
        of_it.sort_by_key(|entry| entry.position);
        let is_current = of_it.iter().any(|entry| current(entry).is_some());
        let has_room = entries_so_far + of_it.len() <= MAX_UNFOLDED;
        if has_room {
            entries_so_far += of_it.len();
        }
        let unfolded = folded.map_or(has_room, |folded| !folded.contains(&group.name()));
        let shown =
            |entry: &&NavEntry| json!({ "path": entry.path, "key": entry.key, "current": current(entry) });
        (!of_it.is_empty()).then(|| {
            json!({
                "name": group.name(), "heading": group != Group::Plain, "open": is_current || unfolded,
                "entries": of_it.iter().map(shown).collect::<Vec<_>>(),
            })
        })
    };
    Group::ALL.into_iter().filter_map(of_group).collect()
}

/// Which frame a page stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shell {
    Public,
    Console,
    Donor,
}

impl Shell {
    /// The frame of a page for whoever signed in: the public pages have theirs for everybody.
    pub(crate) fn of(signed_in: Option<&SignedIn>, template: &str) -> Self {
        match signed_in {
            Some(signed_in) if !template.starts_with("public/") => {
                if signed_in.donor_id.is_some() {
                    Self::Donor
                } else {
                    Self::Console
                }
            }
            _ => Self::Public,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Console => "console",
            Self::Donor => "donor",
        }
    }

    fn entries(self) -> Menu {
        match self {
            Self::Public => areas::PUBLIC,
            Self::Console => areas::CONSOLE,
            Self::Donor => areas::DONOR_PORTAL,
        }
    }

    /// The menu of the frame, in groups; `folded` are those that the reader has folded.
    pub(crate) fn menu(self, signed_in: Option<&SignedIn>, path: &str, folded: Option<&str>) -> Vec<Value> {
        let folded: Option<Vec<&str>> = folded.map(|names| names.split('.').collect());
        groups(self.entries(), signed_in, path, folded.as_deref())
    }
}

/// What stands under the reader's name.
pub(crate) fn account(signed_in: Option<&SignedIn>, path: &str) -> Vec<Value> {
    groups(areas::ACCOUNT, signed_in, path, None)
}

/// Every entry of every menu.
#[cfg(test)]
pub(crate) fn every_entry() -> impl Iterator<Item = &'static NavEntry> {
    [areas::PUBLIC, areas::ACCOUNT, areas::DONOR_PORTAL, areas::CONSOLE].into_iter().flat_map(entries_of)
}

/// Every permission that an entry of a menu asks for.
#[cfg(test)]
pub(crate) fn permissions() -> Vec<&'static str> {
    every_entry().filter_map(|entry| entry.permission).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &'static str, permission: Option<&'static str>, group: Group) -> NavEntry {
        NavEntry { permission, path, key: "home", group, position: 10 }
    }

    #[test]
    fn the_page_and_what_lies_below_it_are_marked_and_a_start_page_only_itself() {
        let donors = entry("/console/donors", None, Group::Donors);
        assert_eq!(donors.current("/console/donors"), Some("page"));
        assert_eq!(donors.current("/console/donors/x/edit"), Some("true"));
        assert_eq!(donors.current("/console/donors-lost"), None);
        let start = entry("/console", None, Group::Work);
        assert_eq!((start.current("/console"), start.current("/console/donors")), (Some("page"), None));
    }

    #[test]
    fn a_group_is_there_when_its_reader_may_see_something_of_it() {
        let signed_in = crate::session::tests::signed_in(&["donors:read"]);
        let shown = groups(areas::CONSOLE, Some(&signed_in), "/console/donors", None);
        let names: Vec<&str> = shown.iter().filter_map(|group| group["name"].as_str()).collect();
        assert_eq!(names, ["work", "donors"]);
        assert_eq!(shown[1]["entries"].as_array().map(Vec::len), Some(1));
        assert_eq!(shown[1]["entries"][0]["current"], "page");
    }

    #[test]
    fn of_two_entries_one_within_the_other_the_nearer_is_marked() {
        let signed_in = crate::session::tests::signed_in(&["contributions:read"]);
        let marked = |path: &str| -> Vec<String> {
            let shown = groups(areas::CONSOLE, Some(&signed_in), path, None);
            let entries = shown.iter().filter_map(|group| group["entries"].as_array()).flatten();
            let marked = entries.filter(|entry| !entry["current"].is_null());
            marked.filter_map(|entry| entry["path"].as_str().map(str::to_owned)).collect()
        };
        let (list, twice) = ("/console/contributions", "/console/contributions/twice");
        assert_eq!(marked(list), [list]);
        assert_eq!(marked(&format!("{list}/x")), [list]);
        assert_eq!(marked(twice), [twice]);
        assert_eq!(marked(&format!("{twice}/x")), [twice]);
    }

    #[test]
    fn what_somebody_folded_stays_folded_except_around_the_page() {
        let signed_in = crate::session::tests::signed_in(&["donors:read", "imports:read"]);
        let folded = ["donors", "data"];
        let shown = groups(areas::CONSOLE, Some(&signed_in), "/console/donors/x", Some(&folded));
        let open = |name: &str| shown.iter().find(|group| group["name"] == name).map(|group| &group["open"]);
        assert_eq!((open("donors"), open("data")), (Some(&json!(true)), Some(&json!(false))));
    }

    #[test]
    fn a_long_menu_shows_daily_work_and_folds_what_is_further_down_except_around_the_page() {
        let signed_in = crate::session::tests::signed_in(&permissions());
        let open = |path: &str| -> Vec<String> {
            let shown = groups(areas::CONSOLE, Some(&signed_in), path, None);
            let open = shown.iter().filter(|group| group["open"] == true);
            open.filter_map(|group| group["name"].as_str().map(str::to_owned)).collect()
        };
        let daily = ["work", "donors", "analysis", "data"];
        assert_eq!(open("/console"), daily);
        assert_eq!(open("/console/people/x"), ["work", "donors", "analysis", "data", "administration"]);
        assert_eq!(open("/console/windows/x"), ["work", "donors", "allocations", "analysis", "data"]);
    }

    #[test]
    fn every_entry_leads_to_a_page_of_its_own() {
        let mut paths: Vec<&str> = every_entry().map(|entry| entry.path).collect();
        let before = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), before);
    }

    #[test]
    fn the_entries_of_a_group_stand_in_the_order_of_their_positions_and_no_two_in_one_place() {
        for menu in [areas::PUBLIC, areas::ACCOUNT, areas::DONOR_PORTAL, areas::CONSOLE] {
            let mut places: Vec<(&str, u16)> =
                entries_of(menu).map(|entry| (entry.group.name(), entry.position)).collect();
            let before = places.len();
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), before, "two entries have one position: {places:?}");
        }
        let signed_in = crate::session::tests::signed_in(&permissions());
        let paths = |menu: Menu, group: &str| -> Vec<String> {
            let shown = groups(menu, Some(&signed_in), "/", None);
            let group = shown.into_iter().find(|shown| shown["name"] == group).unwrap();
            let entries = group["entries"].as_array().cloned().unwrap();
            entries.iter().map(|entry| entry["path"].as_str().unwrap().to_owned()).collect()
        };
        let donors = ["donors", "agreements", "contributions", "contributions/twice", "reports"];
        assert_eq!(paths(areas::CONSOLE, "donors"), donors.map(|name| format!("/console/{name}")));
        let data = ["imports", "exchange-rates", "publication"];
        assert_eq!(paths(areas::CONSOLE, "data"), data.map(|name| format!("/console/{name}")));
        assert_eq!(paths(areas::PUBLIC, "plain"), ["/plans", "/donors", "/flows", "/archive"]);
        let donor = ["", "/contributions", "/unearmarked", "/agreements", "/reports", "/data"];
        assert_eq!(paths(areas::DONOR_PORTAL, "plain"), donor.map(|name| format!("/donor{name}")));
    }
}
