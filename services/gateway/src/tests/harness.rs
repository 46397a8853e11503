//! A gateway of a test's own, before two services and a portal that answer what a test wants to see.

use crate::{Limits, Running, Settings, Upstream, start};
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    web::{self, Bytes, Data, PayloadConfig},
};
use async_trait::async_trait;
use auth::{InternalKey, JsonWebKeySet, KeySource, KeySourceError, Verifier};
use cache::Revocations;
use futures_util::stream;
use kernel::SystemClock;
use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use testkit::Http;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// Nobody's tokens hold here.
struct NoKeys;

#[async_trait]
impl KeySource for NoKeys {
    async fn fetch(&self) -> Result<JsonWebKeySet, KeySourceError> {
        Ok(JsonWebKeySet { keys: Vec::new() })
    }
}

const FIRST: &str = r#"{"/oauth/token": {"post": {"responses": {}}},
    "/v1/hanging": {"get": {"responses": {}}}, "/v1/uploads": {"post": {"x-body-limit": 8000000, "responses": {}}},
    "/v1/private": {"get": {"security": [{"oauth2": ["a:read"]}], "responses": {}}}}"#;
const SECOND: &str = r#"{"/v1/public/countries": {"get": {"responses": {}}, "post": {"responses": {}}},
    "/v1/endless": {"get": {"responses": {}}}}"#;

pub(crate) struct Gateway {
    pub(crate) url: String,
    pub(crate) http: Http,
    pub(crate) port: u16,
    pub(crate) internal: InternalKey,
    services: [Stub; 3],
    running: Running,
}

struct Stub {
    url: String,
    heard: Arc<AtomicUsize>,
    server: ServerHandle,
}

impl Gateway {
    /// Starts it, with what a test changes.
    pub(crate) fn start(change: impl FnOnce(&mut Settings)) -> Self {
        let services = [Stub::start(), Stub::start(), Stub::start()];
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let internal = InternalKey::random();
        let clock = Arc::new(SystemClock);
        let upstream = |stub: &Stub, paths: &str| super::upstream(&stub.url, paths);
        let upstreams: Vec<Upstream> = vec![upstream(&services[0], FIRST), upstream(&services[1], SECOND)];
        let mut settings = Settings {
            services: upstreams,
            portal: services[2].url.clone(),
            verifier: Verifier::new("http://here", Arc::new(NoKeys), clock.clone()),
            identity: services[0].url.clone(),
            revocations: Revocations::default(),
            counter: None,
            trusted: Vec::new(),
            internal: internal.clone(),
            portal_listener: None,
            limits: Limits::default(),
            clock,
        };
        change(&mut settings);
        let url = format!("http://127.0.0.1:{port}");
        let running = start(listener, settings).unwrap();
        Self { http: Http::new(&url), url, port, internal, services, running }
    }

    /// How many requests the first service, the second and the portal have heard of.
    pub(crate) fn heard(&self) -> [usize; 3] {
        [0, 1, 2].map(|number: usize| self.services[number].heard.load(Ordering::Relaxed))
    }

    /// A client of the same gateway at another address of this machine.
    pub(crate) fn at(&self, address: &str) -> Client {
        let client = reqwest::Client::builder().local_address(Some(address.parse().unwrap()));
        Client { url: self.url.clone(), client: client.pool_max_idle_per_host(0).build().unwrap() }
    }

    /// A connection from an address of this machine.
    pub(crate) async fn connect(&self, from: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
        socket.connect(([127, 0, 0, 1], self.port).into()).await.unwrap()
    }

    /// Sends `text` as it is, and reads what comes until the connection ends or nothing comes for a while.
    pub(crate) async fn raw(&self, text: &str) -> String {
        let mut stream = self.connect("127.0.0.1").await;
        stream.write_all(text.as_bytes()).await.unwrap();
        read(&mut stream, Duration::from_secs(2)).await
    }

    /// Clients that send the head of a request, one byte of its body, and nothing more.
    pub(crate) async fn slow_bodies(&self, count: usize) -> Vec<TcpStream> {
        let mut streams = Vec::new();
        for _ in 0..count {
            let mut stream = self.connect("127.0.0.1").await;
            let head = "POST /oauth/token HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\ng";
            stream.write_all(head.as_bytes()).await.unwrap();
            streams.push(stream);
        }
        // Until the last one's head was read.
        tokio::time::sleep(Duration::from_millis(300)).await;
        streams
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await;
        for stub in self.services {
            stub.server.stop(false).await;
        }
    }
}

/// What comes until the connection ends, or nothing comes for `pause`.
pub(crate) async fn read(stream: &mut TcpStream, pause: Duration) -> String {
    let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(Ok(read)) = timeout(pause, stream.read(&mut buffer)).await {
        text.extend_from_slice(&buffer[..read]);
        if read == 0 {
            break;
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// A client that opens a connection for each request.
pub(crate) struct Client {
    url: String,
    client: reqwest::Client,
}

impl Client {
    pub(crate) async fn get(&self, path: &str) -> Option<reqwest::Response> {
        self.client.get(format!("{}{path}", self.url)).timeout(Duration::from_secs(20)).send().await.ok()
    }

    pub(crate) async fn status(&self, path: &str) -> Option<u16> {
        Some(self.get(path).await?.status().as_u16())
    }
}

impl Stub {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(AtomicUsize::new(0));
        let counter = Data::from(heard.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(counter.clone())
                .app_data(PayloadConfig::new(16_000_000))
                .route("/v1/hanging", web::get().to(hang))
                .route("/v1/endless", web::get().to(endless))
                .default_service(web::to(echo))
        });
        let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { url, heard, server: handle }
    }
}

async fn hang(heard: Data<AtomicUsize>) -> HttpResponse {
    heard.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    HttpResponse::Ok().finish()
}

/// An answer that never ends.
async fn endless(heard: Data<AtomicUsize>) -> HttpResponse {
    heard.fetch_add(1, Ordering::Relaxed);
    let part = Bytes::from(vec![b'x'; 65_536]);
    HttpResponse::Ok().streaming(stream::repeat_with(move || Ok::<_, std::io::Error>(part.clone())))
}

/// Says what it got: each header as a line, and the size of the body.
async fn echo(request: HttpRequest, body: Bytes, heard: Data<AtomicUsize>) -> HttpResponse {
    heard.fetch_add(1, Ordering::Relaxed);
    let headers =
        request.headers().iter().map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()));
    let sum: u64 = body.iter().map(|byte| u64::from(*byte)).sum();
    let text = format!("{}size: {}\nsum: {sum}\n", headers.collect::<String>(), body.len());
    HttpResponse::Ok().content_type("text/plain").body(text)
}
