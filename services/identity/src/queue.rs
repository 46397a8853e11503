//! A bounded queue for one worker, fair by origin: origins take turns, and one with many waiting displaces nobody.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

/// How many may wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Altogether.
    pub(crate) total: usize,
    /// From one origin.
    pub(crate) per_origin: usize,
}

/// There is no place: try again later.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// Work whose requester may have gone.
pub(crate) trait Abandonable {
    /// Whether the requester has gone.
    fn is_abandoned(&self) -> bool;
}

pub(crate) struct FairQueue<T> {
    lines: Mutex<Lines<T>>,
    arrived: Condvar,
    bounds: Bounds,
}

struct Lines<T> {
    by_origin: HashMap<String, VecDeque<T>>,
    /// The order of turns: each origin with waiting work, once.
    turns: VecDeque<String>,
    waiting: usize,
    closed: bool,
}

impl<T: Abandonable> FairQueue<T> {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let lines = Lines { by_origin: HashMap::new(), turns: VecDeque::new(), waiting: 0, closed: false };
        Self { lines: Mutex::new(lines), arrived: Condvar::new(), bounds }
    }

    fn lock(&self) -> MutexGuard<'_, Lines<T>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts work at the end of its origin's line. When all places are taken the longest line loses its last.
    ///
    /// # Errors
    /// [`Full`] when this origin's line is, or is the longest itself.
    pub(crate) fn push(&self, origin: &str, work: T) -> Result<(), Full> {
        let mut lines = self.lock();
        if lines.length(origin) >= self.bounds.per_origin || lines.waiting >= self.bounds.total {
            lines.forget_abandoned();
        }
        if lines.length(origin) >= self.bounds.per_origin {
            return Err(Full);
        }
        if lines.waiting >= self.bounds.total {
            lines.shorten_longest(origin)?;
        }
        lines.push(origin, work);
        drop(lines);
        self.arrived.notify_one();
        Ok(())
    }

    /// The next work, when there is some; none when the queue was closed.
    pub(crate) fn pop(&self) -> Option<T> {
        let mut lines = self.lock();
        loop {
            if lines.closed {
                return None;
            }
            match lines.pop() {
                Some(work) if work.is_abandoned() => {}
                Some(work) => return Some(work),
                None => lines = self.arrived.wait(lines).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Ends the worker; what waits is dropped.
    pub(crate) fn close(&self) {
        let mut lines = self.lock();
        lines.closed = true;
        lines.by_origin.clear();
        drop(lines);
        self.arrived.notify_all();
    }
}

impl<T: Abandonable> Lines<T> {
    fn length(&self, origin: &str) -> usize {
        self.by_origin.get(origin).map_or(0, VecDeque::len)
    }

    fn push(&mut self, origin: &str, work: T) {
        let line = self.by_origin.entry(origin.to_owned()).or_default();
        if line.is_empty() {
            self.turns.push_back(origin.to_owned());
        }
        line.push_back(work);
        self.waiting += 1;
    }

    fn pop(&mut self) -> Option<T> {
        let origin = self.turns.pop_front()?;
        let line = self.by_origin.get_mut(&origin)?;
        let work = line.pop_front()?;
        self.waiting -= 1;
        if line.is_empty() {
            self.by_origin.remove(&origin);
        } else {
            self.turns.push_back(origin);
        }
        Some(work)
    }

    fn forget_abandoned(&mut self) {
        self.by_origin.values_mut().for_each(|line| line.retain(|work| !work.is_abandoned()));
        self.tidy();
    }

    /// Takes a place from the longest line, for an origin whose own is shorter.
    fn shorten_longest(&mut self, origin: &str) -> Result<(), Full> {
        let own = self.length(origin);
        let longest = self.by_origin.values_mut().max_by_key(|line| line.len());
        let longest = longest.filter(|line| line.len() > own + 1).ok_or(Full)?;
        longest.pop_back();
        self.tidy();
        Ok(())
    }

    /// After places were given up.
    fn tidy(&mut self) {
        self.by_origin.retain(|_, line| !line.is_empty());
        self.turns.retain(|origin| self.by_origin.contains_key(origin));
        self.waiting = self.by_origin.values().map(VecDeque::len).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        time::Duration,
    };

    #[derive(Clone, Debug)]
    struct Work(&'static str, Arc<AtomicBool>);

    impl Abandonable for Work {
        fn is_abandoned(&self) -> bool {
            self.1.load(Ordering::Relaxed)
        }
    }

    fn work(name: &'static str) -> Work {
        Work(name, Arc::default())
    }

    fn queue(total: usize, per_origin: usize) -> FairQueue<Work> {
        FairQueue::new(Bounds { total, per_origin })
    }

    #[test]
    fn origins_take_turns() {
        let queue = queue(100, 100);
        for _ in 0..50 {
            queue.push("many", work("many")).unwrap();
        }
        queue.push("one", work("one")).unwrap();
        let next: Vec<&str> = (0..3).map(|_| queue.pop().unwrap().0).collect();
        assert_eq!(next, ["many", "one", "many"]);
    }

    #[test]
    fn an_origin_has_only_its_own_places_and_pushes_nobody_out() {
        let queue = queue(4, 3);
        for _ in 0..3 {
            queue.push("many", work("many")).unwrap();
        }
        assert_eq!(queue.push("many", work("many")), Err(Full));
        queue.push("one", work("one")).unwrap();
        // All places are taken: the longest line gives one up.
        queue.push("two", work("two")).unwrap();
        queue.push("three", work("three")).unwrap();
        assert_eq!(queue.push("many", work("many")), Err(Full));
        assert_eq!(queue.push("four", work("four")), Err(Full), "nobody has two places to lose");
        let next: Vec<&str> = (0..4).map(|_| queue.pop().unwrap().0).collect();
        assert_eq!(next, ["many", "one", "two", "three"]);
    }

    #[test]
    fn what_nobody_waits_for_is_skipped_and_takes_no_place() {
        let queue = queue(2, 2);
        let (first, second) = (work("first"), work("second"));
        queue.push("a", first.clone()).unwrap();
        queue.push("a", second.clone()).unwrap();
        assert_eq!(queue.push("a", work("third")), Err(Full));
        first.1.store(true, Ordering::Relaxed);
        queue.push("a", work("third")).unwrap();
        second.1.store(true, Ordering::Relaxed);
        assert_eq!(queue.pop().unwrap().0, "third");
    }

    #[test]
    fn a_worker_waits_for_work_and_ends_with_the_queue() {
        let queue = Arc::new(queue(2, 2));
        let worker = std::thread::spawn({
            let queue = queue.clone();
            move || std::iter::from_fn(|| queue.pop()).map(|work| work.0).collect::<Vec<_>>()
        });
        std::thread::sleep(Duration::from_millis(20));
        queue.push("a", work("first")).unwrap();
        while queue.lock().waiting > 0 {
            std::thread::yield_now();
        }
        queue.close();
        assert_eq!(worker.join().unwrap(), ["first"]);
    }
}
