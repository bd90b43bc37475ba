//! The ticket: the content of our cookies, encrypted with Rocket's secret key.

use rocket::Request;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;

use crate::config::SessionConfig;
use crate::digest::digest;
use crate::error::Error;
use crate::sign_in::amr::Amr;
use crate::sign_in::{SignIn, SignInId, SignInKind};
use crate::throttle::network;

/// The content of a session or remember cookie: a sign-in, its account, and what is needed without
/// a store. Rocket encrypts the cookie's name with it, so the two cookies cannot be swapped. Short
/// names keep the cookie small.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ticket {
    pub(crate) sid: String,
    pub(crate) sub: String,
    /// Creation, expiry and last proof of the password, in seconds since 1970.
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    pub(crate) auth: i64,
    /// Whether the password was proven for this session.
    pub(crate) fresh: bool,
    /// What the user has proven; left out if it is the password alone, as in tickets of versions
    /// before this field.
    #[serde(
        default = "password",
        skip_serializing_if = "is_password",
        serialize_with = "collect_str",
        deserialize_with = "parse"
    )]
    pub(crate) amr: Amr,
    /// Whether there is a remember cookie too.
    #[serde(default)]
    pub(crate) remembered: bool,
    /// A digest of the client that it was issued to.
    pub(crate) client: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stamp: Option<String>,
    /// Whether an earlier secret key encrypted the cookie; not part of the content.
    #[serde(skip)]
    pub(crate) outdated: bool,
}

impl Ticket {
    /// Reads the content of a cookie; `None` for anything but a ticket with times of a calendar.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let ticket = serde_json::from_str::<Self>(text).ok()?;
        let is_time = |time: &i64| OffsetDateTime::from_unix_timestamp(*time).is_ok();
        [ticket.iat, ticket.exp, ticket.auth].iter().all(is_time).then_some(ticket)
    }

    /// The ticket in a remember cookie: not fresh, expires with the sign-in.
    pub(crate) fn new(request: &Request<'_>, sign_in: &SignIn, stamp: Option<String>) -> Self {
        Self {
            sid: sign_in.id.as_str().to_owned(),
            sub: sign_in.account.clone(),
            iat: sign_in.created_at.unix_timestamp(),
            exp: sign_in.expires_at.unix_timestamp(),
            auth: sign_in.auth_time.unix_timestamp(),
            amr: sign_in.amr,
            fresh: false,
            remembered: sign_in.is_remembered(),
            client: client(request),
            stamp,
            outdated: false,
        }
    }

    /// The ticket in a session cookie: also expires with a session that begins now.
    pub(crate) fn within_session(self, config: &SessionConfig, now: OffsetDateTime) -> Self {
        let lifetime = i64::try_from(config.lifetime.as_secs()).unwrap_or(i64::MAX);
        let end = now.unix_timestamp().saturating_add(lifetime);
        Self { exp: end.min(self.exp), ..self }
    }

    pub(crate) fn id(&self) -> Option<SignInId> {
        SignInId::parse(&self.sid)
    }

    pub(crate) fn auth_time(&self) -> Result<OffsetDateTime, Error> {
        OffsetDateTime::from_unix_timestamp(self.auth).map_err(Error::internal)
    }

    /// The row of its sign-in, for use without a store.
    pub(crate) fn to_row(&self, id: &SignInId, now: OffsetDateTime) -> Result<SignIn, Error> {
        let time = |seconds| OffsetDateTime::from_unix_timestamp(seconds).map_err(Error::internal);
        Ok(SignIn {
            id: id.clone(),
            account: self.sub.clone(),
            kind: SignInKind::Browser { remembered: self.remembered },
            created_at: time(self.iat)?,
            auth_time: self.auth_time()?,
            amr: self.amr,
            last_seen_at: now,
            expires_at: time(self.exp)?,
            user_agent: None,
            address: None,
        })
    }
}

const fn password() -> Amr {
    Amr::PASSWORD
}

fn is_password(amr: &Amr) -> bool {
    *amr == Amr::PASSWORD
}

fn collect_str<S: Serializer>(amr: &Amr, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amr)
}

fn parse<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Amr, D::Error> {
    Ok(Amr::parse(&String::deserialize(deserializer)?))
}

/// A digest of the client's network, as the throttle counts it, and `User-Agent`: a client changes
/// its address within an IPv6 network every day.
pub(crate) fn client(request: &Request<'_>) -> String {
    let network = request.client_ip().map(network).unwrap_or_default();
    let agent = request.headers().get_one("User-Agent").unwrap_or_default();
    digest("client", &[&network, agent])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The content of a cookie of a version that did not know what was proven.
    const OLDER: &str = r#"{"sid":"AAAAAAAAAAAAAAAAAAAAAA","sub":"1","iat":1,"exp":9,"auth":1,"fresh":true,"remembered":false,"client":"c"}"#;

    #[test]
    fn a_ticket_of_a_version_without_methods_is_one_of_a_password_and_stays_as_short() {
        let ticket: Ticket = serde_json::from_str(OLDER).expect("a ticket");
        assert_eq!(ticket.amr, Amr::PASSWORD);
        assert_eq!(serde_json::to_string(&ticket).expect("JSON"), OLDER);
    }

    #[test]
    fn times_beyond_every_calendar_are_in_no_ticket() {
        assert!(Ticket::parse(OLDER).is_some());
        for (good, name) in [("\"iat\":1", "iat"), ("\"exp\":9", "exp"), ("\"auth\":1", "auth")] {
            for time in [i64::MAX, i64::MIN] {
                let text = OLDER.replace(good, &format!("\"{name}\":{time}"));
                assert!(text != OLDER && Ticket::parse(&text).is_none(), "{text}");
            }
        }
    }

    #[test]
    fn other_methods_are_read_as_they_were_written() {
        let older: Ticket = serde_json::from_str(OLDER).expect("a ticket");
        for amr in [Amr::NONE, Amr::PASSWORD.with(Amr::OTP), Amr::HARDWARE_KEY] {
            let ticket = Ticket { amr, ..older.clone() };
            let written = serde_json::to_string(&ticket).expect("JSON");
            assert_eq!(serde_json::from_str::<Ticket>(&written).expect("a ticket"), ticket);
        }
    }
}
