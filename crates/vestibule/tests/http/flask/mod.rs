//! Cases from the tests of Flask's libraries that no other test here covers.

mod jwt;
mod jwt_extended;
mod login;
