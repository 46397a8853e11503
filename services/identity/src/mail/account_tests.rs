use super::{
    Mailer,
    account::{AccountLetter, send},
    account_texts::AccountBody,
    worker::Notifications,
};
use crate::{Passwords, SignInLimits, State, letter::LetterKind, person, secret, testing::World};
use ::mail::MailWorker;
use ::store::{Actor, Store};
use cache::{Attempts, Revocations};
use chrono::TimeDelta;
use kernel::{PersonId, StaffRole};
use locale::Language;
use std::{collections::BTreeSet, path::Path};

const FROM: &str = "Passerelle <passerelle@example.org>";

fn state(sends_mail: bool) -> State {
    let limits = SignInLimits::default();
    State {
        issuer: "https://us".to_owned(),
        revocations: Revocations::default(),
        sends_mail,
        passwords: Passwords::new(limits.bounds()),
        attempts: Attempts::new(limits.attempts(), None),
    }
}

fn worker(store: &Store, folder: &Path) -> MailWorker<Notifications> {
    let composer = Notifications { public_url: "https://us".to_owned() };
    MailWorker { store: store.clone(), mailer: Mailer::folder(folder, FROM).unwrap(), composer }
}

fn mails(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap();
    // As a reader sees them: quoted-printable breaks long lines, and writes "=" as its code.
    entries.map(|entry| read(entry.unwrap().path()).replace("=\r\n", "").replace("=3D", "=")).collect()
}

/// A link to a new password, left as a letter; its token.
async fn link(store: &Store, state: &State, person: PersonId) -> String {
    let tx = store.system(Actor::system()).await.unwrap();
    let (token, _) = person::reset::make(&tx, person).await.unwrap();
    send(&tx, state, person, AccountLetter::PasswordReset { token: token.clone() }).await.unwrap();
    tx.commit().await.unwrap();
    token
}

#[tokio::test]
async fn a_token_is_sealed_until_its_letter_was_sent_and_then_gone() {
    for world in World::on_both("a_token_is_sealed_until_its_letter_was_sent").await {
        let [store, _] = world.replicas(&[("1", "a")]).await;
        let amina = world.person("amina@example.org", &[StaffRole::Auditor], None).await;
        let (folder, state) = (testkit::folder(), state(true));
        let token = link(&store, &state, amina).await;
        let tx = store.system(Actor::system()).await.unwrap();
        send(&tx, &state, amina, AccountLetter::PasswordChanged).await.unwrap();
        tx.commit().await.unwrap();
        let db = store.system_read().await.unwrap();
        let rows = "SELECT kind, token FROM account_letter ORDER BY kind";
        let rows = ::store::sql::rows(&db, rows, vec![]).await.unwrap();
        drop(db);
        let sealed = |index: usize| rows[index].try_get_by_index::<Option<Vec<u8>>>(1).unwrap();
        assert_eq!(sealed(0), None, "the news of a change has no token");
        let sealed = sealed(1).unwrap();
        assert!(!sealed.windows(8).any(|bytes| token.as_bytes().windows(8).any(|part| part == bytes)));
        let worker = worker(&store, folder.path());
        assert_eq!(worker.round().await.unwrap(), 2);
        let sent = mails(folder.path());
        assert_eq!(sent.len(), 2);
        let link = format!("https://us/en/password-reset?token={token}");
        assert_eq!(sent.iter().filter(|mail| mail.contains(&link)).count(), 1, "{sent:?}");
        assert!(sent.iter().all(|mail| mail.contains("<amina@example.org>")));
        assert_eq!(worker.round().await.unwrap(), 0);
        assert_eq!(world.count("account_letter WHERE token IS NOT NULL OR subject_key IS NOT NULL").await, 0);
        // In the end the letters are forgotten with their mails.
        world.clock.advance(TimeDelta::days(91));
        worker.round().await.unwrap();
        assert_eq!((world.count("account_letter").await, world.count("mail").await), (0, 0));
    }
}

#[tokio::test]
async fn a_link_that_leads_nowhere_any_more_is_not_sent_and_one_that_cannot_be_read_holds_up_no_other() {
    let world = World::new().await;
    let [store, _] = world.replicas(&[("1", "a")]).await;
    let amina = world.person("amina@example.org", &[StaffRole::Auditor], None).await;
    let zoe = world.person("zoe@example.org", &[StaffRole::Auditor], None).await;
    let (folder, state) = (testkit::folder(), state(true));
    link(&store, &state, amina).await;
    let newest = link(&store, &state, amina).await;
    assert_eq!(world.count("account_letter").await, 1, "the newer letter takes the place of the older");
    let unread = link(&store, &state, zoe).await;
    world.execute("UPDATE account_letter SET key_id = 'lost' WHERE created_at IS NOT NULL").await;
    let worker = worker(&store, folder.path());
    assert_eq!(worker.round().await.unwrap(), 0);
    let again = link(&store, &state, amina).await;
    assert_eq!(worker.round().await.unwrap(), 1);
    let sent = mails(folder.path()).join("\n");
    assert!(sent.contains(&again) && !sent.contains(&newest) && !sent.contains(&unread));
    // The server was away for longer than the link holds.
    link(&store, &state, zoe).await;
    world.clock.advance(TimeDelta::hours(1));
    assert_eq!(worker.round().await.unwrap(), 0);
    assert_eq!(mails(folder.path()).len(), 1);
}

#[tokio::test]
async fn a_deployment_without_mail_keeps_no_letters() {
    // Not even a key is needed.
    let world = World::new().await;
    let amina = world.person("amina@example.org", &[StaffRole::Auditor], None).await;
    link(&world.store, &state(false), amina).await;
    assert_eq!(world.count("account_letter").await, 0);
}

#[test]
fn every_letter_has_its_text_in_every_language_and_names_fill_in_nothing() {
    let token = secret::new();
    let mut seen = BTreeSet::new();
    for &language in Language::ALL {
        for &kind in LetterKind::ALL {
            let body = AccountBody {
                language,
                kind,
                name: "Ana {link}\r\nBcc: somebody@example.org",
                organisation: "Bogotá",
                email: "ana@example.org",
                token: if kind == LetterKind::PasswordChanged { "" } else { &token },
                public_url: "https://us",
            };
            let (subject, text) = (body.subject(), body.text());
            assert!(subject.contains("Bogotá") && !subject.contains(['{', '\n']), "{subject}");
            assert!(text.contains("Bogotá") && text.contains("Ana {link}  Bcc:"), "{text}");
            assert_eq!(text.matches('{').count(), 1, "{text}");
            let page = match kind {
                LetterKind::Invitation => format!("invitation?token={token}"),
                LetterKind::PasswordReset => format!("password-reset?token={token}"),
                LetterKind::PasswordChanged => "forgot-password".to_owned(),
            };
            let link = format!("\n  https://us/{}/{page}\n", language.as_str());
            assert_eq!(text.matches(&link).count(), 1, "{text}");
            assert_eq!(text.matches("https://").count(), 1, "{text}");
            assert!(seen.insert(subject) && seen.insert(text));
        }
    }
    assert_eq!(seen.len(), 18);
}
