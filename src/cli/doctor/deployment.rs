//! The deployment: templates and static files, the proxy in front, open files, and the running service.

use std::fs;
use std::net::TcpListener;

use rocket::figment::Figment;

use super::report::Report;
use crate::cli::health;
use crate::languages::Languages;
use crate::settings::Settings;
use crate::web::{Assets, Templates};
use vestibule::password::BreachedPasswords;

/// With fewer open files, a few hundred slow clients can use up all connections.
const MIN_OPEN_FILES: u64 = 4096;

/// Runs all checks of the deployment.
pub(super) fn check(report: &mut Report, figment: &Figment, settings: &Settings) {
    if settings.auth.mode.has_sessions() {
        templates(report, figment);
        static_files(report, settings);
    }
    languages(report, settings);
    breached_passwords(report, settings);
    if figment.profile() != rocket::Config::DEBUG_PROFILE {
        proxy(report, settings);
    }
    mail(report, settings);
    open_files(report);
    running_service(report, settings);
}

fn templates(report: &mut Report, figment: &Figment) {
    let found = Templates::find(figment);
    match found.and_then(|found| found.check().map(|()| found)) {
        Ok(Templates::BuiltIn) => report.ok("templates", "built in"),
        Ok(Templates::Directory(path)) => report.ok("templates", path.display()),
        Err(problem) => report.fail("templates", problem),
    }
}

fn static_files(report: &mut Report, settings: &Settings) {
    let Some(directory) = settings.accounts.static_dir() else { return };
    match Assets::load(Some(&directory)) {
        Ok(_) => report.ok("static files", directory.display()),
        Err(problem) => report.fail("static files", problem),
    }
}

fn languages(report: &mut Report, settings: &Settings) {
    let Some(directory) = settings.accounts.languages_dir() else { return };
    match Languages::load(Some(&directory)) {
        Ok((_, warnings)) if warnings.is_empty() => report.ok("languages", directory.display()),
        Ok((_, warnings)) => report.warn("languages", warnings.join("; ")),
        Err(problem) => report.fail("languages", problem),
    }
}

fn breached_passwords(report: &mut Report, settings: &Settings) {
    let Some(path) = settings.auth.password.breached() else { return };
    match BreachedPasswords::open(&path) {
        Ok(_) => report.ok("breached passwords", path.display()),
        Err(cause) => {
            report.fail("breached passwords", format_args!("{}: {cause}", path.display()))
        }
    }
}

/// Checks the proxy settings: Rocket has no time-outs for slow clients, and behind a proxy every client
/// has the proxy's address.
fn proxy(report: &mut Report, settings: &Settings) {
    let trusted = &settings.accounts.trusted_proxy;
    match (settings.address.is_loopback(), trusted.is_empty()) {
        (_, false) => report.ok("proxy", format_args!("{trusted:?} may say who a client is")),
        (true, true) => report.warn(
            "proxy",
            "a proxy on this machine is not trusted to name its clients, so the throttle counts \
             them all as one; set accounts.trusted_proxy = [\"127.0.0.1\"]",
        ),
        (false, true) => report.warn(
            "proxy",
            "listening on the network without a proxy: nothing closes slow clients; put \
             deploy/nginx.conf in front, and its address into accounts.trusted_proxy",
        ),
    }
}

fn mail(report: &mut Report, settings: &Settings) {
    let Some(mailer) = &settings.mail else {
        return report.ok("mail", "none is sent: mail.url is not set");
    };
    let target = mailer.target();
    match mailer.check() {
        Ok(()) => report.ok("mail", format_args!("{target} takes mail")),
        Err(cause) => report.fail("mail", format_args!("{target}: {cause}")),
    }
}

fn open_files(report: &mut Report) {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    match soft {
        Some(files) if files < MIN_OPEN_FILES => report.warn(
            "open files",
            format_args!("{files} at most, and each client uses one; raise it: ulimit -n 65536"),
        ),
        Some(files) => report.ok("open files", format_args!("up to {files}")),
        None => {}
    }
}

fn running_service(report: &mut Report, settings: &Settings) {
    let at = health::local_address(settings.address, settings.port);
    let response = health::request_health(at);
    match &response {
        Ok((200, body)) if body.contains("\"writable\":") => {
            return report.ok("service", format_args!("running at {at}: {body}"));
        }
        Ok((503, body)) if body.contains("\"code\":") => {
            return report.warn("service", format_args!("running at {at}, and not well: {body}"));
        }
        _ => {}
    }
    // As the start will.
    match TcpListener::bind((settings.address, settings.port)) {
        Ok(_) => report.ok("service", format_args!("not running at {at}")),
        Err(cause) => report.fail(
            "service",
            format_args!("cannot listen on {at}: {cause}; stop what has the port, or set another"),
        ),
    }
}
