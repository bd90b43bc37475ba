use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn hashes<'p>(passwords: impl IntoIterator<Item = &'p str>) -> BTreeSet<String> {
    let hash =
        |password: &str| Sha1::digest(password).iter().map(|byte| format!("{byte:02X}")).collect();
    passwords.into_iter().map(hash).collect()
}

fn build(lists: &[&str]) -> Result<(tempfile::TempDir, u64), String> {
    let directory = tempfile::tempdir().expect("a directory");
    let paths: Vec<_> = (0..lists.len()).map(|n| directory.path().join(n.to_string())).collect();
    for (path, text) in paths.iter().zip(lists) {
        fs::write(path, text).expect("a list");
    }
    let output = directory.path().join("breached");
    let count = BreachedPasswords::build(&paths, &output)?;
    assert!(!directory.path().join("breached.part").exists());
    Ok((directory, count))
}

fn open(directory: &tempfile::TempDir) -> BreachedPasswords {
    BreachedPasswords::open(&directory.path().join("breached")).expect("the file")
}

#[test]
fn passwords_of_every_list_are_found_and_counted_once() {
    let lines = |passwords: &[&str], end: &str| -> String {
        hashes(passwords.iter().copied()).into_iter().map(|hash| hash + end).collect()
    };
    let lists = [
        lines(&["1234", "iloveyou", "Tr0ub4dor&3"], ":3861493\r\n"),
        lines(&["iloveyou", "hunter2"], "\n").to_lowercase(),
        String::new(),
    ];
    let (directory, count) = build(&lists.each_ref().map(String::as_str)).expect("a file");
    assert_eq!(count, 4);
    let mut list = open(&directory);
    for password in ["1234", "iloveyou", "Tr0ub4dor&3", "hunter2"] {
        assert!(list.contains(&password.into()).expect("an answer"), "{password}");
    }
    for password in ["", "12345", "correct horse battery"] {
        assert!(!list.contains(&password.into()).expect("an answer"), "{password}");
    }
}

#[test]
fn about_one_in_65536_of_other_passwords_is_found() {
    let list: String = (0..20_000).map(|n| format!("{:016x}{:024}\n", n * 7, 0)).collect();
    let mut keys = (0..20_000).map(|n| n * 7).collect::<Vec<u64>>();
    keys.sort_unstable();
    let (directory, count) = build(&[&list]).expect("a file");
    assert_eq!(count, 20_000);
    let mut list = open(&directory);
    let (mut index, mut bytes) = ([0; 16], Vec::new());
    list.0.read_exact(&mut index).expect("the index");
    list.0.seek(SeekFrom::Start(number(&index[..8]))).expect("the filter");
    list.0.read_to_end(&mut bytes).expect("the filter");
    let filter = decode(&bytes).expect("the filter");
    assert!(keys.iter().all(|key| filter.contains(key)));
    let others = 4_000_000_u64;
    let found = (0..others).filter(|n| filter.contains(&(n * 7 + 1))).count();
    let bits = bytes.len() * 8 / 20_000;
    println!("{bits} bits a password");
    assert!(bits < 20, "{bits}");
    println!("{found} of {others} that are in no list were found");
    // 61 are expected; by chance fewer than 20 or more than 122 in one of a million tries.
    assert!((20..122).contains(&found), "{found}");
}

#[test]
fn another_file_is_invalid_data_and_one_that_cannot_be_read_the_error_of_the_system() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("breached");
    for text in ["", "vstbr00", "vstbr000", "7110EDA4D09E062AA5E4A390B0A572AC0D2C0220:1\n"] {
        fs::write(&path, text).expect("a file");
        let refused = BreachedPasswords::open(&path).expect_err(text);
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData, "{text:?}: {refused}");
    }
    let refused = BreachedPasswords::open(directory.path()).expect_err("a directory");
    assert_ne!(refused.kind(), io::ErrorKind::InvalidData, "{refused}");
}

#[test]
fn a_filter_whose_lengths_do_not_fit_is_damaged() {
    let keys: Vec<u64> = (0..300).collect();
    let mut filter = Vec::new();
    encode(&keys, &mut filter).expect("a filter");
    assert!(decode(&filter).is_some());
    for length in 0..filter.len() {
        assert!(decode(&filter[..length]).is_none(), "{length}");
    }
    // As many fingerprints as the lengths say, in segments of three, which is no power of two.
    let lengths = [3_u32; 2].map(u32::to_le_bytes).concat();
    let odd = [&filter[..8], &lengths, &[0; 3 * 3 * 2]].concat();
    assert!(decode(&odd).is_none());
}

#[test]
fn a_list_that_cannot_be_read_is_refused_with_its_line() {
    let [low, high] = ["0".repeat(40), "F".repeat(40)];
    for (text, said) in [
        (format!("{high}\n{low}\n"), "0: line 2: the hashes are not in ascending order"),
        (format!("{low}\n\n"), "0: line 2: there is no SHA-1 hash"),
        ("password\n".to_owned(), "0: line 1: there is no SHA-1 hash"),
        (format!("{low} 12\n"), "0: line 1: there is no SHA-1 hash"),
    ] {
        let refused = build(&[&text]).expect_err(&text);
        assert!(refused.contains(said), "{refused}");
    }
}

proptest! {
    #[test]
    fn a_damaged_file_never_panics(at in 0..700_000_usize, bytes in prop::collection::vec(any::<u8>(), 1..40)) {
        let passwords: Vec<String> = (0..300).map(|n| n.to_string()).collect();
        let list: String =
            hashes(passwords.iter().map(String::as_str)).into_iter().map(|hash| hash + "\n").collect();
        let (directory, _) = build(&[&list]).expect("a file");
        let path = directory.path().join("breached");
        let mut file = fs::read(&path).expect("the file");
        let at = at % file.len();
        file.truncate(at + bytes.len() * 1000);
        let end = file.len().min(at + bytes.len());
        file[at..end].copy_from_slice(&bytes[..end - at]);
        fs::write(&path, file).expect("the file");
        if let Ok(mut list) = BreachedPasswords::open(&path) {
            for password in &passwords {
                let _ = list.contains(&password.as_str().into());
            }
        }
    }
}
