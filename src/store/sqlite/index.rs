//! By which names decisions are found: their own, and the alias of the person.
//!
//! Names are random, so an entry that joins the table touches a page of it that nothing else touched lately; two such pages
//! for each decision, written to the log and then to the file, cost more than the decision itself. So the entries of the newest
//! decisions are kept in memory, and join the table in ascending order, some with each batch, once there are so many that a page takes
//! several. A chain notes up to where its rows are in the table: what is beyond is read from the rows again when a store opens, or when
//! another process appended them. An entry that is told twice is one entry, so nobody has to know who told it.

use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, params};

use super::convert::{bytes, damaged, get, place, to_column};
use crate::domain::Day;
use crate::store::{ChainId, Place, StoreError};

/// A name and the place of a decision that bears it.
type Entry = ([u8; 16], u64);

/// Entries join the table when there are so many that do not: those of 32,768 decisions, 4 MB; fewer where a test has to write them.
const ENTRIES: usize = if cfg!(test) { 64 } else { 65_536 };
/// For each entry that a batch adds so many join the table,
const JOIN_FACTOR: usize = 4;
/// and not fewer than these.
const JOIN_MIN: usize = if cfg!(test) { 8 } else { 64 };
/// So many join at a time when the store closes.
const JOIN_LAST: usize = 8_192;

/// The entries that are not in the table yet, and the way to those that are.
#[derive(Debug, Default)]
pub(super) struct Index(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What is durable and, as far as is known, not in the table.
    recent: BTreeSet<Entry>,
    /// Up to which place the rows of each chain were read.
    ends: BTreeMap<ChainId, u64>,
    /// What the batch under way adds.
    batch: BTreeSet<Entry>,
    /// What the batch under way puts into the table.
    joining: Joining,
    round: Option<Round>,
    /// What SQLite told of the changes of others when the last batch began.
    version_of_others: Option<i64>,
}

/// Going once through all recent entries in ascending order.
#[derive(Debug)]
struct Round {
    /// The last that joined the table; None before the first.
    after: Option<Entry>,
    /// Where the chains ended when the round began: up to there they are in the table when it ends.
    ends: BTreeMap<ChainId, u64>,
}

/// Some entries of a round.
#[derive(Clone, Debug, Default)]
struct Joining {
    entries: Vec<Entry>,
    /// With the last of a round: up to where the chains are then in the table.
    ends: Option<BTreeMap<ChainId, u64>>,
}

impl Index {
    /// Begins a batch, within its transaction: reads what other processes appended.
    pub(super) fn begin(&self, connection: &Connection) -> Result<(), StoreError> {
        let version: i64 =
            connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.state().version_of_others != Some(version) {
            self.catch_up(connection)?;
            self.state().version_of_others = Some(version);
        }
        Ok(())
    }

    /// Adds a decision of the batch under way.
    pub(super) fn add(&self, seq: u64, names: [[u8; 16]; 2]) {
        self.state().batch.extend(names.map(|name| (name, seq)));
    }

    /// Puts some of the recent entries into the table, within the transaction of the batch under way, if it is time.
    pub(super) fn join(&self, connection: &Connection) -> Result<(), StoreError> {
        let joining = {
            let mut state = self.state();
            let count = (JOIN_FACTOR * state.batch.len()).max(JOIN_MIN);
            state.next_to_join(ENTRIES, count)
        };
        joining.map_or(Ok(()), |joining| put(connection, &joining))
    }

    /// The batch is durable.
    pub(super) fn committed(&self) {
        self.state().settle();
    }

    /// The batch was undone.
    pub(super) fn undone(&self) {
        let mut state = self.state();
        state.batch.clear();
        state.joining = Joining::default();
        // Whatever became of it, the next batch looks at what is there.
        state.version_of_others = None;
    }

    /// Puts all entries into the table, in transactions of its own.
    pub(super) fn join_all(&self, connection: &Connection) -> Result<(), StoreError> {
        while !self.state().recent.is_empty() {
            let Some(joining) = self.state().next_to_join(0, JOIN_LAST) else { break };
            let transaction = connection.unchecked_transaction()?;
            put(&transaction, &joining)?;
            transaction.commit()?;
            self.committed();
        }
        Ok(())
    }

    /// Places of decisions that bear a name, ascending, as the batch under way finds them.
    pub(super) fn find_in_batch(
        &self,
        connection: &Connection,
        name: [u8; 16],
    ) -> Result<BTreeSet<u64>, StoreError> {
        let mut found = {
            let state = self.state();
            seqs(&state.recent, name).chain(seqs(&state.batch, name)).collect()
        };
        find_in_table(connection, name, &mut found)?;
        Ok(found)
    }

    /// Places of decisions that bear a name, ascending.
    ///
    /// What is recent is asked first: an entry leaves when it is in the table, so none is missed between the two. No
    /// transaction may be open: it could show the table as it was before.
    pub(super) fn find(&self, connection: &Connection, name: [u8; 16]) -> Result<BTreeSet<u64>, StoreError> {
        self.catch_up(connection)?;
        let mut found = seqs(&self.state().recent, name).collect();
        find_in_table(connection, name, &mut found)?;
        Ok(found)
    }

    /// Reads the entries of rows that nobody told of: those that another process appended, or that were there when the store was
    /// opened.
    fn catch_up(&self, connection: &Connection) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT day, writer, indexed FROM chains WHERE sealed = 0 OR indexed < row_count",
        )?;
        let mut chains = statement.query([])?;
        while let Some(row) = chains.next()? {
            let (day, writer) = (get(row, "day")?, get(row, "writer")?);
            let chain = ChainId::new(Day::from_number(day), writer).ok_or_else(|| damaged("writer"))?;
            let read = self.state().ends.get(&chain).copied().unwrap_or_default();
            let entries = entries_after(connection, chain, read.max(chain.seq(get(row, "indexed")?)))?;
            self.state().read(chain, entries);
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Up to `count` entries that join the table now; none as long as fewer than `enough` are recent and no round is under
    /// way.
    fn next_to_join(&mut self, enough: usize, count: usize) -> Option<Joining> {
        if self.round.is_none() && self.recent.len() >= enough {
            self.round = Some(Round { after: None, ends: self.ends.clone() });
        }
        let round = self.round.as_ref()?;
        let from = round.after.map_or(Bound::Unbounded, Bound::Excluded);
        let entries: Vec<_> = self.recent.range((from, Bound::Unbounded)).take(count).copied().collect();
        let ends = (entries.len() < count).then(|| round.ends.clone());
        self.joining = Joining { entries, ends };
        Some(self.joining.clone())
    }

    /// The batch is durable: its entries are recent, and those that joined the table are not any more.
    fn settle(&mut self) {
        let Joining { entries, ends } = std::mem::take(&mut self.joining);
        for entry in &entries {
            self.recent.remove(entry);
        }
        match (&mut self.round, ends) {
            (round, Some(_)) => *round = None,
            (Some(round), None) => round.after = entries.last().copied().or(round.after),
            (None, None) => {}
        }
        // One by one: to append a set to another builds both anew.
        for (name, seq) in std::mem::take(&mut self.batch) {
            let end = self.ends.entry(ChainId::of(seq)).or_default();
            *end = seq.max(*end);
            self.recent.insert((name, seq));
        }
    }

    /// Entries of a chain were read from its rows.
    fn read(&mut self, chain: ChainId, entries: Vec<Entry>) {
        let last = entries.iter().map(|(_, seq)| *seq).max();
        if let Some(last) = last {
            let end = self.ends.entry(chain).or_default();
            *end = last.max(*end);
        }
        self.recent.extend(entries);
    }
}

/// Deletes the entries of the rows from one place to another, of a chain whose time is over; no more of them join.
pub(super) fn forget(connection: &Connection, chain: ChainId, places: [i64; 2]) -> Result<(), StoreError> {
    for name in ["decision_id", "alias"] {
        let sql = format!(
            "DELETE FROM decision_index WHERE (name, seq) IN \
             (SELECT {name}, seq FROM decisions WHERE seq BETWEEN ?1 AND ?2)"
        );
        connection.prepare_cached(&sql)?.execute(places)?;
    }
    connection
        .prepare_cached("UPDATE chains SET indexed = row_count WHERE day = ?1 AND writer = ?2")?
        .execute(params![chain.day().number(), chain.writer()])?;
    Ok(())
}

fn seqs(entries: &BTreeSet<Entry>, name: [u8; 16]) -> impl Iterator<Item = u64> {
    entries.range((name, 0)..=(name, u64::MAX)).map(|(_, seq)| *seq)
}

fn find_in_table(
    connection: &Connection,
    name: [u8; 16],
    found: &mut BTreeSet<u64>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("SELECT seq FROM decision_index WHERE name = ?1")?;
    let mut rows = statement.query([name])?;
    while let Some(row) = rows.next()? {
        found.insert(place(row, "seq")?);
    }
    Ok(())
}

/// The entries of the rows of a chain after a place.
fn entries_after(connection: &Connection, chain: ChainId, after: u64) -> Result<Vec<Entry>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, decision_id, alias FROM decisions WHERE seq > ?1 AND seq <= ?2 ORDER BY seq",
    )?;
    let mut rows = statement.query([to_column(after), to_column(*chain.seqs().end())])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let seq = place(row, "seq")?;
        entries.extend([(bytes(row, "decision_id")?, seq), (bytes(row, "alias")?, seq)]);
    }
    Ok(entries)
}

/// Puts entries into the table, but those of chains whose time is over.
fn put(connection: &Connection, joining: &Joining) -> Result<(), StoreError> {
    let mut is_over = BTreeMap::new();
    let mut insert =
        connection.prepare_cached("INSERT INTO decision_index VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    for (name, seq) in &joining.entries {
        let is_over = match is_over.entry(ChainId::of(*seq)) {
            btree_map::Entry::Occupied(known) => *known.get(),
            btree_map::Entry::Vacant(unknown) => *unknown.insert(has_expired(connection, ChainId::of(*seq))?),
        };
        if !is_over {
            insert.execute(params![name, to_column(*seq)])?;
        }
    }
    for (chain, end) in joining.ends.iter().flatten() {
        connection
            .prepare_cached("UPDATE chains SET indexed = ?3 WHERE day = ?1 AND writer = ?2 AND indexed < ?3")?
            .execute(params![chain.day().number(), chain.writer(), Place::of(*end).index])?;
    }
    Ok(())
}

fn has_expired(connection: &Connection, chain: ChainId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM seals WHERE day = ?1 AND writer = ?2 AND expired_at IS NOT NULL";
    Ok(connection.prepare_cached(sql)?.exists(params![chain.day().number(), chain.writer()])?)
}

#[cfg(test)]
mod tests;
