//! Which browser signs in, in words that its owner recognises: from the header `User-Agent`, which the portal hands on. What
//! is kept is one of a few words, never what was sent.

use actix_web::{HttpRequest, http::header::USER_AGENT};

/// Browsers by what only they write, before those that others pass themselves off as.
const BROWSERS: [(&str, &str); 14] = [
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
    ("Safari/", "Safari"),
];

/// Systems; a phone's text has those of others as well. (An iPad says that it is a Mac.)
const SYSTEMS: [(&str, &str); 8] = [
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
    ("X11", "Linux"),
];

/// The browser of a request, such as `Firefox on Linux`; none for what is no browser that is known here.
pub(crate) fn of(request: &HttpRequest) -> Option<String> {
    named(request.headers().get(USER_AGENT)?.to_str().ok()?)
}

fn named(agent: &str) -> Option<String> {
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    // Programs that are no browsers name themselves; all browsers begin like this.
    let browser = first(&BROWSERS).filter(|_| agent.starts_with("Mozilla/"))?;
    Some(match first(&SYSTEMS) {
        Some(system) => format!("{browser} on {system}"),
        None => browser.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn usual_browsers_are_recognised() {
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
                "Chrome on Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/139.0.0.0 Mobile/15E148 Safari/604.1",
                "Chrome on iOS",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/139.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 OPR/123.0.0.0",
                "Opera on Linux",
            ),
            ("Mozilla/5.0 (Unheard of) Firefox/1.0", "Firefox"),
        ] {
            assert_eq!(named(agent).as_deref(), Some(name), "{agent}");
        }
    }

    #[test]
    fn programs_and_nonsense_have_no_name() {
        let long = format!("Mozilla/5.0 {}", "x".repeat(10_000));
        for agent in ["", "curl/8.14.1", "python-requests/2.32", "Mozilla/5.0", "Chrome/1 <b>", long.as_str()]
        {
            assert_eq!(named(agent), None, "{agent}");
        }
        let request = TestRequest::default().insert_header(("user-agent", b"Firefox/\xff".as_slice()));
        assert_eq!(of(&request.to_http_request()), None);
        assert_eq!(of(&TestRequest::default().to_http_request()), None);
    }
}
