//! The page of metrics, gathered for each request.

use std::fmt;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use rocket::{Orbit, Rocket};
use rustix::process::{Resource, getrlimit};

use crate::accounts::Accounts;
use crate::db::Db;
use crate::housekeeping::OwnPurgeCounts;
use crate::http::RequestCounts;
use crate::mail::MailCounts;
use crate::settings::Settings;
use vestibule::AuthStats;
use vestibule::password::Hasher;

/// Returns all metrics as text.
pub(super) fn render(rocket: &Rocket<Orbit>) -> Result<String, fmt::Error> {
    let mut all = Registry::default();
    let registry = all.sub_registry_with_prefix("vestibule");
    build_info(registry);
    if let Some(counts) = rocket.state::<RequestCounts>() {
        counts.register(registry);
    }
    if let Some(hasher) = rocket.state::<Hasher>() {
        passwords(registry, hasher);
    }
    if let Some(db) = rocket.state::<Db>() {
        pool(registry, db);
    }
    if let Some(accounts) = rocket.state::<Accounts>() {
        audit_log(registry, accounts);
        if rocket.state::<Settings>().is_some_and(|settings| settings.mail.is_some()) {
            mails(registry, accounts.outbox().counts());
        }
    }
    if let Some(stats) = AuthStats::of(rocket) {
        sign_ins(registry, &stats);
        if let Some(own) = rocket.state::<Arc<OwnPurgeCounts>>() {
            purges(registry, &stats, own);
        }
    }
    process(all.sub_registry_with_prefix("process"));
    let mut text = String::with_capacity(16 * 1024);
    encode(&mut text, &all)?;
    Ok(text)
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: usize) {
    registry.register(name, help, ConstGauge::new(value));
}

fn counter(registry: &mut Registry, name: &str, help: &str, value: u64) {
    registry.register(name, help, ConstCounter::new(value));
}

fn build_info(registry: &mut Registry) {
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    let info =
        registry.sub_registry_with_labels(version.map(|(k, v)| (k.into(), v.into())).into_iter());
    gauge(info, "build_info", "The version of the program", 1);
}

fn passwords(registry: &mut Registry, hasher: &Hasher) {
    let config = hasher.config();
    gauge(registry, "hashers", "Passwords that may be hashed at once", config.hashers);
    gauge(registry, "hashers_busy", "Passwords that are being hashed", hasher.busy());
    gauge(registry, "hash_queue", "Passwords that wait for a hasher", hasher.waiting());
    gauge(registry, "hash_queue_limit", "Passwords that may wait", config.queue);
}

fn pool(registry: &mut Registry, db: &Db) {
    let stats = db.stats();
    gauge(registry, "pool_connections", "Database connections at most", stats.size);
    gauge(registry, "pool_connections_in_use", "Database connections in use", stats.in_use);
    counter(registry, "pool_waits", "Work that found no free connection", stats.waits);
    counter(registry, "pool_failures", "Work without connection or result in time", stats.failures);
}

fn audit_log(registry: &mut Registry, accounts: &Accounts) {
    let audit = accounts.audit();
    counter(
        registry,
        "audit_events_lost",
        "Events that are missing in the audit log",
        audit.lost(),
    );
    registry.register("audit_queue", "Events to be written", ConstGauge::new(audit.pending()));
}

/// The counters are of this process; the outbox is that of all.
fn mails(registry: &mut Registry, counts: MailCounts) {
    counter(registry, "mails_sent", "Mails that were sent", counts.sent);
    counter(registry, "mails_failed", "Attempts to send a mail that failed", counts.failed);
    gauge(registry, "mails_waiting", "Mails that wait to be sent", counts.waiting);
    gauge(registry, "mails_given_up", "Mails that were given up", counts.given_up);
}

fn sign_ins(registry: &mut Registry, stats: &AuthStats) {
    counter(registry, "cache_hits", "Sign-ins found in the cache", stats.cache_hits);
    counter(registry, "cache_misses", "Sign-ins looked up in the database", stats.cache_misses);
    gauge(registry, "last_seen_queue", "Last uses of sign-ins to be written", stats.pending_uses);
}

/// The library deletes sign-ins and counters, the service links and rows of the audit log.
fn purges(registry: &mut Registry, stats: &AuthStats, own: &OwnPurgeCounts) {
    let [succeeded, failed, rows] =
        [&own.succeeded, &own.failed, &own.rows].map(|count| count.load(Ordering::Relaxed));
    let purges = Family::<[(&str, &str); 1], Counter>::default();
    purges.get_or_create(&[("outcome", "success")]).inc_by(stats.purges + succeeded);
    purges.get_or_create(&[("outcome", "failure")]).inc_by(stats.failed_purges + failed);
    let help = "Purges of one kind of expired rows; a run of house-keeping has one for each kind";
    registry.register("purges", help, purges);
    let rows = stats.purged_rows + rows;
    counter(registry, "purged_rows", "Expired rows that were deleted", rows);
}

/// File descriptors, of which each client takes one, under the names that other programs use.
fn process(registry: &mut Registry) {
    let Ok(open) = fs::read_dir("/proc/self/fd") else { return };
    gauge(registry, "open_fds", "Open file descriptors", open.count());
    if let Some(max) = getrlimit(Resource::Nofile).current {
        registry.register("max_fds", "Open file descriptors at most", ConstGauge::new(max));
    }
}
