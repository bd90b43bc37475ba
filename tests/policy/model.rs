//! The rules in short: the outcome of each guard for each pair of credentials.

use vestibule::ErrorKind;
use vestibule::config::{Mode, SessionPolicy};

use super::guard::Guard;

/// What is presented as a token. Its owner is another account than the cookie's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Token {
    None,
    /// Credentials of another scheme, which are not ours.
    OtherScheme,
    Good,
    /// Got for a refresh token, so that the password was not proven for it.
    Refreshed,
    Expired,
    /// Good in itself, but its sign-in has ended.
    Revoked,
    /// Our scheme, and not one token after it.
    Malformed,
    /// Good for another service that shares our database, but not our key.
    Foreign,
    /// The refresh token of an active sign-in.
    Refresh,
    /// An access key of an owner who named every scope that a key of theirs may have.
    Key,
    /// A good one, twice.
    Twice,
}

/// What is presented as a session cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cookie {
    None,
    Good,
    /// Only the remember cookie is left, which brings the session back.
    Remembered,
    /// Sealed by us, but its time is over.
    Expired,
    /// Sealed by us and in its time, but its sign-in has ended.
    Ended,
    /// Not sealed by our key.
    Garbled,
}

/// What a browser says about where an unsafe request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Site {
    Ours,
    Another,
}

/// One of the two people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Person {
    /// Whose token it is.
    TokenOwner,
    /// Whose cookie it is.
    CookieOwner,
}

impl Token {
    pub(crate) const ALL: [Self; 11] = [
        Self::None,
        Self::OtherScheme,
        Self::Good,
        Self::Refreshed,
        Self::Expired,
        Self::Revoked,
        Self::Malformed,
        Self::Foreign,
        Self::Refresh,
        Self::Key,
        Self::Twice,
    ];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::OtherScheme => "`Basic`",
            Self::Good => "good",
            Self::Refreshed => "refreshed",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Malformed => "malformed",
            Self::Foreign => "foreign",
            Self::Refresh => "refresh",
            Self::Key => "access key",
            Self::Twice => "two headers",
        }
    }
}

impl Cookie {
    pub(crate) const ALL: [Self; 6] =
        [Self::None, Self::Good, Self::Remembered, Self::Expired, Self::Ended, Self::Garbled];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Good => "good",
            Self::Remembered => "remembered",
            Self::Expired => "expired",
            Self::Ended => "ended",
            Self::Garbled => "garbled",
        }
    }

    /// Whether it names an active session.
    pub(crate) const fn stands(self) -> bool {
        matches!(self, Self::Good | Self::Remembered)
    }

    /// Whether it is ours and worthless, so that it is removed where it is read.
    pub(crate) const fn is_worthless(self) -> bool {
        matches!(self, Self::Expired | Self::Ended)
    }
}

/// The user who is let in, or the reason for the refusal.
pub(crate) type Ruling = Result<Option<Person>, ErrorKind>;

/// Everything that a ruling depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation {
    pub(crate) mode: Mode,
    pub(crate) policy: SessionPolicy,
    pub(crate) token: Token,
    pub(crate) cookie: Cookie,
    /// Whether the method is an unsafe one.
    pub(crate) is_unsafe: bool,
    pub(crate) site: Site,
    pub(crate) administrator: Person,
}

impl Situation {
    /// A presented token decides, good or bad; but only where tokens exist.
    pub(crate) fn is_token_request(&self) -> bool {
        self.mode.has_tokens() && !matches!(self.token, Token::None | Token::OtherScheme)
    }

    /// Whether the request is one that another site may not have made.
    pub(crate) fn is_cross_origin(&self) -> bool {
        self.is_unsafe && self.site == Site::Another
    }

    /// Whether our key, our names and the time speak for the token, of either type.
    fn verified(&self) -> Result<(), ErrorKind> {
        if !self.is_token_request() {
            return Err(ErrorKind::CredentialsMissing);
        }
        match self.token {
            Token::None | Token::OtherScheme => Err(ErrorKind::CredentialsMissing),
            Token::Malformed => Err(ErrorKind::MalformedAuthorization),
            Token::Twice => Err(ErrorKind::AmbiguousCredentials),
            // Where a token is wanted, an access key is none.
            Token::Foreign | Token::Key => Err(ErrorKind::TokenInvalid),
            Token::Expired => Err(ErrorKind::TokenExpired),
            Token::Good | Token::Refreshed | Token::Revoked | Token::Refresh => Ok(()),
        }
    }

    /// The account behind a token of any type or a key, if its sign-in is active.
    fn behind_any_token(&self) -> Ruling {
        if self.is_token_request() && self.token == Token::Key {
            return Ok(Some(Person::TokenOwner));
        }
        self.verified()?;
        match self.token {
            Token::Revoked => Err(ErrorKind::TokenRevoked),
            _ => Ok(Some(Person::TokenOwner)),
        }
    }

    fn behind_access_token(&self) -> Ruling {
        match self.token {
            Token::Refresh if self.is_token_request() => Err(ErrorKind::WrongTokenType),
            _ => self.behind_any_token(),
        }
    }

    /// The account behind the cookie; only asked where no token was presented.
    fn behind_cookie(&self) -> Ruling {
        let missing = Err(ErrorKind::CredentialsMissing);
        match self.cookie {
            _ if !self.mode.has_sessions() => missing,
            // Before the sign-in is looked up.
            Cookie::Good | Cookie::Remembered | Cookie::Ended if self.is_cross_origin() => {
                Err(ErrorKind::CrossOrigin)
            }
            Cookie::Good | Cookie::Remembered => Ok(Some(Person::CookieOwner)),
            Cookie::None | Cookie::Expired | Cookie::Ended | Cookie::Garbled => missing,
        }
    }

    /// What one guard says.
    fn ask(&self, guard: &Guard) -> Ruling {
        match guard {
            Guard::Anyone => Ok(None),
            Guard::BearerToken => match self.verified() {
                Err(ErrorKind::TokenInvalid | ErrorKind::TokenExpired) | Ok(()) => Ok(None),
                Err(refused) => Err(refused),
            },
            Guard::AccessToken => match self.token {
                Token::Refresh if self.is_token_request() => Err(ErrorKind::WrongTokenType),
                _ => self.verified().map(|()| None),
            },
            Guard::RefreshToken => {
                self.verified()?;
                match self.token {
                    Token::Refresh => Ok(None),
                    _ => Err(ErrorKind::WrongTokenType),
                }
            }
            Guard::TokenUser => self.behind_access_token(),
            Guard::AnyTokenUser => self.behind_any_token(),
            // A bad token is refused as such; a good one is still no session.
            Guard::SessionUser if self.is_token_request() => {
                self.behind_access_token().and(Err(ErrorKind::CredentialsMissing))
            }
            Guard::SessionUser => self.behind_cookie(),
            Guard::CurrentUser if self.is_token_request() => self.behind_access_token(),
            Guard::AnyUser if self.is_token_request() => self.behind_any_token(),
            Guard::CurrentUser | Guard::AnyUser => self.behind_cookie(),
            Guard::Scraper => Err(ErrorKind::CredentialsMissing),
            // Only a token that verified waives the check of where the request comes from.
            Guard::Session if self.is_cross_origin() && self.verified().is_err() => {
                Err(ErrorKind::CrossOrigin)
            }
            Guard::Session if self.is_token_request() => Err(ErrorKind::AmbiguousCredentials),
            Guard::Session => Ok(None),
            Guard::Maybe(inner) => match self.ask(inner) {
                Err(ErrorKind::CredentialsMissing) => Ok(None),
                ruling => ruling,
            },
            Guard::Fresh(inner) => match self.ask(inner)? {
                Some(Person::TokenOwner) if self.token != Token::Good => {
                    Err(ErrorKind::FreshLoginRequired)
                }
                Some(Person::CookieOwner) if self.cookie != Cookie::Good => {
                    Err(ErrorKind::FreshLoginRequired)
                }
                who => Ok(who),
            },
            Guard::Scoped(scope, inner) => {
                let who = self.ask(inner)?;
                if self.has_scope(scope, who) { Ok(who) } else { Err(ErrorKind::InsufficientScope) }
            }
            Guard::FreshOrKey(scope, inner) => match self.ask(inner)? {
                who if !self.has_scope(scope, who) => Err(ErrorKind::InsufficientScope),
                Some(Person::TokenOwner) if ![Token::Good, Token::Key].contains(&self.token) => {
                    Err(ErrorKind::FreshLoginRequired)
                }
                who => Ok(who),
            },
            Guard::Require(inner) => self.with_role(self.ask(inner)?),
            Guard::ClaimedRole(inner) => match self.ask(inner)? {
                // A session has no claims.
                Some(Person::CookieOwner) => Err(ErrorKind::Forbidden),
                who => self.with_role(who),
            },
        }
    }

    /// A sign-in with a password carries every scope that the role allows; a key those that its
    /// owner may name, and never that of the account.
    fn has_scope(&self, scope: &str, who: Option<Person>) -> bool {
        let by_key = who == Some(Person::TokenOwner) && self.token == Token::Key;
        match scope {
            _ if !by_key => true,
            "OwnSignIns" => true,
            "UsersRead" | "UsersWrite" | "Introspect" => self.administrator == Person::TokenOwner,
            _ => false,
        }
    }

    fn with_role(&self, who: Option<Person>) -> Ruling {
        match who {
            Some(person) if person == self.administrator => Ok(who),
            _ => Err(ErrorKind::Forbidden),
        }
    }

    /// What the guards of a route say, asked in turn; the first refusal is final.
    pub(crate) fn rule(&self, guards: &[Guard]) -> Ruling {
        guards.iter().try_fold(None, |who, guard| Ok(self.ask(guard)?.or(who)))
    }

    /// Whether a route with these guards looks at the session cookie of this request.
    pub(crate) fn session_is_read(&self, guards: &[Guard]) -> bool {
        let may = self.mode.has_sessions() && !self.is_token_request();
        may && guards.iter().any(|guard| {
            matches!(rest(guard), Guard::SessionUser | Guard::CurrentUser | Guard::AnyUser)
        })
    }
}

/// The guard inside all wrappers.
fn rest(guard: &Guard) -> &Guard {
    match guard {
        Guard::Maybe(inner)
        | Guard::Fresh(inner)
        | Guard::Require(inner)
        | Guard::ClaimedRole(inner)
        | Guard::Scoped(_, inner)
        | Guard::FreshOrKey(_, inner) => rest(inner),
        guard => guard,
    }
}

/// Whether the response of a route with these guards depends on who asked.
pub(crate) fn depends_on_who(guards: &[Guard]) -> bool {
    guards.iter().any(|guard| *guard != Guard::Anyone)
}
