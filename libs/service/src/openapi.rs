//! The OpenAPI document of a service, and the problems that its operations can answer.

use crate::Service;
use actix_web::App;
use kernel::{Code, Problem};
use std::collections::BTreeMap;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{
        ContactBuilder, Content, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response,
        ResponseBuilder,
        security::{ClientCredentials, Flow, OAuth2, Scopes, SecurityScheme},
    },
};
use utoipa_actix_web::AppExt;

/// Extension of an operation: the largest body it takes, in bytes.
pub const BODY_LIMIT: &str = "x-body-limit";
/// Extension of an operation: how long it may take, in seconds.
pub const TIMEOUT: &str = "x-timeout-seconds";

pub(crate) fn document(service: &Service) -> OpenApi {
    let info = InfoBuilder::new()
        .title(format!("Passerelle: {}", service.name))
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(service.summary))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .contact(Some(ContactBuilder::new().name(Some("Passerelle")).build()))
        .build();
    let routes = service.routes.clone();
    let (_, mut document) = App::new()
        .into_utoipa_app()
        .openapi(OpenApiBuilder::new().info(info).build())
        .configure(move |config| routes(config))
        .split_for_parts();
    complete(&mut document);
    name_operations(&mut document);
    document
}

/// Operation ids that are unique over all services: `get_donors_id` for `GET /v1/donors/{id}`.
fn name_operations(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let words = path.trim_start_matches("/v1/").split(|c: char| !c.is_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let operations = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}_{}", words.join("_")));
            }
        }
    }
}

/// Adds what every document of the platform has: the security scheme and the schema of a problem.
pub fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    let mut schemas = vec![(Problem::name().into_owned(), <Problem as utoipa::PartialSchema>::schema())];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    let scopes: BTreeMap<String, String> =
        auth::ALL_PERMISSIONS.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect();
    let flow = Flow::ClientCredentials(ClientCredentials::new("/oauth/token", Scopes::from_iter(scopes)));
    components.add_security_scheme("oauth2", SecurityScheme::OAuth2(OAuth2::new([flow])));
}

fn problem(code: Code) -> (String, RefOr<Response>) {
    let (status, _, title) = code.table();
    let mut example = Problem::new(code);
    example.instance = Some("/v1/…".to_owned());
    let content = Content::builder()
        .schema(Some(Ref::from_schema_name(Problem::name())))
        .example(serde_json::to_value(&example).ok())
        .build();
    let response =
        ResponseBuilder::new().description(title).content("application/problem+json", content).build();
    (status.to_string(), response.into())
}

fn problems(codes: &[Code]) -> BTreeMap<String, RefOr<Response>> {
    codes.iter().map(|code| problem(*code)).collect()
}

const PUBLIC: [Code; 5] =
    [Code::InvalidParameter, Code::RateLimited, Code::Internal, Code::Unavailable, Code::Timeout];
const SIGNED_IN: [Code; 3] = [Code::Unauthenticated, Code::Forbidden, Code::NotFound];
const WITH_BODY: [Code; 5] = [
    Code::RequestTimeout,
    Code::Conflict,
    Code::BodyTooLarge,
    Code::UnsupportedMediaType,
    Code::InvalidField,
];

/// What a read without a token can answer instead.
pub struct PublicProblems;
impl IntoResponses for PublicProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[&PUBLIC[..], &[Code::NotFound, Code::NotAcceptable]].concat())
    }
}

/// What a read with a token can answer instead.
pub struct ReadProblems;
impl IntoResponses for ReadProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[&PUBLIC[..], &SIGNED_IN, &[Code::NotAcceptable]].concat())
    }
}

/// What a creation can answer instead.
pub struct CreateProblems;
impl IntoResponses for CreateProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[&PUBLIC[..], &SIGNED_IN, &WITH_BODY].concat())
    }
}

/// What an update can answer instead.
pub struct UpdateProblems;
impl IntoResponses for UpdateProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(
            &[&PUBLIC[..], &SIGNED_IN, &WITH_BODY, &[Code::StaleVersion, Code::PreconditionRequired]]
                .concat(),
        )
    }
}
