//! The extractor that makes a permission part of a handler's signature.

use crate::{ApiError, Claims, Permission, Verifier};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web::Data};
use kernel::{Code, Fault, FieldCode, Problem};
use std::{future::Future, marker::PhantomData, pin::Pin, sync::Arc};

/// The token of an `Authorization: Bearer` header.
///
/// # Errors
/// 401 when it is missing or has another scheme.
pub fn bearer(headers: &header::HeaderMap) -> Result<&str, Problem> {
    let refused = |fault: Fault| Problem::new(Code::Unauthenticated).field("authorization", fault);
    let missing = |why: &'static str| refused(FieldCode::TokenNotValid.says(why));
    let none = || refused(FieldCode::Required.says("no token was sent"));
    let value = headers.get(header::AUTHORIZATION).ok_or_else(none)?;
    let value = value.to_str().map_err(|_| missing("the header cannot be read"))?;
    let (scheme, token) = value.split_once(' ').ok_or_else(|| missing("the scheme must be Bearer"))?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim())
    } else {
        Err(missing("the scheme must be Bearer"))
    }
}

/// The caller lacks a permission (403).
pub fn needs(permission: &str) -> Problem {
    let fault = FieldCode::PermissionNeeded.says(format!("requires {permission}"));
    Problem::new(Code::Forbidden).field("authorization", fault.with("permission", permission))
}

/// A caller whose token holds, with no permission asked.
#[derive(Debug, Clone)]
pub struct AnyCaller(pub Arc<Claims>);

impl FromRequest for AnyCaller {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let verifier = request.app_data::<Data<Verifier>>().cloned();
            let verifier = verifier.ok_or_else(|| Problem::new(Code::Unavailable))?;
            let claims = verifier.verify(bearer(request.headers())?).await?;
            request.extensions_mut().insert(claims.clone());
            Ok(Self(claims))
        })
    }
}

/// A caller that holds the permission `P`.
pub struct Caller<P> {
    /// What the token says.
    pub claims: Arc<Claims>,
    permission: PhantomData<fn() -> P>,
}

impl<P: Permission> FromRequest for Caller<P> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let any = AnyCaller::from_request(request, payload);
        Box::pin(async move {
            let AnyCaller(claims) = any.await?;
            if !claims.may(P::NAME) {
                return Err(needs(P::NAME).into());
            }
            Ok(Self { claims, permission: PhantomData })
        })
    }
}
