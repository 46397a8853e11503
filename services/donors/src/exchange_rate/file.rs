//! Reading a file of rates: the columns Date, Rate and Currency, and, where they are there, Source and Country code, as
//! the IMF's monthly file has them.

use super::{month_of, parse, store::Model};
use chrono::{DateTime, Utc};
use kernel::{Currency, Fault, FieldCode, FieldError, OrganisationId, fault};
use rust_decimal::Decimal;
use service::Checks;
use std::{borrow::Cow, collections::BTreeMap};

/// Maximum number of rows of a file: two centuries of months of every currency.
const MAX_ROWS: usize = 500_000;
/// Maximum length of the name of a source, in characters.
const MAX_SOURCE_LENGTH: usize = 200;
/// Maximum number of faults that are reported one by one.
const MAX_FAULTS: usize = 500;

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) rows: usize,
    /// One rate of each currency and month, in that order.
    pub(super) rates: Vec<Model>,
    /// Rows that cannot be used: `/rows/17/Rate`.
    pub(super) faults: Vec<FieldError>,
    /// How many there are; the list of them ends at 500.
    pub(super) bad: usize,
}

impl Read {
    fn fault(&mut self, row: usize, column: &str, fault: Fault) {
        self.bad += 1;
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(FieldError::new(format!("/rows/{row}/{column}"), fault));
        }
    }
}

/// What a file does not say of its rates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) organisation_id: OrganisationId,
    /// Where a rate is from that names no source.
    pub(super) source: &'a str,
    pub(super) now: DateTime<Utc>,
}

struct Columns {
    date: usize,
    rate: usize,
    currency: usize,
    source: Option<usize>,
    country: Option<usize>,
}

struct Line {
    number: usize,
    country: String,
    model: Model,
}

/// The rates of a CSV file. Rows are numbered from 1, the heading not counted.
///
/// # Errors
/// Why the file as a whole cannot be read.
pub(super) fn read(bytes: &[u8], given: Given<'_>) -> Result<Read, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let byte = error.valid_up_to();
        FieldCode::NotUtf8.says(format!("is not UTF-8 text: byte {byte} is invalid"))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headings = reader.headers().map_err(|error| damaged(&error))?.clone();
    let column = |name: &str| headings.iter().position(|heading| heading.eq_ignore_ascii_case(name));
    let needed = |name: &'static str| {
        let missing =
            || FieldCode::MissingColumn.says(format!("has no column \"{name}\"")).with("field", name);
        column(name).ok_or_else(missing)
    };
    let columns = Columns {
        date: needed("Date")?,
        rate: needed("Rate")?,
        currency: needed("Currency")?,
        source: column("Source"),
        country: column("Country code"),
    };
    let mut read = Read::default();
    let mut by_month: BTreeMap<(String, String), Vec<Line>> = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|error| damaged(&error))?;
        read.rows += 1;
        if read.rows > MAX_ROWS {
            return Err(Fault::too_many(MAX_ROWS as u64, "rows"));
        }
        if let Some(line) = line(&record, &columns, given, &mut read) {
            let key = (line.model.currency.clone(), line.model.month.clone());
            by_month.entry(key).or_default().push(line);
        }
    }
    for ((currency, month), lines) in by_month {
        choose(&currency, &month, lines, &mut read);
    }
    Ok(read)
}

fn damaged(error: &csv::Error) -> Fault {
    FieldCode::DamagedFile.says(error.to_string())
}

fn line(record: &csv::StringRecord, columns: &Columns, given: Given<'_>, read: &mut Read) -> Option<Line> {
    let number = read.rows;
    let cell = |index: usize| record.get(index).unwrap_or_default();
    let (rate, code) = (cell(columns.rate), cell(columns.currency));
    let Some(date) = kernel::date::parse(cell(columns.date)) else {
        let fault = FieldCode::NotADate.says("is not a date such as 2026-03-31");
        read.fault(number, "Date", fault.with("value", fault::shown(cell(columns.date))));
        return None;
    };
    if let Some(fault) = kernel::date::unusual_for_money(date) {
        read.fault(number, "Date", fault);
        return None;
    }
    let currency = match Currency::from_code(code) {
        Ok(currency) => currency,
        Err(error) => {
            read.fault(number, "Currency", error.into());
            return None;
        }
    };
    if let Err(fault) = currency.in_force(date) {
        read.fault(number, "Currency", fault);
        return None;
    }
    let parsed = match parse(&plain(rate)) {
        Ok(parsed) => parsed,
        Err(fault) => {
            read.fault(number, "Rate", fault);
            return None;
        }
    };
    if currency == Currency::USD {
        if parsed != Decimal::ONE {
            read.fault(number, "Rate", FieldCode::DollarRate.says("the rate of the US dollar must be 1"));
        }
        return None;
    }
    let stated = columns.source.map(cell).filter(|source| !source.is_empty());
    let mut checks = Checks::new();
    checks.optional_text("/source", stated, MAX_SOURCE_LENGTH);
    if let Some(error) = checks.into_errors().pop() {
        read.fault(number, "Source", error.into());
        return None;
    }
    let model = Model {
        organisation_id: given.organisation_id,
        currency: code.to_owned(),
        month: month_of(date),
        rate: parsed.normalize().to_string(),
        rate_date: date,
        source: stated.unwrap_or(given.source).to_owned(),
        recorded_at: given.now,
    };
    Some(Line { number, country: columns.country.map(cell).unwrap_or_default().to_owned(), model })
}

/// A rate without the exponent that the IMF's file writes for very large and very small ones; the text itself where it
/// has none, or is none.
fn plain(rate: &str) -> Cow<'_, str> {
    match Decimal::from_scientific(rate) {
        Ok(number) if rate.contains(['e', 'E']) => Cow::Owned(number.to_string()),
        _ => Cow::Borrowed(rate),
    }
}

/// Where a file gives one month of a currency several rates, that of the currency's own country is meant (its code
/// begins with the country's: ISO 4217); where no row is that, none is taken.
fn choose(currency: &str, month: &str, lines: Vec<Line>, read: &mut Read) {
    let alike = lines.windows(2).all(|pair| match pair {
        [one, other] => one.model.rate == other.model.rate,
        _ => true,
    });
    if alike {
        read.rates.extend(lines.into_iter().next().map(|line| line.model));
        return;
    }
    let own = lines.iter().position(|line| currency.starts_with(&line.country) && line.country.len() == 2);
    for (index, line) in lines.iter().enumerate() {
        if own != Some(index)
            && own.is_none_or(|own| lines.get(own).is_some_and(|own| own.model.rate != line.model.rate))
        {
            let why = format!("{currency} has another rate for {month} in this file");
            let fault = FieldCode::SeveralRates.says(why).with("currency", currency).with("month", month);
            read.fault(line.number, "Rate", fault);
        }
    }
    read.rates.extend(own.and_then(|own| lines.into_iter().nth(own)).map(|line| line.model));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(source: &str) -> Given<'_> {
        Given { organisation_id: OrganisationId::from_u128(1), source, now: DateTime::UNIX_EPOCH }
    }

    fn of(text: &str) -> Read {
        read(text.as_bytes(), from("by hand")).unwrap()
    }

    #[test]
    fn a_file_gives_one_rate_of_each_month_and_names_every_row_it_cannot_use() {
        let read = of("\u{feff}Date,Rate,Currency,Source\n2026-01-31,0.9200,EUR,ECB\n2026-02-28,x,EUR,ECB\n\
                       2026-02-30,1,CHF,\n2026-01-31,10,XYZ,\n2026-01-31,0,NOK,\n2026-01-31,1.0,USD,\n2026-01-31,8.7,USD,\n2026-03-31,11,NOK,");
        let rates: Vec<_> = read
            .rates
            .iter()
            .map(|row| (row.currency.as_str(), row.month.as_str(), row.rate.as_str(), row.source.as_str()))
            .collect();
        assert_eq!(rates, [("EUR", "2026-01", "0.92", "ECB"), ("NOK", "2026-03", "11", "by hand")]);
        let faults: Vec<&str> = read.faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(
            faults,
            ["/rows/2/Rate", "/rows/3/Date", "/rows/4/Currency", "/rows/5/Rate", "/rows/7/Rate"]
        );
        assert_eq!((read.rows, read.bad), (8, 5));
    }

    #[test]
    fn of_several_rates_that_of_the_currencys_own_country_is_meant() {
        let head = "Date,Rate,Currency,Country code\n";
        let read =
            of(&format!("{head}2020-01-31,14.4,ZAR,ZA\n2020-01-31,14.9,ZAR,LS\n2020-01-31,14.4,ZAR,NA"));
        assert_eq!(read.rates[0].rate, "14.4");
        assert_eq!((read.faults.len(), read.faults[0].pointer.as_str()), (1, "/rows/2/Rate"));
        let unclear = of(&format!("{head}2020-01-31,600,XOF,SN\n2020-01-31,601,XOF,ML"));
        assert_eq!((unclear.rates.len(), unclear.bad), (0, 2));
        let alike = of(&format!("{head}2020-01-31,600,XOF,SN\n2020-01-31,600.0,XOF,ML"));
        assert_eq!((alike.rates.len(), alike.bad), (1, 0));
    }

    #[test]
    fn a_withdrawn_currency_has_rates_while_it_was_in_force() {
        let read = of("Date,Rate,Currency\n2014-03-31,2.5,LTL\n1999-03-31,1.8,DEM\n2015-03-31,1.47E4,BYR\n\
                       2015-01-31,2.5,LTL\n2017-02-28,19000,BYR\n1899-12-31,4.2,DEM\n2014-3-31,1_0,EUR\n2014-03-31,1_0,EUR");
        let rates: Vec<_> = read.rates.iter().map(|row| (row.currency.as_str(), row.rate.as_str())).collect();
        assert_eq!(rates, [("BYR", "14700"), ("DEM", "1.8"), ("LTL", "2.5")]);
        let faults: Vec<_> = read.faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        let expected = [
            ("/rows/4/Currency", FieldCode::WithdrawnCurrency),
            ("/rows/5/Currency", FieldCode::WithdrawnCurrency),
            ("/rows/6/Date", FieldCode::DateOutOfRange),
            ("/rows/7/Date", FieldCode::NotADate),
            ("/rows/8/Rate", FieldCode::NotANumber),
        ];
        assert_eq!(faults, expected);
    }

    #[test]
    fn a_source_that_hides_characters_or_does_not_end_is_named() {
        let long = "x".repeat(201);
        let read = of(&format!(
            "Date,Rate,Currency,Source\n2026-01-31,1,EUR,E\u{7}CB\n2026-01-31,2,CHF,{long}\n2026-01-31,3,NOK,ECB"
        ));
        let faults: Vec<_> = read.faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        let expected =
            [("/rows/1/Source", FieldCode::HiddenCharacters), ("/rows/2/Source", FieldCode::TooLong)];
        assert_eq!(faults, expected);
        assert_eq!((read.rates.len(), read.bad), (1, 2));
    }

    #[test]
    fn a_file_that_is_no_table_of_rates_is_refused() {
        let why = |bytes: &[u8]| read(bytes, from("")).unwrap_err();
        let missing = why(b"Date,Currency\n");
        assert_eq!((missing.code, &*missing.detail), (FieldCode::MissingColumn, "has no column \"Rate\""));
        let unread = why(b"Date,Rate,Currency\n\xff\xfe");
        assert!(unread.code == FieldCode::NotUtf8 && unread.detail.contains("byte 19"), "{unread:?}");
        assert!(why(b"PK\x03\x04").detail.contains("no column"));
    }

    #[test]
    fn a_small_file_in_the_shape_of_the_imfs_works() {
        let bytes = std::fs::read(testkit::sample_data().join("rates.csv")).unwrap();
        let read = read(&bytes, from("")).unwrap();
        let mut rates: Vec<_> = read
            .rates
            .iter()
            .map(|row| (row.currency.as_str(), row.month.as_str(), row.rate.as_str(), row.source.as_str()))
            .collect();
        rates.sort_unstable();
        let expected = [
            ("AFN", "2020-05", "75.9", "IMF"),
            ("AFN", "2020-06", "76.55", "IMF"),
            ("EUR", "2020-06", "0.8896", "IMF"),
            ("NOK", "2020-06", "9.7456", "IMF"),
            ("ZAR", "2020-06", "17.36", "IMF"),
        ];
        assert_eq!(rates, expected);
        let faults: Vec<&str> = read.faults.iter().map(|fault| fault.pointer.as_str()).collect();
        let wrong = ["/rows/5/Rate", "/rows/8/Rate", "/rows/9/Currency", "/rows/10/Currency"];
        assert_eq!((read.rows, read.bad), (11, 4), "{faults:?}");
        assert!(wrong.iter().all(|pointer| faults.contains(pointer)), "{faults:?}");
    }

    #[test]
    fn the_imf_file_works() {
        let Some(data) = testkit::shared_data("the monthly rates of the IMF") else { return };
        let bytes = std::fs::read(data.join("reference/fx-monthly-2015-2020.csv")).unwrap();
        let read = read(&bytes, from("IMF")).unwrap();
        assert_eq!(read.rows, 13_534);
        let rate = |currency: &str, month: &str| {
            read.rates
                .iter()
                .find(|row| row.currency == currency && row.month == month)
                .map(|row| row.rate.as_str())
        };
        assert!(rate("AFN", "2015-01") == Some("57.56") && rate("NOK", "2020-06").is_some());
        assert!(rate("ZAR", "2015-06").is_some() && rate("USD", "2015-06").is_none());
        // Blank and withdrawn codes, dollars that cost more than a dollar, and the other countries' rand.
        assert!(read.bad > 0 && read.rates.len() > 10_000, "{} {}", read.bad, read.rates.len());
    }
}
