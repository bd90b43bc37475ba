//! The shape of the sources: imports point down only, few files import each other, and no file
//! grows past reading.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// The rooms of the library from the ground up; each imports rooms of lower floors only.
const LIBRARY: &[&[&str]] = &[
    &["request_id"],
    &["error"],
    &["config"],
    &["clock", "digest", "json", "local_path", "second_factor", "sign_in"],
    &["claims", "keys", "password", "throttle"],
    &["access_key", "account", "database", "events"],
    &["credentials", "session"],
    &["cache"],
    &["state"],
    &["authentication"],
    &["guards"],
    &["actions"],
    &["fairing", "routes"],
    &["catchers"],
    &["testing"],
    &["lib"],
];

/// The parts of the service from the ground up. `state_dir` is as high as `api`, so that only
/// `app` and `cli` know the files of the first start, and `logging` as high as `app`: a test or an
/// embedding application keeps its own log.
const SERVICE: &[&[&str]] = &[
    &["db", "languages"],
    &["fingerprints", "mail"],
    &["accounts"],
    &["housekeeping", "settings"],
    &["http"],
    &["api", "delivery", "metrics", "state_dir", "web"],
    &["app", "logging"],
    &["cli"],
    &["main"],
    // Declares the parts and names none.
    &["lib"],
];

/// The rooms of `src/accounts`, in the same way.
const ACCOUNTS: &[&[&str]] = &[
    &["links", "relying_party", "sealing", "user", "user_agent"],
    &["config"],
    &["scopes"],
    &["audit"],
    &["queries"],
    &["guards", "network_permits"],
    &["service"],
    &["devices", "throttle"],
    &["second_factor"],
    &["passkeys"],
    &["password"],
    &["registration"],
    &["access_keys", "addresses", "administration", "import", "own_sign_ins"],
    &["second_step", "sign_in_links"],
    &["passkey_sign_in", "sent_twice", "unused_session"],
];

/// The most files that may import each other in a circle.
const CIRCLE: usize = 3;

/// Longest file, in lines: more than one idea fits into no less.
const LONGEST: usize = 320;

#[test]
fn imports_point_down_only() {
    for (tree, part, floors) in [
        (library(), &[][..], LIBRARY),
        (service(), &[], SERVICE),
        (service(), &["accounts"], ACCOUNTS),
    ] {
        let found = tree.upward(part, floors);
        assert!(found.is_empty(), "upward imports:\n{}", found.join("\n"));
    }
}

#[test]
fn at_most_three_files_import_each_other() {
    for tree in [library(), service()] {
        let circles = tree.circles();
        let large: Vec<_> = circles.iter().filter(|circle| circle.len() > CIRCLE).collect();
        assert!(large.is_empty(), "circles: {large:#?}");
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    for tree in [library(), service()] {
        let lines = |file: &&File| file.text.lines().count();
        let long = tree.0.values().filter(|file| lines(file) > LONGEST);
        let long: Vec<_> = long.map(|file| format!("{}: {}", file.path, lines(&file))).collect();
        assert!(long.is_empty(), "more than {LONGEST} lines:\n{}", long.join("\n"));
    }
}

#[test]
fn every_room_says_what_it_is_for() {
    for tree in [library(), service()] {
        for file in tree.0.values().filter(|file| file.path.ends_with("/mod.rs")) {
            assert!(file.text.starts_with("//! "), "{} says nothing", file.path);
        }
    }
}

#[test]
fn what_an_insert_returns_is_read_to_its_end() {
    // SQLite commits a lone statement when its last row was read. Diesel's `get_result` reads the
    // first and does not hear of a commit that failed, on a full disk for example.
    let reads_one = |text: &str| {
        let after = text.split(".returning(").skip(1);
        let mut statements = after.filter_map(|rest| rest.split(';').next());
        statements.any(|rest| rest.contains(".get_result(") || rest.contains(".get_result::<"))
    };
    assert!(reads_one("insert_into(a).returning(b).get_result(c);"));
    assert!(reads_one("insert_into(a).returning(b).get_result::<Row>(c);"));
    assert!(!reads_one("insert_into(a).returning(b).get_results(c);"));
    for file in service().0.values() {
        assert!(!reads_one(&file.text), "{}", file.path);
    }
}

#[test]
fn an_upward_import_is_found_however_it_is_written() {
    for (path, text) in [
        ("db/pool.rs", "use crate::accounts::User;"),
        ("db/pool.rs", "fn f() { crate::accounts::register() }"),
        ("db/pool.rs", "fn f() { vec![crate::accounts::register()] }"),
        ("db/pool.rs", "use super::super::accounts::User;"),
        ("db/mod.rs", "mod tests { use super::super::web::Renderer; }"),
        ("accounts/user.rs", "use crate::{db::Db, http::Guarded};"),
        ("accounts/user.rs", "use crate::{db::{Db, Error}, settings};"),
        ("web/pages.rs", "use crate::api::BASE;"),
        ("api/me.rs", "use\n    crate::web\n    ::routes;"),
        ("web/pages.rs", "use crate::state_dir::StateDir;"),
        ("app.rs", "use super::cli::run;"),
        ("settings/mod.rs", "use crate::app;"),
        ("web/pages.rs", "use crate::*;"),
        ("newcomer/mod.rs", "use crate::db::Error;"),
    ] {
        let mut tree = service();
        tree.0.insert(module_of(path), File { path: path.to_owned(), text: text.to_owned() });
        assert_eq!(tree.upward(&[], SERVICE).len(), 1, "{path}: {text}");
    }
}

#[test]
fn a_good_import_is_let_through() {
    for (path, text) in [
        ("db/mod.rs", "//! crate::web\n/* crate::web */ const A: &str = \"crate::app\";"),
        ("db/mod.rs", "const B: &str = r#\"a \" crate::app\"#; const C: char = '\"';"),
        ("db/pool.rs", "mod tests { use super::*; use super::super::error::DbError; }"),
        ("accounts/guards.rs", "pub(crate) fn f<'a>(a: &'a crate::db::Error) {}"),
        ("web/pages.rs", "use crate::{accounts::{User, Role}, db, http::Guarded};"),
        ("cli/serve.rs", "use super::figment; use crate::app;"),
    ] {
        let mut tree = service();
        tree.0.insert(module_of(path), File { path: path.to_owned(), text: text.to_owned() });
        assert_eq!(tree.upward(&[], SERVICE), Vec::<String>::new(), "{path}: {text}");
    }
}

#[test]
fn a_circle_is_found_through_modules_and_groups() {
    let files = [
        ("a/mod.rs", "mod x; use crate::b::{y::Y, z};"),
        ("b/mod.rs", ""),
        ("b/y.rs", "use super::z::Z;"),
        ("b/z.rs", "use crate::{a, b};"),
        ("a/x.rs", "use super::super::b::y::Y;"),
    ];
    let tree = Tree::of(files.map(|(path, text)| (path.to_owned(), text.to_owned())));
    assert_eq!(tree.circles(), [vec!["a/mod.rs", "b/y.rs", "b/z.rs"]]);
}

fn library() -> Tree {
    Tree::read("crates/vestibule/src")
}

fn service() -> Tree {
    Tree::read("src")
}

struct File {
    path: String,
    text: String,
}

/// A module by its path: `["db", "pool"]`; the root is empty.
type Module = Vec<String>;

/// The files of a crate by their modules.
struct Tree(BTreeMap<Module, File>);

impl Tree {
    fn read(folder: &str) -> Self {
        fn collect(folder: &Path, root: &Path, found: &mut Vec<(String, String)>) {
            for entry in fs::read_dir(folder).expect("src can be listed") {
                let path = entry.expect("src can be listed").path();
                // What `vestibule new` writes is another program.
                if path.ends_with("cli/new/template") {
                    continue;
                }
                if path.is_dir() {
                    collect(&path, root, found);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let name = path.strip_prefix(root).expect("inside src").display().to_string();
                    found.push((name, fs::read_to_string(&path).expect("a source is text")));
                }
            }
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut found = Vec::new();
        collect(&root, &root, &mut found);
        assert!(found.len() > 50, "the sources are where they were");
        // The program is a crate of its own.
        Self::of(found.into_iter().filter(|(path, _)| path != "main.rs"))
    }

    fn of(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let files = files.into_iter();
        Self(files.map(|(path, text)| (module_of(&path), File { path, text })).collect())
    }

    /// The imports between the rooms of a part that do not lead to a lower floor, one line each.
    fn upward(&self, part: &[&str], floors: &[&[&str]]) -> Vec<String> {
        // The root of a crate is above its rooms; that of a part declares them and exports names.
        let room = |module: &Module| {
            let inside = module.len() >= part.len() && module.iter().zip(part).all(|(a, b)| a == b);
            let root = if part.is_empty() { Some("lib".to_owned()) } else { None };
            if inside { module.get(part.len()).cloned().or(root) } else { None }
        };
        let floor = |room: &String| floors.iter().position(|rooms| rooms.contains(&room.as_str()));
        let mut found = Vec::new();
        for (module, file) in &self.0 {
            let Some(own) = room(module) else { continue };
            if floor(&own).is_none() {
                found.push(format!("{}: name its room in tests/layers.rs", file.path));
                continue;
            }
            for imported in self.imports(module) {
                let Some(other) = room(&imported) else { continue };
                if own != other && (floor(&other).is_none() || floor(&other) >= floor(&own)) {
                    found.push(format!("{} imports {}", file.path, imported.join("::")));
                }
            }
        }
        found
    }

    /// The files that import each other, directly or through others.
    fn circles(&self) -> Vec<Vec<&str>> {
        let imports: BTreeMap<&Module, BTreeSet<Module>> =
            self.0.keys().map(|module| (module, self.imports(module))).collect();
        let reached = |from: &Module| {
            let mut found: BTreeSet<&Module> = BTreeSet::new();
            let mut next: Vec<&Module> = imports[from].iter().collect();
            while let Some(module) = next.pop() {
                if found.insert(module) {
                    next.extend(&imports[module]);
                }
            }
            found
        };
        let reached: BTreeMap<&Module, _> = self.0.keys().map(|one| (one, reached(one))).collect();
        let mut circles: BTreeSet<Vec<&str>> = BTreeSet::new();
        for (module, found) in reached.iter().filter(|(module, found)| found.contains(*module)) {
            let circle = found.iter().filter(|other| reached[*other].contains(*module));
            circles.insert(circle.map(|other| self.0[*other].path.as_str()).collect());
        }
        circles.into_iter().collect()
    }

    /// The other modules with a file of their own that a file names.
    fn imports(&self, module: &Module) -> BTreeSet<Module> {
        let tokens = tokens(&self.0[module].text);
        let mut found = BTreeSet::new();
        // The braces that are open, and which of them is an inline module.
        let (mut braces, mut inline) = (0, Vec::new());
        let mut at = 0;
        while at < tokens.len() {
            match tokens[at].as_str() {
                "{" => braces += 1,
                "}" => {
                    braces -= 1;
                    inline.pop_if(|opened| *opened == braces);
                }
                "mod" if tokens.get(at + 2).is_some_and(|token| token == "{") => {
                    inline.push(braces);
                }
                _ => {}
            }
            // `pub(in crate::accounts)` is no import.
            let visibility = at > 1 && tokens[at - 1] == "in" && tokens[at - 2] == "(";
            let begins = (at == 0 || tokens[at - 1] != "::") && !visibility;
            if begins && tokens.get(at + 1).is_some_and(|token| token == "::") {
                for path in paths(&tokens[at..]) {
                    found.extend(self.resolve(module, inline.len(), &path));
                }
            }
            at += 1;
        }
        found.remove(module);
        found
    }

    /// The module with a file of its own that a path leads into; `None` for another crate's.
    fn resolve(&self, module: &Module, inline: usize, path: &[String]) -> Option<Module> {
        let mut base = module.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => (base, rest) = (Vec::new(), &path[1..]),
            "self" => rest = &path[1..],
            "super" => {
                let climbed = path.iter().take_while(|name| *name == "super").count();
                base.truncate(module.len().saturating_sub(climbed.saturating_sub(inline)));
                rest = &path[climbed..];
            }
            // A child that this module declares.
            child => {
                let known = [module.as_slice(), &[child.to_owned()]].concat();
                self.0.contains_key(&known).then_some(())?;
            }
        }
        let full: Module = base.iter().chain(rest).cloned().collect();
        let longest = (0..=full.len()).rev().map(|end| full[..end].to_vec());
        longest.into_iter().find(|prefix| self.0.contains_key(prefix) || prefix.is_empty())
    }
}

fn module_of(path: &str) -> Module {
    let names = path.strip_suffix(".rs").unwrap_or(path).split('/');
    names.filter(|name| !["mod", "lib"].contains(name)).map(str::to_owned).collect()
}

/// The paths that begin with the first token: several where it ends in a group in braces.
fn paths(tokens: &[String]) -> Vec<Vec<String>> {
    let mut path = Vec::new();
    let mut at = 0;
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("{") => break,
            Some(name) => path.push(name.to_owned()),
            None => return vec![path],
        }
        if tokens.get(at + 1).is_none_or(|token| token != "::") {
            return vec![path];
        }
        at += 2;
    }
    let (mut all, mut depth, mut begins) = (Vec::new(), 0, true);
    for inner in at..tokens.len() {
        match tokens[inner].as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," => begins = depth == 1,
            _ if begins && depth == 1 => {
                begins = false;
                let inside = paths(&tokens[inner..]).into_iter();
                all.extend(inside.map(|rest| [path.clone(), rest].concat()));
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    all
}

/// The code of a file as words, `::` and single signs, without comments.
fn tokens(text: &str) -> Vec<String> {
    fn flatten(stream: TokenStream, found: &mut Vec<String>) {
        let mut colon = false;
        for token in stream {
            match token {
                TokenTree::Punct(sign) if sign.as_char() == ':' && colon => {
                    found.push("::".to_owned());
                    colon = false;
                }
                TokenTree::Punct(sign)
                    if sign.as_char() == ':' && sign.spacing() == Spacing::Joint =>
                {
                    colon = true;
                }
                TokenTree::Group(group) => {
                    let (opening, closing) = match group.delimiter() {
                        Delimiter::Brace => ("{", "}"),
                        _ => ("(", ")"),
                    };
                    found.push(opening.to_owned());
                    flatten(group.stream(), found);
                    found.push(closing.to_owned());
                }
                other => found.push(other.to_string()),
            }
        }
    }
    let mut found = Vec::new();
    flatten(text.parse().expect("a source is Rust"), &mut found);
    found
}
