//! `vestibule secrets ...`: new keys for cookies and tokens, and an end for the former ones.

use std::time::Duration;

use clap::Subcommand;
use rocket::figment::Figment;
use time::format_description::well_known::Rfc3339;

use super::{Failure, figment, print_line};
use crate::state_dir::{Forgotten, StateDir};
use vestibule::duration::in_words;
use vestibule::{Clock, Config, ConfigError, Lifetime};

#[derive(Debug, Subcommand)]
pub(super) enum SecretsCommand {
    /// Make new secrets; the former ones still open cookies and verify tokens
    Rotate,
    /// Drop the former secrets: what only they sealed or signed is refused
    Forget,
}

/// Runs one of the commands.
pub(super) fn run(command: &SecretsCommand) -> Result<(), Failure> {
    let state = StateDir::from_env();
    // A start would make them; somebody in the wrong directory would rotate those.
    if !state.secrets().exists() {
        return Err(Failure::new(format!(
            "there is no {}; run this where the service runs, or set VESTIBULE_STATE",
            state.secrets().display()
        )));
    }
    let (state, figment) = figment()?;
    let in_use = InUse::of(Config::from_figment(&figment)?);
    in_use.check(&figment, &state)?;
    match command {
        SecretsCommand::Rotate => rotate(&figment, &state, &in_use),
        SecretsCommand::Forget => forget(&state),
    }
}

fn rotate(figment: &Figment, state: &StateDir, in_use: &InUse) -> Result<(), Failure> {
    // Afterwards the service must still start.
    let present = figment.extract_inner::<String>("secret_key").unwrap_or_default();
    let after = figment.clone().merge(("auth.session.previous_secret_keys", [present]));
    if Config::from_figment(&after).is_err() {
        let problem = "cannot become a previous one; change it by hand";
        return Err(vec![ConfigError::new(figment, "secret_key", problem)].into());
    }
    let now = Clock::system().now()?.format(&Rfc3339).unwrap_or_default();
    state.rotate(&now).map_err(Failure::new)?;
    print_line(format_args!(
        "{} holds new secrets; the former ones still open cookies and verify tokens.\n\n\
         Restart every process of the service now, all at once: one that still runs with the\n\
         former secrets takes what the new ones made for a forgery. Nobody is signed out.\n\
         {}; then run\n\n  vestibule secrets forget\n\n\
         and restart again. If a secret has leaked, do that now: everybody must sign in again.",
        state.secrets().display(),
        when_left(in_use.longest),
    ));
    if let Some(algorithm) = in_use.pair {
        print_line(format_args!(
            "\nTokens are signed with a pair of keys ({algorithm}), which is not kept there. To \
             change it,\nput the public half of the present one into auth.token.public_keys and \
             set a new\nauth.token.private_key."
        ));
    }
    Ok(())
}

fn forget(state: &StateDir) -> Result<(), Failure> {
    let Forgotten { secret_keys, token_secrets, replaced_at } =
        state.forget().map_err(Failure::new)?;
    if secret_keys + token_secrets == 0 {
        print_line(format_args!("{} holds no former secrets", state.secrets().display()));
        return Ok(());
    }
    let when = match replaced_at.is_empty() {
        true => "at a time that is not noted".to_owned(),
        false => replaced_at.join(", "),
    };
    print_line(format_args!(
        "dropped former secrets: {secret_keys} of cookies, {token_secrets} of tokens; replaced \
         {when}\n\nRestart every process of the service. What only they sealed or signed is \
         refused from then on."
    ));
    Ok(())
}

/// What of the secrets the configured mode uses, and for how long.
struct InUse {
    /// Each secret with the list of its predecessors.
    keys: Vec<(&'static str, &'static str)>,
    /// The longest life of what they seal or sign.
    longest: Lifetime,
    /// The algorithm, where tokens are signed with a pair of keys.
    pair: Option<&'static str>,
}

impl InUse {
    fn of(config: Config) -> Self {
        let (session, token) = (&config.session, &config.token);
        let mut found =
            Self { keys: Vec::new(), longest: Lifetime::For(Duration::ZERO), pair: None };
        if config.mode.has_sessions() {
            found.keys.push(("secret_key", "auth.session.previous_secret_keys"));
            found.longest = Lifetime::For(session.lifetime.max(session.remember));
        }
        if config.mode.has_tokens() && token.algorithm.is_asymmetric() {
            found.pair = Some(token.algorithm.name());
        } else if config.mode.has_tokens() {
            found.keys.push(("auth.token.secret", "auth.token.previous_secrets"));
            found.longest = found.longest.max(token.refresh);
        }
        found
    }

    /// Refuses where the secrets in force are not those in the file.
    fn check(&self, figment: &Figment, state: &StateDir) -> Result<(), Failure> {
        if self.keys.is_empty() {
            return Err(Failure::new(format!(
                "no secret of {} is in use: tokens are signed with a pair of keys; put the public \
                 half of the present one into auth.token.public_keys and set a new \
                 auth.token.private_key",
                state.secrets().display()
            )));
        }
        let elsewhere = |key: &str| {
            let source = figment.find_metadata(key).and_then(|found| found.source.as_ref());
            let file = source.and_then(|source| source.file_path());
            figment.contains(key) && file != Some(state.secrets().as_path())
        };
        let mut faults = Vec::new();
        for (key, previous) in &self.keys {
            if elsewhere(key) {
                let problem = format!(
                    "is set there and not in {}; set a new one there, and put the present one at \
                     the head of {previous}",
                    state.secrets().display()
                );
                faults.push(ConfigError::new(figment, key, problem));
            } else if elsewhere(previous) {
                let problem = format!(
                    "is set there, which hides that of {}; move its entries into that file",
                    state.secrets().display()
                );
                faults.push(ConfigError::new(figment, previous, problem));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults.into()) }
    }
}

/// When the last credential of the former secrets is over.
fn when_left(longest: Lifetime) -> String {
    match longest {
        Lifetime::For(span) => {
            format!("{} after that no credential of the former ones is left", in_words(span))
        }
        Lifetime::Never => {
            "Tokens never end here, so it is for you to say when to drop them".to_owned()
        }
    }
}
