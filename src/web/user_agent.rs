//! Names of browsers and programs, from their user agents.

use crate::languages::Language;

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

/// The longest name, in characters: a client may send any text.
const LONGEST: usize = 60;

/// Returns "Chrome on Linux" for a browser, the product's name for a program (`curl`), and for
/// anything else the user agent, of which at most [`LONGEST`] characters.
pub(super) fn name(language: &Language, user_agent: &str) -> String {
    let known = known(language, user_agent);
    let name = known.as_deref().unwrap_or(user_agent);
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

fn known(language: &Language, user_agent: &str) -> Option<String> {
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    if !user_agent.starts_with("Mozilla/") {
        let (product, version) = user_agent.split_once('/').unwrap_or_default();
        let is_versioned = version.starts_with(|first: char| first.is_ascii_digit());
        let is_product = is_versioned && !product.is_empty();
        return is_product.then(|| product.to_owned());
    }
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => {
            let values = vec![("browser", browser.into()), ("system", system.into())];
            Some(language.format("device-name", values))
        }
        (one, other) => one.or(other).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    fn name(user_agent: &str) -> String {
        let (languages, _) = crate::languages::Languages::load(None).expect("the languages");
        super::name(languages.find("en").expect("English"), user_agent)
    }

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
            assert_eq!(name(&format!("Mozilla/5.0 {user_agent}")), expected);
        }
    }

    #[test]
    fn a_program_is_named_without_its_version() {
        assert_eq!(name("curl/8.5.0"), "curl");
        assert_eq!(name("python-requests/2.32.3"), "python-requests");
        assert_eq!(name("Go-http-client/2.0 (linux)"), "Go-http-client");
    }

    #[test]
    fn a_long_name_is_cut() {
        let expected = format!("{}…", "ü".repeat(60));
        assert_eq!(name(&"ü".repeat(61)), expected);
        assert_eq!(name(&format!("{}/1.0", "ü".repeat(300))), expected);
        assert_eq!(name(&"ü".repeat(60)), "ü".repeat(60));
    }

    #[test]
    fn what_is_not_known_stays_whole() {
        for user_agent in ["", "node", "Mozilla/5.0", "a/b/1", "/1", "über agent"] {
            assert_eq!(name(user_agent), user_agent);
        }
    }
}
