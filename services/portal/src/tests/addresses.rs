//! Every address of the site belongs to one handler: in which order the files of handlers are listed means nothing.

use super::{files, samples::ID};
use crate::{areas::console::STEPS, ids::only_ids, nav};
use actix_web::dev::ResourceDef;

/// The routes that are written in the files of handlers, by method and pattern. Those of steps, which have no pattern there,
/// are none of them.
fn written() -> Vec<(String, String)> {
    let mut routes = Vec::new();
    for source in files("src/areas").into_values() {
        for route in source.split(".route(").skip(1) {
            let (address, handler) = route.split_once("web::").unwrap();
            let method = handler.split("()").next().unwrap().to_owned();
            let pattern = address.split('"').nth(1);
            routes.extend(pattern.map(|pattern| {
                let is_of_ids = address.trim_start().starts_with("&only_ids(");
                (method, if is_of_ids { only_ids(pattern) } else { pattern.to_owned() })
            }));
        }
    }
    routes
}

/// An address of a pattern: with an id where an id stands, and a word in place of everything else.
fn address_of(pattern: &str) -> String {
    let (mut address, mut name, mut depth) = (String::new(), String::new(), 0);
    for character in pattern.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 1 => {
                address.push_str(if name.split(':').next() == Some("id") { ID } else { "word" });
                name.clear();
                depth = 0;
            }
            '}' => depth -= 1,
            other if depth == 0 => address.push(other),
            other => name.push(other),
        }
    }
    address
}

#[test]
fn every_address_has_one_handler() {
    let mut routes = written();
    assert!(routes.len() > 90, "{routes:?}");
    let mut addresses: Vec<(String, String)> =
        routes.iter().map(|(method, pattern)| (method.clone(), address_of(pattern))).collect();
    for steps in STEPS.iter().copied().flatten() {
        routes.push(("post".to_owned(), steps.address()));
        let address = |name: &str| ("post".to_owned(), format!("/console/{}/{ID}/{name}", steps.place()));
        addresses.extend(steps.names().into_iter().map(address));
    }
    let routes: Vec<(String, ResourceDef)> =
        routes.into_iter().map(|(method, pattern)| (method, ResourceDef::new(pattern))).collect();
    for (method, address) in addresses {
        let serving = routes.iter().filter(|(of, pattern)| *of == method && pattern.is_match(&address));
        let serving: Vec<Option<&str>> = serving.map(|(_, pattern)| pattern.pattern()).collect();
        assert_eq!(serving.len(), 1, "{method} {address} is served by {serving:?}");
    }
}

#[test]
fn every_entry_of_a_menu_leads_to_a_page() {
    let routes = written();
    for entry in nav::every_entry() {
        let page = ("get".to_owned(), entry.path.to_owned());
        assert!(routes.contains(&page), "no file serves {}", entry.path);
    }
}
