//! `vestibule secrets ...`: replaces the keys of cookies and tokens, and drops the former ones.

use std::time::Duration;

use clap::Subcommand;
use rocket::figment::Figment;
use time::format_description::well_known::Rfc3339;

use super::failure::Failure;
use super::figment::load_figment;
use super::output::print_line;
use crate::state_dir::{DroppedSecrets, StateDir};
use vestibule::Clock;
use vestibule::config::duration::in_words;
use vestibule::config::{Config, ConfigError, Lifetime};

#[derive(Debug, Subcommand)]
pub(super) enum SecretsCommand {
    /// Generate new secrets; the former ones still open cookies and verify tokens
    Rotate,
    /// Drop the former secrets: cookies and tokens that only they sealed or signed are refused
    Forget,
}

/// Runs one of the commands.
pub(super) fn run(command: &SecretsCommand) -> Result<(), Failure> {
    let state = StateDir::from_env();
    // Otherwise load_figment() would create them in a wrong working directory, to be rotated there.
    if !state.secrets().exists() {
        return Err(Failure::new(format!(
            "there is no {}; run this where the service runs, or set VESTIBULE_STATE",
            state.secrets().display()
        )));
    }
    let (state, figment) = load_figment()?;
    let in_use = SecretsInUse::of(Config::from_figment(&figment)?);
    in_use.check(&figment, &state)?;
    match command {
        SecretsCommand::Rotate => rotate(&figment, &state, &in_use),
        SecretsCommand::Forget => forget(&state),
    }
}

fn rotate(figment: &Figment, state: &StateDir, in_use: &SecretsInUse) -> Result<(), Failure> {
    // The service must still start afterwards.
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
         former secrets refuses cookies and tokens of the new ones. All sign-ins stay.\n\
         {}; then run\n\n  vestibule secrets forget\n\n\
         and restart again. If a secret has leaked, do that now: all users must sign in again.",
        state.secrets().display(),
        when_expired(in_use.longest),
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
    let DroppedSecrets { secret_keys, token_secrets, replaced_at } =
        state.forget().map_err(Failure::new)?;
    if secret_keys + token_secrets == 0 {
        print_line(format_args!("{} holds no former secrets", state.secrets().display()));
        return Ok(());
    }
    let when = if replaced_at.is_empty() {
        "at an unknown time".to_owned()
    } else {
        replaced_at.join(", ")
    };
    print_line(format_args!(
        "dropped former secrets: {secret_keys} of cookies, {token_secrets} of tokens; replaced \
         {when}\n\nRestart every process of the service. What only they sealed or signed is \
         refused from then on."
    ));
    Ok(())
}

/// The secrets that the configured mode uses.
struct SecretsInUse {
    /// The setting of each secret, with the setting of its previous ones.
    keys: Vec<(&'static str, &'static str)>,
    /// The longest lifetime of a credential.
    longest: Lifetime,
    /// The algorithm, if tokens are signed with a key pair.
    pair: Option<&'static str>,
}

impl SecretsInUse {
    fn of(config: Config) -> Self {
        let (session, token) = (&config.session, &config.token);
        let mut in_use =
            Self { keys: Vec::new(), longest: Lifetime::For(Duration::ZERO), pair: None };
        if config.mode.has_sessions() {
            in_use.keys.push(("secret_key", "auth.session.previous_secret_keys"));
            in_use.longest = Lifetime::For(session.lifetime.max(session.remember));
        }
        if config.mode.has_tokens() && token.algorithm.is_asymmetric() {
            in_use.pair = Some(token.algorithm.name());
        } else if config.mode.has_tokens() {
            in_use.keys.push(("auth.token.secret", "auth.token.previous_secrets"));
            in_use.longest = in_use.longest.max(token.refresh);
        }
        in_use
    }

    /// Fails if the secrets in use are not those in the file.
    fn check(&self, figment: &Figment, state: &StateDir) -> Result<(), Failure> {
        if self.keys.is_empty() {
            return Err(Failure::new(format!(
                "no secret of {} is in use: tokens are signed with a pair of keys; put the public \
                 half of the present one into auth.token.public_keys and set a new \
                 auth.token.private_key",
                state.secrets().display()
            )));
        }
        let is_set_elsewhere = |key: &str| {
            let source = figment.find_metadata(key).and_then(|found| found.source.as_ref());
            let file = source.and_then(|source| source.file_path());
            figment.contains(key) && file != Some(state.secrets().as_path())
        };
        let mut errors = Vec::new();
        for (key, previous) in &self.keys {
            if is_set_elsewhere(key) {
                let problem = format!(
                    "is set there and not in {}; set a new one there, and put the present one at \
                     the head of {previous}",
                    state.secrets().display()
                );
                errors.push(ConfigError::new(figment, key, problem));
            } else if is_set_elsewhere(previous) {
                let problem = format!(
                    "is set there, which hides that of {}; move its entries into that file",
                    state.secrets().display()
                );
                errors.push(ConfigError::new(figment, previous, problem));
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
    }
}

/// Returns a sentence about when the last credential of the former secrets expires.
fn when_expired(longest: Lifetime) -> String {
    match longest {
        Lifetime::For(span) => {
            format!("{} after that no credential of the former secrets is left", in_words(span))
        }
        Lifetime::Never => {
            "Tokens never expire here, so decide yourself when to drop the former secrets"
                .to_owned()
        }
    }
}
