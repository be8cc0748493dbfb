//! Where the chains end that this opening of the store appends to, kept in memory from commit to commit.

use std::collections::{BTreeMap, BTreeSet};

use deadpool_postgres::ClientWrapper;

use super::connection::{execute, one, query};
use super::convert::{bytes, number, place, to_column};
use crate::domain::Day;
use crate::store::{ChainId, DecisionRow, Hash, Place, StoreError, chain};

/// Place and hash of the last row of a chain; the place before the first one and no hash when it has none.
pub(super) type End = (u64, Option<Hash>);

/// The chains that were claimed, by their days, with their ends.
#[derive(Clone, Debug)]
pub(super) struct Tips {
    /// By which they are known.
    claim: [u8; 16],
    ends: BTreeMap<Day, (ChainId, End)>,
}

impl Tips {
    /// None yet.
    pub(super) const fn of(claim: [u8; 16]) -> Self {
        Self { claim, ends: BTreeMap::new() }
    }

    /// Forgets what the database may tell otherwise.
    pub(super) fn forget(&mut self) {
        self.ends.clear();
    }

    /// Whether a chain of the day is claimed, or can never be.
    pub(super) fn has(&self, day: Day) -> bool {
        self.ends.contains_key(&day) || ChainId::new(day, 1).is_none()
    }

    /// Whether nobody sealed one of the chains of these days.
    pub(super) async fn are_open(
        &self,
        on: &ClientWrapper,
        days: &BTreeSet<Day>,
    ) -> Result<bool, StoreError> {
        let held = days.iter().filter_map(|day| self.ends.get(day));
        let (days, writers): (Vec<i64>, Vec<i64>) =
            held.map(|(chain, _)| (i64::from(chain.day().number()), i64::from(chain.writer()))).unzip();
        let sql = "SELECT count(*) AS open FROM chains WHERE NOT sealed AND (day, writer) IN \
                   (SELECT * FROM unnest($1::bigint[], $2::bigint[]))";
        Ok(place(&one(on, sql, &[&days, &writers]).await?, "open")? == days.len() as u64)
    }

    /// Has a chain of the day: the one that was claimed and is open, or else the next. Whoever calls holds the lock of
    /// the writers alone.
    pub(super) async fn claim(&mut self, on: &ClientWrapper, day: Day) -> Result<(), StoreError> {
        if self.has(day) {
            return Ok(());
        }
        let (number_of_day, claim) = (i64::from(day.number()), self.claim.as_slice());
        let sql = "SELECT writer FROM chains WHERE day = $1 AND claim = $2 AND NOT sealed";
        let claimed = query(on, sql, &[&number_of_day, &claim]).await?;
        let writer: u16 = if let Some(row) = claimed.first() {
            number(row, "writer")?
        } else {
            let sql = "SELECT coalesce(max(writer), 0) + 1 AS writer FROM chains WHERE day = $1";
            number(&one(on, sql, &[&number_of_day]).await?, "writer")?
        };
        let beyond =
            || StoreError::Conflict { rule: format!("the log cannot hold writer {writer} of {day}") };
        let chain = ChainId::new(day, writer).ok_or_else(beyond)?;
        if claimed.is_empty() {
            let sql = "INSERT INTO chains (day, writer, claim) VALUES ($1, $2, $3)";
            execute(on, sql, &[&number_of_day, &i64::from(writer), &claim]).await?;
        }
        make_partition(on, day).await?;
        self.ends.insert(day, (chain, end_of(on, chain).await?));
        Ok(())
    }

    /// Puts a decision at the end of the chain of its day; its place and hash.
    ///
    /// # Errors
    /// When the log cannot hold its day, or the chain is full.
    pub(super) fn extend(&mut self, row: &DecisionRow) -> Result<(u64, Hash), StoreError> {
        let beyond = || StoreError::Conflict { rule: format!("the log cannot hold {}", row.day) };
        let (chain, end) = self.ends.get_mut(&row.day).ok_or_else(beyond)?;
        let seq = end.0 + 1;
        if Place::of(seq).chain != *chain {
            return Err(StoreError::Conflict { rule: format!("chain {chain} is full") });
        }
        let hash = chain::hash(seq, row, end.1);
        *end = (seq, Some(hash));
        Ok((seq, hash))
    }
}

/// The end of a chain.
pub(super) async fn end_of(on: &ClientWrapper, chain: ChainId) -> Result<End, StoreError> {
    let seqs = chain.seqs();
    let sql = "SELECT seq, hash FROM decisions WHERE seq BETWEEN $1 AND $2 ORDER BY seq DESC LIMIT 1";
    let rows = query(on, sql, &[&to_column(*seqs.start()), &to_column(*seqs.end())]).await?;
    match rows.first() {
        Some(row) => Ok((place(row, "seq")?, Some(bytes(row, "hash")?))),
        None => Ok((*seqs.start(), None)),
    }
}

/// Makes the table of a day's decisions, if there is none. Envelopes do not compress, and stay in their rows.
async fn make_partition(on: &ClientWrapper, day: Day) -> Result<(), StoreError> {
    let (name, from, to) = partition(day);
    let sql = "SELECT to_regclass($1) IS NULL AS missing";
    if !one(on, sql, &[&name]).await?.try_get::<_, bool>("missing")? {
        return Ok(());
    }
    let sql = format!(
        "CREATE TABLE {name} PARTITION OF decisions FOR VALUES FROM ({from}) TO ({to}) \
         WITH (toast_tuple_target = 8160)"
    );
    Ok(on.batch_execute(&sql).await?)
}

/// The name of the table of a day's decisions, and the places that it holds.
pub(super) fn partition(day: Day) -> (String, u64, u64) {
    let number = u64::from(day.number().unsigned_abs());
    (format!("decisions_of_day_{number}"), number << DAY_BITS, (number + 1) << DAY_BITS)
}

/// Bits of a place within a day.
const DAY_BITS: u32 = 46;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_the_places_of_all_its_writers() {
        let day = Day::from_number(17_413);
        let (name, from, to) = partition(day);
        assert_eq!(name, "decisions_of_day_17413");
        for writer in [1, 16_383] {
            let chain = ChainId::new(day, writer).unwrap();
            assert!(from <= *chain.seqs().start() && *chain.seqs().end() < to, "{writer}");
        }
        let next = ChainId::new(Day::from_number(17_414), 1).unwrap();
        assert!(to <= *next.seqs().start());
    }
}
