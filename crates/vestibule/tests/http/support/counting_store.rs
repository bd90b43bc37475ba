//! The store in memory, which counts its calls and can be made to fail.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rocket::futures::FutureExt;
use time::OffsetDateTime;
use vestibule::Error;
use vestibule::sign_ins::{
    Amr, MemorySignInStore, RefreshAttempt, Rotation, SignIn, SignInId, SignInStore, SignInUse,
};

#[derive(Clone, Default)]
pub(crate) struct CountingStore {
    rows: MemorySignInStore,
    broken: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
    gets: Arc<AtomicUsize>,
}

impl CountingStore {
    /// Counts a call, and fails it when broken.
    fn rows(&self) -> Result<&MemorySignInStore, Error> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.broken.load(Ordering::SeqCst) {
            return Err(Error::unavailable(io::Error::other("the store is down")));
        }
        Ok(&self.rows)
    }

    /// Makes every call fail from now on, or work again.
    pub(crate) fn break_down(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    /// How many calls there were.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// How many of them looked a sign-in up.
    pub(crate) fn gets(&self) -> usize {
        self.gets.load(Ordering::SeqCst)
    }

    /// How many sign-ins are active.
    pub(crate) fn len(&self) -> usize {
        self.rows.all().len()
    }

    /// The only sign-in there is.
    pub(crate) fn only(&self) -> SignIn {
        let mut rows = self.rows.all();
        assert_eq!(rows.len(), 1, "sign-ins");
        rows.remove(0)
    }

    /// The sign-in of this id.
    pub(crate) fn row(&self, id: &str) -> SignIn {
        let found = self.rows.all().into_iter().find(|row| row.id.as_str() == id);
        found.expect("a sign-in of this id")
    }

    /// Changes a row without the library's knowledge.
    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut SignIn)) {
        let mut row = self.row(id);
        self.rows.end(&row.id).now_or_never().expect("no wait").expect("an end");
        change(&mut row);
        self.rows.open(&row).now_or_never().expect("no wait").expect("a row");
    }

    /// The sign-ins of one account.
    pub(crate) fn all_of(&self, account: &str) -> Vec<SignIn> {
        self.rows.all().into_iter().filter(|row| row.account == account).collect()
    }

    /// Ends everything, as an administrator would, without a call being counted.
    pub(crate) fn clear(&self) {
        self.rows.clear();
    }

    /// Sets the last use, as the background writer would.
    pub(crate) fn touch_all(&self, at: OffsetDateTime) {
        for row in self.rows.all() {
            self.rows
                .seen(&SignInUse::new(row.id, at))
                .now_or_never()
                .expect("no wait")
                .expect("a row");
        }
    }
}

#[rocket::async_trait]
impl SignInStore for CountingStore {
    async fn open(&self, sign_in: &SignIn) -> Result<(), Error> {
        self.rows()?.open(sign_in).await
    }

    async fn get(&self, id: &SignInId) -> Result<Option<SignIn>, Error> {
        self.gets.fetch_add(1, Ordering::SeqCst);
        self.rows()?.get(id).await
    }

    async fn seen(&self, used: &SignInUse) -> Result<(), Error> {
        self.rows()?.seen(used).await
    }

    async fn rotate(&self, id: &SignInId, attempt: RefreshAttempt) -> Result<Rotation, Error> {
        self.rows()?.rotate(id, attempt).await
    }

    async fn confirm(
        &self,
        id: &SignInId,
        at: OffsetDateTime,
        amr: Amr,
    ) -> Result<Option<Amr>, Error> {
        self.rows()?.confirm(id, at, amr).await
    }

    async fn end(&self, id: &SignInId) -> Result<bool, Error> {
        self.rows()?.end(id).await
    }

    async fn end_all(&self, account: &str, except: Option<&SignInId>) -> Result<u64, Error> {
        self.rows()?.end_all(account, except).await
    }

    async fn list(&self, account: &str) -> Result<Vec<SignIn>, Error> {
        self.rows()?.list(account).await
    }
}
