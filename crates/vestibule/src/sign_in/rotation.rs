//! The rotation of refresh tokens: what a sign-in keeps about it, and what a presented token gets.

use std::time::Duration;

use time::OffsetDateTime;

use super::{SignIn, SignInKind};

/// The length of a segment of a burst, of which two are kept: a thief could otherwise keep a burst
/// going, and the owner's old token would never be noticed.
const BURST_SEGMENT: Duration = Duration::from_secs(30);

/// What a sign-in keeps about its refresh tokens.
///
/// A burst is a chain of rotations, each within `refresh_grace` of the one before, as when a client
/// sends many requests at once and each of them refreshes. A burst is kept in two segments of 30 s;
/// when a third begins, the first is dropped. So of a long burst only the last 30 to 60 s count, or up
/// to twice `refresh_grace` if that is longer. A refresh whose response was lost begins a burst when it
/// is repeated, because several requests may repeat it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rotations {
    /// How often its refresh token was rotated.
    pub generation: i64,
    /// When it was last rotated.
    pub rotated_at: Option<OffsetDateTime>,
    /// The oldest generation of the newest burst.
    pub burst_from: i64,
    /// The generation that the second segment of the burst began with.
    pub segment_from: i64,
    /// When that segment began: with a rotation, or with the repetition of one.
    pub segment_at: Option<OffsetDateTime>,
    /// The newest generation of which an access token was used: its pair has arrived.
    pub used_generation: i64,
}

/// The result of rotating a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rotation {
    /// It was the newest; the sign-in has the next generation.
    Rotated(SignIn),
    /// It was replaced, but belongs to the newest burst (within `grace`), or its successor was never
    /// used (within `retry`). The generation is unchanged, so the newest refresh token is issued again.
    Reissued(SignIn),
    /// It was replaced, and neither `grace` nor `retry` allows it, so there is a copy of it: the sign-in
    /// has been ended.
    Theft,
    /// There is no active sign-in of this id and generation.
    NotActive,
}

/// A refresh token that is presented.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RefreshAttempt {
    /// The generation of the token.
    pub generation: i64,
    /// The time of the request.
    pub at: OffsetDateTime,
    /// `refresh_grace`: how long after a rotation, or a repetition that began a burst, the tokens of the
    /// burst are accepted.
    pub grace: Duration,
    /// `refresh_retry`: how long a token is accepted whose successor was never used.
    pub retry: Duration,
}

impl RefreshAttempt {
    /// Decides about the attempt. The store then replaces its row, if it has changed, after
    /// [`Rotated`](Rotation::Rotated) and [`Reissued`](Rotation::Reissued), and deletes it after
    /// [`Theft`](Rotation::Theft).
    #[must_use]
    pub fn decide(&self, mut row: SignIn) -> Rotation {
        let SignInKind::Token(rotations) = &mut row.kind else { return Rotation::NotActive };
        if self.at >= row.expires_at || self.generation > rotations.generation {
            return Rotation::NotActive;
        }
        if self.generation == rotations.generation {
            rotations.advance(self);
            row.last_seen_at = self.at;
            return Rotation::Rotated(row);
        }
        if rotations.is_of_burst(self) {
            Rotation::Reissued(row)
        } else if rotations.is_lost_response(self) {
            rotations.begin_burst(self);
            Rotation::Reissued(row)
        } else {
            Rotation::Theft
        }
    }

    fn is_within(&self, limit: Duration, since: Option<OffsetDateTime>) -> bool {
        since.is_some_and(|since| self.at - since <= limit)
    }
}

impl Rotations {
    fn advance(&mut self, attempt: &RefreshAttempt) {
        let goes_on = attempt.is_within(attempt.grace, self.last_of_burst());
        // A segment that begins later than now: the clock was set back.
        let is_ahead = self.segment_at > Some(attempt.at);
        if !goes_on || is_ahead || !attempt.is_within(BURST_SEGMENT, self.segment_at) {
            self.burst_from = if goes_on { self.segment_from } else { self.generation };
            (self.segment_from, self.segment_at) = (self.generation, Some(attempt.at));
        }
        self.generation += 1;
        self.rotated_at = Some(attempt.at);
    }

    fn is_of_burst(&self, attempt: &RefreshAttempt) -> bool {
        attempt.generation >= self.burst_from
            && attempt.is_within(attempt.grace, self.last_of_burst())
    }

    fn is_lost_response(&self, attempt: &RefreshAttempt) -> bool {
        attempt.generation + 1 == self.generation
            && self.used_generation < self.generation
            && attempt.is_within(attempt.retry, self.rotated_at)
    }

    /// Begins a burst with a token that is presented again. Keeps `rotated_at`, from which `refresh_retry`
    /// counts.
    fn begin_burst(&mut self, attempt: &RefreshAttempt) {
        (self.burst_from, self.segment_from) = (attempt.generation, attempt.generation);
        self.segment_at = Some(attempt.at);
    }

    /// Returns when the newest burst was last continued: by a rotation, or begun by a repetition after it.
    fn last_of_burst(&self) -> Option<OffsetDateTime> {
        self.rotated_at.max(self.segment_at)
    }
}
