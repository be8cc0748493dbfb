//! Heads and seals of chains.

use rusqlite::{Connection, Row, params};

use super::convert::{bytes, damaged, get, moment, place, to_column};
use super::decisions::end_of;
use super::{Sqlite, index};
use crate::domain::{Day, Timestamp};
use crate::store::{Chain, ChainId, Expiry, Hash, Head, Seal, StoreError};

impl Sqlite {
    /// See [`crate::store::Store::hashes`].
    pub(in crate::store) async fn hashes(
        &self,
        chain: ChainId,
        after: u32,
        limit: u32,
    ) -> Result<Vec<Hash>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT hash FROM decisions WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3",
            )?;
            let (first, last) = (to_column(chain.seq(after)), to_column(*chain.seqs().end()));
            let mut rows = statement.query(params![first, last, limit])?;
            let mut hashes = Vec::new();
            while let Some(row) = rows.next()? {
                hashes.push(bytes(row, "hash")?);
            }
            Ok(hashes)
        })
        .await
    }

    /// See [`crate::store::Store::chains`].
    pub(in crate::store) async fn chains(&self, open: bool) -> Result<Vec<Chain>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT day, writer, sealed, length, root, at, key, signature FROM chains \
                 WHERE sealed = 0 OR NOT ?1 ORDER BY day, writer",
            )?;
            let mut rows = statement.query([open])?;
            let mut chains = Vec::new();
            while let Some(row) = rows.next()? {
                let signed: Option<Vec<u8>> = get(row, "signature")?;
                let head = signed.is_some().then(|| head(row)).transpose()?;
                chains.push(Chain { id: chain(row)?, sealed: get(row, "sealed")?, head });
            }
            Ok(chains)
        })
        .await
    }

    /// See [`crate::store::Store::keep_head`].
    pub(in crate::store) async fn keep_head(&self, head: Head) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "UPDATE chains SET length = ?3, root = ?4, at = ?5, key = ?6, signature = ?7 \
                     WHERE day = ?1 AND writer = ?2 AND sealed = 0 AND length < ?3",
                )?
                .execute(params![
                    head.chain.day().number(),
                    head.chain.writer(),
                    head.length,
                    head.root,
                    head.at.micros(),
                    head.key,
                    head.signature,
                ])?;
            Ok(())
        })
        .await
    }

    /// See [`crate::store::Store::seal`].
    pub(in crate::store) async fn seal(&self, seal: Seal) -> Result<bool, StoreError> {
        self.write(move |connection| keep_seal(connection, &seal)).await
    }

    /// See [`crate::store::Store::seals`].
    pub(in crate::store) async fn seals(&self, after: u64, limit: u32) -> Result<Vec<Seal>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT * FROM seals WHERE ordinal > ?1 ORDER BY ordinal LIMIT ?2")?;
            let mut rows = statement.query(params![to_column(after), limit])?;
            let mut seals = Vec::new();
            while let Some(row) = rows.next()? {
                seals.push(seal(row)?);
            }
            Ok(seals)
        })
        .await
    }

    /// See [`crate::store::Store::last_seal`].
    pub(in crate::store) async fn last_seal(&self) -> Result<Option<Seal>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM seals ORDER BY ordinal DESC LIMIT 1")?;
            let mut rows = statement.query([])?;
            rows.next()?.map(seal).transpose()
        })
        .await
    }

    /// See [`crate::store::Store::expire`].
    pub(in crate::store) async fn expire(
        &self,
        chain: ChainId,
        expiry: Expiry,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.write(move |connection| expire(connection, chain, &expiry, limit)).await
    }
}

fn keep_seal(connection: &Connection, seal: &Seal) -> Result<bool, StoreError> {
    let (head, chain) = (&seal.head, seal.head.chain);
    let last: i64 = connection
        .prepare_cached("SELECT coalesce(max(ordinal), 0) FROM seals")?
        .query_row([], |row| row.get(0))?;
    let open = connection
        .prepare_cached("SELECT 1 FROM chains WHERE day = ?1 AND writer = ?2 AND sealed = 0")?
        .exists(params![chain.day().number(), chain.writer()])?;
    let (end, _) = end_of(connection, chain)?;
    if last + 1 != to_column(seal.ordinal) || !open || end != chain.seq(head.length) {
        return Ok(false);
    }
    connection
        .prepare_cached(
            "INSERT INTO seals (ordinal, day, writer, length, root, previous, at, key, signature) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            to_column(seal.ordinal),
            chain.day().number(),
            chain.writer(),
            head.length,
            head.root,
            seal.previous,
            head.at.micros(),
            head.key,
            head.signature,
        ])?;
    connection
        .prepare_cached("UPDATE chains SET sealed = 1, row_count = ?3 WHERE day = ?1 AND writer = ?2")?
        .execute(params![chain.day().number(), chain.writer(), head.length])?;
    Ok(true)
}

fn expire(connection: &Connection, chain: ChainId, expiry: &Expiry, limit: u32) -> Result<u64, StoreError> {
    let known = connection
        .prepare_cached(
            "UPDATE seals SET expired_at = ?3, expiry_signature = ?4 \
             WHERE day = ?1 AND writer = ?2 AND expired_at IS NULL",
        )?
        .execute(params![chain.day().number(), chain.writer(), expiry.at.micros(), expiry.signature])?;
    let expired = known > 0
        || connection
            .prepare_cached("SELECT 1 FROM seals WHERE day = ?1 AND writer = ?2")?
            .exists(params![chain.day().number(), chain.writer()])?;
    if !expired {
        return Err(StoreError::Conflict { rule: format!("chain {chain} is not sealed") });
    }
    let seqs = chain.seqs();
    let bounds = params![to_column(*seqs.start()), to_column(*seqs.end()), limit];
    let until: Option<i64> = connection
        .prepare_cached(
            "SELECT max(seq) FROM (SELECT seq FROM decisions WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq LIMIT ?3)",
        )?
        .query_row(bounds, |row| row.get(0))?;
    let Some(until) = until else { return Ok(0) };
    let places = [to_column(*seqs.start()), until];
    index::forget(connection, chain, places)?;
    connection
        .prepare_cached(
            "DELETE FROM subjects WHERE subject_key IS NULL AND (tenant, alias) IN \
             (SELECT tenant, alias FROM decisions WHERE seq BETWEEN ?1 AND ?2)",
        )?
        .execute(places)?;
    let deleted =
        connection.prepare_cached("DELETE FROM decisions WHERE seq BETWEEN ?1 AND ?2")?.execute(places)?;
    Ok(deleted as u64)
}

fn chain(row: &Row<'_>) -> Result<ChainId, StoreError> {
    let (day, writer) = (get(row, "day")?, get(row, "writer")?);
    ChainId::new(Day::from_number(day), writer).ok_or_else(|| damaged("writer"))
}

fn head(row: &Row<'_>) -> Result<Head, StoreError> {
    Ok(Head {
        chain: chain(row)?,
        length: get(row, "length")?,
        root: bytes(row, "root")?,
        at: moment(row, "at")?,
        key: get(row, "key")?,
        signature: bytes(row, "signature")?,
    })
}

fn seal(row: &Row<'_>) -> Result<Seal, StoreError> {
    let expired_at: Option<i64> = get(row, "expired_at")?;
    let expiry = expired_at.map(|at| {
        let at = Timestamp::from_micros(at);
        Ok::<_, StoreError>(Expiry { at, signature: bytes(row, "expiry_signature")? })
    });
    Ok(Seal {
        ordinal: place(row, "ordinal")?,
        head: head(row)?,
        previous: bytes(row, "previous")?,
        expiry: expiry.transpose()?,
    })
}
