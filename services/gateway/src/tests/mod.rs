mod answers;
pub(crate) mod harness;
mod slow;

use crate::{
    Upstream, merge,
    routes::{Routes, Unrouted},
};
use actix_web::http::Method;
use serde_json::Value;

fn document(text: &str) -> Value {
    let paths: Value = serde_json::from_str(text).unwrap();
    serde_json::json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths})
}

pub(crate) fn upstream(url: &str, paths: &str) -> Upstream {
    Upstream { url: url.into(), document: document(paths) }
}

const DONORS: &str = r#"{"/v1/donors": {"get": {"security": [{"oauth2": ["donors:read"]}], "responses": {}}},
    "/v1/donors/{id}": {"get": {"responses": {}}}}"#;
const CRISIS: &str = r#"{"/v1/donors/{id}/funding": {"get": {"responses": {}}}, "/v1/public/plans": {"get": {"responses": {}}}}"#;

#[test]
fn an_operation_is_routed_to_the_service_that_documents_it() {
    let routes =
        Routes::build(&[upstream("http://donors", DONORS), upstream("http://crisis", CRISIS)]).unwrap();
    let found = |path: &str| routes.find(&Method::GET, path).unwrap().clone();
    assert_eq!((found("/v1/donors/7").upstream, found("/v1/donors/7/funding").upstream), (0, 1));
    assert_eq!(found("/v1/donors").scopes.unwrap(), ["donors:read"]);
    assert!(found("/v1/public/plans").scopes.is_none());
    assert_eq!(routes.find(&Method::GET, "/v1/nothing").unwrap_err(), Unrouted::NotFound);
    let refused = routes.find(&Method::DELETE, "/v1/donors").unwrap_err();
    assert_eq!(refused, Unrouted::Method("GET, HEAD".to_owned()));
}

#[test]
fn two_services_cannot_claim_one_operation() {
    let twice = Routes::build(&[upstream("http://a", DONORS), upstream("http://b", DONORS)]);
    assert!(twice.is_err());
    assert!(merge([&document(DONORS), &document(CRISIS)]).is_ok());
}
