use std::time::Duration;

use proptest::prelude::*;
use vestibule::config::duration::{LONGEST, in_words, parse};

use crate::inputs::{changed, changes, check, one_of};

#[test]
fn a_duration_that_is_read_is_at_most_a_century_and_is_written_as_it_is_read() {
    let seeds = [
        "15m",
        "2h 30m",
        "30 days",
        "0",
        "90",
        "1week",
        "100 years",
        "1s500ms",
        "1ns",
        "3155760000",
        " 1 month ",
        "36600 days",
        "18446744073709551615",
        "584942417355 years",
        "1h1h",
    ];
    let seeds = one_of(&seeds);
    let text = prop_oneof![3 => seeds, 1 => "([0-9]{1,20} ?[a-z]{0,6} ?){0,4}", 1 => ".{0,20}"];
    check(
        &(text, changes(3), any::<u64>(), 0_u32..1_000_000_000),
        |(text, changes, seconds, nanos)| {
            let text = changed(&text, &changes);
            let read = parse(&text);
            let other = Duration::new(seconds % LONGEST.as_secs(), nanos);
            for found in read.into_iter().chain([other]) {
                prop_assert!(found <= LONGEST, "{:?}", text);
                let written = in_words(found);
                prop_assert_eq!(parse(&written), Some(found), "{:?} of {:?}", written, text);
            }
            Ok(())
        },
    );
}
