//! The tables of `Rocket.toml` are profiles. Settings that stand one level too high, or in a
//! profile whose name is misspelt, would be left out without a word.

use rocket::figment::value::Dict;
use rocket::figment::{Figment, Profile, Provider};

use vestibule::ConfigError;

/// Tables inside a profile: as a profile of its own each is a mistake.
const PARTS: &[&str] = &["auth", "accounts", "databases", "limits", "shutdown", "tls"];

/// Keys of a profile that are no setting of Rocket's own.
const OURS: &[&str] = &["auth", "accounts", "databases", "template_dir"];

/// Profiles with a meaning of their own.
const KNOWN: [Profile; 4] = [
    Profile::Default,
    Profile::Global,
    rocket::Config::DEBUG_PROFILE,
    rocket::Config::RELEASE_PROFILE,
];

/// Tables that stand where only profiles can.
pub(super) fn misplaced(figment: &Figment) -> Vec<ConfigError> {
    let found = figment.profiles().filter(|profile| PARTS.iter().any(|part| profile == part));
    found
        .map(|profile| {
            let problem = format!("is a profile there; write [default.{profile}]");
            ConfigError::of_profile(figment, profile, problem)
        })
        .collect()
}

/// The profiles that have settings, but not for this process, in alphabetical order.
#[must_use]
pub fn not_selected(figment: &Figment) -> Vec<Profile> {
    let others = figment.profiles().filter(|profile| *profile != figment.profile());
    let mut names: Vec<_> = others.filter(|name| !KNOWN.contains(name)).cloned().collect();
    names.sort();
    names
}

/// What may be a mistake in the choice and the names of profiles, a sentence each.
#[must_use]
pub fn remarks(figment: &Figment) -> Vec<String> {
    let selected = figment.profile();
    let mut remarks = Vec::new();
    if !KNOWN.contains(selected) && figment.profiles().all(|profile| profile != selected) {
        remarks.push(format!(
            "the profile `{selected}` is selected, but there is no table [{selected}] in \
             Rocket.toml: all its settings are those of [default]"
        ));
    }
    let (data, known) = (figment.data().unwrap_or_default(), KNOWN);
    for profile in not_selected(figment) {
        let name = profile.as_str().as_str();
        let similar = known.iter().find(|known| distance(name, known.as_str().as_str()) <= 2);
        if let Some(known) = similar {
            remarks.push(format!(
                "the table [{name}] in Rocket.toml is not looked at: `{name}` is not the selected \
                 profile; [{known}] may be meant"
            ));
        } else if let Some(key) = data.get(&profile).and_then(unknown) {
            remarks.push(format!(
                "the table [{name}] in Rocket.toml is not looked at: its name is that of a \
                 profile, and `{key}` is no setting of one"
            ));
        }
    }
    remarks
}

/// A key that no profile can hold.
fn unknown(table: &Dict) -> Option<&String> {
    let rocket = rocket::Config::debug_default().data().unwrap_or_default();
    let known = |key: &String| {
        OURS.contains(&key.as_str()) || rocket.values().any(|keys| keys.contains_key(key))
    };
    table.keys().find(|key| !known(key))
}

/// How many letters must be put in, left out or changed to make one name of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.to_lowercase().chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], index + 1);
        for column in 0..other.len() {
            let change = corner + usize::from(other[column] != letter);
            corner = row[column + 1];
            row[column + 1] = change.min(corner + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use rocket::figment::providers::{Format, Toml};

    use super::*;

    fn figment(toml: &str, selected: &str) -> Figment {
        let figment = Figment::from(rocket::Config::debug_default());
        figment.merge(Toml::string(toml).nested()).select(selected)
    }

    #[test]
    fn a_distance_is_counted_in_letters() {
        for (one, other, letters) in [
            ("default", "default", 0),
            ("defualt", "default", 2),
            ("Default", "default", 0),
            ("defaults", "default", 1),
            ("relase", "release", 1),
            ("api", "default", 6),
            ("", "debug", 5),
        ] {
            assert_eq!(distance(one, other), letters, "{one} and {other}");
        }
    }

    #[test]
    fn profiles_of_ones_own_are_fine_and_listed_where_they_do_not_count() {
        let toml = "[default]\nport = 1\n[api.auth]\nmode = \"token\"\n\
                    [Pages]\ntemplate_dir = \"x\"\nlog_level = \"off\"\nsecret_key = \"x\"\n\
                    [global]\nport = 2\n[release]\nport = 3\n";
        let names = |selected| {
            let found = figment(toml, selected);
            assert_eq!(remarks(&found), Vec::<String>::new(), "{selected}");
            assert!(misplaced(&found).is_empty());
            not_selected(&found).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(names("debug"), ["api", "Pages"]);
        assert_eq!(names("API"), ["Pages"]);
    }

    #[test]
    fn what_looks_like_a_mistake_is_remarked() {
        for (toml, selected, named) in [
            ("", "prodution", "`prodution` is selected"),
            ("[default]\nport = 1\n", "live", "`live` is selected"),
            ("[defualt.auth]\nmode = \"token\"\n", "debug", "[default] may be meant"),
            ("[Relaese]\nport = 1\n", "release", "[release] may be meant"),
            ("[session]\nidle = \"1h\"\n", "debug", "`idle` is no setting"),
        ] {
            let found = remarks(&figment(toml, selected));
            assert_eq!(found.len(), 1, "{toml}: {found:?}");
            assert!(found[0].contains(named), "{toml}: {found:?}");
        }
    }
}
