//! Dates as tables and IATI files write them.

use chrono::NaiveDate;

/// The day of a date, `YYYY-MM-DD`, which a whole time and a time zone may follow: IATI and spreadsheets give both.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    let (day, rest) = text.split_at_checked(10)?;
    kernel::date::parse(day).filter(|_| is_rest_of_date(rest))
}

/// Whether nothing follows a date but a whole time (`T12:30`, ` 12:30:00.5`), a time zone, or both.
fn is_rest_of_date(rest: &str) -> bool {
    let (time, zone) = rest.split_at(rest.find(['Z', '+', '-']).unwrap_or(rest.len()));
    let is_two = |part: &str, most: u8| {
        part.len() == 2
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse().is_ok_and(|n: u8| n <= most)
    };
    let is_time = |time: &str| {
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let parts: Vec<&str> = time.split(':').collect();
        let fits = match parts.as_slice() {
            [hour, minute] => is_two(hour, 24) && is_two(minute, 59),
            // The last minute of a day may have a 61st second.
            [hour, minute, second] => is_two(hour, 24) && is_two(minute, 59) && is_two(second, 60),
            _ => false,
        };
        fits && !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_zone = match zone.strip_prefix(['+', '-']) {
        Some(offset) => match offset.split_once(':') {
            Some((hours, minutes)) => is_two(hours, 14) && is_two(minutes, 59),
            None => match offset.split_at_checked(2) {
                Some((hours, minutes)) => is_two(hours, 14) && (minutes.is_empty() || is_two(minutes, 59)),
                None => false,
            },
        },
        None => matches!(zone, "" | "Z"),
    };
    let has_time = time.strip_prefix(['T', ' ']).is_some_and(is_time);
    is_zone && (time.is_empty() || has_time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_whole_time_follows_a_date() {
        for rest in [
            "",
            "Z",
            "+02:00",
            "-05:00",
            "T12:30",
            "T00:00:00Z",
            " 12:30:00.5",
            "T23:59:60.000+0530",
            "T12:30-05",
        ] {
            assert_eq!(day(&format!("2024-03-01{rest}")), kernel::date::parse("2024-03-01"), "{rest:?}");
        }
        for rest in [
            "T",
            "Tfoo",
            " ",
            "x",
            "T12",
            "T12:3",
            "T25:00",
            "T12:60",
            "T12:30:61",
            "T12:30Zx",
            "+2",
            "+15:00",
            "T12:30:00.",
            "é",
            "12:30",
            "T12:30 UTC",
            "T-12:30",
        ] {
            assert_eq!(day(&format!("2024-03-01{rest}")), None, "{rest:?}");
        }
        for text in ["2024-3-01", "0000-01-01", "2024-02-30", "01/03/2024", "", "2024-03-é"] {
            assert_eq!(day(text), None, "{text:?}");
        }
    }
}
