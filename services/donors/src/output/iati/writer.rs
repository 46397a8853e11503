//! Writes activities as IATI 2.03 XML, element by element, in the order that the schema asks for.

use super::activity::{Activity, Narrative, Organisation, Share, Transaction};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use kernel::Money;
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};
use std::io;

/// The version of the standard.
const VERSION: &str = "2.03";
/// "Developing countries, unspecified" of the DAC's regions (codelist Region).
const UNSPECIFIED: &str = "998";
/// Codelist ActivityScope.
const GLOBAL: &str = "1";
/// Codelist BudgetStatus.
const COMMITTED: &str = "2";

/// XML under construction.
pub(crate) struct Xml(Writer<Vec<u8>>);

/// Attributes; those without a value are left out.
type Attributes<'a> = &'a [(&'a str, Option<&'a str>)];

/// A text without the characters that XML 1.0 has no way to write (section 2.2).
fn writable(text: &str) -> String {
    let allowed = |c: &char| match *c {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        other => other >= ' ',
    };
    text.chars().filter(allowed).collect()
}

impl Xml {
    pub(crate) fn new() -> Self {
        Self(Writer::new(Vec::new()))
    }

    /// What was written so far; the writer goes on empty.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.0.get_mut())
    }

    /// The beginning of the file.
    pub(crate) fn open(&mut self, generated: DateTime<Utc>) -> io::Result<()> {
        self.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let generated = instant(generated);
        self.start("iati-activities", &[("version", Some(VERSION)), ("generated-datetime", Some(&generated))])
    }

    /// The end of the file.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        self.end("iati-activities")
    }

    fn tag<'a>(name: &'a str, attributes: Attributes<'_>) -> BytesStart<'a> {
        let mut tag = BytesStart::new(name);
        for (key, value) in attributes {
            if let Some(value) = value {
                tag.push_attribute((*key, writable(value).as_str()));
            }
        }
        tag
    }

    fn start(&mut self, name: &str, attributes: Attributes<'_>) -> io::Result<()> {
        self.0.write_event(Event::Start(Self::tag(name, attributes)))
    }

    fn end(&mut self, name: &str) -> io::Result<()> {
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    fn empty(&mut self, name: &str, attributes: Attributes<'_>) -> io::Result<()> {
        self.0.write_event(Event::Empty(Self::tag(name, attributes)))
    }

    fn text(&mut self, name: &str, attributes: Attributes<'_>, text: &str) -> io::Result<()> {
        self.start(name, attributes)?;
        self.0.write_event(Event::Text(BytesText::new(&writable(text))))?;
        self.end(name)
    }

    fn code(&mut self, name: &str, code: &str) -> io::Result<()> {
        self.empty(name, &[("code", Some(code))])
    }

    fn narratives(
        &mut self,
        name: &str,
        attributes: Attributes<'_>,
        narratives: &[Narrative],
    ) -> io::Result<()> {
        if narratives.is_empty() {
            return self.empty(name, attributes);
        }
        self.start(name, attributes)?;
        for narrative in narratives {
            self.text("narrative", &[("xml:lang", narrative.language)], &narrative.text)?;
        }
        self.end(name)
    }

    fn date(&mut self, name: &str, date: NaiveDate) -> io::Result<()> {
        self.empty(name, &[("iso-date", Some(&date.to_string()))])
    }

    fn value(&mut self, value: Money, date: NaiveDate) -> io::Result<()> {
        let attributes =
            [("currency", Some(value.currency().code())), ("value-date", Some(&*date.to_string()))];
        self.text("value", &attributes, &value.to_string())
    }

    fn organisation(
        &mut self,
        name: &str,
        organisation: &Organisation,
        role: Option<&str>,
    ) -> io::Result<()> {
        let attributes = [
            ("ref", organisation.reference.as_deref()),
            ("type", organisation.kind.as_deref()),
            ("role", role),
        ];
        self.narratives(name, &attributes, &organisation.names)
    }

    /// One activity.
    pub(crate) fn activity(&mut self, activity: &Activity) -> io::Result<()> {
        let updated = instant(activity.updated_at);
        self.start(
            "iati-activity",
            &[
                ("last-updated-datetime", Some(&updated)),
                ("xml:lang", Some(activity.language.as_str())),
                ("default-currency", Some(activity.currency)),
                ("humanitarian", Some("1")),
            ],
        )?;
        self.text("iati-identifier", &[], &activity.identifier)?;
        self.organisation("reporting-org", &activity.reporting, None)?;
        self.narratives("title", &[], &activity.title)?;
        self.narratives("description", &[("type", Some("1"))], &activity.description)?;
        self.organisation("participating-org", &activity.donor, Some("1"))?;
        self.organisation("participating-org", &activity.reporting, Some("4"))?;
        self.code("activity-status", activity.status.code())?;
        self.dates(activity)?;
        self.contact(activity)?;
        self.places_and_sectors(activity)?;
        self.defaults(activity)?;
        self.budgets(activity)?;
        self.planned(activity)?;
        for transaction in &activity.transactions {
            self.transaction(activity, transaction)?;
        }
        self.end("iati-activity")
    }

    fn dates(&mut self, activity: &Activity) -> io::Result<()> {
        let dates = &activity.dates;
        let dates = [dates.planned_start, dates.actual_start, dates.planned_end, dates.actual_end];
        for (kind, date) in ["1", "2", "3", "4"].into_iter().zip(dates) {
            if let Some(date) = date {
                let attributes = [("type", Some(kind)), ("iso-date", Some(&*date.to_string()))];
                self.empty("activity-date", &attributes)?;
            }
        }
        Ok(())
    }

    fn contact(&mut self, activity: &Activity) -> io::Result<()> {
        let Some(email) = &activity.contact_email else { return Ok(()) };
        self.start("contact-info", &[("type", Some("1"))])?;
        self.narratives("organisation", &[], &activity.reporting.names)?;
        self.text("email", &[], email)?;
        self.end("contact-info")
    }

    fn shares(&mut self, name: &str, vocabulary: Option<&str>, shares: &[Share]) -> io::Result<()> {
        for share in shares {
            let percentage = share.percentage.map(percent);
            let attributes = [
                ("vocabulary", vocabulary),
                ("code", Some(&*share.code)),
                ("percentage", percentage.as_deref()),
            ];
            self.empty(name, &attributes)?;
        }
        Ok(())
    }

    fn places_and_sectors(&mut self, activity: &Activity) -> io::Result<()> {
        if activity.worldwide {
            self.code("activity-scope", GLOBAL)?;
        }
        self.shares("recipient-country", None, &activity.countries)?;
        if activity.worldwide {
            self.empty("recipient-region", &[("vocabulary", Some("1")), ("code", Some(UNSPECIFIED))])?;
        }
        self.shares("sector", Some("1"), &activity.sectors)
    }

    fn defaults(&mut self, activity: &Activity) -> io::Result<()> {
        let defaults = &activity.defaults;
        for (name, code) in
            [("default-flow-type", &defaults.flow_type), ("default-finance-type", &defaults.finance_type)]
        {
            if let Some(code) = code {
                self.code(name, code)?;
            }
        }
        for (code, vocabulary) in activity.aid_types.codes() {
            self.empty("default-aid-type", &[("vocabulary", Some(vocabulary)), ("code", Some(code))])?;
        }
        match &defaults.tied_status {
            Some(code) => self.code("default-tied-status", code),
            None => Ok(()),
        }
    }

    /// What is signed is committed (codelist BudgetStatus).
    fn budgets(&mut self, activity: &Activity) -> io::Result<()> {
        for budget in &activity.budgets {
            let kind = if budget.revised { "2" } else { "1" };
            self.start("budget", &[("type", Some(kind)), ("status", Some(COMMITTED))])?;
            self.date("period-start", budget.start)?;
            self.date("period-end", budget.end)?;
            self.value(budget.value, budget.start)?;
            self.end("budget")?;
        }
        Ok(())
    }

    fn planned(&mut self, activity: &Activity) -> io::Result<()> {
        for planned in &activity.planned {
            let kind = if planned.revised { "2" } else { "1" };
            self.start("planned-disbursement", &[("type", Some(kind))])?;
            self.date("period-start", planned.start)?;
            if let Some(end) = planned.end {
                self.date("period-end", end)?;
            }
            self.value(planned.value, planned.start)?;
            self.organisation("provider-org", &activity.donor, None)?;
            self.organisation("receiver-org", &activity.reporting, None)?;
            self.end("planned-disbursement")?;
        }
        Ok(())
    }

    fn transaction(&mut self, activity: &Activity, transaction: &Transaction) -> io::Result<()> {
        self.start("transaction", &[("ref", transaction.reference.as_deref()), ("humanitarian", Some("1"))])?;
        self.code("transaction-type", transaction.flow.code())?;
        self.date("transaction-date", transaction.date)?;
        self.value(transaction.value, transaction.value_date)?;
        if let Some(description) = &transaction.description {
            self.narratives("description", &[], &[Narrative::of(description.as_str())])?;
        }
        match &transaction.provider {
            Some(provider) => {
                let organisation = &provider.organisation;
                let attributes = [
                    ("ref", organisation.reference.as_deref()),
                    ("type", organisation.kind.as_deref()),
                    ("provider-activity-id", provider.activity.as_deref()),
                ];
                self.narratives("provider-org", &attributes, &organisation.names)?;
            }
            None => self.organisation("provider-org", &activity.donor, None)?,
        }
        let receiver = &activity.reporting;
        let attributes = [
            ("ref", receiver.reference.as_deref()),
            ("type", receiver.kind.as_deref()),
            ("receiver-activity-id", Some(activity.identifier.as_str())),
        ];
        self.narratives("receiver-org", &attributes, &receiver.names)?;
        for (code, vocabulary) in transaction.aid_types.iter().flat_map(|types| types.codes()) {
            self.empty("aid-type", &[("vocabulary", Some(vocabulary)), ("code", Some(code))])?;
        }
        self.end("transaction")
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Hundredths of a percent as a decimal number.
fn percent(hundredths: u32) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            activity::{Flow, Provider},
            rules_tests::sound,
        },
        *,
    };

    fn written(activity: &Activity) -> String {
        let mut xml = Xml::new();
        xml.open(activity.updated_at).unwrap();
        xml.activity(activity).unwrap();
        xml.close().unwrap();
        String::from_utf8(xml.take()).unwrap()
    }

    #[test]
    fn an_activity_is_written_in_the_order_of_the_schema() {
        let text = written(&sound());
        let order = [
            "<iati-activities version=\"2.03\"",
            "<iati-identifier>XM-DAC-47066-AGR-2026-00001</iati-identifier>",
            "<reporting-org ref=\"XM-DAC-47066\" type=\"40\"><narrative>Organisation</narrative>",
            "<title>",
            "<description type=\"1\">",
            "<participating-org ref=\"XM-DAC-1-1\" type=\"10\" role=\"1\">",
            "<participating-org ref=\"XM-DAC-47066\" type=\"40\" role=\"4\">",
            "<activity-status code=\"2\"/>",
            "<activity-date type=\"1\" iso-date=\"2026-01-01\"/>",
            "<contact-info type=\"1\">",
            "<recipient-country code=\"TD\" percentage=\"50.00\"/>",
            "<sector vocabulary=\"1\" code=\"72010\"/>",
            "<default-flow-type code=\"10\"/>",
            "<default-finance-type code=\"110\"/>",
            "<default-aid-type vocabulary=\"1\" code=\"C01\"/>",
            "<default-aid-type vocabulary=\"2\" code=\"3\"/>",
            "<default-aid-type vocabulary=\"3\" code=\"F\"/>",
            "<default-tied-status code=\"5\"/>",
            "<budget type=\"1\" status=\"2\"><period-start iso-date=\"2026-01-01\"/><period-end iso-date=\"2026-12-31\"/>",
            "<planned-disbursement type=\"1\"><period-start iso-date=\"2026-02-01\"/>",
            "<transaction humanitarian=\"1\"><transaction-type code=\"11\"/>",
            "<transaction-date iso-date=\"2026-01-15\"/>",
            "<value currency=\"NOK\" value-date=\"2026-01-15\">1000000.00</value>",
            "</iati-activities>",
        ];
        let mut rest = text.as_str();
        for part in order {
            let at = rest.find(part).unwrap_or_else(|| panic!("{part} is not where it should be in {text}"));
            rest = &rest[at + part.len()..];
        }
    }

    #[test]
    fn a_disbursement_names_the_activity_that_provides_it() {
        let mut activity = sound();
        for transaction in &mut activity.transactions {
            transaction.flow = Flow::Disbursement;
            transaction.provider = Some(Provider {
                organisation: activity.reporting.clone(),
                activity: Some("XM-DAC-47066-AGR-2026-00007".to_owned()),
            });
        }
        let text = written(&activity);
        let provider = "<provider-org ref=\"XM-DAC-47066\" type=\"40\" \
                        provider-activity-id=\"XM-DAC-47066-AGR-2026-00007\"><narrative>Organisation</narrative>";
        assert!(text.contains("<transaction-type code=\"3\"/>") && text.contains(provider), "{text}");
        let receiver = "receiver-activity-id=\"XM-DAC-47066-AGR-2026-00001\"";
        assert!(text.find(provider) < text.find(receiver), "{text}");
    }

    #[test]
    fn what_people_wrote_cannot_break_the_file() {
        let mut activity = sound();
        activity.title = vec![Narrative::of("a </title> & <b>\u{0}\u{8}\u{FFFE}\n\"c\"")];
        activity.donor.reference = Some("X\"><y/>&\u{1}".to_owned());
        let text = written(&activity);
        assert!(text.contains("<narrative>a &lt;/title&gt; &amp; &lt;b&gt;\n"), "{text}");
        assert!(text.contains("ref=\"X&quot;&gt;&lt;y/&gt;&amp;\""), "{text}");
        let mut reader = quick_xml::Reader::from_str(&text);
        while !matches!(reader.read_event().unwrap(), Event::Eof) {}
    }

    #[test]
    fn money_without_a_country_goes_to_the_unspecified_region() {
        let mut activity = sound();
        (activity.countries, activity.worldwide) = (Vec::new(), true);
        let text = written(&activity);
        assert!(
            text.contains("<activity-scope code=\"1\"/><recipient-region vocabulary=\"1\" code=\"998\"/>")
        );
    }
}
