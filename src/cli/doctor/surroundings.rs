//! What is around the service: a proxy in front, templates, open files, and whether it runs.

use std::fs;

use rocket::figment::Figment;

use super::super::health;
use super::Report;
use crate::settings::Settings;
use crate::web::Templates;

/// Fewer open files than this, and a few hundred slow clients keep everybody out.
const ENOUGH_FILES: u64 = 4096;

/// Everything around.
pub(super) fn check(report: &mut Report, figment: &Figment, settings: &Settings) {
    if settings.auth.mode.has_sessions() {
        templates(report, figment);
    }
    if figment.profile() != rocket::Config::DEBUG_PROFILE {
        proxy(report, settings);
    }
    open_files(report);
    running(report, settings);
}

fn templates(report: &mut Report, figment: &Figment) {
    let found = Templates::find(figment);
    match found.and_then(|found| found.check().map(|()| found)) {
        Ok(Templates::BuiltIn) => report.ok("templates", "built in"),
        Ok(Templates::Directory(path)) => report.ok("templates", path.display()),
        Err(problem) => report.fail("templates", problem),
    }
}

/// Rocket alone has no time-outs, and behind a proxy every client has the proxy's address.
fn proxy(report: &mut Report, settings: &Settings) {
    let trusted = &settings.accounts.trusted_proxy;
    match (settings.address.is_loopback(), trusted.is_empty()) {
        (_, false) => report.ok("proxy", format_args!("{trusted:?} may say who a client is")),
        (true, true) => report.warn(
            "proxy",
            "a proxy on this machine is not trusted to name its clients, so the throttle takes \
             them all for one; set accounts.trusted_proxy = [\"127.0.0.1\"]",
        ),
        (false, true) => report.warn(
            "proxy",
            "listening for the network without one: nothing closes slow clients; put \
             deploy/nginx.conf in front, and its address into accounts.trusted_proxy",
        ),
    }
}

fn open_files(report: &mut Report) {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    match soft {
        Some(files) if files < ENOUGH_FILES => report.warn(
            "open files",
            format_args!("{files} at the most, each client takes one; raise it: ulimit -n 65536"),
        ),
        Some(files) => report.ok("open files", format_args!("up to {files}")),
        None => {}
    }
}

fn running(report: &mut Report, settings: &Settings) {
    let at = health::reachable(settings.address, settings.port);
    match health::ask(at) {
        Ok((200, body)) => report.ok("service", format_args!("running at {at}: {body}")),
        Ok((status, _)) => report.warn(
            "service",
            format_args!("something at {at} answers {status} when asked for its health"),
        ),
        Err(_) => report.ok("service", format_args!("not running at {at}")),
    }
}
