//! One trace shows a write from the gateway to another service's read model.

use actix_web::{App, HttpResponse, HttpServer, web};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::any_value::Value,
    trace::v1::{Span, span::SpanKind},
};
use prost::Message;
use serde_json::json;
use std::sync::{Arc, Mutex};
use testkit::{Http, eventually};
use tests::{connect, deployment, infra};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

type Received = Arc<Mutex<Vec<(String, Span)>>>;

/// A collector: keeps every span with the name of its service.
fn collector(received: Received) -> (String, impl Future<Output = std::io::Result<()>>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = HttpServer::new(move || {
        let received = received.clone();
        let take = move |body: web::Bytes| {
            let received = received.clone();
            async move {
                for resource in ExportTraceServiceRequest::decode(body).unwrap().resource_spans {
                    let attributes = resource.resource.unwrap_or_default().attributes;
                    let service = attributes.into_iter().find(|pair| pair.key == "service.name").unwrap();
                    let Some(Value::StringValue(service)) = service.value.unwrap().value else {
                        panic!("a service has a name");
                    };
                    let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
                    received.lock().unwrap().extend(spans.map(|span| (service.clone(), span)));
                }
                HttpResponse::Ok().content_type("application/x-protobuf").finish()
            }
        };
        App::new().route("/v1/traces", web::post().to(take))
    });
    (url, server.workers(1).disable_signals().listen(listener).unwrap().run())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_costs_its_traces_and_nothing_else() {
    let Some(infra) = infra() else {
        testkit::skip_without_servers("a collector that is away");
        return;
    };
    // The discard port: nobody listens there.
    let deployment = deployment(&infra, "untraced", "otlp = \"http://127.0.0.1:9\"").await;
    let (identity, _) = connect(&deployment.config, "identity").await;
    let founded = identity::found(&identity, "Organisation", "ORG").await.unwrap();
    let http = Http::new(&deployment.url);
    let token = http.client_token(&founded.client_id.to_string(), &founded.client_secret).await;
    let donor = json!({ "name": "Norway", "type": "government" });
    eventually("a donor is recorded", || async {
        (http.post(Some(&token), "/v1/donors", &donor).await.status == 201).then_some(())
    })
    .await;
    eventually("the log says that traces are lost", || async {
        let log = std::fs::read_to_string(deployment.log("donors")).unwrap();
        log.contains("BatchSpanProcessor.ExportError").then_some(())
    })
    .await;
    assert_eq!(http.get(Some(&token), "/v1/donors").await.json()["items"].as_array().unwrap().len(), 1);
    tokio::task::spawn_blocking(move || deployment.stop()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_one_trace_from_the_door_to_another_services_read_model() {
    let Some(infra) = infra() else {
        testkit::skip_without_servers("traces");
        return;
    };
    let received = Received::default();
    let (url, server) = collector(received.clone());
    let collecting = tokio::spawn(server);
    let deployment = deployment(&infra, "traces", &format!("otlp = \"{url}\"")).await;
    let (identity, _) = connect(&deployment.config, "identity").await;
    let founded = identity::found(&identity, "Organisation", "ORG").await.unwrap();
    let http = Http::new(&deployment.url);
    let token = http.client_token(&founded.client_id.to_string(), &founded.client_secret).await;
    eventually("a donor is recorded in the caller's trace", || async {
        let request = http.request(reqwest::Method::POST, "/v1/donors").bearer_auth(&token);
        let request = request
            .header("traceparent", format!("00-{TRACE}-{CALLER}-01"))
            .json(&json!({ "name": "Norway", "type": "government" }));
        (http.send(request).await.status == 201).then_some(())
    })
    .await;
    let of_trace = || -> Vec<(String, Span)> {
        let received = received.lock().unwrap();
        received.iter().filter(|(_, span)| hex::encode(&span.trace_id) == TRACE).cloned().collect()
    };
    let spans = eventually("the collector has the trace", || async {
        let spans = of_trace();
        let services = ["passerelle-gateway", "passerelle-donors", "passerelle-crisis"];
        services.iter().all(|name| spans.iter().any(|(service, _)| service == name)).then_some(spans)
    })
    .await;
    // Each is a child of the one before it; a request that came too early may have left more at the gateway.
    let parent_of = |child: &Span| spans.iter().find(|(_, span)| span.span_id == child.parent_span_id);
    let (_, taken) = spans.iter().find(|(service, _)| service == "passerelle-crisis").unwrap();
    assert_eq!(taken.kind, i32::from(SpanKind::Consumer));
    let (service, recorded) = parent_of(taken).unwrap();
    assert_eq!((service.as_str(), recorded.kind), ("passerelle-donors", i32::from(SpanKind::Server)));
    let (service, gateway) = parent_of(recorded).unwrap();
    assert_eq!(service, "passerelle-gateway");
    assert_eq!(hex::encode(&gateway.parent_span_id), CALLER);
    collecting.abort();
}
