//! The profiles in `Rocket.toml`. Its top-level tables are profiles, so settings one level too high,
//! or in a profile with a misspelt name, would be ignored silently.

use rocket::figment::value::Dict;
use rocket::figment::{Figment, Profile, Provider};
use strsim::{levenshtein, osa_distance};

use vestibule::config::ConfigError;

/// Tables that belong inside a profile; as a top-level table each is a mistake.
const INNER_TABLES: &[&str] =
    &["auth", "accounts", "databases", "limits", "mail", "metrics", "shutdown", "tls"];

/// Keys of a profile that are not Rocket's own.
const OUR_KEYS: &[&str] =
    &["auth", "accounts", "api", "databases", "mail", "metrics", "public_url", "template_dir"];

/// Keys that are no settings: of `secrets.toml`, and what `ROCKET_PROFILE` and `ROCKET_CONFIG` give.
const NO_SETTINGS: &[&str] = &["config", "next", "profile", "replaced_at"];

/// Rocket's own profiles.
const BUILT_IN: [Profile; 4] = [
    Profile::Default,
    Profile::Global,
    rocket::Config::DEBUG_PROFILE,
    rocket::Config::RELEASE_PROFILE,
];

/// Returns an error for each inner table at the top level.
pub(super) fn misplaced(figment: &Figment) -> Vec<ConfigError> {
    let found =
        figment.profiles().filter(|profile| INNER_TABLES.iter().any(|table| profile == table));
    found
        .map(|profile| {
            let problem = format!("is a profile there; write [default.{profile}]");
            ConfigError::of_profile(figment, profile, problem)
        })
        .collect()
}

/// Returns an error for each key of the selected profile that resembles a known one, such as
/// `acounts`: it would be ignored.
pub(super) fn misspelt(figment: &Figment) -> Vec<ConfigError> {
    let keys = figment.extract::<Dict>().unwrap_or_default();
    let known = || rocket::Config::PARAMETERS.iter().chain(OUR_KEYS);
    let unknown = keys.keys().filter(|key| known().all(|known| known != key));
    unknown
        .filter_map(|key| {
            let meant = known().find(|known| resembles(key, known))?;
            Some(ConfigError::new(figment, key, format!("is unknown; `{meant}` may be meant")))
        })
        .collect()
}

/// Returns whether a key looks like a known one misspelt. Of known names with up to four letters only swapped
/// neighbours (`prot`) or one letter missing from four (`aut`) count: `post` is no misspelt `port`.
fn resembles(key: &str, known: &str) -> bool {
    let distance = levenshtein(key, known);
    if known.len() > 4 {
        return distance <= 2;
    }
    let is_transposed = distance == 2 && osa_distance(key, known) == 1;
    let lacks_one = known.len() == 4 && key.len() == 3 && distance == 1;
    is_transposed || lacks_one
}

/// Returns the profiles with settings that are not selected, in alphabetical order.
#[must_use]
pub fn not_selected(figment: &Figment) -> Vec<Profile> {
    let others = figment.profiles().filter(|profile| *profile != figment.profile());
    let mut names: Vec<_> = others.filter(|name| !BUILT_IN.contains(name)).cloned().collect();
    names.sort();
    names
}

/// Returns warnings about probable mistakes in the selected profile and in profile names.
#[must_use]
pub fn profile_warnings(figment: &Figment) -> Vec<String> {
    let selected = figment.profile();
    let mut warnings = Vec::new();
    if !BUILT_IN.contains(selected) && figment.profiles().all(|profile| profile != selected) {
        warnings.push(format!(
            "the profile `{selected}` is selected, but there is no table [{selected}] in \
             Rocket.toml: all its settings are those of [default]"
        ));
    }
    let (data, built_in) = (figment.data().unwrap_or_default(), BUILT_IN);
    for profile in not_selected(figment) {
        let name = profile.as_str().as_str();
        let lower = name.to_lowercase();
        let similar =
            built_in.iter().find(|known| levenshtein(&lower, known.as_str().as_str()) <= 2);
        if let Some(known) = similar {
            warnings.push(format!(
                "the table [{name}] in Rocket.toml is not looked at: `{name}` is not the selected \
                 profile; [{known}] may be meant"
            ));
        } else if let Some(key) = data.get(&profile).and_then(unknown_key) {
            warnings.push(format!(
                "the table [{name}] in Rocket.toml is not looked at: its name is that of a \
                 profile, and `{key}` is no setting of one"
            ));
        }
    }
    warnings
}

/// Returns a warning for each unknown top-level key, which Rocket accepts because an application may
/// read it: `ROCKET_ACCOUNTS_REGISTRATION=false` sets no key of the table `accounts`.
#[must_use]
pub fn unknown_settings(figment: &Figment) -> Vec<String> {
    let keys = figment.extract::<Dict>().unwrap_or_default();
    let is_known = |key: &str| {
        let rockets = rocket::Config::PARAMETERS;
        rockets.contains(&key) || OUR_KEYS.contains(&key) || NO_SETTINGS.contains(&key)
    };
    let unknown = keys.keys().filter(|key| !is_known(key));
    unknown
        .map(|key| format!("the setting `{key}` is unknown; docs/OPTIONS.md lists all settings"))
        .collect()
}

/// Returns a key that is not a setting of any profile.
fn unknown_key(table: &Dict) -> Option<&String> {
    let rocket = rocket::Config::debug_default().data().unwrap_or_default();
    let known = |key: &String| {
        OUR_KEYS.contains(&key.as_str()) || rocket.values().any(|keys| keys.contains_key(key))
    };
    table.keys().find(|key| !known(key))
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
    fn custom_profiles_are_accepted_and_listed_if_not_selected() {
        let toml = "[default]\nport = 1\n[api.auth]\nmode = \"token\"\n\
                    [Pages]\ntemplate_dir = \"x\"\nlog_level = \"off\"\nsecret_key = \"x\"\n\
                    [global]\nport = 2\n[release]\nport = 3\n";
        let names = |selected| {
            let found = figment(toml, selected);
            assert_eq!(profile_warnings(&found), Vec::<String>::new(), "{selected}");
            assert!(misplaced(&found).is_empty());
            not_selected(&found).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(names("debug"), ["api", "Pages"]);
        assert_eq!(names("API"), ["Pages"]);
    }

    #[test]
    fn a_misspelt_key_is_refused_and_another_unknown_one_is_not() {
        for (toml, found) in [
            ("[default.acounts]\nregistration = false\n", 1),
            ("[default]\nadress = \"127.0.0.1\"\nwokers = 2\n", 2),
            ("[default]\nprot = 1\n[default.aut]\na = 1\n[default.auht]\na = 1\n", 3),
            ("[default.mial]\nurl = \"\"\n[default.aip]\na = 1\n", 2),
            ("[default]\nmine = 1\nport = 1\n[default.auth]\nmode = \"token\"\n", 0),
            ("[default]\npost = 1\nports = 1\nmall = 1\napp = 1\nai = 1\nhash = 1\n", 0),
        ] {
            let errors = misspelt(&figment(toml, "debug"));
            assert_eq!(errors.len(), found, "{toml}: {errors:?}");
        }
    }

    #[test]
    fn a_probable_mistake_is_warned_of() {
        for (toml, selected, named) in [
            ("", "prodution", "`prodution` is selected"),
            ("[default]\nport = 1\n", "live", "`live` is selected"),
            ("[defualt.auth]\nmode = \"token\"\n", "debug", "[default] may be meant"),
            ("[Relaese]\nport = 1\n", "release", "[release] may be meant"),
            ("[session]\nidle = \"1h\"\n", "debug", "`idle` is no setting"),
        ] {
            let found = profile_warnings(&figment(toml, selected));
            assert_eq!(found.len(), 1, "{toml}: {found:?}");
            assert!(found[0].contains(named), "{toml}: {found:?}");
        }
    }
}
