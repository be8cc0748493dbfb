//! Heads and seals of chains.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Row;

use super::Postgres;
use super::connection::{execute, one, query};
use super::convert::{bytes, damaged, get, moment, number, place, to_column};
use super::tips::{end_of, partition};
use super::writer::Work;
use crate::domain::{Day, Timestamp};
use crate::store::{Chain, ChainId, Expiry, Hash, Head, Seal, StoreError};

const SEALS: &str = "SELECT ordinal, day, writer, length, root, previous, at, key, signature, expired_at, \
                     expiry_signature FROM seals";

impl Postgres {
    /// See [`crate::store::Store::hashes`].
    pub(in crate::store) async fn hashes(
        &self,
        chain: ChainId,
        after: u32,
        limit: u32,
    ) -> Result<Vec<Hash>, StoreError> {
        let sql = "SELECT hash FROM decisions WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3";
        let (first, last) = (to_column(chain.seq(after)), to_column(*chain.seqs().end()));
        let rows = self.read(sql, &[&first, &last, &i64::from(limit)]).await?;
        rows.iter().map(|row| bytes(row, "hash")).collect()
    }

    /// See [`crate::store::Store::chains`].
    pub(in crate::store) async fn chains(&self, open: bool) -> Result<Vec<Chain>, StoreError> {
        let sql = "SELECT day, writer, sealed, length, root, at, key, signature FROM chains \
                   WHERE NOT (sealed AND $1) ORDER BY day, writer";
        let read = |row: &Row| {
            let signed = get::<Option<&[u8]>>(row, "signature")?.is_some();
            let head = signed.then(|| head(row)).transpose()?;
            Ok(Chain { id: chain(row)?, sealed: get(row, "sealed")?, head })
        };
        self.read(sql, &[&open]).await?.iter().map(read).collect()
    }

    /// See [`crate::store::Store::keep_head`].
    pub(in crate::store) async fn keep_head(&self, head: Head) -> Result<(), StoreError> {
        self.write(head).await
    }

    /// See [`crate::store::Store::seal`].
    pub(in crate::store) async fn seal(&self, seal: Seal) -> Result<bool, StoreError> {
        self.write(seal).await
    }

    /// See [`crate::store::Store::seals`].
    pub(in crate::store) async fn seals(&self, after: u64, limit: u32) -> Result<Vec<Seal>, StoreError> {
        let sql = format!("{SEALS} WHERE ordinal > $1 ORDER BY ordinal LIMIT $2");
        self.read(&sql, &[&to_column(after), &i64::from(limit)]).await?.iter().map(seal).collect()
    }

    /// See [`crate::store::Store::last_seal`].
    pub(in crate::store) async fn last_seal(&self) -> Result<Option<Seal>, StoreError> {
        let rows = self.read(&format!("{SEALS} ORDER BY ordinal DESC LIMIT 1"), &[]).await?;
        rows.first().map(seal).transpose()
    }

    /// See [`crate::store::Store::expire`].
    pub(in crate::store) async fn expire(
        &self,
        chain: ChainId,
        expiry: Expiry,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.write(Expire { chain, expiry, limit }).await
    }
}

impl Work for Head {
    type Answer = ();

    async fn run(&self, on: &ClientWrapper) -> Result<(), StoreError> {
        let sql = "UPDATE chains SET length = $3, root = $4, at = $5, key = $6, signature = $7 \
                   WHERE day = $1 AND writer = $2 AND NOT sealed AND length < $3";
        let (day, writer) = columns(self.chain);
        execute(
            on,
            sql,
            &[
                &day,
                &writer,
                &i64::from(self.length),
                &self.root.as_slice(),
                &self.at.micros(),
                &self.key,
                &self.signature.as_slice(),
            ],
        )
        .await?;
        Ok(())
    }
}

impl Work for Seal {
    type Answer = bool;

    async fn run(&self, on: &ClientWrapper) -> Result<bool, StoreError> {
        let (head, (day, writer)) = (&self.head, columns(self.head.chain));
        let last = "SELECT coalesce(max(ordinal), 0) AS last FROM seals";
        let last = place(&one(on, last, &[]).await?, "last")?;
        let open = "SELECT 1 FROM chains WHERE day = $1 AND writer = $2 AND NOT sealed";
        let open = !query(on, open, &[&day, &writer]).await?.is_empty();
        let (end, _) = end_of(on, head.chain).await?;
        if last + 1 != self.ordinal || !open || end != head.chain.seq(head.length) {
            return Ok(false);
        }
        let sql = "INSERT INTO seals (ordinal, day, writer, length, root, previous, at, key, signature) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        execute(
            on,
            sql,
            &[
                &to_column(self.ordinal),
                &day,
                &writer,
                &i64::from(head.length),
                &head.root.as_slice(),
                &self.previous.as_slice(),
                &head.at.micros(),
                &head.key,
                &head.signature.as_slice(),
            ],
        )
        .await?;
        execute(on, "UPDATE chains SET sealed = true WHERE day = $1 AND writer = $2", &[&day, &writer])
            .await?;
        Ok(true)
    }
}

struct Expire {
    chain: ChainId,
    expiry: Expiry,
    limit: u32,
}

impl Work for Expire {
    type Answer = u64;

    async fn run(&self, on: &ClientWrapper) -> Result<u64, StoreError> {
        let Self { chain, expiry, limit } = self;
        let (day, writer) = columns(*chain);
        let sql = "UPDATE seals SET expired_at = coalesce(expired_at, $3), \
                   expiry_signature = coalesce(expiry_signature, $4) WHERE day = $1 AND writer = $2";
        let sealed =
            execute(on, sql, &[&day, &writer, &expiry.at.micros(), &expiry.signature.as_slice()]).await?;
        if sealed == 0 {
            return Err(StoreError::Conflict { rule: format!("chain {chain} is not sealed") });
        }
        let (first, last) = (to_column(*chain.seqs().start()), to_column(*chain.seqs().end()));
        let sql = "SELECT max(seq) AS until FROM (SELECT seq FROM decisions WHERE seq BETWEEN $1 AND $2 \
                   ORDER BY seq LIMIT $3) AS first";
        let until = one(on, sql, &[&first, &last, &i64::from(*limit)]).await?;
        let Some(until) = get::<Option<i64>>(&until, "until")? else {
            drop_partition(on, chain.day()).await?;
            return Ok(0);
        };
        let aliases = "DELETE FROM subjects USING decisions WHERE decisions.seq BETWEEN $1 AND $2 \
                       AND subjects.tenant = decisions.tenant AND subjects.alias = decisions.alias \
                       AND subjects.subject_key IS NULL";
        execute(on, aliases, &[&first, &until]).await?;
        let ids = "DELETE FROM decision_ids USING decisions WHERE decisions.seq BETWEEN $1 AND $2 \
                   AND decision_ids.tenant = decisions.tenant AND decision_ids.decision_id = decisions.decision_id";
        execute(on, ids, &[&first, &until]).await?;
        execute(on, "DELETE FROM decisions WHERE seq BETWEEN $1 AND $2", &[&first, &until]).await
    }
}

/// Drops the table of a day of which all chains are sealed and no decision is left, and gives its space back.
async fn drop_partition(on: &ClientWrapper, day: Day) -> Result<(), StoreError> {
    let (name, from, to) = partition(day);
    let sql = "SELECT to_regclass($1) IS NOT NULL \
               AND NOT EXISTS (SELECT 1 FROM chains WHERE day = $2 AND NOT sealed) \
               AND NOT EXISTS (SELECT 1 FROM decisions WHERE seq >= $3 AND seq < $4) AS over";
    let key = (i64::from(day.number()), to_column(from), to_column(to));
    if get(&one(on, sql, &[&name, &key.0, &key.1, &key.2]).await?, "over")? {
        on.batch_execute(&format!("DROP TABLE {name}")).await?;
    }
    Ok(())
}

fn columns(chain: ChainId) -> (i64, i64) {
    (chain.day().number().into(), chain.writer().into())
}

fn chain(row: &Row) -> Result<ChainId, StoreError> {
    let (day, writer) = (number(row, "day")?, number(row, "writer")?);
    ChainId::new(Day::from_number(day), writer).ok_or_else(|| damaged("writer"))
}

fn head(row: &Row) -> Result<Head, StoreError> {
    Ok(Head {
        chain: chain(row)?,
        length: number(row, "length")?,
        root: bytes(row, "root")?,
        at: moment(row, "at")?,
        key: get(row, "key")?,
        signature: bytes(row, "signature")?,
    })
}

fn seal(row: &Row) -> Result<Seal, StoreError> {
    let expired_at = get::<Option<i64>>(row, "expired_at")?.map(Timestamp::from_micros);
    let expiry =
        expired_at.map(|at| Ok::<_, StoreError>(Expiry { at, signature: bytes(row, "expiry_signature")? }));
    Ok(Seal {
        ordinal: place(row, "ordinal")?,
        head: head(row)?,
        previous: bytes(row, "previous")?,
        expiry: expiry.transpose()?,
    })
}
