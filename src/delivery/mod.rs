//! Sends the mails of the outbox in the background: writes each one when it is its turn, and tries
//! again what a server did not take.

mod registration;
mod texts;

use std::net::SocketAddr;
use std::time::Duration;

use rocket::fairing::AdHoc;
use rocket::tokio::{self, select, task, time};

use crate::accounts::Accounts;
use crate::db::Db;
use crate::languages::Languages;
use crate::mail::{self, ClaimedMail, MailError, Mailer, Outbox, OutgoingMail};
use crate::settings::Settings;
use texts::MailWriter;
use vestibule::{Clock, Error};

/// How often the outbox is looked at for mails to try again, and for those of other processes.
const INTERVAL: Duration = Duration::from_secs(10);

struct Delivery {
    db: Db,
    clock: Clock,
    mailer: Mailer,
    writer: MailWriter,
    outbox: Outbox,
}

/// Sends mails as long as the service runs.
pub(crate) fn deliver_mails(mailer: Mailer) -> AdHoc {
    AdHoc::on_liftoff("Mail", move |rocket| {
        Box::pin(async move {
            let (Some(db), Some(clock), Some(accounts), Some(settings), Some(languages)) = (
                rocket.state::<Db>().cloned(),
                rocket.state::<Clock>().cloned(),
                rocket.state::<Accounts>(),
                rocket.state::<Settings>(),
                rocket.state::<Languages>().cloned(),
            ) else {
                return;
            };
            let outbox = accounts.outbox().clone();
            let server = rocket.config();
            let at = SocketAddr::new(server.address, server.port);
            let writer = MailWriter::new(settings, languages, at);
            let delivery = Delivery { db, clock, mailer, writer, outbox };
            let mut shutdown = rocket.shutdown();
            tokio::spawn(async move {
                loop {
                    if let Err(error) = delivery.send_due().await {
                        let code = error.kind().code();
                        log::warn!(target: "vestibule::mail", "the outbox: {code}");
                    }
                    select! {
                        () = &mut shutdown => break,
                        () = delivery.outbox.woken() => {}
                        () = time::sleep(INTERVAL) => {}
                    }
                }
            });
        })
    })
}

impl Delivery {
    /// Sends every mail that is due.
    async fn send_due(&self) -> Result<(), Error> {
        loop {
            let now = self.clock.now()?;
            let claimed = self
                .db
                .run(move |connection| mail::claim_next(connection, now).map_err(Error::from));
            let Some(mail) = claimed.await? else { break };
            self.send(mail).await?;
        }
        let counted = self.db.run(|connection| mail::count(connection).map_err(Error::from));
        self.outbox.set_queued(counted.await?);
        Ok(())
    }

    async fn send(&self, mail: ClaimedMail) -> Result<(), Error> {
        let (id, kind) = (mail.id.clone(), mail.kind.as_str());
        let (writer, now) = (self.writer.clone(), self.clock.now()?);
        let written = self.db.run(move |connection| {
            let message = writer.write(connection, &mail, now)?;
            Ok::<_, Error>((mail, message))
        });
        let (mail, message) = written.await?;
        let Some(message) = message else {
            return self.remove(id).await;
        };
        match self.hand_over(message).await? {
            Ok(()) => {
                self.outbox.record(true);
                log::info!(target: "vestibule::mail", id = id.as_str(), mail = kind; "sent");
                self.remove(id).await
            }
            Err(cause) => {
                self.outbox.record(false);
                let (now, text) = (self.clock.now()?, cause.to_string());
                let recorded = self.db.run(move |connection| {
                    mail::record_failure(connection, &mail, now, &cause).map_err(Error::from)
                });
                let then = if recorded.await? { "given up" } else { "tried again later" };
                log::warn!(
                    target: "vestibule::mail", id = id.as_str(), mail = kind;
                    "not sent, {then}: {text}"
                );
                Ok(())
            }
        }
    }

    /// Sends on a thread that may block.
    async fn hand_over(&self, message: OutgoingMail) -> Result<Result<(), MailError>, Error> {
        let mailer = self.mailer.clone();
        task::spawn_blocking(move || {
            mailer.send(&message)?;
            if let Some(directory) = mailer.directory() {
                // In development mails are files; the log shows the text.
                let file = directory.join(format!("{}.eml", message.id));
                log::info!(target: "vestibule::mail", "{}:\n{}", file.display(), message.text);
            }
            Ok(())
        })
        .await
        .map_err(Error::internal)
    }

    async fn remove(&self, id: String) -> Result<(), Error> {
        self.db.run(move |connection| mail::remove(connection, &id).map_err(Error::from)).await
    }
}
