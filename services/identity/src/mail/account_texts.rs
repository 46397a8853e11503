//! The texts of mails about an account, in the supported languages.

use super::texts::one_line;
use crate::letter::LetterKind;
use locale::Language;

/// Renders subject and text of a mail about an account.
pub(super) struct AccountBody<'a> {
    pub(super) language: Language,
    pub(super) kind: LetterKind,
    pub(super) name: &'a str,
    pub(super) organisation: &'a str,
    /// The address to sign in with.
    pub(super) email: &'a str,
    /// The token of the link; empty where the mail has none.
    pub(super) token: &'a str,
    pub(super) public_url: &'a str,
}

/// The texts of one kind of mail. `{…}` is filled in.
struct Texts {
    subject: &'static str,
    text: &'static str,
}

impl AccountBody<'_> {
    fn texts(&self) -> &'static Texts {
        let [invitation, reset, changed] = match self.language {
            Language::English => &ENGLISH,
            Language::French => &FRENCH,
            Language::Spanish => &SPANISH,
        };
        match self.kind {
            LetterKind::Invitation => invitation,
            LetterKind::PasswordReset => reset,
            LetterKind::PasswordChanged => changed,
        }
    }

    /// Where the mail leads: to the page in the language of the mail.
    fn link(&self) -> String {
        let (url, language) = (self.public_url, self.language.as_str());
        match self.kind {
            LetterKind::Invitation => format!("{url}/{language}/invitation?token={}", self.token),
            LetterKind::PasswordReset => format!("{url}/{language}/password-reset?token={}", self.token),
            LetterKind::PasswordChanged => format!("{url}/{language}/forgot-password"),
        }
    }

    pub(super) fn subject(&self) -> String {
        self.filled(self.texts().subject)
    }

    pub(super) fn text(&self) -> String {
        self.filled(self.texts().text)
    }

    /// Names are filled in last: what somebody is called is never taken for a place to fill in.
    fn filled(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len() + 200);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((place, after)) = after.split_once('}') else { break };
            match place {
                "name" => filled.push_str(&one_line(self.name)),
                "organisation" => filled.push_str(&one_line(self.organisation)),
                "email" => filled.push_str(self.email),
                "link" => filled.push_str(&self.link()),
                _ => {}
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

static ENGLISH: [Texts; 3] = [
    Texts {
        subject: "Your invitation to Passerelle – {organisation}",
        text: "Dear {name},\n\n\
               {organisation} has set up an account for you in Passerelle. To accept the invitation, choose a password here:\n\n  \
               {link}\n\n\
               The link can be used once, within seven days. After that, sign in with this e-mail address:\n\n  {email}\n\n\
               If you were not expecting this invitation, you can ignore this e-mail. If the link no longer works, ask the \
               person who invited you for a new one.\n",
    },
    Texts {
        subject: "Choose a new password for Passerelle – {organisation}",
        text: "Dear {name},\n\n\
               A new password was requested for your account at {organisation}. Choose it here:\n\n  {link}\n\n\
               The link can be used once, within one hour. Earlier links no longer work.\n\n\
               If you did not request this, you can ignore this e-mail: your password stays as it is.\n",
    },
    Texts {
        subject: "Your Passerelle password was changed – {organisation}",
        text: "Dear {name},\n\n\
               The password of your account at {organisation} was changed, and you were signed out everywhere else.\n\n\
               If this was not you, choose a new password at once and tell your administrator:\n\n  {link}\n",
    },
];

static FRENCH: [Texts; 3] = [
    Texts {
        subject: "Votre invitation à Passerelle – {organisation}",
        text: "Bonjour {name},\n\n\
               Un compte Passerelle a été créé pour vous par votre organisation ({organisation}). Pour accepter \
               l’invitation, choisissez un mot de passe à cette adresse\u{a0}:\n\n  {link}\n\n\
               Le lien peut être utilisé une seule fois, dans les sept jours. Connectez-vous ensuite avec cette adresse \
               électronique\u{a0}:\n\n  {email}\n\n\
               Si vous n’attendiez pas cette invitation, vous pouvez ignorer ce courriel. Si le lien ne fonctionne plus, \
               demandez-en un nouveau à la personne qui vous a invité.\n",
    },
    Texts {
        subject: "Choisissez un nouveau mot de passe pour Passerelle – {organisation}",
        text: "Bonjour {name},\n\n\
               Un nouveau mot de passe a été demandé pour votre compte ({organisation}). Choisissez-le à cette \
               adresse\u{a0}:\n\n  {link}\n\n\
               Le lien peut être utilisé une seule fois, dans l’heure qui suit. Les liens précédents ne sont plus \
               valables.\n\n\
               Si vous n’êtes pas à l’origine de cette demande, vous pouvez ignorer ce courriel\u{a0}: votre mot de passe \
               reste inchangé.\n",
    },
    Texts {
        subject: "Votre mot de passe Passerelle a été modifié – {organisation}",
        text: "Bonjour {name},\n\n\
               Le mot de passe de votre compte ({organisation}) a été modifié et toutes vos autres sessions ont été \
               fermées.\n\n\
               Si ce n’était pas vous, choisissez immédiatement un nouveau mot de passe et prévenez votre \
               administrateur\u{a0}:\n\n  {link}\n",
    },
];

static SPANISH: [Texts; 3] = [
    Texts {
        subject: "Su invitación a Passerelle – {organisation}",
        text: "Hola, {name}:\n\n\
               Su organización ({organisation}) le ha creado una cuenta en Passerelle. Para aceptar la invitación, elija \
               una contraseña en esta dirección:\n\n  {link}\n\n\
               El enlace puede utilizarse una sola vez, en un plazo de siete días. Después, inicie sesión con este correo \
               electrónico:\n\n  {email}\n\n\
               Si no esperaba esta invitación, puede ignorar este correo. Si el enlace ya no funciona, pida uno nuevo a la \
               persona que le invitó.\n",
    },
    Texts {
        subject: "Elija una nueva contraseña para Passerelle – {organisation}",
        text: "Hola, {name}:\n\n\
               Se ha solicitado una nueva contraseña para su cuenta ({organisation}). Elíjala en esta dirección:\n\n  {link}\n\n\
               El enlace puede utilizarse una sola vez, en el plazo de una hora. Los enlaces anteriores ya no son válidos.\n\n\
               Si no lo ha solicitado, puede ignorar este correo: su contraseña no cambia.\n",
    },
    Texts {
        subject: "Se ha cambiado su contraseña de Passerelle – {organisation}",
        text: "Hola, {name}:\n\n\
               Se ha cambiado la contraseña de su cuenta ({organisation}) y se han cerrado todas sus demás sesiones.\n\n\
               Si no ha sido usted, elija de inmediato una nueva contraseña y avise a su administrador:\n\n  {link}\n",
    },
];
