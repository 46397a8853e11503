use super::*;
use actix_web::{body::to_bytes, test::TestRequest};
use futures_util::{future::join_all, stream};
use kernel::{Code, Problem};
use std::{cell::Cell, time::Duration};

fn asked(query: &str) -> HttpRequest {
    TestRequest::get().uri(&format!("/v1/public/donors{query}")).to_http_request()
}

async fn text(answer: HttpResponse) -> String {
    let bytes = to_bytes(answer.into_body()).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn etag(answer: &HttpResponse) -> String {
    told(answer, header::ETAG)
}

fn told(answer: &HttpResponse, name: HeaderName) -> String {
    answer.headers().get(name).unwrap().to_str().unwrap().to_owned()
}

#[actix_web::test]
async fn an_answer_is_computed_once_for_a_version_while_several_ask() {
    let (cache, computed) = (ResponseCache::default(), Cell::new(0));
    let compute = async || {
        computed.set(computed.get() + 1);
        tokio::time::sleep(Duration::from_millis(30)).await;
        Ok(HttpResponse::Ok().content_type("text/plain").body(computed.get().to_string()))
    };
    let request = asked("");
    let together = join_all((0..20).map(|_| cache.answer(&request, "one", &compute))).await;
    for answer in together {
        let answer = answer.unwrap();
        assert_eq!(told(&answer, header::CONTENT_TYPE), "text/plain");
        assert_eq!(text(answer).await, "1");
    }
    let later = cache.answer(&request, "two", &compute).await.unwrap();
    assert_eq!(text(later).await, "2");
    let other = cache.answer(&asked("?q=x"), "two", &compute).await.unwrap();
    assert_eq!(text(other).await, "3");
    assert_eq!(computed.get(), 3);
}

#[actix_web::test]
async fn a_caller_who_has_the_version_is_told_so_without_computing() {
    let (cache, computed) = (ResponseCache::default(), Cell::new(0));
    let compute = async || {
        computed.set(computed.get() + 1);
        Ok(HttpResponse::Ok().body("body"))
    };
    let first = cache.answer(&asked(""), "one", &compute).await.unwrap();
    let tag = etag(&first);
    let again = |version: &'static str, accept: &'static str| {
        let request = TestRequest::get().uri("/v1/public/donors").insert_header(("accept", accept));
        let request = request.insert_header((header::IF_NONE_MATCH, tag.as_str())).to_http_request();
        let (cache, compute) = (&cache, &compute);
        async move { cache.answer(&request, version, compute).await.unwrap().status().as_u16() }
    };
    // Another process with nothing cache tells it as well.
    let request = asked("");
    let elsewhere = ResponseCache::default().answer(&request, "one", &compute).await.unwrap();
    assert_eq!((etag(&elsewhere), computed.get()), (tag.clone(), 2));
    assert_eq!(again("one", "*/*").await, 304);
    assert_eq!(computed.get(), 2);
    assert_eq!(again("two", "*/*").await, 200);
    assert_eq!(again("one", "text/csv").await, 200, "another representation");
}

#[actix_web::test]
async fn a_failure_and_what_is_too_large_are_not_kept() {
    let (cache, computed) = (ResponseCache::default(), Cell::new(0));
    let failing = async || {
        computed.set(computed.get() + 1);
        Err(Problem::new(Code::Unavailable).into())
    };
    for _ in 0..2 {
        assert_eq!(cache.answer(&asked(""), "one", &failing).await.unwrap_err().0.status, 503);
    }
    assert_eq!(computed.get(), 2);
    let breaking = async || {
        let parts = [Ok(Bytes::from("part")), Err(ApiError::from(Problem::new(Code::StorageFull)))];
        Ok(HttpResponse::Ok().streaming(stream::iter(parts)))
    };
    let broken = cache.answer(&asked(""), "one", &breaking).await.unwrap_err();
    assert_eq!(broken.0.code.known(), Some(Code::StorageFull));
    let large = async || Ok(HttpResponse::Ok().body(vec![b'x'; MAX_ENTRY_BYTES + 1]));
    for _ in 0..2 {
        let answer = cache.answer(&asked(""), "one", &large).await.unwrap();
        assert_eq!(text(answer).await.len(), MAX_ENTRY_BYTES + 1);
    }
    cache.0.run_pending_tasks().await;
    assert!(cache.0.weighted_size() <= 2 * u64::from(MIN_ENTRY_BYTES));
}

#[actix_web::test]
async fn what_is_kept_is_bounded_in_number_and_size() {
    let cache = ResponseCache::default();
    let most = MAX_CACHE_BYTES / u64::from(MIN_ENTRY_BYTES);
    for number in 0..2 * most {
        let compute = async || Ok(HttpResponse::Ok().body("small"));
        cache.answer(&asked(&format!("?q={number}")), "one", compute).await.unwrap();
    }
    cache.0.run_pending_tasks().await;
    assert!(cache.0.entry_count() <= most, "{}", cache.0.entry_count());
    let large = async || Ok(HttpResponse::Ok().body(vec![b'x'; MAX_ENTRY_BYTES]));
    for number in 0..6 {
        cache.answer(&asked(&format!("?limit={number}")), "one", &large).await.unwrap();
    }
    cache.0.run_pending_tasks().await;
    assert!(cache.0.weighted_size() <= MAX_CACHE_BYTES, "{}", cache.0.weighted_size());
}

#[actix_web::test]
async fn a_refusal_is_its_own_callers_and_those_who_waited_for_it_are_answered() {
    let (cache, asked_for) = (ResponseCache::default(), Cell::new(0));
    let compute = async || {
        asked_for.set(asked_for.get() + 1);
        let number = asked_for.get();
        tokio::time::sleep(Duration::from_millis(20)).await;
        if number == 1 { Err(Problem::rate_limited(5).into()) } else { Ok(HttpResponse::Ok().body("body")) }
    };
    let request = asked("");
    let answers = join_all((0..4).map(|_| cache.answer(&request, "one", &compute))).await;
    let refused = answers.iter().filter(|answer| answer.is_err()).count();
    assert_eq!(refused, 1, "the one that was refused itself");
    for answer in answers.into_iter().flatten() {
        assert_eq!(text(answer).await, "body");
    }
}
