//! The published table: what was observed, as Markdown, held against `docs/POLICY.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use vestibule::config::{Mode, SessionPolicy};

use super::cookies::try_cookies;
use super::enumeration::{Answered, Observation, report};
use super::fixture::Setting;
use super::model::{Cookie, Person, Site, Token};
use crate::support::app::On;

const BEGIN: &str = "<!-- begin: written by tests/policy -->\n";
const END: &str = "<!-- end: written by tests/policy -->\n";

/// Cookies that make no difference to one another, and the cells beside them.
type Line<'c> = (Vec<Cookie>, Vec<&'c str>);

/// The cells of one mode: by guard, and by what is presented.
type Cells = BTreeMap<&'static str, BTreeMap<(Token, Cookie), String>>;

/// Holds the page against the tables, or writes them into it.
pub(crate) fn hold_against_page() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/POLICY.md");
    let page = std::fs::read_to_string(&path).expect("docs/POLICY.md can be read");
    let (before, rest) = page.split_once(BEGIN).expect("docs/POLICY.md has the begin mark");
    let (published, after) = rest.split_once(END).expect("docs/POLICY.md has the end mark");
    let observed = tables();
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        let page = format!("{before}{BEGIN}{observed}{END}{after}");
        std::fs::write(&path, page).expect("docs/POLICY.md can be written");
    } else {
        let difference = difference(published, &observed);
        assert!(
            difference.is_empty(),
            "docs/POLICY.md (-) is not what was observed (+):\n\n{difference}\n\
             If the change is meant, `UPDATE_DOCS=1 cargo test --test policy` writes it down.\n"
        );
    }
}

/// The lines that only one side has, each under the table and the column titles it is of.
fn difference(published: &str, observed: &str) -> String {
    let of = |text: &str| -> Vec<String> {
        let mut title = "";
        let lines = text.lines().map(|line| {
            if line.starts_with('#') {
                title = line;
            }
            format!("{title}\n    {line}")
        });
        lines.collect()
    };
    let (old, new) = (of(published), of(observed));
    let only = |mark: char, these: &[String], those: &[String]| -> String {
        let those: BTreeSet<&String> = those.iter().collect();
        let lines = these.iter().filter(|line| !those.contains(line));
        lines.fold(String::new(), |text, line| text + &format!("{mark} {line}\n"))
    };
    let moved = if old != new { "(the same lines in another order)\n" } else { "" };
    match only('-', &old, &new) + &only('+', &new, &old) {
        none if none.is_empty() => moved.to_owned(),
        lines => lines,
    }
}

fn tables() -> String {
    let mut text = String::new();
    for mode in [Mode::Both, Mode::Session, Mode::Token] {
        let cells = cells(mode);
        let pages = |demands: &str| demands.contains("Session");
        let either = |demands: &str| {
            ["anyone", "Scraper"].contains(&demands)
                || ["CurrentUser", "AnyUser"].iter().any(|guard| demands.contains(guard))
        };
        let mut table = |title: &str, fits: &dyn Fn(&str) -> bool| {
            let chosen: Cells =
                cells.iter().filter(|(name, _)| fits(name)).map(|(k, v)| (*k, v.clone())).collect();
            if !chosen.is_empty() {
                let mode = mode.as_str();
                write!(text, "\n### Mode `{mode}`: {title}\n\n{}", markdown(&chosen))
                    .expect("text");
            }
        };
        table("anyone, or either credential", &|demands| either(demands));
        table("guards of pages", &|demands| pages(demands) && !either(demands));
        table("guards of the API", &|demands| !pages(demands) && !either(demands));
    }
    text + &cookies() + "\n"
}

fn settings(mode: Mode) -> [Setting; 2] {
    [Person::TokenOwner, Person::CookieOwner].map(|administrator| Setting {
        on: On::Sqlite,
        mode,
        policy: SessionPolicy::UnlessToken,
        administrator,
        in_cookies: false,
        cors: false,
    })
}

fn cells(mode: Mode) -> Cells {
    // Guard and credentials; then under each administrator what was observed.
    let mut observed: BTreeMap<_, [Vec<Observation>; 2]> = BTreeMap::new();
    for (at, setting) in settings(mode).into_iter().enumerate() {
        for observation in report(setting).observations {
            let key = (observation.demands, observation.token, observation.cookie);
            observed.entry(key).or_default()[at].push(observation);
        }
    }
    let mut cells = Cells::new();
    for ((demands, token, cookie), sides) in observed {
        let column = cells.entry(demands).or_default();
        column.insert((token, cookie), cell(demands, &sides));
    }
    cells
}

/// One cell. An administrator of either side comes first, then a user without the role.
fn cell(demands: &str, sides: &[Vec<Observation>; 2]) -> String {
    let mut texts: Vec<String> = sides.iter().map(|side| side_of_cell(demands, side)).collect();
    texts.sort_by_key(|text| !text.starts_with("**in**"));
    texts.dedup();
    texts.join("; without the role ")
}

fn side_of_cell(demands: &str, observations: &[Observation]) -> String {
    let from = |site: Site| observations.iter().filter(move |one| one.site == site);
    let ours = labels(demands, from(Site::Ours));
    let mut text = join(&ours);
    if from(Site::Ours).any(|one| one.set_cookie) {
        text.push_str(" +cookie");
    }
    // Only unsafe requests are tried from another site; being let in there too is not mentioned.
    let mut another = labels(demands, from(Site::Another));
    another.retain(|label| !ours.contains(label) && !label.starts_with("**in**"));
    if !another.is_empty() {
        write!(text, "; sent by another site {}", join(&another)).expect("text");
    }
    text
}

fn join(labels: &BTreeSet<String>) -> String {
    labels.iter().map(String::as_str).collect::<Vec<_>>().join(" or ")
}

fn labels<'o>(
    demands: &str,
    observations: impl Iterator<Item = &'o Observation>,
) -> BTreeSet<String> {
    let mut answers: BTreeSet<(&Answered, bool)> =
        observations.map(|one| (&one.answer, one.has_user)).collect();
    // Not every page says whose it is.
    if answers.iter().any(|(answer, _)| matches!(answer, Answered::In(Some(_)))) {
        answers.retain(|(answer, _)| **answer != Answered::In(None));
    }
    let label = |(answer, has_user): (&Answered, bool)| match answer {
        Answered::In(Some(Person::TokenOwner)) => "**in**, by token".to_owned(),
        Answered::In(Some(Person::CookieOwner)) => "**in**, by session".to_owned(),
        Answered::In(None) if is_optional(demands) && !has_user => {
            "**in**, without a user".to_owned()
        }
        Answered::In(None) => "**in**".to_owned(),
        Answered::Elsewhere(form) => format!("303 to `{form}`"),
        Answered::Refused(status, code) => format!("{status} `{code}`"),
    };
    answers.into_iter().map(label).collect()
}

/// Whether the guard also lets a request without a user in.
fn is_optional(demands: &str) -> bool {
    demands.starts_with("Maybe<") && !demands.contains(',')
}

/// A table in which rows with equal cells are one row.
fn markdown(cells: &Cells) -> String {
    let mut guards: Vec<&str> = cells.keys().copied().collect();
    guards.sort_by_key(|guard| (*guard != "anyone", guard.len(), *guard));
    let row = |token: Token, cookie: Cookie| -> Vec<&str> {
        guards.iter().map(|guard| cells[guard][&(token, cookie)].as_str()).collect()
    };
    // For each token the cookies that make no difference to one another.
    let mut blocks: Vec<(Vec<Token>, Vec<Line<'_>>)> = Vec::new();
    for token in Token::ALL {
        let mut lines: Vec<Line<'_>> = Vec::new();
        for cookie in Cookie::ALL {
            let row = row(token, cookie);
            match lines.iter_mut().find(|(_, known)| *known == row) {
                Some((cookies, _)) => cookies.push(cookie),
                None => lines.push((vec![cookie], row)),
            }
        }
        match blocks.iter_mut().find(|(_, known)| *known == lines) {
            Some((tokens, _)) => tokens.push(token),
            None => blocks.push((vec![token], lines)),
        }
    }
    let titles: Vec<_> = guards.iter().map(|guard| code(guard)).collect();
    let mut text = format!("| token | cookie | {} |\n", titles.join(" | "));
    text.push_str(&format!("|---|---|{}\n", "---|".repeat(guards.len())));
    for (tokens, lines) in &blocks {
        let tokens = words(tokens, Token::ALL.len(), |token| token.word());
        for (cookies, row) in lines {
            let cookies = words(cookies, Cookie::ALL.len(), |cookie| cookie.word());
            writeln!(text, "| {tokens} | {cookies} | {} |", row.join(" | ")).expect("text");
        }
    }
    text
}

fn code(guard: &str) -> String {
    if guard == "anyone" { guard.to_owned() } else { format!("`{guard}`") }
}

fn words<T: Copy>(these: &[T], all: usize, word: impl Fn(T) -> &'static str) -> String {
    if these.len() == all {
        return "*any*".to_owned();
    }
    these.iter().map(|one| word(*one)).collect::<Vec<_>>().join(", ")
}

/// The responses on which a cookie of any origin may be set.
fn cookies() -> String {
    let mut text = "\n### Cookies that something else sets\n\n\
                    | mode | policy | cookies leave on a response to | and never to |\n\
                    |---|---|---|---|\n"
        .to_owned();
    for setting in cookie_settings() {
        let left = try_cookies(setting).left;
        let stayed: Vec<Token> =
            Token::ALL.into_iter().filter(|token| !left.contains(token)).collect();
        let said = |tokens: &[Token]| match tokens.len() {
            0 => "-".to_owned(),
            number if number == Token::ALL.len() => "*any* request".to_owned(),
            _ => format!("token {}", words(tokens, Token::ALL.len(), Token::word)),
        };
        let (mode, policy) = (setting.mode.as_str(), setting.policy.as_str());
        writeln!(text, "| `{mode}` | `{policy}` | {} | {} |", said(&left), said(&stayed))
            .expect("text");
    }
    text
}

/// Every mode under every policy that it allows.
pub(crate) fn cookie_settings() -> Vec<Setting> {
    [Mode::Both, Mode::Session, Mode::Token]
        .into_iter()
        .flat_map(super::enumeration::settings)
        .filter(|setting| setting.administrator == Person::TokenOwner)
        .collect()
}
