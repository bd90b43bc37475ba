//! Properties of what comes from outside, each with random inputs around good ones: 1,000 of them, or as
//! many as `VESTIBULE_FUZZ_CASES` says. A module for each input; those of the service are in `tests/fuzz`.

mod access_keys;
mod app;
mod bearer_header;
mod claims;
mod configuration;
mod cookies;
mod durations;
mod inputs;
mod json_body;
mod jws;
mod local_path;
