use super::*;
use std::io;

/// An error with a cause.
#[derive(Debug)]
struct Caused(&'static str, io::Error);

impl fmt::Display for Caused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl StdError for Caused {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.1)
    }
}

#[test]
fn the_log_has_each_cause_once_and_all_in_one_line() {
    let cause = |text| Error::internal(Caused(text, io::Error::other("the disk\nis full"))).cause();
    assert_eq!(cause("no row").as_deref(), Some("no row: the disk is full"));
    // Some errors repeat what caused them.
    assert_eq!(cause("no row: the disk\nis full").as_deref(), Some("no row: the disk is full"));
    assert_eq!(Error::new(ErrorKind::Internal).cause(), None);
}
