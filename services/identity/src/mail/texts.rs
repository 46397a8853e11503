//! The texts of mails in the supported languages. Terms are those of docs/glossary.md and of the pages.

use super::store::Item;
use kernel::{NotificationKind, Word};
use locale::Language;

/// Maximum number of items listed in a mail; the rest is in the notification centre.
const MAX_ITEMS: usize = 50;
/// Maximum length of a subject in characters, so that clients show it whole.
const MAX_SUBJECT_LENGTH: usize = 150;

/// Renders the subject and the body of a mail for its recipient.
pub(super) struct MailBody<'a> {
    pub(super) language: Language,
    pub(super) name: &'a str,
    pub(super) organisation: &'a str,
    pub(super) public_url: &'a str,
}

/// The texts of a language. `{…}` is filled in.
struct Texts {
    dear: &'static str,
    several: &'static str,
    more: &'static str,
    why_staff: &'static str,
    why_donor: &'static str,
    choose: &'static str,
    told: [(NotificationKind, &'static str); 12],
    reports: [(&'static str, &'static str); 6],
}

impl MailBody<'_> {
    fn texts(&self) -> &'static Texts {
        match self.language {
            Language::English => &ENGLISH,
            Language::French => &FRENCH,
            Language::Spanish => &SPANISH,
        }
    }

    /// A single item is named in the subject; several are counted.
    pub(super) fn subject(&self, items: &[Item]) -> String {
        let text = match items {
            [item] => format!("{} – {}", self.told(item), one_line(&item.title)),
            _ => self.texts().several.replace("{count}", &items.len().to_string()),
        };
        if text.chars().count() <= MAX_SUBJECT_LENGTH {
            return text;
        }
        text.chars().take(MAX_SUBJECT_LENGTH - 1).chain(['…']).collect()
    }

    /// What is most urgent first.
    pub(super) fn body(&self, items: &[Item]) -> String {
        let (texts, url) = (self.texts(), self.public_url);
        let mut text = texts.dear.replace("{name}", &one_line(self.name));
        text.push_str("\n\n");
        let mut urgent: Vec<&Item> = items.iter().collect();
        urgent.sort_by_key(|item| rank(&item.kind));
        for item in urgent.iter().take(MAX_ITEMS) {
            let place = if item.for_donor { "donor" } else { "console" };
            text.push_str(&format!(
                "* {}\n  {}\n  {url}/{place}/reports/{}\n\n",
                self.told(item),
                one_line(&item.title),
                item.report_id
            ));
        }
        if let Some(more) = items.len().checked_sub(MAX_ITEMS).filter(|more| *more > 0) {
            let line = texts.more.replace("{count}", &more.to_string());
            text.push_str(&format!("{line}\n  {url}/notifications\n\n"));
        }
        let is_donor = items.iter().any(|item| item.for_donor);
        let why = if is_donor { texts.why_donor } else { texts.why_staff };
        let why = why.replace("{organisation}", &one_line(self.organisation));
        // "-- " on a line of its own: what follows is a signature, which answers leave out.
        text.push_str(&format!("-- \n{why}\n{}\n  {url}/profile\n", texts.choose));
        text
    }

    fn told(&self, item: &Item) -> String {
        let texts = self.texts();
        let report = texts.reports.iter().find(|(kind, _)| *kind == item.report_kind.as_str());
        let report = report.map_or(item.report_kind.as_str(), |(_, text)| *text);
        let told = texts.told.iter().find(|(kind, _)| item.kind.is(*kind));
        let told = told.map_or("{report}", |(_, text)| *text);
        told.replace("{report}", report).replace("{date}", &self.language.date(item.due_date))
    }
}

/// What came from records stays in its line.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

fn rank(kind: &Word<NotificationKind>) -> usize {
    let order = [
        NotificationKind::Overdue,
        NotificationKind::Return,
        NotificationKind::Reject,
        NotificationKind::Retract,
        NotificationKind::Send,
        NotificationKind::Endorse,
        NotificationKind::DueIn7Days,
        NotificationKind::DueIn30Days,
        NotificationKind::Received,
    ];
    order.iter().position(|known| kind.is(*known)).unwrap_or(order.len())
}

static ENGLISH: Texts = Texts {
    dear: "Dear {name},",
    several: "{count} notifications about reports to donors",
    more: "And {count} more:",
    why_staff: "You are receiving this e-mail because you work on reports to donors at this organisation: {organisation}.",
    why_donor: "You are receiving this e-mail because you represent a donor of this organisation: {organisation}.",
    choose: "Change your notification settings, or stop receiving e-mails:",
    told: [
        (NotificationKind::DueIn30Days, "{report} is due within 30 days ({date})"),
        (NotificationKind::DueIn7Days, "{report} is due within 7 days ({date})"),
        (NotificationKind::Overdue, "{report} has been overdue since {date}"),
        (NotificationKind::Send, "{report} is awaiting your review"),
        (NotificationKind::Endorse, "{report} is awaiting clearance"),
        (NotificationKind::Return, "{report} was returned by the regional office"),
        (NotificationKind::Reject, "{report} was returned by headquarters"),
        (NotificationKind::Submit, "{report} was submitted to the donor"),
        (NotificationKind::Accept, "{report} was accepted by the donor"),
        (NotificationKind::Retract, "{report} was withdrawn"),
        (NotificationKind::Extend, "{report}: due date extended to {date}"),
        (NotificationKind::Received, "{report} has been received"),
    ],
    reports: [
        ("interim_narrative", "Interim narrative report"),
        ("interim_financial", "Interim financial report"),
        ("final_narrative", "Final narrative report"),
        ("final_financial", "Final financial report"),
        ("certified_financial", "Certified financial report"),
        ("eight_plus_three", "Report (8+3 template)"),
    ],
};

static FRENCH: Texts = Texts {
    dear: "Bonjour {name},",
    several: "{count} notifications sur les rapports aux bailleurs de fonds",
    more: "Et {count} autres\u{a0}:",
    why_staff: "Vous recevez ce courriel parce que vous travaillez aux rapports aux bailleurs de fonds de cette organisation\u{a0}: {organisation}.",
    why_donor: "Vous recevez ce courriel parce que vous représentez un bailleur de fonds de cette organisation\u{a0}: {organisation}.",
    choose: "Modifier vos paramètres de notification ou ne plus recevoir de courriels\u{a0}:",
    told: [
        (NotificationKind::DueIn30Days, "{report} à remettre dans les 30 jours ({date})"),
        (NotificationKind::DueIn7Days, "{report} à remettre dans les 7 jours ({date})"),
        (NotificationKind::Overdue, "{report} en retard depuis le {date}"),
        (NotificationKind::Send, "{report} en attente de votre examen"),
        (NotificationKind::Endorse, "{report} en attente de validation"),
        (NotificationKind::Return, "{report} renvoyé par le bureau régional"),
        (NotificationKind::Reject, "{report} renvoyé par le siège"),
        (NotificationKind::Submit, "{report} remis au bailleur de fonds"),
        (NotificationKind::Accept, "{report} accepté par le bailleur de fonds"),
        (NotificationKind::Retract, "{report} retiré"),
        (NotificationKind::Extend, "{report}\u{a0}: échéance reportée au {date}"),
        (NotificationKind::Received, "{report} reçu"),
    ],
    reports: [
        ("interim_narrative", "Rapport narratif intermédiaire"),
        ("interim_financial", "Rapport financier intermédiaire"),
        ("final_narrative", "Rapport narratif final"),
        ("final_financial", "Rapport financier final"),
        ("certified_financial", "Rapport financier certifié"),
        ("eight_plus_three", "Rapport (modèle 8+3)"),
    ],
};

static SPANISH: Texts = Texts {
    dear: "Hola, {name}:",
    several: "{count} notificaciones sobre informes a los donantes",
    more: "Y {count} más:",
    why_staff: "Recibe este correo porque trabaja en los informes a los donantes de esta organización: {organisation}.",
    why_donor: "Recibe este correo porque representa a un donante de esta organización: {organisation}.",
    choose: "Cambiar la configuración de las notificaciones o dejar de recibir correos:",
    told: [
        (NotificationKind::DueIn30Days, "{report} por presentar en los próximos 30 días ({date})"),
        (NotificationKind::DueIn7Days, "{report} por presentar en los próximos 7 días ({date})"),
        (NotificationKind::Overdue, "{report} atrasado desde el {date}"),
        (NotificationKind::Send, "{report} pendiente de su revisión"),
        (NotificationKind::Endorse, "{report} pendiente de aprobación"),
        (NotificationKind::Return, "{report} devuelto por la oficina regional"),
        (NotificationKind::Reject, "{report} devuelto por la sede"),
        (NotificationKind::Submit, "{report} presentado al donante"),
        (NotificationKind::Accept, "{report} aceptado por el donante"),
        (NotificationKind::Retract, "{report} retirado"),
        (NotificationKind::Extend, "{report}: plazo prorrogado hasta el {date}"),
        (NotificationKind::Received, "{report} recibido"),
    ],
    reports: [
        ("interim_narrative", "Informe narrativo intermedio"),
        ("interim_financial", "Informe financiero intermedio"),
        ("final_narrative", "Informe narrativo final"),
        ("final_financial", "Informe financiero final"),
        ("certified_financial", "Informe financiero certificado"),
        ("eight_plus_three", "Informe (modelo 8+3)"),
    ],
};
