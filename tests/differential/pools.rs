//! What the requests are made of: what databases are known to disagree about.

use crate::support::actor::encoded;

/// User names and full names, and what to search for.
pub(crate) const TEXTS: [&str; 56] = [
    "ann",
    "Ann",
    "ANN",
    "ann ",
    " ann",
    "anna\u{200f}",
    "Ädele",
    "ädele",
    "A\u{308}dele",
    "ÄDELE",
    "straße",
    "STRASSE",
    "STRAẞE",
    "strasse",
    "Istanbul",
    "istanbul",
    "ıstanbul",
    "İstanbul",
    "ΣΊΣΥΦΟΣ",
    "σίσυφος",
    "σίσυφοσ",
    "ς",
    "Éva",
    "e\u{301}va",
    "ǅungla",
    "ﬁn",
    "ｆｕｌｌ",
    "full",
    "漢字",
    "漢字かな",
    "한글",
    "\u{1112}\u{1161}\u{11ab}",
    "\u{1f600}",
    "אבג",
    "\u{202e}nna",
    "a%b",
    "a_b",
    "axb",
    "a!b",
    "a\\b",
    "a\\\\b",
    "a'b",
    "a\"b",
    "a\0b",
    "\0",
    "a\u{1}b",
    "a\u{7f}b",
    "a\u{a0}b",
    "%",
    "_",
    "!",
    "\\",
    "",
    " ",
    "'; DROP TABLE users; --",
    "\u{fffd}",
];

/// Parts of query strings that no text becomes.
const RAW: [&str; 8] = ["%FF", "%C3%28", "%ED%A0%80", "%", "%2", "+", "er_0", "MANY1"];

/// Numbers, and what is nearly one.
pub(crate) const NUMBERS: [&str; 36] = [
    "1",
    "2",
    "3",
    "4",
    "5",
    "58",
    "59",
    "60",
    "61",
    "62",
    "0",
    "-1",
    "-0",
    "+2",
    "02",
    "%202",
    "2%20",
    "2%00",
    "1e3",
    "2.0",
    "0x2",
    "NaN",
    "",
    "x",
    "%FF",
    "%D9%A2",
    "2147483647",
    "2147483648",
    "4294967298",
    "9223372036854775806",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551618",
    "99999999999999999999999999",
];

/// New passwords, good and bad.
pub(crate) const PASSWORDS: [&str; 10] = [
    "correct horse",
    "correct horse battery",
    "пароль от почты",
    "\u{1f600}\u{1f389} a party of words",
    "trailing spaces here   ",
    "a'b\"c\\d%e_f words",
    "nul \0 in the middle of it",
    "short",
    "password1",
    "ad\u{308}ele ädele",
];

/// What clients call themselves.
pub(crate) const AGENTS: [&str; 7] = [
    "a browser",
    "",
    "a\0b",
    "\u{1}\u{7f}",
    "ein schöner Browser \u{1f600}",
    "'; DROP TABLE sign_ins; --",
    "A\u{301}\u{202e}\u{200f}",
];

/// Pages that anybody may ask for.
pub(crate) const PAGES: [&str; 20] = [
    "/",
    "/login",
    "/login?next=%2Faccount",
    "/register",
    "/dashboard",
    "/account",
    "/reauthenticate?next=%2Faccount",
    "/account/sign-ins",
    "/account/events",
    "/admin/users",
    "/admin/events",
    "/api/me",
    "/api/claims",
    "/api/profile",
    "/api/dashboard",
    "/api/admin",
    "/api/sign-ins",
    "/api/events",
    "/health",
    "/setup?token=nothing",
];

/// Pauses in microseconds: moments, the windows of the throttle, the ends of lives.
pub(crate) const PAUSES: [u64; 15] = [
    1,
    999,
    1_000_000,
    9_999_999,
    10_000_001,
    59_999_999,
    60_000_000,
    599_000_000,
    601_000_000,
    900_000_000,
    901_000_001,
    3_600_000_000,
    7_199_999_999,
    7_200_000_000,
    86_400_000_000,
];

/// A text of the pool, ready for a query string; or something that is no text.
pub(crate) fn query(number: usize) -> String {
    let number = number % (TEXTS.len() + RAW.len());
    match TEXTS.get(number) {
        Some(text) => encoded(text),
        None => RAW[number - TEXTS.len()].to_owned(),
    }
}
