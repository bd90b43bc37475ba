//! The mail to the address of a registration: the link that makes the account, or, to the owner of an
//! account with this address, that there is one already.

use time::OffsetDateTime;

use super::texts::MailWriter;
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
        let (site, base) = (&self.site_name, self.base.as_str());
        if let Some(owner) = queries::with_address(connection, &to)? {
            if !owner.active {
                return Ok(None);
            }
            let name = owner.username;
            let text = format!(
                "Someone, perhaps you, has tried to register at {site} with this address. You have \
                 the account {name} already. Sign in:\n\n{base}/login\n\n\
                 If you have forgotten the password, set another one:\n\n{base}/password/forgot\n\n\
                 If it was not you, ignore this mail: nothing has changed."
            );
            let subject = "You have an account already";
            return Ok(Some(self.addressed(mail, (to, &name), (subject, &text), now)));
        }
        let link = queries::new_registration_link(connection, &mail.id, now)?;
        let Some((name, token)) = link else { return Ok(None) };
        let text = format!(
            "With this link you confirm your address and get the account {name} at {site}:\n\n\
             {link}\n\n\
             It works once, for a day. Then sign in with the password that you have chosen. If you \
             did not register, ignore this mail: there will be no account.",
            link = self.base.registration_link(&token),
        );
        let subject = "Confirm your registration";
        Ok(Some(self.addressed(mail, (to, &name), (subject, &text), now)))
    }
}
