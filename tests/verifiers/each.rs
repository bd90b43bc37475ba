//! Verifies each token of a file, by the keys in another, with the program of docs/VERIFYING.md.

mod verifier;

fn main() {
    let mut names = std::env::args().skip(1);
    let mut file = || std::fs::read_to_string(names.next().expect("a name")).expect("a file");
    let (tokens, keys) = (file(), file());
    let keys = serde_json::from_str(&keys).expect("a JWK set");
    for line in tokens.lines() {
        let (title, token) = line.split_once('\t').expect("a title");
        let verdict = if verifier::verify(token, &keys).is_ok() { "accepted" } else { "refused" };
        println!("{title}: {verdict}");
    }
}
