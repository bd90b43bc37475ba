//! What the mails say. A link is generated here, when its mail is sent: the database holds its digest
//! alone.

use std::net::SocketAddr;
use std::time::Duration;

use time::OffsetDateTime;

use crate::accounts::{PasswordLink, SIGN_IN_LINK_LIFETIME, SignInLink, User, queries};
use crate::db::AnyConnection;
use crate::http::BaseUrl;
use crate::languages::{Language, Languages};
use crate::mail::{ClaimedMail, EmailAddress, MailKind, OutgoingMail};
use crate::settings::Settings;
use vestibule::Error;

/// How long a link that was asked for by mail sets a password.
const RESET_LIFETIME: Duration = Duration::from_secs(30 * 60);

/// What a mail says: the key of its text, and the link and the code in it.
pub(super) struct Content {
    key: &'static str,
    link: String,
    /// Empty in a text without a code.
    code: String,
}

impl Content {
    pub(super) fn new(key: &'static str, link: String) -> Self {
        Self { key, link, code: String::new() }
    }
}

/// Writes the mails of this service; cheap to clone.
#[derive(Clone)]
pub(super) struct MailWriter {
    site_name: String,
    pub(super) base: BaseUrl,
    pub(super) languages: Languages,
    return_lifetime: Duration,
}

impl MailWriter {
    pub(super) fn new(settings: &Settings, languages: Languages, at: SocketAddr) -> Self {
        let base = BaseUrl::listening(settings.public_url.as_deref(), at);
        let accounts = &settings.accounts;
        let return_lifetime = accounts.address_return_lifetime;
        Self { site_name: accounts.site_name.clone(), base, languages, return_lifetime }
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
            (MailKind::ResetPassword | MailKind::SignIn, _) => {
                queries::with_address(connection, &to)?
            }
            (_, Some(id)) => queries::find(connection, id)?,
            (_, None) => None,
        };
        // An inactive account gets notices, but no link.
        let may_get = |user: &User| user.active || !mail.kind.has_link();
        let Some(user) = found.filter(may_get) else {
            // As long as for an account: in sending, and when a wrong code is entered.
            if let Some(browser) = &mail.browser_hash {
                let link = SignInLink::generate(now, SIGN_IN_LINK_LIFETIME)?;
                queries::store_sign_in_link(connection, None, browser, &link)?;
            }
            return Ok(None);
        };
        // To the address as it was confirmed, not as it was typed.
        let to = match (mail.kind, &user.email) {
            (MailKind::ResetPassword | MailKind::SignIn, Some(confirmed)) => {
                EmailAddress::parse(confirmed)?
            }
            _ => to,
        };
        let (language, _) =
            self.languages.choose(user.language.as_deref(), mail.language.as_deref());
        let Some(content) = self.content(connection, mail, &user, now)? else {
            return Ok(None);
        };
        // Anyone's address can be entered: that mail repeats no text of the client's choosing.
        let name = (mail.kind != MailKind::ConfirmAddress).then_some(user.username.as_str());
        Ok(Some(self.addressed(mail, (to, name), content, language, now)))
    }

    /// Puts a text between a salutation and the name of the service. The user name is `None` to an
    /// address that is not confirmed.
    pub(super) fn addressed(
        &self,
        mail: &ClaimedMail,
        (to, username): (EmailAddress, Option<&str>),
        Content { key, link, code }: Content,
        language: &Language,
        now: OffsetDateTime,
    ) -> OutgoingMail {
        let (site, base) = (self.site_name.as_str(), self.base.as_str());
        let subject = language.text(&format!("{key}-subject"));
        let subject = language
            .format("mail-subject", vec![("subject", subject.into()), ("site", site.into())]);
        let values = vec![
            ("name", username.unwrap_or_default().into()),
            ("site", site.into()),
            ("link", link.into()),
            ("code", code.into()),
            ("base", base.into()),
            ("when", when_and_where(language, mail).into()),
            ("until", language.date(now + self.return_lifetime).into()),
        ];
        let text = language.format(key, values);
        let greeting = match username {
            Some(name) => language.format("mail-greeting", vec![("name", name.into())]),
            None => language.text("mail-hello"),
        };
        let text = format!("{greeting}\n\n{text}\n\n{site}\n{base}\n");
        OutgoingMail { id: mail.id.clone(), to, subject, text, at: now }
    }

    /// Returns the key of the text, and the link and the code in it.
    fn content(
        &self,
        connection: &mut AnyConnection,
        mail: &ClaimedMail,
        user: &User,
        now: OffsetDateTime,
    ) -> Result<Option<Content>, Error> {
        let base = self.base.as_str();
        let (key, link) = match mail.kind {
            MailKind::ConfirmAddress => {
                let link = queries::new_address_link(connection, user.id, &mail.recipient, now)?;
                let Some(token) = link else { return Ok(None) };
                ("mail-confirm", self.base.address_link(&token))
            }
            MailKind::ResetPassword => {
                let link = PasswordLink::generate(now, RESET_LIFETIME)?;
                let owner = (user.id, mail.recipient.as_str());
                if !queries::store_mailed_link(connection, owner, &link, mail.client, now)? {
                    return Ok(None);
                }
                ("mail-reset", self.base.password_link(&link.token))
            }
            MailKind::SignIn => {
                let Some(browser) = &mail.browser_hash else { return Ok(None) };
                let link = SignInLink::generate(now, SIGN_IN_LINK_LIFETIME)?;
                let owner = (user.id, mail.recipient.as_str());
                if !queries::store_sign_in_link(connection, Some(owner), browser, &link)? {
                    return Ok(None);
                }
                let code = link.code.reveal().to_owned();
                let link = self.base.sign_in_link(&link.token);
                return Ok(Some(Content { key: "mail-sign-in", link, code }));
            }
            // Written above: it is about no account yet.
            MailKind::ConfirmRegistration => return Ok(None),
            MailKind::AddressChanged => {
                let former = (user.id, mail.recipient.as_str());
                match queries::new_return_link(connection, former, now, self.return_lifetime)? {
                    Some(token) => {
                        ("mail-address-changed-return", self.base.address_return_link(&token))
                    }
                    None => ("mail-address-changed", format!("{base}/account")),
                }
            }
            MailKind::PasswordChanged => {
                ("mail-password-changed", format!("{base}/password/forgot"))
            }
            MailKind::NewDevice => ("mail-new-device", format!("{base}/password/forgot")),
            MailKind::BreachedPassword => ("mail-breached", format!("{base}/account")),
            MailKind::SecondFactorAdded => {
                ("mail-second-factor-added", format!("{base}/account/second-factor"))
            }
            MailKind::SecondFactorRemoved => {
                ("mail-second-factor-removed", format!("{base}/account/second-factor"))
            }
            MailKind::RecoveryCodeUsed => {
                ("mail-recovery-code-used", format!("{base}/account/second-factor"))
            }
            MailKind::CodesGuessed => ("mail-codes-guessed", format!("{base}/password/forgot")),
            MailKind::KeyMade => ("mail-key-made", format!("{base}/account/keys")),
            MailKind::Deactivated => ("mail-deactivated", base.to_owned()),
        };
        Ok(Some(Content::new(key, link)))
    }
}

/// Returns when, and from where if that is known.
fn when_and_where(language: &Language, mail: &ClaimedMail) -> String {
    let date = language.date(mail.created_at).into();
    let program = mail.program.as_deref().map(|program| language.program(program));
    let client = mail.client.map(|address| address.to_string());
    let from = match (program, client) {
        (Some(program), Some(address)) => {
            let values = vec![("program", program.into()), ("address", address.into())];
            language.format("mail-from", values)
        }
        (None, None) => return language.format("mail-on", vec![("date", date)]),
        (one, other) => one.or(other).unwrap_or_default(),
    };
    language.format("mail-on-from", vec![("date", date), ("from", from.into())])
}
