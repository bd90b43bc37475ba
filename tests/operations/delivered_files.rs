//! The other files that are delivered, as far as this machine can read them.

use std::fs;
use std::io::{self, Write};
use std::process::Command;

use crate::support::process::{Done, Home, finish};

const KUBERNETES: &str = include_str!("../../deploy/kubernetes.yaml");

const UNIT: &str = include_str!("../../deploy/vestibule.service");

/// What the sandbox leaves open at the most, by systemd's own scale from 0 (good) to 10.
const EXPOSURE: f64 = 1.5;

fn analyze(arguments: &[&str]) -> Option<std::process::Output> {
    let done = Command::new("systemd-analyze").args(arguments).env("SYSTEMD_COLORS", "0").output();
    if done.is_err() {
        // Not `eprintln!`, which the test harness swallows when the test passes.
        drop(writeln!(io::stderr(), "skipped: the systemd unit (no systemd-analyze)"));
    }
    done.ok()
}

#[test]
fn systemd_understands_the_unit_and_finds_it_closed() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("vestibule.service");
    // The program is not installed here.
    let unit = UNIT.replace("/usr/local/bin/vestibule", "/bin/true");
    fs::write(&file, unit).expect("a new file");
    let file = file.display().to_string();
    let Some(verified) = analyze(&["verify", &file]) else { return };
    let said = String::from_utf8_lossy(&verified.stderr);
    let ours: Vec<_> = said.lines().filter(|line| line.contains("vestibule")).collect();
    assert!(verified.status.success() && ours.is_empty(), "{said}");

    let Some(report) = analyze(&["security", "--offline=true", &file]) else { return };
    let said = String::from_utf8_lossy(&report.stdout);
    let Some(level) = said.split("vestibule.service: ").nth(1) else {
        // Before version 250 it looks at running services only.
        return drop(writeln!(io::stderr(), "skipped: the unit's exposure (an old systemd)"));
    };
    let level: f64 = level.split(' ').next().and_then(|l| l.parse().ok()).expect("a number");
    assert!(level <= EXPOSURE, "{said}");
}

#[test]
fn the_time_to_stop_is_longer_than_the_grace() {
    let seconds = |text: &str, key: &str| -> u32 {
        let rest = text.split_once(key).expect("the key is there").1;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().expect("a number of seconds")
    };
    let compose = include_str!("../../deploy/compose.yaml");
    let shutdown = rocket::figment::Figment::new()
        .merge(vestibule_service::app::figment(&vestibule_service::state_dir::StateDir::at(
            "/nonexistent",
        )))
        .extract::<rocket::Config>()
        .expect("the defaults")
        .shutdown;
    let longest = shutdown.grace + shutdown.mercy + 1;
    assert!(seconds(UNIT, "TimeoutStopSec=") > longest);
    assert!(seconds(compose, "stop_grace_period: ") > longest);
    let pause = seconds(KUBERNETES, "sleep: { seconds: ");
    assert!(seconds(KUBERNETES, "terminationGracePeriodSeconds: ") > longest + pause);
}

#[test]
fn the_settings_in_the_manifest_are_good_ones_once_the_secrets_are_in() {
    let block = KUBERNETES.split_once("Rocket.toml: |\n").expect("the settings").1;
    let block = block.split_once("---\n").expect("one manifest after the other").0;
    let toml: String = block.lines().map(|line| format!("{}\n", line.trim_start())).collect();
    let refused = with_settings(&toml);
    assert!(refused.out.contains("FAIL  settings"), "{refused:?}");

    let secret = "c2VjcmV0cyBvZiB0aGUgdGVzdHMgYXJlIG5vbmUuIDE=";
    let filled = toml.replace("ecret = \"...\"", &format!("ecret = \"{secret}\""));
    let filled = filled.replace("key = \"...\"", &format!("key = \"{secret}\""));
    let filled = filled.replace("database.example", "127.0.0.1:1");
    let done = with_settings(&filled);
    assert!(done.out.contains("ok    settings       mode both"), "{done:?}");
    assert!(done.out.contains("ok    proxy          [10.42.0.0/16]"), "{done:?}");
}

/// What the doctor says of this `Rocket.toml` in the release profile.
fn with_settings(toml: &str) -> Done {
    let home = Home::new();
    home.configure_alone(toml);
    finish(home.command(&["doctor"]).env("ROCKET_PROFILE", "release"), "")
}
