//! The sources of the settings, and weak settings.

use std::time::Duration;

use rocket::figment::{Figment, Profile};

use super::report::Report;
use crate::cli::figment::config_file;
use crate::settings::{self, Settings};
use vestibule::config::{Lifetime, Location};

/// Checks the configuration file, unknown keys and the profile.
pub(super) fn sources(report: &mut Report, figment: &Figment) {
    match config_file(figment) {
        Ok(Some(path)) => report.ok("configuration", path.display()),
        Err(problem) => report.fail("configuration", problem),
        Ok(None) => report.warn(
            "configuration",
            "there is no Rocket.toml here or in a parent directory, so every setting has its \
             default; start where the file is, or set ROCKET_CONFIG",
        ),
    }
    for warning in settings::unknown_settings(figment) {
        report.warn("configuration", warning);
    }
    profile(report, figment);
}

fn profile(report: &mut Report, figment: &Figment) {
    let profile = figment.profile();
    let fixed = [rocket::Config::DEBUG_PROFILE, rocket::Config::RELEASE_PROFILE, Profile::Default];
    if !fixed.contains(profile) && !figment.profiles().any(|known| known == profile) {
        report.warn(
            "profile",
            format_args!(
                "{profile} has no settings of its own; correct ROCKET_PROFILE, or add [{profile}]"
            ),
        );
    } else if cfg!(debug_assertions) && *profile != rocket::Config::DEBUG_PROFILE {
        report.warn("profile", format_args!("{profile}, in a debug build; build with --release"));
    } else {
        report.ok("profile", profile);
    }
}

/// Checks how long another process may still accept an ended sign-in.
pub(super) fn revocation(report: &mut Report, settings: &Settings) {
    let delay = settings.auth.revocation_delay;
    let shown = humantime::format_duration(delay);
    if delay.is_zero() {
        report.ok("revocation", "at once: every request reads the database");
    } else if delay > Duration::from_secs(60) {
        report.warn(
            "revocation",
            format_args!(
                "for up to {shown} a process may accept sign-ins that another process or the \
                 command line has ended; set auth.revocation_delay to a minute or less"
            ),
        );
    } else {
        report.ok("revocation", format_args!("seen by every process within {shown}"));
    }
}

/// Says what links of the command line begin with, outside the debug profile.
pub(super) fn links(report: &mut Report, figment: &Figment, settings: &Settings) {
    if figment.profile() == rocket::Config::DEBUG_PROFILE || !settings.auth.mode.has_sessions() {
        return;
    }
    match &settings.public_url {
        Some(url) => report.ok("links", format_args!("begin with {url}")),
        None => report.warn(
            "links",
            "those of the command line have the address that the service listens on; set \
             public_url",
        ),
    }
}

/// Says where browsers can use passkeys.
pub(super) fn passkeys(report: &mut Report, settings: &Settings) {
    match settings.relying_party() {
        Ok(party) => report.ok("passkeys", format_args!("on pages at {}", party.origin())),
        Err(reason) if settings.auth.mode.has_sessions() => {
            report.warn("passkeys", format_args!("are not offered: {reason}"));
        }
        Err(_) => {}
    }
}

/// Warns of settings that are too weak outside the debug profile.
pub(super) fn weak_settings(report: &mut Report, figment: &Figment, settings: &Settings) {
    let mode = settings.auth.mode;
    if figment.profile() == rocket::Config::DEBUG_PROFILE {
        if settings.address.is_loopback() {
            report.ok("settings", format_args!("mode {}, for trying out", mode.as_str()));
        } else {
            report.warn(
                "settings",
                "the debug profile on an address that others can reach; set ROCKET_PROFILE=release",
            );
        }
        return;
    }
    let auth = &settings.auth;
    let (hour, minute) = (Duration::from_secs(3600), Duration::from_secs(60));
    let weak = [
        (
            auth.password.cost < 12,
            "auth.password.cost is below 12: stolen hashes are guessed sooner; set it to 12",
        ),
        (auth.password.min_length < 8, "auth.password.min_length is below 8; set it to 8 or more"),
        (
            mode.has_tokens() && auth.token.access > Lifetime::For(hour),
            "auth.token.access is more than an hour: a stolen token is valid for as long",
        ),
        (
            mode.has_tokens() && auth.token.leeway > minute,
            "auth.token.leeway is more than a minute; set the clocks instead",
        ),
        (
            mode.has_tokens() && auth.token.locations.contains(&Location::Query),
            "auth.token.locations holds \"query\": tokens end up in the logs of proxies",
        ),
        (
            auth.throttle.failures > 100,
            "auth.throttle.failures is above 100: passwords can be guessed",
        ),
    ];
    let mut found = settings.cookie_warnings();
    found.extend(weak.iter().filter(|(weak, _)| *weak).map(|(_, finding)| finding));
    for finding in &found {
        report.warn("settings", finding);
    }
    if found.is_empty() {
        report.ok("settings", format_args!("mode {}", mode.as_str()));
    }
}
