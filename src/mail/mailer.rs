//! Sending a mail: by SMTP, or into a file for development.

use std::error::Error;
use std::fmt;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Mailbox, Message};
use lettre::{Address, SmtpTransport, Transport};
use time::OffsetDateTime;

use super::address::EmailAddress;
use super::config::MailConfig;

/// How long one step of the conversation with the server may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The sender of mails that go into a directory.
const LOCAL_SENDER: &str = "vestibule@localhost";

/// Why a mail was not sent: a sentence for the operator.
#[derive(Debug)]
pub struct MailError {
    text: String,
    is_permanent: bool,
}

impl MailError {
    fn new(cause: &dyn Error) -> Self {
        let mut text = cause.to_string();
        let mut source = cause.source();
        while let Some(cause) = source {
            let line = cause.to_string();
            if !text.contains(&line) {
                text = format!("{text}: {line}");
            }
            source = cause.source();
        }
        Self { text, is_permanent: false }
    }

    fn of_server(cause: &lettre::transport::smtp::Error) -> Self {
        // A refused password is the operator's mistake, which may be mended.
        let code = cause.status().map(u16::from);
        let is_permanent = cause.is_permanent() && !matches!(code, Some(530 | 534 | 535 | 538));
        if is_timeout(cause) {
            let text = format!("the server did not respond within {} seconds", TIMEOUT.as_secs());
            return Self { text, is_permanent };
        }
        Self { is_permanent, ..Self::new(cause) }
    }

    /// Returns whether the server refuses this mail for good.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.is_permanent
    }
}

/// Returns whether a server did not respond in time. Of a socket with a time-out, Linux reports that
/// as `WouldBlock`, which lettre's own `is_timeout` does not know.
fn is_timeout(cause: &dyn Error) -> bool {
    let mut causes = std::iter::successors(cause.source(), |&cause| cause.source());
    let cause = causes.find_map(|cause| cause.downcast_ref::<std::io::Error>());
    cause.is_some_and(|cause| matches!(cause.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock))
}

impl fmt::Display for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for MailError {}

/// A mail to one person, as it is sent.
#[derive(Clone, Debug)]
pub struct OutgoingMail {
    /// The part of `Message-ID` before the `@`: the same when a mail is sent again, so that a mail
    /// server can drop the second.
    pub id: String,
    /// The recipient.
    pub to: EmailAddress,
    /// The subject, one line.
    pub subject: String,
    /// The text. It may hold a link that gives access: it is logged in the debug profile alone, where
    /// mails are files.
    pub text: String,
    /// When it is sent.
    pub at: OffsetDateTime,
}

/// Sends mails; cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    transport: MailTransport,
}

#[derive(Clone)]
enum MailTransport {
    Smtp { transport: SmtpTransport, host: String },
    Directory(PathBuf),
}

/// Hides the password of the server.
impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailer({})", self.target())
    }
}

impl Mailer {
    /// Builds the mailer of these settings; `None` without a `url`. Connects to nothing.
    ///
    /// # Errors
    /// The key below `mail`, and what is wrong with it.
    pub fn new(config: &MailConfig) -> Result<Option<Self>, (&'static str, String)> {
        let Some(url) = &config.url else { return Ok(None) };
        let transport = MailTransport::parse(url.reveal()).map_err(|problem| ("url", problem))?;
        let from = match (&config.from, &transport) {
            (Some(from), _) => from.as_str(),
            (None, MailTransport::Directory(_)) => LOCAL_SENDER,
            (None, MailTransport::Smtp { .. }) => {
                return Err(("from", "is missing; set the sender of the service".to_owned()));
            }
        };
        let mailbox = |key, text: &str| {
            parse_mailbox(text).ok_or((key, "must be an address, or NAME <ADDRESS>".to_owned()))
        };
        let from = mailbox("from", from)?;
        let reply_to = config.reply_to.as_deref().map(|text| mailbox("reply_to", text));
        Ok(Some(Self { from, reply_to: reply_to.transpose()?, transport }))
    }

    /// Sends a mail; blocks for up to ten seconds for each step of the server.
    ///
    /// # Errors
    /// [`MailError`] if the server did not take it.
    pub fn send(&self, mail: &OutgoingMail) -> Result<(), MailError> {
        let message = self.encode(mail)?;
        match &self.transport {
            MailTransport::Smtp { transport, .. } => {
                transport.send(&message).map(drop).map_err(|cause| MailError::of_server(&cause))
            }
            MailTransport::Directory(path) => {
                write_file(path, &mail.id, &message).map_err(|cause| MailError::new(&cause))
            }
        }
    }

    /// Checks that the server can be reached and takes the password.
    ///
    /// # Errors
    /// [`MailError`] with the answer of the server.
    pub fn check(&self) -> Result<(), MailError> {
        match &self.transport {
            MailTransport::Smtp { transport, .. } => match transport.test_connection() {
                Ok(true) => Ok(()),
                Ok(false) => Err(MailError {
                    text: "the server does not answer as an SMTP server".to_owned(),
                    is_permanent: false,
                }),
                Err(cause) => Err(MailError::of_server(&cause)),
            },
            // The directory is created with the first mail.
            MailTransport::Directory(_) => Ok(()),
        }
    }

    /// Returns the server's host or the directory, for the operator.
    #[must_use]
    pub fn target(&self) -> String {
        match &self.transport {
            MailTransport::Smtp { host, .. } => host.clone(),
            MailTransport::Directory(path) => path.display().to_string(),
        }
    }

    /// Returns the directory of files that stands for a server, if there is one.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        match &self.transport {
            MailTransport::Directory(path) => Some(path),
            MailTransport::Smtp { .. } => None,
        }
    }

    fn encode(&self, mail: &OutgoingMail) -> Result<Message, MailError> {
        let to: Address =
            mail.to.to_ascii().parse().map_err(|cause| MailError::new(&cause as &_))?;
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject.clone())
            .date(mail.at.into())
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            // No vacation notices in answer (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .header(MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN);
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        message.body(mail.text.clone()).map_err(|cause| MailError::new(&cause))
    }
}

/// Parses an address with or without a name; its domain becomes ASCII, as mail servers demand.
fn parse_mailbox(text: &str) -> Option<Mailbox> {
    let Mailbox { name, email } = text.parse().ok()?;
    let address = EmailAddress::parse(email.as_ref()).ok()?;
    Some(Mailbox { name, email: address.to_ascii().parse().ok()? })
}

impl MailTransport {
    fn parse(url: &str) -> Result<Self, String> {
        if let Some(path) = url.strip_prefix("file://") {
            return if path.is_empty() {
                Err("names no directory".to_owned())
            } else {
                Ok(Self::Directory(path.into()))
            };
        }
        // The cause may hold the URL, and with it the password.
        let wrong = "must be smtps://HOST, smtp://HOST?tls=required or file:///DIRECTORY, \
                     with USER:PASSWORD@ before the host if the server asks for them";
        let parsed = url::Url::parse(url).map_err(|_| wrong.to_owned())?;
        let host = parsed.host_str().filter(|host| !host.is_empty()).ok_or(wrong)?;
        if matches!(parsed.host(), Some(url::Host::Ipv6(_))) {
            return Err("must name its host, and not by an IPv6 address".to_owned());
        }
        let tls = parsed.query_pairs().find(|(key, _)| key == "tls");
        let is_encrypted = match (parsed.scheme(), tls.as_ref().map(|(_, value)| &**value)) {
            ("smtps", None) | ("smtp", Some("required")) => true,
            ("smtp", None) => false,
            _ => return Err(wrong.to_owned()),
        };
        let is_loopback =
            host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        if !is_encrypted && !is_loopback {
            return Err(
                "would send mail in plain text; write smtps://, or add ?tls=required".to_owned()
            );
        }
        let builder = SmtpTransport::from_url(url).map_err(|_| wrong.to_owned())?;
        let transport = builder.timeout(Some(TIMEOUT)).build();
        Ok(Self::Smtp { transport, host: host.to_owned() })
    }
}

fn create(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn write_file(path: &Path, id: &str, message: &Message) -> std::io::Result<()> {
    create(path)?;
    let mut options = OpenOptions::new();
    let path = path.join(format!("{id}.eml"));
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(&message.formatted())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn mailer(url: &str, from: &str) -> Result<Mailer, (&'static str, String)> {
        let url = Some(url.into());
        let config = MailConfig { url, from: Some(from.to_owned()), reply_to: None };
        Mailer::new(&config).map(|mailer| mailer.expect("a url"))
    }

    #[test]
    fn a_sender_is_in_ascii_but_for_the_name() {
        let mailer = mailer("smtp://127.0.0.1", "Bücher <post@bücher.example>").expect("a sender");
        assert_eq!(mailer.from.email.to_string(), "post@xn--bcher-kva.example");
        assert_eq!(mailer.from.name.as_deref(), Some("Bücher"));
    }

    #[test]
    fn what_no_server_can_take_is_refused() {
        let key = |url, from| mailer(url, from).err().map(|(key, _)| key);
        assert_eq!(key("smtp://127.0.0.1", "ü@example.org"), Some("from"));
        assert_eq!(key("smtp://127.0.0.1", "ann"), Some("from"));
        assert_eq!(key("smtp://[::1]", "ann@example.org"), Some("url"));
        assert_eq!(key("smtp://mail.example", "ann@example.org"), Some("url"));
        assert_eq!(key("smtp://mail.example?tls=required", "ann@example.org"), None);
    }

    #[test]
    fn a_server_that_says_nothing_did_not_respond_in_time() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let builder = SmtpTransport::builder_dangerous("127.0.0.1").port(port);
        let transport = builder.timeout(Some(Duration::from_millis(50))).build();
        let cause = transport.test_connection().expect_err("silence");
        let error = MailError::of_server(&cause).to_string();
        assert!(error.contains("did not respond within"), "{error}");
    }
}
