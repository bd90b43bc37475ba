//! The line at launch that says how requests are authenticated.

use crate::config::{Config, Location, SessionPolicy};

/// Describes how requests are authenticated.
pub(super) fn summary(config: &Config, has_store: bool) -> String {
    let mode = config.mode.as_str();
    let store = if has_store { "sign-ins in a store" } else { "no store: nothing can be ended" };
    if !config.mode.has_tokens() {
        return format!("mode {mode}, {store}");
    }
    let locations: Vec<_> =
        config.token.locations.iter().map(|&found| Location::as_str(found)).collect();
    let locations = locations.join(" and ");
    let cookies = match config.policy {
        SessionPolicy::UnlessToken => "session cookies unless a token is presented",
        SessionPolicy::Always => "session cookies always",
        SessionPolicy::Never => "no session cookies",
    };
    format!("mode {mode}, {store}, tokens in {locations}; {cookies}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Mode;

    #[test]
    fn it_names_the_mode_the_store_the_locations_and_the_policy() {
        let mut config = Config::default();
        config.token.locations = vec![Location::Header, Location::Cookies];
        assert_eq!(
            summary(&config, true),
            "mode both, sign-ins in a store, tokens in header and cookies; session cookies unless a \
             token is presented"
        );
        config.mode = Mode::Session;
        assert_eq!(summary(&config, false), "mode session, no store: nothing can be ended");
    }
}
