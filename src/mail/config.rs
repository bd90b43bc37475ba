//! The settings in `[default.mail]`.

use serde::{Deserialize, Serialize};

use vestibule::config::Secret;

/// Settings of sending e-mail.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// The server: `"smtps://USER:PASSWORD@HOST"`, `"smtp://USER:PASSWORD@HOST?tls=required"`, or
    /// `"smtp://127.0.0.1"` without TLS on a loopback address alone; or a directory for files,
    /// `"file:///PATH"`. Defaults to none, and in the debug profile to the directory `mail` of the
    /// state directory.
    pub url: Option<Secret>,
    /// The sender, such as `"Example <accounts@example.org>"`. Required with a server; with a
    /// directory it defaults to `"vestibule@localhost"`.
    pub from: Option<String>,
    /// Where replies go. Defaults to the sender.
    pub reply_to: Option<String>,
}
