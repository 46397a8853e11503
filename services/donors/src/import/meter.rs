//! A reader that refuses to let one piece of a file (a row, a tag) grow without end.

use std::{
    cell::Cell,
    io::{self, Read},
    rc::Rc,
};

/// Counts what was read since the last piece ended.
#[derive(Debug, Clone)]
pub(super) struct Meter(Rc<Cell<u64>>);

impl Meter {
    /// Maximum length of a piece, in bytes. Read-ahead counts too, so a piece may have to be some 100 kB shorter.
    pub(super) const MAX_PIECE_BYTES: u64 = 1024 * 1024;

    /// A piece has ended.
    pub(super) fn next_piece(&self) {
        self.0.set(0);
    }

    /// Whether the present piece is longer than allowed: then reading failed for that reason.
    pub(super) fn exceeded(&self) -> bool {
        self.0.get() > Self::MAX_PIECE_BYTES
    }
}

/// A reader under a [`Meter`].
pub(super) struct Metered<R> {
    inner: R,
    meter: Meter,
}

impl<R: Read> Metered<R> {
    pub(super) fn new(inner: R) -> (Self, Meter) {
        let meter = Meter(Rc::new(Cell::new(0)));
        (Self { inner, meter: meter.clone() }, meter)
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.meter.exceeded() {
            return Err(io::Error::other("a part of the file is too long"));
        }
        let count = self.inner.read(buffer)?;
        self.meter.0.set(self.meter.0.get() + count as u64);
        Ok(count)
    }
}
