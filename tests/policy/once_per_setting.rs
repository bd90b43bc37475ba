//! Values that several tests share.

use std::sync::{Mutex, PoisonError};

use super::fixture::Setting;

type Slot<T> = &'static Mutex<Option<T>>;

/// A value that is computed once for each setting; concurrent callers wait for it.
pub(crate) struct OncePerSetting<T: 'static>(Mutex<Vec<(Setting, Slot<T>)>>);

impl<T: Clone> OncePerSetting<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(crate) fn get(&self, setting: Setting, make: impl FnOnce(Setting) -> T) -> T {
        let mut slot = self.slot(setting).lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert_with(|| make(setting)).clone()
    }

    fn slot(&self, setting: Setting) -> Slot<T> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match slots.iter().find(|(known, _)| *known == setting) {
            Some((_, slot)) => slot,
            None => {
                let slot: Slot<T> = Box::leak(Box::default());
                slots.push((setting, slot));
                slot
            }
        }
    }
}
