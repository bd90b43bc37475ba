//! Names of browsers and programs, from their user agents.

use std::fmt;

/// A mark in a user agent, and the browser of it. The more particular come first: almost every
/// browser also says that it is Chrome, and Chrome that it is Safari.
const BROWSERS: [(&str, &str); 12] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex"),
    ("Vivaldi/", "Vivaldi"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// A mark in a user agent, and the system or device of it. Android also says that it is Linux.
const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
];

/// How the user agent of a program begins, and its name.
const PROGRAMS: [(&str, &str); 10] = [
    ("curl/", "curl"),
    ("Wget/", "Wget"),
    ("HTTPie/", "HTTPie"),
    ("python-requests/", "python-requests"),
    ("python-httpx/", "python-httpx"),
    ("aiohttp/", "aiohttp"),
    ("axios/", "axios"),
    ("okhttp/", "okhttp"),
    ("Go-http-client/", "Go-http-client"),
    ("PostmanRuntime/", "Postman"),
];

/// A known browser or program, and the system that it runs on, as far as a user agent says so. It
/// holds no words of the client's, so that a mail can name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Program {
    name: Option<&'static str>,
    system: Option<&'static str>,
}

impl Program {
    /// Returns what a user agent names.
    #[must_use]
    pub fn parse(user_agent: &str) -> Self {
        let find = |table: &[(&str, &'static str)], is_there: &dyn Fn(&str) -> bool| {
            table.iter().find(|(mark, _)| is_there(mark)).map(|(_, name)| *name)
        };
        if user_agent.starts_with("Mozilla/") {
            let is_there = |mark: &str| user_agent.contains(mark);
            Self { name: find(&BROWSERS, &is_there), system: find(&SYSTEMS, &is_there) }
        } else {
            let name = find(&PROGRAMS, &|mark| user_agent.starts_with(mark));
            Self { name, system: None }
        }
    }

    /// Returns "Chrome on Linux", or what is known of it; `None` if nothing is.
    #[must_use]
    pub fn words(self) -> Option<String> {
        (self != Self::default()).then(|| self.to_string())
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name, self.system) {
            (Some(name), Some(system)) => write!(f, "{name} on {system}"),
            (one, other) => f.write_str(one.or(other).unwrap_or_default()),
        }
    }
}

/// The longest name, in characters: a client may send any text.
const LONGEST: usize = 60;

/// Returns "Chrome on Linux" for a browser, the product's name for a program (`curl`), and for
/// anything else the user agent, of which at most 60 characters.
#[must_use]
pub fn device_name(user_agent: &str) -> String {
    let known = known(user_agent);
    let name = known.as_deref().unwrap_or(user_agent);
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

fn known(user_agent: &str) -> Option<String> {
    if !user_agent.starts_with("Mozilla/") {
        let (product, version) = user_agent.split_once('/').unwrap_or_default();
        let is_versioned = version.starts_with(|first: char| first.is_ascii_digit());
        let is_product = is_versioned && !product.is_empty();
        return is_product.then(|| product.to_owned());
    }
    Program::parse(user_agent).words()
}

#[cfg(test)]
mod tests {
    use super::{Program, device_name};

    #[test]
    fn browsers_are_named_with_their_system() {
        let chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0";
        for (user_agent, expected) in [
            (format!("(X11; Linux x86_64) {chrome} Safari/537.36"), "Chrome on Linux"),
            (
                format!("(Windows NT 10.0; Win64) {chrome} Safari/537.36 Edg/130.0"),
                "Edge on Windows",
            ),
            (
                format!("(Windows NT 10.0; Win64) {chrome} Safari/537.36 OPR/115.0"),
                "Opera on Windows",
            ),
            (format!("(X11; CrOS x86_64 14541.0.0) {chrome} Safari/537.36"), "Chrome on ChromeOS"),
            (format!("(Linux; Android 14; K) {chrome} Mobile Safari/537.36"), "Chrome on Android"),
            (
                "(Linux; Android 14; K) SamsungBrowser/26.0 Chrome/122.0 Safari/537.36".to_owned(),
                "Samsung Internet on Android",
            ),
            (
                "(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/18.0 Safari/605.1"
                    .to_owned(),
                "Safari on Mac",
            ),
            (
                "(iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/130.0 Safari/604.1".to_owned(),
                "Chrome on iPhone",
            ),
            (
                "(X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0".to_owned(),
                "Firefox on Linux",
            ),
            ("(PlayStation 5) Safari/605.1".to_owned(), "Safari"),
            ("(Windows NT 6.1; Trident/7.0) like Gecko".to_owned(), "Windows"),
        ] {
            assert_eq!(device_name(&format!("Mozilla/5.0 {user_agent}")), expected);
        }
    }

    #[test]
    fn a_program_is_named_without_its_version() {
        assert_eq!(device_name("curl/8.5.0"), "curl");
        assert_eq!(device_name("python-requests/2.32.3"), "python-requests");
        assert_eq!(device_name("Go-http-client/2.0 (linux)"), "Go-http-client");
    }

    #[test]
    fn what_a_mail_names_has_no_words_of_the_client() {
        assert_eq!(Program::parse("curl/8.5.0").words().as_deref(), Some("curl"));
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";
        assert_eq!(Program::parse(firefox).words().as_deref(), Some("Firefox on Linux"));
        for unknown in
            ["", "call-0800-1234/1", "Mozilla/5.0 call 0800 1234", "see https://a.example"]
        {
            assert_eq!(Program::parse(unknown).words(), None, "{unknown}");
        }
    }

    #[test]
    fn a_long_name_is_cut() {
        let expected = format!("{}…", "ü".repeat(60));
        assert_eq!(device_name(&"ü".repeat(61)), expected);
        assert_eq!(device_name(&format!("{}/1.0", "ü".repeat(300))), expected);
        assert_eq!(device_name(&"ü".repeat(60)), "ü".repeat(60));
    }

    #[test]
    fn what_is_not_known_stays_whole() {
        for user_agent in ["", "node", "Mozilla/5.0", "a/b/1", "/1", "über agent"] {
            assert_eq!(device_name(user_agent), user_agent);
        }
    }
}
