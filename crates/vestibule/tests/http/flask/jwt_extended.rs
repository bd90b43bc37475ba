//! Cases of Flask-JWT-Extended's tests that no other test here covers.

use vestibule::config::Config;

use crate::support::app::Setup;

#[test]
fn an_algorithm_with_a_pair_of_keys_never_takes_the_secret_for_one() {
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        // With a good secret, for tokens and for cookies, and no key of a pair.
        let figment = Setup::new().release().set("auth.token.algorithm", algorithm).figment;
        let errors = Config::from_figment(&figment).expect_err("no key");
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        let private_key = told[0].starts_with("auth.token.private_key (not set): is missing");
        assert!(private_key, "{told:?}");
    }
}
