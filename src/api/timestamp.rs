//! Times in JSON.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Returns the time as RFC 3339.
pub(super) fn timestamp(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_default()
}
