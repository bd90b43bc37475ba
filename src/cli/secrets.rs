//! `vestibule secrets ...`: replaces the keys of cookies and tokens, and drops the former ones.

use std::time::Duration;

use clap::Subcommand;
use rocket::figment::Figment;
use time::format_description::well_known::Rfc3339;

use super::database::open_migrated;
use super::failure::Failure;
use super::figment::load_figment;
use super::output::print_line;
use crate::accounts::reseal_secrets;
use crate::settings;
use crate::state_dir::{DroppedSecrets, Publication, StateDir};
use vestibule::Clock;
use vestibule::config::duration::in_words;
use vestibule::config::{Config, ConfigError, Lifetime};

#[derive(Debug, Subcommand)]
pub(super) enum SecretsCommand {
    /// Change to new secrets; the former ones still open cookies and verify tokens
    Rotate {
        /// Only publish them: they verify, and the next `rotate` changes to them
        #[arg(long)]
        publish_ahead: bool,
    },
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
    let in_use = SecretsInUse::of(Config::from_figment(&figment)?, &figment, &state);
    in_use.check(&figment, &state)?;
    match command {
        SecretsCommand::Rotate { publish_ahead: true } => publish_ahead(&state, &in_use),
        SecretsCommand::Rotate { .. } => rotate(&figment, &state, &in_use),
        SecretsCommand::Forget => forget(&figment, &state),
    }
}

fn publish_ahead(state: &StateDir, in_use: &SecretsInUse) -> Result<(), Failure> {
    state.publish_ahead(&now()?).map_err(Failure::new)?;
    print_line(format_args!(
        "{} also holds the next secrets. They open cookies, verify tokens and are published, and\n\
         neither seal nor sign.\n\n\
         Restart the processes of the service now, one after the other. Wait five minutes, for\n\
         which other services may have cached the public keys; then run\n\n  \
         vestibule secrets rotate\n\n\
         and restart again, one after the other.",
        state.secrets().display(),
    ));
    print_other_pair(in_use);
    Ok(())
}

fn now() -> Result<String, Failure> {
    Ok(Clock::system().now()?.format(&Rfc3339).unwrap_or_default())
}

fn rotate(figment: &Figment, state: &StateDir, in_use: &SecretsInUse) -> Result<(), Failure> {
    // The service must still start afterwards.
    let present = figment.extract_inner::<String>("secret_key").unwrap_or_default();
    let after = figment.clone().merge(("auth.session.previous_secret_keys", [present]));
    if Config::from_figment(&after).is_err() {
        let problem = "cannot become a previous one; change it by hand";
        return Err(vec![ConfigError::new(figment, "secret_key", problem)].into());
    }
    let restart = match state.rotate(&now()?).map_err(Failure::new)? {
        Publication::Known => {
            "Restart the processes of the service now, one after the other. All sign-ins stay."
        }
        Publication::TooRecent => {
            "Restart the processes of the service now, one after the other if each was restarted\n\
             since the new secrets were published, else all at once. Another service that has\n\
             cached the public keys may refuse new tokens for five minutes. All sign-ins stay."
        }
        Publication::None => {
            "Restart every process of the service now, all at once: one that still runs with the\n\
             former secrets refuses cookies and tokens of the new ones. All sign-ins stay."
        }
    };
    print_line(format_args!(
        "{} holds new secrets; the former ones still open cookies and verify tokens.\n\n\
         {restart}\n{}; then run\n\n  vestibule secrets forget\n\n\
         and restart again. If a secret has leaked, do that now: all users must sign in again.",
        state.secrets().display(),
        when_expired(in_use.longest),
    ));
    print_other_pair(in_use);
    Ok(())
}

/// Says how a pair of keys is changed that the file does not hold.
fn print_other_pair(in_use: &SecretsInUse) {
    if let Some(algorithm) = in_use.pair {
        print_line(format_args!(
            "\nTokens are signed with a pair of keys ({algorithm}), which is not kept there. To \
             change it,\nput the public half of the present one into auth.token.public_keys and \
             set a new\nauth.token.private_key."
        ));
    }
}

fn forget(figment: &Figment, state: &StateDir) -> Result<(), Failure> {
    // The start after the rotation does this too, but may not have come yet.
    if settings::database(figment)?.address.exists() {
        let keys = settings::sealing_keys(figment, &Config::from_figment(figment)?)?;
        reseal_secrets(&mut open_migrated(figment, false)?.0, &keys)?;
    }
    let DroppedSecrets { secret_keys, token_secrets, public_keys, replaced_at } =
        state.forget().map_err(Failure::new)?;
    if secret_keys + token_secrets + public_keys == 0 {
        print_line(format_args!("{} holds no former secrets", state.secrets().display()));
        return Ok(());
    }
    let when = if replaced_at.is_empty() {
        "at an unknown time".to_owned()
    } else {
        replaced_at.join(", ")
    };
    let pairs = match public_keys {
        0 => String::new(),
        1 => ", 1 public key".to_owned(),
        count => format!(", {count} public keys"),
    };
    print_line(format_args!(
        "dropped former secrets: {secret_keys} of cookies, {token_secrets} of tokens{pairs}; replaced \
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
    /// The algorithm, if tokens are signed with a key pair from elsewhere.
    pair: Option<&'static str>,
}

impl SecretsInUse {
    fn of(config: Config, figment: &Figment, state: &StateDir) -> Self {
        let (session, token) = (&config.session, &config.token);
        let mut in_use =
            Self { keys: Vec::new(), longest: Lifetime::For(Duration::ZERO), pair: None };
        if config.mode.has_sessions() {
            in_use.keys.push(("secret_key", "auth.session.previous_secret_keys"));
            in_use.longest = Lifetime::For(session.lifetime.max(session.remember));
        }
        if !config.mode.has_tokens() {
            return in_use;
        }
        let key = "auth.token.private_key";
        if !token.algorithm.is_asymmetric() {
            in_use.keys.push(("auth.token.secret", "auth.token.previous_secrets"));
        } else if is_set_elsewhere(figment, state, key) {
            in_use.pair = Some(token.algorithm.name());
        } else {
            in_use.keys.push((key, "auth.token.public_keys"));
        }
        if in_use.pair.is_none() {
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
        let mut errors = Vec::new();
        for (key, previous) in &self.keys {
            if is_set_elsewhere(figment, state, key) {
                let problem = format!(
                    "is set there and not in {}; set a new one there, and put the present one at \
                     the head of {previous}",
                    state.secrets().display()
                );
                errors.push(ConfigError::new(figment, key, problem));
            } else if is_set_elsewhere(figment, state, previous) {
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

/// Whether a setting is in another place than the file of the secrets.
fn is_set_elsewhere(figment: &Figment, state: &StateDir, key: &str) -> bool {
    let source = figment.find_metadata(key).and_then(|found| found.source.as_ref());
    let file = source.and_then(|source| source.file_path());
    figment.contains(key) && file != Some(state.secrets().as_path())
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
