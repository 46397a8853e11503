//! Which representation of a list the caller wants (RFC 9110 section 12.5.1).

use actix_web::{
    HttpRequest,
    http::header::{Accept, Header, Quality, QualityItem},
    mime::Mime,
};
use kernel::{Code, FieldCode, Problem};
use std::cmp::Reverse;

/// The media type of XLSX.
pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The representations of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Representation {
    Json,
    Csv,
    Xlsx,
}

/// How well an `Accept` header suits a representation: its quality, how exactly it was named, and how early.
type Fit = (Quality, u8, Reverse<usize>);

impl Representation {
    /// The first is what a caller without a preference gets.
    const ALL: [Self; 3] = [Self::Json, Self::Csv, Self::Xlsx];

    /// What the caller wants most; JSON when it does not say.
    ///
    /// # Errors
    /// 406 when none of them is acceptable.
    pub(crate) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        // A header that cannot be read says nothing.
        let ranges = Accept::parse(request).map(|Accept(ranges)| ranges).unwrap_or_default();
        if ranges.is_empty() {
            return Ok(Self::Json);
        }
        let mut best: Option<(Fit, Self)> = None;
        for representation in Self::ALL {
            let fit = representation.fit(&ranges).filter(|(quality, ..)| *quality > Quality::ZERO);
            if let Some(fit) = fit
                && best.is_none_or(|(other, _)| fit > other)
            {
                best = Some((fit, representation));
            }
        }
        best.map(|(_, representation)| representation).ok_or_else(|| {
            let why = format!("lists are available as application/json, text/csv or {XLSX}");
            let fault = FieldCode::MediaType.says(why);
            let allowed = format!("application/json, text/csv, {XLSX}");
            Problem::new(Code::NotAcceptable).field("accept", fault.with("allowed", allowed))
        })
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Xlsx => XLSX,
        }
    }

    /// By the most exact range that names it: `text/csv;q=0, */*` refuses CSV. Parameters (a charset) do not matter.
    fn fit(self, ranges: &[QualityItem<Mime>]) -> Option<Fit> {
        let (main, _) = self.media_type().split_once('/')?;
        let named = ranges.iter().enumerate().filter_map(|(index, range)| {
            let exactness = match range.item.essence_str() {
                "*/*" => 0,
                essence if essence == self.media_type() => 2,
                essence if essence.strip_suffix("/*") == Some(main) => 1,
                _ => return None,
            };
            Some((exactness, Reverse(index), range.quality))
        });
        let (exactness, index, quality) = named.max_by_key(|(exactness, index, _)| (*exactness, *index))?;
        Some((quality, exactness, index))
    }
}

#[cfg(test)]
mod tests;
