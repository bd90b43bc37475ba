//! What every store of second factors must do.

use rocket::futures::future::join_all;

use crate::second_factor::{Authenticator, RecoveryCodes, SecondFactorStore};

/// A step that no clock has reached.
const STEP: i64 = 1 << 40;

/// Checks a store of your own against the contract of [`SecondFactorStore`]: each code is accepted once,
/// even by concurrent requests, and for its own account only.
///
/// The first account has this authenticator and these two recovery codes; the second has neither. Both
/// codes and all time steps of the first are used up.
///
/// # Panics
/// With the first rule that the store does not keep.
///
/// ```
/// use vestibule::second_factors::{Authenticator, RecoveryCodes, SecondFactorStore};
/// use vestibule::testing::check_second_factor_store;
///
/// async fn keeps_the_contract(store: &impl SecondFactorStore) -> Result<(), vestibule::Error> {
///     let (authenticator, codes) = (Authenticator::generate()?, RecoveryCodes::generate()?);
///     // ... store them for account "1" ...
///     let codes = [codes.reveal()[0].as_str(), codes.reveal()[1].as_str()];
///     check_second_factor_store(store, ["1", "2"], &authenticator, codes).await;
///     Ok(())
/// }
/// ```
pub async fn check_second_factor_store(
    store: &(impl SecondFactorStore + ?Sized),
    [account, other]: [&str; 2],
    authenticator: &Authenticator,
    recovery_codes: [&str; 2],
) {
    let found = store.authenticator(account).await.expect("an answer");
    assert!(found.as_ref() == Some(authenticator), "the authenticator comes back as it was stored");
    let found = store.authenticator(other).await.expect("an answer");
    assert!(found.is_none(), "an account has no authenticator of another");

    let use_step =
        async |account: &str, step| store.use_step(account, step).await.expect("an answer");
    assert!(!use_step(other, STEP).await, "without an authenticator no step counts");
    assert!(use_step(account, STEP).await, "a step counts");
    assert!(!use_step(account, STEP).await, "a step counts once");
    assert!(!use_step(account, STEP - 1).await, "no step counts after a later one");
    assert!(use_step(account, STEP + 1).await, "the next step counts");
    let all = join_all((0..20).map(|_| use_step(account, STEP + 2))).await;
    assert_eq!(count(&all), 1, "of twenty uses of a step at once, one counts");

    let digests = recovery_codes.map(|code| RecoveryCodes::digest(code).expect("a recovery code"));
    let [first, second] = digests.each_ref().map(String::as_str);
    let use_code = async |account: &str, digest| {
        store.use_recovery_code(account, digest).await.expect("an answer")
    };
    assert!(!use_code(other, first).await, "an account has no recovery code of another");
    assert!(use_code(account, first).await, "a recovery code counts");
    assert!(!use_code(account, first).await, "a recovery code counts once");
    let all = join_all((0..20).map(|_| use_code(account, second))).await;
    assert_eq!(count(&all), 1, "of twenty uses of a recovery code at once, one counts");
}

fn count(answers: &[bool]) -> usize {
    answers.iter().filter(|counted| **counted).count()
}
