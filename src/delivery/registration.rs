//! The mail to the address of a registration: the link that makes the account, or, to the owner of an
//! account with this address, that there is one already.

use time::OffsetDateTime;

use super::texts::{Content, MailWriter};
use crate::accounts::queries;
use crate::db::AnyConnection;
use crate::mail::{ClaimedMail, EmailAddress, OutgoingMail};
use vestibule::Error;

impl MailWriter {
    /// Writes the mail; `None` to the address of a deactivated account, and for a registration that has
    /// been purged.
    pub(super) fn registration(
        &self,
        connection: &mut AnyConnection,
        mail: &ClaimedMail,
        to: EmailAddress,
        now: OffsetDateTime,
    ) -> Result<Option<OutgoingMail>, Error> {
        let base = self.base.as_str();
        let header = mail.language.as_deref();
        if let Some(owner) = queries::with_address(connection, &to)? {
            if !owner.active {
                return Ok(None);
            }
            let (language, _) = self.languages.choose(owner.language.as_deref(), header);
            let content = Content::new("mail-registered-before", format!("{base}/login"));
            let owner = (to, Some(owner.username.as_str()));
            return Ok(Some(self.addressed(mail, owner, content, language, now)));
        }
        let link = queries::new_registration_link(connection, &mail.id, now)?;
        let Some(token) = link else { return Ok(None) };
        let (language, _) = self.languages.choose(None, header);
        let content = Content::new("mail-registration", self.base.registration_link(&token));
        Ok(Some(self.addressed(mail, (to, None), content, language, now)))
    }
}
