//! A reader that knows on which line of a file a place is, whatever ends its lines: a line feed, a carriage return, or both.

use std::{
    collections::VecDeque,
    io::{self, Read},
};

/// A reader that counts lines.
pub(super) struct Lines<R> {
    inner: R,
    /// The place of the next byte to be read, from 0.
    place: u64,
    /// The line that is being read.
    line: u64,
    /// Whether nothing of that line was read.
    is_empty: bool,
    /// Whether the last byte was a carriage return: a line feed after it ends the same line.
    after_return: bool,
    /// Where text begins on the lines that were read and not asked for: the place of the first byte, and the line.
    begun: VecDeque<(u64, u64)>,
}

impl<R> Lines<R> {
    /// Reads `inner`, which begins with the line of this number.
    pub(super) fn new(inner: R, line: u64) -> Self {
        Self { inner, place: 0, line, is_empty: true, after_return: false, begun: VecDeque::new() }
    }

    /// The line of the first text at this place or after it, of what was read. Places are asked for in the order of the
    /// file: what is before this one is forgotten.
    pub(super) fn line_from(&mut self, place: u64) -> u64 {
        while self.begun.front().is_some_and(|(begins, _)| *begins < place) {
            self.begun.pop_front();
        }
        self.begun.front().map_or(self.line, |(_, line)| *line)
    }

    pub(super) fn into_inner(self) -> R {
        self.inner
    }

    fn note(&mut self, byte: u8) {
        match byte {
            b'\n' if self.after_return => self.after_return = false,
            b'\n' | b'\r' => {
                self.line += 1;
                self.is_empty = true;
                self.after_return = byte == b'\r';
            }
            _ => {
                if self.is_empty {
                    self.begun.push_back((self.place, self.line));
                }
                self.is_empty = false;
                self.after_return = false;
            }
        }
        self.place += 1;
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        for byte in buffer.iter().take(count) {
            self.note(*byte);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_on_the_line_of_the_next_text_whatever_ends_lines() {
        for end in ["\n", "\r", "\r\n"] {
            let text = ["a", "", "bc", "d"].join(end);
            let mut lines = Lines::new(text.as_bytes(), 5);
            // Byte by byte, so that a line end is read in two pieces.
            for _ in 0..text.len() {
                lines.read_exact(&mut [0]).unwrap();
            }
            let end = end.len() as u64;
            let found: Vec<u64> =
                [0, 1, 1 + end, 3 + 2 * end, 4 + 2 * end].map(|place| lines.line_from(place)).to_vec();
            assert_eq!(found, [5, 7, 7, 8, 8], "{end}");
        }
    }
}
