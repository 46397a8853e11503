//! Log lines, and traces when a collector is configured: OTLP over HTTP, W3C trace context (`traceparent`) through
//! requests and events, so that one trace shows a write from the gateway to another service's read model.

use opentelemetry::{
    Context, KeyValue, global,
    propagation::{Extractor, Injector},
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use std::io::Write as _;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    layer::{Layered, SubscriberExt},
    util::SubscriberInitExt,
};

type Filtered = Layered<EnvFilter, Registry>;

/// The header of the trace context (W3C Trace Context, section 3.2).
pub const TRACEPARENT: &str = "traceparent";

/// The telemetry settings of a process.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// The name of the process in traces.
    pub service: &'a str,
    /// A level, or a filter of tracing-subscriber.
    pub filter: &'a str,
    /// Log lines are JSON, not for people.
    pub json: bool,
    /// Where traces go: an OTLP/HTTP collector, `http://collector:4318`; nowhere when there is none.
    pub otlp: Option<&'a str>,
}

/// The settings do not fit.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error("log: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The collector's address cannot be used.
    #[error("otlp: {0}")]
    Collector(#[from] ExporterBuildError),
}

/// Sends the last traces when it is dropped.
#[must_use]
pub struct Telemetry(Option<SdkTracerProvider>);

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(provider) = &self.0
            && let Err(error) = provider.shutdown()
        {
            let _ = writeln!(std::io::stderr(), "the last traces are lost: {error}");
        }
    }
}

/// Begins to write log lines to standard error, and to send traces; once per process.
///
/// # Errors
/// [`TelemetryError`].
pub fn start(settings: Settings<'_>) -> Result<Telemetry, TelemetryError> {
    // A line that cannot be written is dropped: the library would panic.
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let lines: Box<dyn Layer<Filtered> + Send + Sync> = if settings.json {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
    } else {
        lines.boxed()
    };
    // One filter for everything. (A filter for each layer loses spans and lines now and then: after a library only asked
    // whether something is enabled, the answer is taken for that of the next one on the thread.)
    let Some(collector) = settings.otlp else {
        let filter = EnvFilter::try_new(settings.filter)?;
        tracing_subscriber::registry().with(filter).with(lines).init();
        return Ok(Telemetry(None));
    };
    // What traces show does not depend on what is logged: the first of two directives for a target gives way.
    let filter = EnvFilter::try_new(format!("service=info,store=info,{}", settings.filter))?;
    let registry = tracing_subscriber::registry().with(filter).with(lines);
    let url = format!("{}/v1/traces", collector.trim_end_matches('/'));
    let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).with_endpoint(url);
    let resource = Resource::builder()
        .with_service_name(format!("passerelle-{}", settings.service))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider =
        SdkTracerProvider::builder().with_batch_exporter(exporter.build()?).with_resource(resource).build();
    global::set_text_map_propagator(TraceContextPropagator::new());
    registry.with(tracing_opentelemetry::layer().with_tracer(provider.tracer("passerelle"))).init();
    Ok(Telemetry(Some(provider)))
}

struct Header<'a>(&'a str);

impl Extractor for Header<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

struct Written(Option<String>);

impl Injector for Written {
    fn set(&mut self, key: &str, value: String) {
        if key == TRACEPARENT {
            self.0 = Some(value);
        }
    }
}

/// Whether a text is a trace context of version 00: what callers send is stored only then.
pub fn is_traceparent(text: &str) -> bool {
    let mut parts = text.split('-');
    let hexadecimal = |part: Option<&str>, length: usize| {
        part.is_some_and(|part| {
            part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    };
    parts.next() == Some("00")
        && [32, 16, 2].into_iter().all(|length| hexadecimal(parts.next(), length))
        && parts.next().is_none()
}

fn told(traceparent: &str) -> Context {
    global::get_text_map_propagator(|propagator| propagator.extract(&Header(traceparent)))
}

/// Makes `span` a part of the trace of a `traceparent`.
pub fn follow(span: &Span, traceparent: &str) {
    let context = told(traceparent);
    if context.span().span_context().is_valid() {
        // Fails when the span is not recorded: then nothing follows it.
        let _ = span.set_parent(context);
    }
}

/// Links `span`, which works on several things at once, to one of the traces that they are parts of.
pub fn link(span: &Span, traceparent: &str) {
    span.add_link(told(traceparent).span().span_context().clone());
}

/// The `traceparent` of `span`; none if no collector is configured.
pub fn traceparent(span: &Span) -> Option<String> {
    let context: Context = span.context();
    if !context.span().span_context().is_valid() {
        return None;
    }
    let mut written = Written(None);
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut written));
    written.0
}

#[cfg(test)]
mod tests {
    use super::is_traceparent;

    #[test]
    fn only_a_trace_context_is_one() {
        let context = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert!(is_traceparent(context));
        let wrong =
            ["", "00", "00-x-y-z", &context.to_uppercase(), &format!("{context}-more"), &context[1..]];
        assert!(wrong.iter().all(|text| !is_traceparent(text)));
    }
}
