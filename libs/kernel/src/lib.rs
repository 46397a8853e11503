//! Values every part of Passerelle shares. No I/O, no async.

pub mod clock;
pub mod country;
pub mod id;
pub mod money;
pub mod pagination;
pub mod problem;

pub use clock::{Clock, FixedClock, SystemClock};
pub use money::{Currency, Money, MoneyError};
pub use problem::{Code, FieldError, Problem};
