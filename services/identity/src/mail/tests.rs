use super::{
    Mailer,
    recipients::{NoticeRecipients, Recipients},
    store::{self, Item},
    texts::MailBody,
    worker::Notifications,
};
use crate::{Founded, found, migration::Migrator, person, testing};
use ::mail::{MailWorker, queue};
use ::store::{Actor, EventHandler, Store, params, sql};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use events::{AllocationNoticeGiven, NotificationGiven};
use kernel::{
    AllocationNoticeKind, DonorId, FixedClock, NotificationId, NotificationKind, OfficeId, PersonId,
    ReportId, StaffRole,
};
use locale::Language;
use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};
use testkit::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// An organisation of one office, and a clock that the test moves.
struct World {
    folder: TempDir,
    clock: Arc<FixedClock>,
    store: Store,
    founded: Founded,
}

impl World {
    async fn new() -> Self {
        let folder = testkit::folder();
        let clock = Arc::new(FixedClock::at("2026-09-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap()));
        let store = Store::open_sqlite(&folder.path().join("identity.db"), clock.clone()).await.unwrap();
        ::store::migration::migrate::<Migrator>(&store).await.unwrap();
        let founded = found(&store, "Test", "TST").await.unwrap();
        Self { folder, clock, store, founded }
    }

    async fn person(&self, email: &str, roles: &[StaffRole], change: impl FnOnce(&mut person::store::Model)) {
        let tx = self.store.system(Actor::system()).await.unwrap();
        let mut person = person::store::Model {
            id: tx.new_id(),
            organisation_id: self.founded.organisation_id,
            office_id: self.founded.office_id,
            name: format!("Somebody, {email}"),
            email: email.to_owned(),
            password_hash: Some("set".to_owned()),
            ..testing::account(tx.now())
        };
        change(&mut person);
        let roles: Vec<(OfficeId, StaffRole)> =
            roles.iter().map(|role| (self.founded.office_id, *role)).collect();
        person::store::insert(&tx, &person, &roles).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn event(&self, number: u128, kind: &str) -> NotificationGiven {
        NotificationGiven {
            id: NotificationId::from_u128(number),
            sequence: 1,
            organisation_id: self.founded.organisation_id,
            office_id: self.founded.office_id,
            donor_id: None,
            kind: kind.parse::<NotificationKind>().unwrap().into(),
            report_id: ReportId::from_u128(1000 + number),
            report_kind: kernel::ReportKind::FinalNarrative.into(),
            due_date: NaiveDate::from_ymd_opt(2026, 9, 30).unwrap(),
            title: format!("AGR-2026-0000{number}: Shelter"),
        }
    }

    async fn tell(&self, events: Vec<NotificationGiven>) {
        let mut tx = self.store.system(Actor::system()).await.unwrap();
        Recipients { sends: true }.apply(&mut tx, events).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn worker(&self, mailer: Mailer) -> MailWorker<Notifications> {
        let composer = Notifications { public_url: "https://example.org".to_owned() };
        MailWorker { store: self.store.clone(), mailer, composer }
    }

    fn folder_worker(&self) -> MailWorker<Notifications> {
        self.worker(Mailer::folder(self.folder.path().join("mail"), FROM).unwrap())
    }

    /// What was put into the folder.
    fn mails(&self) -> Vec<String> {
        mails(&self.folder.path().join("mail"))
    }

    fn wait(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }
}

const FROM: &str = "Passerelle <passerelle@example.org>";

fn mails(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut mails: Vec<String> =
        entries.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    mails.sort();
    mails
}

fn recipients(mails: &[String]) -> Vec<&str> {
    let to = |mail: &'_ str| mail.find("\nTo: ").map(|at| at + 5);
    let mut found: Vec<&str> = mails
        .iter()
        .map(|mail| {
            let line = mail[to(mail).unwrap()..].lines().next().unwrap();
            line.split(['<', '>']).nth(1).unwrap()
        })
        .collect();
    found.sort_unstable();
    found
}

#[tokio::test]
async fn those_who_can_act_get_one_mail_of_what_came_together_and_each_thing_once() {
    let world = World::new().await;
    world.person("officer@example.org", &[StaffRole::CountryOfficer], |_| {}).await;
    world.person("reader@example.org", &[StaffRole::Auditor], |_| {}).await;
    world.person("admin@example.org", &[StaffRole::Administrator], |_| {}).await;
    world.person("off@example.org", &[StaffRole::CountryOfficer], |person| person.mail = false).await;
    world
        .person("invited@example.org", &[StaffRole::CountryOfficer], |person| person.password_hash = None)
        .await;
    let suspended = |person: &mut person::store::Model| person.suspended_at = Some(person.created_at);
    world.person("suspended@example.org", &[StaffRole::CountryOfficer], suspended).await;
    let muted = |person: &mut person::store::Model| person.muted = "due_in_30_days accept".to_owned();
    world.person("muted@example.org", &[StaffRole::CountryOfficer], muted).await;
    let worker = world.folder_worker();
    world.tell(vec![world.event(1, "due_in_30_days"), world.event(2, "overdue")]).await;
    assert_eq!(worker.round().await.unwrap(), 0, "it is gathered");
    world.wait(61);
    assert_eq!(worker.round().await.unwrap(), 2);
    let mails = world.mails();
    assert_eq!(recipients(&mails), ["muted@example.org", "officer@example.org"]);
    let whole = mails.iter().find(|mail| mail.contains("officer@")).unwrap();
    assert!(whole.contains("Subject: 2 notifications about reports to donors"), "{whole}");
    let (overdue, due) =
        (whole.find("has been overdue since").unwrap(), whole.find("is due within 30 days").unwrap());
    assert!(overdue < due, "{whole}");
    assert!(whole.contains("https://example.org/console/reports/"), "{whole}");
    let partial = mails.iter().find(|mail| mail.contains("muted@")).unwrap();
    assert!(partial.contains("has been overdue since") && !partial.contains("30 days"), "{partial}");
    // The same event again, as a bus may deliver it.
    world.tell(vec![world.event(1, "due_in_30_days"), world.event(2, "overdue")]).await;
    world.wait(3600);
    assert_eq!(worker.round().await.unwrap(), 0);
    assert_eq!(world.mails().len(), 2);
}

#[tokio::test]
async fn whoever_was_suspended_meanwhile_gets_no_mail_that_waited() {
    let world = World::new().await;
    for email in ["gone@example.org", "stays@example.org"] {
        world.person(email, &[StaffRole::CountryOfficer], |_| {}).await;
    }
    world.tell(vec![world.event(1, "overdue")]).await;
    let tx = world.store.system(Actor::system()).await.unwrap();
    let text = "UPDATE person SET suspended_at = $1 WHERE address = $2";
    sql::execute(tx.db(), text, params![tx.now(), "gone@example.org"]).await.unwrap();
    tx.commit().await.unwrap();
    world.wait(61);
    assert_eq!(world.folder_worker().round().await.unwrap(), 1);
    assert_eq!(recipients(&world.mails()), ["stays@example.org"]);
}

#[tokio::test]
async fn where_only_an_administrator_can_act_it_is_told_and_a_donor_s_people_are_theirs() {
    let world = World::new().await;
    world.person("admin@example.org", &[StaffRole::Administrator], |_| {}).await;
    world.person("region@example.org", &[StaffRole::RegionalOfficer], |_| {}).await;
    let (donor, merged, other) = (DonorId::from_u128(7), DonorId::from_u128(8), DonorId::from_u128(9));
    let tx = world.store.system(Actor::system()).await.unwrap();
    for (id, into) in [(donor, None), (merged, Some(donor)), (other, None)] {
        let columns = ["id", "organisation_id", "name", "merged_into"];
        let row = params![id, world.founded.organisation_id, "Norway", into];
        sql::insert_many(tx.db(), "known_donor", &columns, vec![row], "").await.unwrap();
    }
    tx.commit().await.unwrap();
    for (email, of) in [("desk@example.net", donor), ("old@example.net", merged), ("not@example.net", other)]
    {
        world.person(email, &[], |person| person.donor_id = Some(of)).await;
    }
    let ended = |person: &mut person::store::Model| {
        (person.donor_id, person.access_until) = (Some(donor), NaiveDate::from_ymd_opt(2026, 8, 31));
    };
    world.person("ended@example.net", &[], ended).await;
    let worker = world.folder_worker();
    let received = NotificationGiven { donor_id: Some(donor), ..world.event(3, "received") };
    world.tell(vec![world.event(1, "endorse"), world.event(2, "send"), received]).await;
    world.wait(61);
    assert_eq!(worker.round().await.unwrap(), 4);
    let mails = world.mails();
    assert_eq!(
        recipients(&mails),
        ["admin@example.org", "desk@example.net", "old@example.net", "region@example.org"]
    );
    let of = |email: &str| mails.iter().find(|mail| mail.contains(email)).unwrap();
    assert!(of("admin@").contains("is awaiting clearance") && !of("admin@").contains("review"));
    assert!(of("region@").contains("is awaiting your review"));
    assert!(of("desk@").contains("/donor/reports/") && !of("desk@").contains("/console/"));
}

#[tokio::test]
async fn a_process_that_dies_while_it_sends_loses_and_doubles_nothing() {
    let world = World::new().await;
    world.person("officer@example.org", &[StaffRole::CountryOfficer], |_| {}).await;
    let worker = world.folder_worker();
    world.tell(vec![world.event(1, "overdue")]).await;
    world.wait(61);
    store::gather(&world.store).await.unwrap();
    // It takes the mail, and perhaps writes it, but does not live to say so.
    assert!(queue::take(&world.store).await.unwrap().is_some());
    assert_eq!(worker.round().await.unwrap(), 0, "nobody else has it while the lease lasts");
    world.wait(301);
    assert_eq!(worker.round().await.unwrap(), 1);
    let first = world.mails();
    // And once more, after it was written: the file is the same.
    let again = "UPDATE mail SET sent_at = NULL, next_at = created_at";
    let tx = world.store.system(Actor::system()).await.unwrap();
    sql::execute(tx.db(), again, vec![]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(worker.round().await.unwrap(), 1);
    assert_eq!(world.mails(), first);
    assert_eq!(first.len(), 1);
    // In the end it is forgotten.
    world.wait(91 * 86_400);
    worker.round().await.unwrap();
    let db = world.store.system_read().await.unwrap();
    assert!(sql::row(&db, "SELECT 1 FROM mail_item", vec![]).await.unwrap().is_none());
}

/// A mail server that refuses one address, and hangs up after the text of as many mails as it is told.
#[derive(Clone, Default)]
struct Server {
    taken: Arc<Mutex<Vec<String>>>,
    hang_up: Arc<AtomicU64>,
}

impl Server {
    async fn listen(&self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let server = self.clone();
            tokio::spawn(async move {
                let _ = server.talk(stream).await;
            });
        }
    }

    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        writer.write_all(b"220 here\r\n").await?;
        while let Some(line) = lines.next_line().await? {
            let answer: &[u8] = match line.split(' ').next().unwrap_or_default() {
                "RCPT" if line.contains("refused@") => b"550 no such user\r\n",
                "DATA" => {
                    writer.write_all(b"354 go on\r\n").await?;
                    let mut text = String::new();
                    while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                        text.push_str(&line);
                        text.push('\n');
                    }
                    self.taken.lock().unwrap().push(text);
                    let left = self.hang_up.load(Ordering::Relaxed);
                    if left > 0 {
                        self.hang_up.store(left - 1, Ordering::Relaxed);
                        return Ok(());
                    }
                    b"250 taken\r\n"
                }
                "QUIT" => b"221 bye\r\n",
                _ => b"250 fine\r\n",
            };
            writer.write_all(answer).await?;
        }
        Ok(())
    }
}

fn line<'a>(mail: &'a str, name: &str) -> &'a str {
    mail.lines().find(|line| line.starts_with(name)).unwrap()
}

#[tokio::test]
async fn a_server_that_is_away_hangs_up_or_refuses_gets_every_other_mail_under_one_id() {
    let world = World::new().await;
    world
        .person("officer@example.org", &[StaffRole::CountryOfficer], |person| {
            person.language = Language::French
        })
        .await;
    world.person("refused@example.org", &[StaffRole::CountryOfficer], |_| {}).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let worker = world.worker(Mailer::smtp(&format!("smtp://{address}"), FROM).unwrap());
    world.tell(vec![world.event(1, "overdue")]).await;
    world.wait(61);
    assert_eq!(worker.round().await.unwrap(), 0, "nobody is there");
    let server = Server::default();
    server.hang_up.store(1, Ordering::Relaxed);
    let listening = server.clone();
    let listener = TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move { listening.listen(listener).await });
    let mut sent = 0;
    for _ in 0..4 {
        world.wait(121);
        sent += worker.round().await.unwrap();
    }
    assert_eq!(sent, 1);
    let taken = server.taken.lock().unwrap().clone();
    assert_eq!(taken.len(), 2, "once before it hung up, and once more");
    assert_eq!(line(&taken[0], "Message-ID:"), line(&taken[1], "Message-ID:"));
    assert_eq!(taken[0], taken[1]);
    for expected in ["Auto-Submitted: auto-generated", "Content-Language: fr", "<officer@example.org>"] {
        assert!(taken[0].contains(expected), "{}", taken[0]);
    }
    // The refused one is tried for five days, and then no more.
    let state = "SELECT attempts, next_at, error FROM mail WHERE sent_at IS NULL";
    for _ in 0..20 {
        world.wait(12 * 3600);
        assert_eq!(worker.round().await.unwrap(), 0);
    }
    let db = world.store.system_read().await.unwrap();
    let row = sql::row(&db, state, vec![]).await.unwrap().unwrap();
    assert_eq!(row.try_get_by_index::<Option<DateTime<Utc>>>(1).unwrap(), None);
    assert_eq!(row.try_get_by_index::<String>(2).unwrap(), "the server answers 550");
    assert!(row.try_get_by_index::<i64>(0).unwrap() > 10);
    assert_eq!(server.taken.lock().unwrap().len(), 2);
}

#[test]
fn every_kind_has_its_text_in_every_language_and_records_stay_in_their_line() {
    let reports = [
        "interim_narrative",
        "interim_financial",
        "final_narrative",
        "final_financial",
        "certified_financial",
        "eight_plus_three",
    ];
    for &language in Language::ALL {
        let body = MailBody {
            language,
            name: "Ana\r\nBcc: somebody@example.org",
            organisation: "Bogotá",
            public_url: "https://example.org",
        };
        let mut seen = std::collections::BTreeSet::new();
        for &kind in NotificationKind::ALL {
            for report_kind in reports {
                let item = Item {
                    person_id: PersonId::nil(),
                    notification_id: NotificationId::nil(),
                    for_donor: false,
                    kind: kind.into(),
                    report_id: ReportId::nil(),
                    report_kind: serde_json::from_value(report_kind.into()).unwrap(),
                    due_date: NaiveDate::from_ymd_opt(2026, 9, 30).unwrap(),
                    title: "AGR-1: a\nb".to_owned(),
                    for_allocation: false,
                };
                let (subject, body) = (body.subject(std::slice::from_ref(&item)), body.body(&[item]));
                assert!(!subject.contains('{') && !body.contains('{'), "{subject}\n{body}");
                assert!(!subject.contains('\n') && body.contains("AGR-1: a b"), "{subject}\n{body}");
                assert!(!body.contains("\nBcc:") && !body.contains(report_kind), "{body}");
                assert!(body.contains("Bogotá"), "{body}");
                seen.insert(subject);
            }
        }
        assert_eq!(seen.len(), NotificationKind::ALL.len() * reports.len(), "{}", language.as_str());
    }
}

#[test]
fn every_notice_of_an_allocation_has_its_text_in_every_language_and_leads_to_its_page() {
    for &language in Language::ALL {
        let body =
            MailBody { language, name: "Ana", organisation: "Bogotá", public_url: "https://example.org" };
        let mut seen = std::collections::BTreeSet::new();
        for &kind in AllocationNoticeKind::ALL {
            let event = notice(kind.into(), None);
            let day = NaiveDate::from_ymd_opt(2026, 9, 30).unwrap();
            let item = Item::of_notice(PersonId::nil(), &event, day);
            let (subject, text) = (body.subject(std::slice::from_ref(&item)), body.body(&[item]));
            assert!(subject.ends_with(" – MIR-1: Buses") && !text.contains('{'), "{subject}\n{text}");
            let page = format!("https://example.org{}\n", kind.page(event.record_id));
            assert!(text.contains(&page) && text.contains("Bogotá"), "{text}");
            seen.insert(subject);
        }
        assert_eq!(seen.len(), AllocationNoticeKind::ALL.len(), "{}", language.as_str());
        let day = NaiveDate::from_ymd_opt(2026, 9, 30).unwrap();
        let several = [1, 2].map(|number| {
            let id = NotificationId::from_u128(number);
            let event = AllocationNoticeGiven { id, ..notice(AllocationNoticeKind::Decided.into(), None) };
            Item::of_notice(PersonId::nil(), &event, day)
        });
        let subject = body.subject(&several);
        let reports = match language {
            Language::English => "reports",
            Language::French => "rapports",
            Language::Spanish => "informes",
        };
        assert!(subject.starts_with("2 ") && !subject.contains(reports), "{subject}");
        // What a newer program tells of is told without what it is.
        let event = notice(kernel::Word::Unknown("of_tomorrow".to_owned()), None);
        let item = Item::of_notice(PersonId::nil(), &event, NaiveDate::from_ymd_opt(2026, 9, 30).unwrap());
        assert!(body.body(&[item]).contains("https://example.org/notifications/allocations\n"));
    }
}

fn notice(kind: kernel::Word<AllocationNoticeKind>, person_id: Option<PersonId>) -> AllocationNoticeGiven {
    AllocationNoticeGiven {
        id: NotificationId::from_u128(1),
        sequence: 1,
        organisation_id: kernel::OrganisationId::nil(),
        office_id: OfficeId::nil(),
        person_id,
        kind,
        record_id: uuid::Uuid::from_u128(5),
        title: "MIR-1: Buses".to_owned(),
    }
}

#[tokio::test]
async fn a_notice_reaches_whom_it_names_or_whoever_of_the_office_may_act() {
    let world = World::new().await;
    world.person("head@example.org", &[StaffRole::HeadOfOrganisation], |_| {}).await;
    world.person("member@example.org", &[StaffRole::CommitteeMember], |_| {}).await;
    world.person("quiet@example.org", &[StaffRole::HeadOfOrganisation], |person| person.mail = false).await;
    let db = world.store.system_read().await.unwrap();
    let text = "SELECT id FROM person WHERE address = 'member@example.org'";
    let row = sql::row(&db, text, vec![]).await.unwrap();
    let member: PersonId = row.unwrap().try_get_by_index(0).unwrap();
    drop(db);
    let of_world = |kind: AllocationNoticeKind, number: u128, person_id| AllocationNoticeGiven {
        id: NotificationId::from_u128(number),
        organisation_id: world.founded.organisation_id,
        office_id: world.founded.office_id,
        ..notice(kind.into(), person_id)
    };
    let events = vec![
        of_world(AllocationNoticeKind::DecisionWaits, 1, None),
        of_world(AllocationNoticeKind::MotionOpened, 2, Some(member)),
    ];
    let mut tx = world.store.system(Actor::system()).await.unwrap();
    NoticeRecipients { sends: true }.apply(&mut tx, events).await.unwrap();
    tx.commit().await.unwrap();
    world.wait(20);
    assert_eq!(world.folder_worker().round().await.unwrap(), 2);
    let mails = world.mails().join("\n");
    assert!(mails.contains("<head@example.org>") && mails.contains("<member@example.org>"), "{mails}");
    assert!(!mails.contains("<quiet@example.org>"), "{mails}");
}

#[test]
fn a_long_list_is_cut_and_a_long_subject_too() {
    let body = MailBody {
        language: Language::English,
        name: "Ana",
        organisation: "Test",
        public_url: "https://example.org",
    };
    let item = |number: u128| Item {
        person_id: PersonId::nil(),
        notification_id: NotificationId::from_u128(number),
        for_donor: false,
        kind: NotificationKind::Overdue.into(),
        report_id: ReportId::from_u128(number),
        report_kind: kernel::ReportKind::FinalNarrative.into(),
        due_date: NaiveDate::from_ymd_opt(2026, 9, 30).unwrap(),
        title: "é".repeat(400),
        for_allocation: false,
    };
    let items: Vec<Item> = (0..60).map(item).collect();
    assert_eq!(body.body(&items).matches("\n* ").count(), 50);
    assert!(body.body(&items).contains("And 10 more:"));
    assert_eq!(body.subject(&items[..1]).chars().count(), 150);
}
