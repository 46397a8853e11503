//! Counts the statements that the store sends, for tests of what must not grow with the data.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tracing::{Event, Metadata, Subscriber, span, subscriber::DefaultGuard};

/// Counts from now on, on this thread, until it is dropped.
pub(crate) struct Statements {
    sent: Arc<AtomicUsize>,
    _guard: DefaultGuard,
}

impl Statements {
    pub(crate) fn count() -> Self {
        let sent = Arc::new(AtomicUsize::new(0));
        let _guard = tracing::subscriber::set_default(Counter(Arc::clone(&sent)));
        Self { sent, _guard }
    }

    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }
}

struct Counter(Arc<AtomicUsize>);

impl Subscriber for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "store::sql"
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}
