use super::*;

fn load(text: &str) -> Result<Config> {
    let folder = testkit::folder();
    let file = folder.path().join("passerelle.toml");
    std::fs::write(&file, text).unwrap();
    Config::load(Some(&file))
}

fn error(text: &str) -> String {
    format!("{:#}", load(text).unwrap_err())
}

#[test]
fn what_is_wrong_is_named_by_its_key() {
    assert!(error("").contains("public_url"));
    assert!(error("public_url = \"nowhere\"").contains("public_url"));
    assert!(error("public_url = \"http://a\"\nlisten = \"here\"").contains("listen"));
    assert!(error("public_url = \"http://a\"\ncolour = 1").contains("colour"));
    assert!(error("public_url = \"http://a\"\nthreads = 0").contains("threads"));
    assert_eq!(load("public_url = \"http://a\"").unwrap().threads, 1);
    assert!(error("public_url = \"http://a\"\n[upstreams]\nidentity = \"x\"").contains("upstreams.identity"));
    assert!(error("public_url = \"http://a\"\n[kafka]\npartitions = 3").contains("brokers"));
    let config = load("public_url = \"http://a/\"\n[kafka]\nbrokers = \"k:9092\"\npartitions = 0").unwrap();
    assert_eq!(config.public_url, "http://a");
    let folder = testkit::folder();
    std::fs::write(folder.path().join("portal.key"), "00\n").unwrap();
    std::fs::write(folder.path().join("..data"), "x").unwrap();
    assert_eq!(secrets(folder.path()).unwrap(), [("portal.key".to_owned(), "00".to_owned())]);
    assert!(config.bus().err().unwrap().to_string().contains("kafka.partitions"));
    assert!(config.portal_key().unwrap_err().to_string().contains("PASSERELLE_PORTAL__KEY"));
    let mail = |text: &str| {
        let config = load(&format!("public_url = \"http://a\"\n[mail]\n{text}")).unwrap();
        config.mailer().map(|mailer| mailer.is_some()).map_err(|error| error.to_string())
    };
    assert!(config.mailer().unwrap().is_none());
    assert_eq!(mail("url = \"smtp://u:p@h:587?tls=required\"\nfrom = \"P <p@a.org>\""), Ok(true));
    assert_eq!(mail("folder = \"/tmp/x\"\nfrom = \"p@a.org\""), Ok(true));
    assert_eq!(mail("url = \"\"\nfrom = \"\""), Ok(false));
    assert!(mail("from = \"p@a.org\"").unwrap_err().contains("mail.folder"));
    assert!(mail("folder = \"x\"\nfrom = \"nobody\"").unwrap_err().contains("mail.from"));
    let wrong = mail("url = \"ftp://u:secret@h\"\nfrom = \"p@a.org\"").unwrap_err();
    assert!(wrong.contains("mail.url") && !wrong.contains("secret"), "{wrong}");
    assert!(config.upstream("donors").unwrap_err().to_string().contains("upstreams.donors"));
    let several = "public_url = \"http://a\"\nupstream = \"http://{service}:8080/\"";
    let several = load(&format!("{several}\n[upstreams]\ncrisis = \"http://c:1\"")).unwrap();
    assert_eq!(several.upstream("donors").unwrap(), "http://donors:8080");
    assert_eq!(several.upstream("crisis").unwrap(), "http://c:1", "its own address comes first");
    assert!(error("public_url = \"http://a\"\nupstream = \"http://a\"").contains("upstream: \"http://a\""));
    assert!(error("public_url = \"http://a\"\nupstream = \"{service}\"").contains("upstream: "));
    let sign_in = |text: &str| load(&format!("public_url = \"http://a\"\n[sign_in]\n{text}"));
    assert_eq!(config.sign_in().unwrap(), SignInLimits::default());
    let limits = sign_in("attempts = 3").unwrap().sign_in().unwrap();
    assert_eq!(limits, SignInLimits { attempts: 3, ..SignInLimits::default() });
    let wrong = sign_in("waiting = 0").unwrap().sign_in().unwrap_err().to_string();
    assert!(wrong.contains("sign_in.waiting"), "{wrong}");
    assert!(format!("{:#}", sign_in("tries = 1").unwrap_err()).contains("tries"));
    let heads =
        |text: &str| load(&format!("public_url = \"http://a\"\n[audit]\n{text}")).unwrap().audit_heads();
    assert_eq!((config.audit_heads(), heads("heads = \"\"")), (None, None));
    assert_eq!(heads("heads = \"/heads\""), Some(PathBuf::from("/heads")));
    let keyless = config.requires_keys("to sign").unwrap_err().to_string();
    assert!(keyless.contains("personal_data.keys is required to sign"), "{keyless}");
}

#[tokio::test]
async fn a_database_is_named_by_its_service_and_its_password_is_never_shown() {
    let clock: Arc<dyn Clock> = Arc::new(kernel::SystemClock);
    let with = |url: &str| format!("public_url = \"http://a\"\n[database]\nurl = \"{url}\"");
    let wrong = load(&with("mysql://root:secret@h/x")).unwrap().store("donors", clock.clone()).await;
    let text = wrong.err().unwrap().to_string();
    assert!(text.contains("database.url") && !text.contains("secret"), "{text}");
    let config = load(&with("postgres://p:secret@127.0.0.1:1/{service}")).unwrap();
    config.store("donors", clock.clone()).await.unwrap();
    let keyed = format!("{}\n[personal_data]\nkeys = \"{{}}\"", with("postgres://p:s@127.0.0.1:1/{service}"));
    let keyed = |keys: &str| load(&keyed.replace("{}", keys)).unwrap();
    let wrong = keyed("a:secret").store("donors", clock.clone()).await.err().unwrap().to_string();
    assert!(wrong.contains("personal_data.keys") && !wrong.contains("secret"), "{wrong}");
    let right = keyed(&format!("2026:{}", "0".repeat(64))).store("donors", clock.clone()).await.unwrap();
    assert_eq!(right.keys().unwrap().current(), "2026");
    let none = config.store("donors", clock.clone()).await.unwrap().keys().unwrap_err();
    assert!(std::error::Error::source(&none).unwrap().to_string().contains("personal_data.keys"));
    assert!(config.owner("donors", clock).await.err().unwrap().to_string().contains("database.owner_url"));
}
