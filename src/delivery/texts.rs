//! What the mails say. A link is generated here, when its mail is sent: the database holds its digest
//! alone.

use std::net::SocketAddr;
use std::time::Duration;

use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use crate::accounts::{PasswordLink, User, queries};
use crate::db::AnyConnection;
use crate::http::BaseUrl;
use crate::mail::{ClaimedMail, EmailAddress, MailKind, OutgoingMail};
use crate::settings::Settings;
use vestibule::Error;

/// How long a link that was asked for by mail sets a password.
const RESET_LIFETIME: Duration = Duration::from_secs(30 * 60);

/// Writes the mails of this service; cheap to clone.
#[derive(Clone)]
pub(super) struct MailWriter {
    pub(super) site_name: String,
    pub(super) base: BaseUrl,
    return_lifetime: Duration,
}

impl MailWriter {
    pub(super) fn new(settings: &Settings, at: SocketAddr) -> Self {
        let base = BaseUrl::listening(settings.public_url.as_deref(), at);
        let accounts = &settings.accounts;
        let return_lifetime = accounts.address_return_lifetime;
        Self { site_name: accounts.site_name.clone(), base, return_lifetime }
    }

    /// Writes a mail; `None` if there is no reason for it any more.
    pub(super) fn write(
        &self,
        connection: &mut AnyConnection,
        mail: &ClaimedMail,
        now: OffsetDateTime,
    ) -> Result<Option<OutgoingMail>, Error> {
        let Ok(to) = EmailAddress::parse(&mail.recipient) else { return Ok(None) };
        if mail.kind == MailKind::ConfirmRegistration {
            return self.registration(connection, mail, to, now);
        }
        let found = match (mail.kind, mail.account) {
            (MailKind::ResetPassword, _) => queries::with_address(connection, &to)?,
            (_, Some(id)) => queries::find(connection, id)?,
            (_, None) => None,
        };
        // An inactive account gets notices, but no link.
        let may_get = |user: &User| user.active || !mail.kind.has_link();
        let Some(user) = found.filter(may_get) else { return Ok(None) };
        // To the address as it was confirmed, not as it was typed.
        let to = match (mail.kind, &user.email) {
            (MailKind::ResetPassword, Some(confirmed)) => EmailAddress::parse(confirmed)?,
            _ => to,
        };
        let Some((subject, text)) = self.text(connection, mail, &user, now)? else {
            return Ok(None);
        };
        Ok(Some(self.addressed(mail, (to, &user.username), (subject, &text), now)))
    }

    /// Puts a text between a salutation and the name of the service.
    pub(super) fn addressed(
        &self,
        mail: &ClaimedMail,
        (to, username): (EmailAddress, &str),
        (subject, text): (&str, &str),
        now: OffsetDateTime,
    ) -> OutgoingMail {
        let site = &self.site_name;
        let text = format!("Hello {username},\n\n{text}\n\n{site}\n{}\n", self.base.as_str());
        let subject = format!("{subject} - {site}");
        OutgoingMail { id: mail.id.clone(), to, subject, text, at: now }
    }

    /// Returns subject and text.
    fn text(
        &self,
        connection: &mut AnyConnection,
        mail: &ClaimedMail,
        user: &User,
        now: OffsetDateTime,
    ) -> Result<Option<(&'static str, String)>, Error> {
        let (name, site) = (&user.username, &self.site_name);
        Ok(Some(match mail.kind {
            MailKind::ConfirmAddress => {
                let link = queries::new_address_link(connection, user.id, &mail.recipient, now)?;
                let Some(token) = link else { return Ok(None) };
                let link = self.base.address_link(&token);
                let text = format!(
                    "Please confirm that this is the address of the account {name} at {site}:\n\n\
                     {link}\n\n\
                     The link works for a day. If you did not ask for it, ignore this mail: the \
                     account does not get this address."
                );
                ("Confirm your address", text)
            }
            MailKind::ResetPassword => {
                let link = PasswordLink::generate(now, RESET_LIFETIME)?;
                let owner = (user.id, mail.recipient.as_str());
                if !queries::store_mailed_link(connection, owner, &link, mail.client, now)? {
                    return Ok(None);
                }
                let link = self.base.password_link(&link.token);
                let text = format!(
                    "With this link you can set another password for your account {name} at \
                     {site}:\n\n{link}\n\n\
                     It works once, for half an hour, and ends all your sign-ins and access keys. \
                     If you did not ask for it, ignore this mail: your password has not changed."
                );
                ("Set another password", text)
            }
            // Written above: it is about no account yet.
            MailKind::ConfirmRegistration => return Ok(None),
            MailKind::AddressChanged => {
                let former = (user.id, mail.recipient.as_str());
                let link = queries::new_return_link(connection, former, now, self.return_lifetime)?;
                let react = match link {
                    Some(token) => format!(
                        "If this was not you, take the address back with this link:\n\n{link}\n\n\
                         It works once, until {until}, and ends all sign-ins and access keys. Then \
                         set another password.",
                        link = self.base.address_return_link(&token),
                        until = in_words(now + self.return_lifetime),
                    ),
                    None => format!(
                        "If this was not you, sign in and change your password at once:\n\n\
                         {base}/account",
                        base = self.base.as_str(),
                    ),
                };
                let text = format!(
                    "The e-mail address of your account {name} at {site} was changed{from}. Mails \
                     about the account no longer go to this address.\n\n{react}",
                    from = when_and_where(mail),
                );
                ("Your address was changed", text)
            }
            MailKind::PasswordChanged => {
                let text = format!(
                    "The password of your account {name} at {site} was changed{from}, and its other \
                     sign-ins have ended.\n\n\
                     If this was not you, set another password at once:\n\n{base}/password/forgot",
                    from = when_and_where(mail),
                    base = self.base.as_str(),
                );
                ("Your password was changed", text)
            }
            MailKind::NewDevice | MailKind::KeyMade | MailKind::Deactivated => {
                self.notice(mail, user)
            }
        }))
    }

    /// Returns subject and text of a notice of what was done with the account.
    fn notice(&self, mail: &ClaimedMail, user: &User) -> (&'static str, String) {
        let (name, site, base) = (&user.username, &self.site_name, self.base.as_str());
        let from = when_and_where(mail);
        match mail.kind {
            MailKind::NewDevice => {
                let text = format!(
                    "Your account {name} at {site} was signed in to{from}, from a browser or an \
                     address that was not seen with it before.\n\n\
                     If this was you, you need to do nothing. If it was not, somebody knows your \
                     password: set another one at once, which ends all sign-ins:\n\n\
                     {base}/password/forgot\n\n\
                     You can switch these notices off:\n\n{base}/account/address"
                );
                ("A sign-in from a new device", text)
            }
            MailKind::KeyMade => {
                let text = format!(
                    "An access key was made for your account {name} at {site}{from}. A program can \
                     use the account with it.\n\n\
                     If this was not you, end the key and change your password at once:\n\n\
                     {base}/account/keys\n{base}/account"
                );
                ("An access key was made", text)
            }
            _ => {
                let text = format!(
                    "Your account {name} at {site} was deactivated{from}. Nobody can sign in to it, \
                     and all its sign-ins have ended.\n\n\
                     If you do not know why, ask those who run {site}."
                );
                ("Your account was deactivated", text)
            }
        }
    }
}

/// Returns when, and from where if that is known.
fn when_and_where(mail: &ClaimedMail) -> String {
    let client = mail.client.map(|address| address.to_string());
    let from = match (&mail.program, client) {
        (Some(program), Some(client)) => format!(", from {program} at {client}"),
        (Some(one), None) => format!(", from {one}"),
        (None, Some(one)) => format!(", from {one}"),
        (None, None) => String::new(),
    };
    format!(" on {}{from}", in_words(mail.created_at))
}

fn in_words(time: OffsetDateTime) -> String {
    let format =
        format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    time.to_offset(UtcOffset::UTC).format(&format).unwrap_or_default()
}
