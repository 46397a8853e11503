//! Steps of a record (commit, sign, send, …): each is a form on the record's page that moves it on. A step is a line of
//! `Steps`: its name, its texts by key, its fields. The form is drawn by `components/form/step.html`.

use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::{Typed, country_codes, key, money, own, rate, years},
    i18n::{Language, text},
    ids::Id,
    uploads,
    visit::{Staff, Writer},
};
use actix_web::{HttpResponse, web::Payload};
use kernel::Fault;
use serde_json::{Map, Value, json};

/// What moves the records of a list on.
pub(crate) struct Steps {
    /// The list, as the API calls it, and the console's addresses but for what [`Steps::place`] says.
    pub(crate) list: &'static str,
    /// Whether the API takes a key with a step as well as the version: one that is sent twice is taken once.
    pub(crate) once: bool,
    pub(crate) steps: &'static [Step],
}

/// One step, with the keys of its texts.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    /// As the API and the console's addresses call it.
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// What it does, where its name does not say.
    pub(crate) about: Option<&'static str>,
    pub(crate) fields: &'static [Field],
    shape: Shape,
}

/// How a step is shown.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// A button that opens a dialog.
    Dialog,
    /// The same; the button is not the one that most people look for.
    QuietDialog,
    /// A panel that opens in the page.
    Panel,
}

impl Step {
    const fn new(name: &'static str, label: &'static str, shape: Shape) -> Self {
        Self { name, label, about: None, fields: &[], shape }
    }

    pub(crate) const fn dialog(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Shape::Dialog)
    }

    pub(crate) const fn quiet(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Shape::QuietDialog)
    }

    pub(crate) const fn panel(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Shape::Panel)
    }

    pub(crate) const fn about(mut self, about: &'static str) -> Self {
        self.about = Some(about);
        self
    }

    pub(crate) const fn fields(mut self, fields: &'static [Field]) -> Self {
        self.fields = fields;
        self
    }
}

/// Something to fill in for a step; its name is that of the API.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    name: &'static str,
    pub(crate) label: &'static str,
    kind: Kind,
    required: bool,
    /// Whether it begins with what is recorded.
    filled: bool,
    /// Whether the form says that it may be left empty.
    said_optional: bool,
}

/// What is filled in.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Date,
    /// A date that is not in the future.
    PastDate,
    /// An amount in the record's currency.
    Money,
    /// The same; without it, all that the record has.
    Part,
    /// An amount in US dollars, whatever the record is in.
    Dollars,
    /// One of a few words. Their texts begin with `prefix`; none of them is the text `blank`.
    Choice {
        options: &'static [&'static str],
        prefix: &'static str,
        blank: Option<&'static str>,
    },
    Countries,
    /// Response plans, of those that [`offering`] adds.
    Plans,
    /// A record, of those that [`offering_for`] adds. None of them is the text `blank`.
    Offered {
        blank: &'static str,
    },
    Years,
    /// An exchange rate, for a record that is not in dollars.
    Rate,
    /// A text of one line.
    Line,
    /// A text of several lines.
    Long,
    /// A box to tick: asked of the reader, and not sent.
    Sure,
    /// A document to attach, or none: its step is taken with [`Steps::take_upload`]. It stands last.
    File,
}

impl Field {
    /// A field that has to be filled in.
    pub(crate) const fn required(name: &'static str, label: &'static str, kind: Kind) -> Self {
        Self { name, label, kind, required: true, filled: false, said_optional: false }
    }

    /// One that may be left empty, as its label says.
    pub(crate) const fn optional(name: &'static str, label: &'static str, kind: Kind) -> Self {
        Self { name, label, kind, required: false, filled: false, said_optional: true }
    }

    /// One that may be left empty, as anyone sees.
    pub(crate) const fn free(name: &'static str, label: &'static str, kind: Kind) -> Self {
        Self { name, label, kind, required: false, filled: false, said_optional: false }
    }

    pub(crate) const fn filled(mut self) -> Self {
        self.filled = true;
        self
    }

    /// The field for the form; none where it does not belong to the record.
    fn shown(&self, (language, today): (Language, &str), record: &Value) -> Option<Value> {
        let currency = &record["amount"]["currency"];
        let mut shown = json!({
            "name": self.name, "label": text(language, self.label, None), "required": self.required,
            "note": self.said_optional.then(|| text(language, "optional", None)),
            "value": if self.filled { record[self.name].clone() } else { Value::Null },
        });
        shown["kind"] = match self.kind {
            Kind::Date => "date",
            Kind::PastDate => {
                shown["max"] = today.into();
                "date"
            }
            Kind::Money => "money",
            Kind::Part => {
                shown["all_of"] = record["amount"].clone();
                "money"
            }
            Kind::Dollars => "money",
            Kind::Choice { options, prefix, blank } => {
                (shown["options"], shown["prefix"]) = (json!(options), prefix.into());
                shown["blank"] = blank.map(|blank| text(language, blank, None)).into();
                "choice"
            }
            Kind::Countries => {
                shown["options"] = country_codes(language).into();
                "countries"
            }
            Kind::Plans => {
                shown["options"] = json!([]);
                "plans"
            }
            Kind::Offered { blank } => {
                (shown["options"], shown["blank"]) = (json!([]), text(language, blank, None).into());
                "plan"
            }
            Kind::Years | Kind::Line => "text",
            Kind::Rate if currency == "USD" => return None,
            Kind::Rate => "rate",
            Kind::Long => "long",
            Kind::Sure => "sure",
            Kind::File => "file",
        }
        .into();
        shown["currency"] = if matches!(self.kind, Kind::Dollars) { "USD".into() } else { currency.clone() };
        Some(shown)
    }

    /// What is sent of what was typed.
    fn sent(&self, language: Language, typed: &Typed) -> Option<Value> {
        match self.kind {
            Kind::Sure | Kind::File => None,
            Kind::Money | Kind::Part => {
                typed.some(self.name).map(|amount| money(language, amount, typed.text("currency")))
            }
            Kind::Dollars => Some(money(language, typed.text(self.name), "USD")),
            Kind::Countries | Kind::Plans => Some(typed.all(self.name).into()),
            Kind::Years => Some(years(typed.text(self.name))),
            Kind::Rate => rate(language, typed),
            // What is needed and missing is for the API to say.
            Kind::Date
            | Kind::PastDate
            | Kind::Choice { .. }
            | Kind::Offered { .. }
            | Kind::Line
            | Kind::Long
                if self.required =>
            {
                Some(typed.text(self.name).into())
            }
            Kind::Date
            | Kind::PastDate
            | Kind::Choice { .. }
            | Kind::Offered { .. }
            | Kind::Line
            | Kind::Long => typed.some(self.name).map(Value::from),
        }
    }
}

impl Step {
    /// What is sent with the step.
    pub(crate) fn body(&self, language: Language, typed: &Typed) -> Value {
        let sent = |field: &Field| Some((field.name.to_owned(), field.sent(language, typed)?));
        self.fields.iter().filter_map(sent).collect::<Map<String, Value>>().into()
    }

    /// Whether its form has a file: it is sent as it comes.
    fn is_upload(&self) -> bool {
        self.fields.iter().any(|field| matches!(field.kind, Kind::File))
    }

    /// A box that was not ticked.
    fn unsure(&self, typed: &Typed) -> Option<Value> {
        let is_empty = |field: &&Field| matches!(field.kind, Kind::Sure) && typed.some(field.name).is_none();
        self.fields.iter().find(is_empty).map(|field| own(field.name, &Fault::required()))
    }
}

impl Steps {
    fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// What the console's addresses call the list.
    pub(crate) fn place(&self) -> &'static str {
        match self.list {
            "allocation-proposals" => "proposals",
            "committee-meetings" => "meetings",
            "suggestions" => "allocation-suggestions",
            list => list,
        }
    }

    /// The pattern of the addresses that the forms of these steps are sent to. A step of another name has no address, so
    /// that `…/{id}/edit` is not taken for one; nor has one with a file, whose route is its own.
    pub(crate) fn address(&self) -> String {
        let typed = self.steps.iter().filter(|step| !step.is_upload());
        let names: Vec<&str> = typed.map(|step| step.name).collect();
        format!("/console/{}/{{id}}/{{step:{}}}", self.place(), names.join("|"))
    }

    /// Every step, by name.
    #[cfg(test)]
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.steps.iter().map(|step| step.name).collect()
    }

    /// The keys of every text.
    #[cfg(test)]
    pub(crate) fn texts(&self) -> Vec<String> {
        let of_field = |field: &Field| {
            let mut keys = vec![field.label.to_owned()];
            if let Kind::Choice { options, prefix, blank } = field.kind {
                keys.extend(options.iter().map(|option| format!("{prefix}{}", option.replace('_', "-"))));
                keys.extend(blank.map(str::to_owned));
            }
            if let Kind::Offered { blank } = field.kind {
                keys.push(blank.to_owned());
            }
            keys
        };
        let of_step = |step: &Step| {
            let own = [Some(step.label), step.about].into_iter().flatten().map(str::to_owned);
            own.chain(step.fields.iter().flat_map(of_field)).collect::<Vec<_>>()
        };
        self.steps.iter().flat_map(of_step).collect()
    }

    /// The steps of these names as the page of `record` shows them.
    pub(crate) fn of(&self, staff: &Staff, record: &Value, names: &[&str]) -> Value {
        self.shown((staff.language, &staff.today().to_string()), record, names)
    }

    /// The same, in a language on a day.
    pub(crate) fn shown(&self, at: (Language, &str), record: &Value, names: &[&str]) -> Value {
        let id = record["id"].as_str().unwrap_or_default();
        let shown = |step: &Step| {
            let fields: Vec<Value> = step.fields.iter().filter_map(|field| field.shown(at, record)).collect();
            json!({
                "name": step.name, "label": text(at.0, step.label, None), "fields": fields,
                "about": step.about.map(|about| text(at.0, about, None)),
                "action": format!("/console/{}/{id}/{}", self.place(), step.name), "version": record["version"],
                "key": self.once.then(key),
                "panel": step.shape == Shape::Panel, "quiet": step.shape == Shape::QuietDialog,
                "upload": step.is_upload(),
            })
        };
        names.iter().filter_map(|name| self.step(name)).map(shown).collect()
    }

    /// Takes the step of this name with what was typed for it, and goes back to the record. A refusal is what the record's
    /// page is given to show it again.
    pub(crate) async fn take(
        &self,
        form: &Writer,
        id: &Id,
        name: &str,
    ) -> Result<Result<HttpResponse, Value>, PageError> {
        let step = self.step(name).ok_or(PageError::NotFound)?;
        let (typed, list) = (&form.typed, self.list);
        let version = typed.text("version");
        let guard = match self.once {
            true => Guard::VersionOnce(version, typed.text("key")),
            false => Guard::Version(version),
        };
        let outcome = match step.unsure(typed) {
            Some(problem) => Err(problem),
            None => {
                let (path, body) = (format!("/v1/{list}/{id}/{name}"), step.body(form.language, typed));
                form.submit(Method::POST, &path, &body, guard).await?
            }
        };
        match outcome {
            Ok(_) => form.see_other(&format!("/console/{}/{id}", self.place())).map(Ok),
            Err(problem) => {
                Ok(Err(json!({ "problem": at_step(problem, name), "typed": typed.values(), "asked": name })))
            }
        }
    }

    /// Takes a step whose form has a file, on the version that was read. A refusal is what the record's page is given to
    /// show it again, with all that was typed; a file has to be chosen anew.
    pub(crate) async fn take_upload(
        &self,
        staff: &Staff,
        id: &Id,
        name: &str,
        version: &str,
        payload: Payload,
    ) -> Result<Result<HttpResponse, Value>, PageError> {
        let list = self.list;
        match uploads::step(staff, &format!("/v1/{list}/{id}/{name}"), version, payload).await? {
            Ok(_) => staff.see_other(&format!("/console/{}/{id}", self.place())).map(Ok),
            Err((problem, typed)) => {
                Ok(Err(json!({ "problem": at_step(problem, name), "typed": typed.values(), "asked": name })))
            }
        }
    }
}

/// Steps, with the response plans to choose from in their fields of that kind.
pub(crate) fn offering(mut steps: Value, plans: &[Value]) -> Value {
    for step in steps.as_array_mut().into_iter().flatten() {
        for field in
            step["fields"].as_array_mut().into_iter().flatten().filter(|field| field["kind"] == "plans")
        {
            field["options"] = plans.into();
        }
    }
    steps
}

/// Steps, with the records (each: id, name) to choose from in the field `input` of `step`.
pub(crate) fn offering_for(mut steps: Value, (step, input): (&str, &str), records: &[Value]) -> Value {
    for shown in steps.as_array_mut().into_iter().flatten().filter(|shown| shown["name"] == step) {
        for field in
            shown["fields"].as_array_mut().into_iter().flatten().filter(|field| field["name"] == input)
        {
            field["options"] = records.into();
        }
    }
    steps
}

/// Each step has its own form on the page: its inputs are named after it.
pub(crate) fn at_step(mut problem: Value, step: &str) -> Value {
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        if let Some(field) = error["field"].as_str().filter(|field| !field.is_empty()) {
            error["field"] = format!("{step}-{field}").into();
        }
    }
    problem
}

#[cfg(test)]
mod tests;
