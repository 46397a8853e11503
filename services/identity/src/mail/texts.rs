//! The texts of mails in the supported languages. Terms are those of docs/glossary.md and of the pages.

use super::store::Item;
use kernel::{AllocationNoticeKind, NotificationKind, Word};
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
    several_mixed: &'static str,
    several_allocations: &'static str,
    more: &'static str,
    why_staff: &'static str,
    why_allocations: &'static str,
    why_donor: &'static str,
    choose: &'static str,
    told: [(NotificationKind, &'static str); 12],
    reports: [(&'static str, &'static str); 6],
    allocations: [(AllocationNoticeKind, &'static str); 10],
    /// What a program of a newer version tells of an allocation.
    allocation_other: &'static str,
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
            _ => {
                let texts = self.texts();
                let several = match items.iter().filter(|item| item.for_allocation).count() {
                    0 => texts.several,
                    count if count == items.len() => texts.several_allocations,
                    _ => texts.several_mixed,
                };
                several.replace("{count}", &items.len().to_string())
            }
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
            let (told, title, page) = (self.told(item), one_line(&item.title), page(item));
            text.push_str(&format!("* {told}\n  {title}\n  {url}{page}\n\n"));
        }
        if let Some(more) = items.len().checked_sub(MAX_ITEMS).filter(|more| *more > 0) {
            let line = texts.more.replace("{count}", &more.to_string());
            text.push_str(&format!("{line}\n  {url}/notifications\n\n"));
        }
        let is_donor = items.iter().any(|item| item.for_donor);
        let of_reports = items.iter().any(|item| !item.for_allocation);
        let why = match (is_donor, of_reports) {
            (true, _) => texts.why_donor,
            (false, true) => texts.why_staff,
            (false, false) => texts.why_allocations,
        };
        let why = why.replace("{organisation}", &one_line(self.organisation));
        // "-- " on a line of its own: what follows is a signature, which answers leave out.
        text.push_str(&format!("-- \n{why}\n{}\n  {url}/profile\n", texts.choose));
        text
    }

    fn told(&self, item: &Item) -> String {
        let texts = self.texts();
        if item.for_allocation {
            let told = texts.allocations.iter().find(|(kind, _)| item.of_allocation() == Some(*kind));
            return told.map_or(texts.allocation_other, |(_, text)| *text).to_owned();
        }
        let report = texts.reports.iter().find(|(kind, _)| *kind == item.report_kind.as_str());
        let report = report.map_or(item.report_kind.as_str(), |(_, text)| *text);
        let told = texts.told.iter().find(|(kind, _)| item.kind.is(*kind));
        let told = told.map_or("{report}", |(_, text)| *text);
        told.replace("{report}", report).replace("{date}", &self.language.date(item.due_date))
    }
}

/// Where an item leads to.
fn page(item: &Item) -> String {
    if item.for_allocation {
        let known = item.of_allocation().map(|kind| kind.page(item.report_id));
        return known.unwrap_or_else(|| "/notifications/allocations".to_owned());
    }
    let place = if item.for_donor { "donor" } else { "console" };
    format!("/{place}/reports/{}", item.report_id)
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
    several_mixed: "{count} notifications about reports to donors and allocations",
    several_allocations: "{count} notifications about allocations",
    more: "And {count} more:",
    why_staff: "You are receiving this e-mail because you work on reports to donors at this organisation: {organisation}.",
    why_allocations: "You are receiving this e-mail because you take part in allocations of this organisation: {organisation}.",
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
    allocations: [
        (AllocationNoticeKind::ReviewAsked, "Proposals are awaiting your scores"),
        (AllocationNoticeKind::MeetingConvened, "A meeting of the committee was convened"),
        (AllocationNoticeKind::MotionOpened, "A motion was put to the vote"),
        (AllocationNoticeKind::CirculationOpened, "Your vote is requested by circulation"),
        (AllocationNoticeKind::DecisionWaits, "A decision is awaiting your confirmation"),
        (AllocationNoticeKind::SentBack, "Your proposal was sent back"),
        (AllocationNoticeKind::Decided, "Your proposal was decided on"),
        (AllocationNoticeKind::Disbursed, "Money was disbursed to your project"),
        (AllocationNoticeKind::ShortfallFound, "A contribution falls short of what was allocated from it"),
        (AllocationNoticeKind::SuggestionMade, "New money could replace an allocation"),
    ],
    allocation_other: "News of an allocation",
};

static FRENCH: Texts = Texts {
    dear: "Bonjour {name},",
    several: "{count} notifications sur les rapports aux bailleurs de fonds",
    several_mixed: "{count} notifications sur les rapports aux bailleurs de fonds et les allocations",
    several_allocations: "{count} notifications sur les allocations",
    more: "Et {count} autres\u{a0}:",
    why_staff: "Vous recevez ce courriel parce que vous travaillez aux rapports aux bailleurs de fonds de cette organisation\u{a0}: {organisation}.",
    why_allocations: "Vous recevez ce courriel parce que vous participez aux allocations de cette organisation\u{a0}: {organisation}.",
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
    allocations: [
        (AllocationNoticeKind::ReviewAsked, "Des propositions attendent votre notation"),
        (AllocationNoticeKind::MeetingConvened, "Une réunion du comité a été convoquée"),
        (AllocationNoticeKind::MotionOpened, "Une motion a été mise aux voix"),
        (AllocationNoticeKind::CirculationOpened, "Votre vote est demandé par circulation"),
        (AllocationNoticeKind::DecisionWaits, "Une décision attend votre confirmation"),
        (AllocationNoticeKind::SentBack, "Votre proposition a été renvoyée"),
        (AllocationNoticeKind::Decided, "Une décision a été prise sur votre proposition"),
        (AllocationNoticeKind::Disbursed, "Des fonds ont été versés à votre projet"),
        (AllocationNoticeKind::ShortfallFound, "Une contribution ne couvre pas ce qui en a été alloué"),
        (AllocationNoticeKind::SuggestionMade, "De nouveaux fonds pourraient remplacer une allocation"),
    ],
    allocation_other: "Nouvelle d’une allocation",
};

static SPANISH: Texts = Texts {
    dear: "Hola, {name}:",
    several: "{count} notificaciones sobre informes a los donantes",
    several_mixed: "{count} notificaciones sobre informes a los donantes y asignaciones",
    several_allocations: "{count} notificaciones sobre asignaciones",
    more: "Y {count} más:",
    why_staff: "Recibe este correo porque trabaja en los informes a los donantes de esta organización: {organisation}.",
    why_allocations: "Recibe este correo porque participa en las asignaciones de esta organización: {organisation}.",
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
    allocations: [
        (AllocationNoticeKind::ReviewAsked, "Hay propuestas pendientes de su puntuación"),
        (AllocationNoticeKind::MeetingConvened, "Se ha convocado una reunión del comité"),
        (AllocationNoticeKind::MotionOpened, "Se ha sometido a votación una moción"),
        (AllocationNoticeKind::CirculationOpened, "Se solicita su voto por circulación"),
        (AllocationNoticeKind::DecisionWaits, "Una decisión está pendiente de su confirmación"),
        (AllocationNoticeKind::SentBack, "Su propuesta ha sido devuelta"),
        (AllocationNoticeKind::Decided, "Se ha tomado una decisión sobre su propuesta"),
        (AllocationNoticeKind::Disbursed, "Se han desembolsado fondos a su proyecto"),
        (AllocationNoticeKind::ShortfallFound, "Una contribución no cubre lo que se asignó con ella"),
        (AllocationNoticeKind::SuggestionMade, "Fondos nuevos podrían sustituir una asignación"),
    ],
    allocation_other: "Novedad sobre una asignación",
};
