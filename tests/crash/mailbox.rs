//! A mail server in the process of the test, which outlives the killed program.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A mail that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) id: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    /// The secret of its link, if it has one.
    pub(crate) token: Option<String>,
}

/// Every mail that was taken, in order; a mail may be there twice.
#[derive(Clone)]
pub(crate) struct Mailbox {
    pub(crate) port: u16,
    mails: Arc<Mutex<Vec<Mail>>>,
}

impl Mailbox {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let mailbox = Self { port, mails: Arc::default() };
        let mails = mailbox.mails.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let mails = mails.clone();
                // A client that is killed hangs up, which is no failure of the server.
                thread::spawn(move || drop(converse(&client, &mails)));
            }
        });
        mailbox
    }

    /// The value of `ROCKET_MAIL`.
    pub(crate) fn setting(&self) -> String {
        format!("{{url=\"smtp://127.0.0.1:{}\",from=\"accounts@example.org\"}}", self.port)
    }

    /// The mails that were taken, each once although it may have been sent twice.
    pub(crate) fn each(&self) -> Vec<Mail> {
        let mut seen = HashSet::new();
        let mut mails = self.all();
        mails.retain(|mail| seen.insert(mail.id.clone()));
        mails
    }

    /// The secrets of the links with this subject to an address, the newest first.
    pub(crate) fn tokens(&self, to: &str, subject: &str) -> Vec<String> {
        let mails = self.all();
        let found = mails.iter().rev().filter(|mail| mail.to == to && mail.subject == subject);
        found.filter_map(|mail| mail.token.clone()).collect()
    }

    pub(crate) fn all(&self) -> Vec<Mail> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn converse(client: &TcpStream, mails: &Mutex<Vec<Mail>>) -> io::Result<()> {
    let (mut lines, mut out) = (BufReader::new(client).lines(), client);
    write!(out, "220 test\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        match line.split_whitespace().next().unwrap_or_default() {
            "DATA" => {
                write!(out, "354 go on\r\n")?;
                let mut text = String::new();
                loop {
                    match lines.next().transpose()? {
                        // Killed in the middle of a mail.
                        None => return Ok(()),
                        Some(line) if line == "." => break,
                        Some(line) => text = text + &line + "\n",
                    }
                }
                mails.lock().unwrap_or_else(PoisonError::into_inner).push(parse(&text));
                write!(out, "250 taken\r\n")?;
            }
            "QUIT" => return write!(out, "221 bye\r\n"),
            _ => write!(out, "250 ok\r\n")?,
        }
    }
    Ok(())
}

fn parse(text: &str) -> Mail {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().trim().to_owned()
    };
    let unfolded = text.replace("=\n", "").replace("=3D", "=");
    let token = unfolded.split_once("?token=").map(|(_, rest)| rest.chars().take(43).collect());
    Mail { id: field("Message-ID:"), to: field("To:"), subject: field("Subject:"), token }
}
