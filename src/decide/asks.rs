//! How often a token may ask what costs more than to look something up.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::DecideError;
use crate::domain::Timestamp;

/// Questions in one stretch of time, for each token.
const ASKS_MAX: u32 = 30;
/// The stretch, in microseconds.
const STRETCH: i64 = 60 * 1_000_000;
/// Most tokens that are counted at once; beyond them those whose stretch is over are let go of.
const TOKENS_MAX: usize = 10_000;

/// How often each token asked lately.
#[derive(Debug, Default)]
pub(super) struct Asks(Mutex<HashMap<[u8; 32], (Timestamp, u32)>>);

impl Asks {
    /// Counts a question.
    ///
    /// # Errors
    /// When the token asked too often.
    pub(super) fn count(&self, token: &str, now: Timestamp) -> Result<(), DecideError> {
        let token = *blake3::hash(token.as_bytes()).as_bytes();
        let over = |since: &Timestamp| now.micros() - since.micros() >= STRETCH;
        let mut asks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if asks.len() >= TOKENS_MAX {
            asks.retain(|_, (since, _)| !over(since));
            if asks.len() >= TOKENS_MAX {
                return Err(DecideError::TooOften { retry_seconds: 60 });
            }
        }
        let (since, count) = asks.entry(token).or_insert((now, 0));
        if over(since) {
            (*since, *count) = (now, 0);
        }
        if *count == ASKS_MAX {
            let left = STRETCH - (now.micros() - since.micros());
            return Err(DecideError::TooOften {
                retry_seconds: u32::try_from(left / 1_000_000 + 1).unwrap_or(60),
            });
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_may_ask_so_often_a_minute_and_others_beside_it() {
        let asks = Asks::default();
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        for _ in 0..ASKS_MAX {
            asks.count("one", at(0)).unwrap();
        }
        let refused = asks.count("one", at(20)).unwrap_err();
        assert!(matches!(refused, DecideError::TooOften { retry_seconds: 41 }), "{refused:?}");
        asks.count("other", at(20)).unwrap();
        asks.count("one", at(60)).unwrap();
    }

    #[test]
    fn tokens_without_number_do_not_fill_the_memory() {
        let asks = Asks::default();
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        for n in 0..TOKENS_MAX {
            asks.count(&n.to_string(), at(0)).unwrap();
        }
        assert!(asks.count("one more", at(59)).is_err());
        asks.count("one more", at(60)).unwrap();
        assert_eq!(asks.0.lock().unwrap().len(), 1);
    }
}
