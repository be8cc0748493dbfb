//! Erasing, putting right and wrapping anew, and the trail of rights.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Row;

use super::connection::{execute, one};
use super::convert::{bytes, damaged, get, moment, number, parsed, place, to_column};
use super::writer::Work;
use super::{Postgres, naming, subjects};
use crate::domain::{FieldError, SubjectKey, SubjectMark, TenantId, Timestamp};
use crate::store::{Erasure, Gone, Pulse, Right, RightRow, StoreError, StoredRight, SubjectRow, Suppression};

/// The tables of which rows are deleted or written over when a person is erased or keys are wrapped anew.
const CLEANED: &str = "subjects, events, event_ids, choices, feedback, renamings";

impl Postgres {
    /// See [`crate::store::Store::erase`].
    pub(in crate::store) async fn erase(&self, erasure: Erasure) -> Result<Gone, StoreError> {
        self.write(erasure).await
    }

    /// See [`crate::store::Store::suppress`].
    pub(in crate::store) async fn suppress(&self, suppression: Suppression) -> Result<bool, StoreError> {
        self.write(suppression).await
    }

    /// See [`crate::store::Store::suppressions`].
    pub(in crate::store) async fn suppressions(
        &self,
        after: Option<(TenantId, SubjectMark)>,
        limit: u32,
    ) -> Result<Vec<Suppression>, StoreError> {
        let (tenant, mark) = match &after {
            Some((tenant, mark)) => (tenant.as_str(), mark.as_bytes().as_slice()),
            None => ("", [].as_slice()),
        };
        let sql = "SELECT tenant, mark, erased_at FROM suppressions WHERE (tenant, mark) > ($1, $2) \
                   ORDER BY tenant, mark LIMIT $3";
        let read = |row: &Row| {
            Ok(Suppression {
                tenant: parsed(row, "tenant", TenantId::parse)?,
                mark: SubjectMark::from_bytes(bytes(row, "mark")?),
                erased_at: moment(row, "erased_at")?,
            })
        };
        self.read(sql, &[&tenant, &mark, &i64::from(limit)]).await?.iter().map(read).collect()
    }

    /// See [`crate::store::Store::suppressed_at`].
    pub(in crate::store) async fn suppressed_at(
        &self,
        tenant: &TenantId,
        at: Timestamp,
    ) -> Result<Vec<SubjectMark>, StoreError> {
        let sql = "SELECT mark FROM suppressions WHERE tenant = $1 AND erased_at = $2";
        let rows = self.read(sql, &[&tenant.as_str(), &at.micros()]).await?;
        rows.iter().map(|row| Ok(SubjectMark::from_bytes(bytes(row, "mark")?))).collect()
    }

    /// See [`crate::store::Store::people`].
    pub(in crate::store) async fn people(
        &self,
        after: Option<(TenantId, SubjectKey)>,
        limit: u32,
    ) -> Result<Vec<(TenantId, SubjectKey)>, StoreError> {
        let (tenant, subject) = match &after {
            Some((tenant, subject)) => (tenant.as_str(), subject.as_bytes().as_slice()),
            None => ("", [].as_slice()),
        };
        let beyond = "WHERE subject_key IS NOT NULL AND (tenant, subject_key) > ($1, $2)";
        let of = |table: &str| format!("SELECT tenant, subject_key FROM {table} {beyond}");
        let union = ["subjects", "events", "event_ids", "choices"].map(of).join(" UNION ");
        let sql = format!("{union} ORDER BY tenant, subject_key LIMIT $3");
        let read = |row: &Row| {
            let subject = SubjectKey::from_bytes(bytes(row, "subject_key")?);
            Ok((parsed(row, "tenant", TenantId::parse)?, subject))
        };
        self.read(&sql, &[&tenant, &subject, &i64::from(limit)]).await?.iter().map(read).collect()
    }

    /// See [`crate::store::Store::record_right`].
    pub(in crate::store) async fn record_right(&self, row: RightRow) -> Result<u64, StoreError> {
        self.write(row).await
    }

    /// See [`crate::store::Store::rights`].
    pub(in crate::store) async fn rights(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredRight>, StoreError> {
        let sql = "SELECT seq, tenant, mark, name, at, by_key, assurance, wrapped_by FROM rights \
                   WHERE seq > $1 ORDER BY seq LIMIT $2";
        self.read(sql, &[&to_column(after), &i64::from(limit)]).await?.iter().map(read).collect()
    }

    /// See [`crate::store::Store::pulse`].
    pub(in crate::store) async fn pulse(&self) -> Result<Pulse, StoreError> {
        let sql = "SELECT (SELECT coalesce(max(seq), 0) FROM rights) AS rights, \
                   (SELECT coalesce(max(seq), 0) FROM events) AS events, \
                   (SELECT coalesce(max(seq), 0) FROM choices) AS choices, \
                   (SELECT coalesce(max(seq), 0) FROM renamings) AS renamings, \
                   (SELECT version FROM wrapping WHERE id = 0) AS wrapping, \
                   (SELECT version FROM naming WHERE id = 0) AS naming";
        let rows = self.read(sql, &[]).await?;
        let row = rows.first().ok_or_else(|| damaged("wrapping"))?;
        Ok(Pulse {
            rights: place(row, "rights")?,
            events: place(row, "events")?,
            choices: place(row, "choices")?,
            renamings: place(row, "renamings")?,
            wrapping: number(row, "wrapping")?,
            naming: number(row, "naming")?,
        })
    }

    /// See [`crate::store::Store::raise_wrapping`].
    pub(in crate::store) async fn raise_wrapping(&self, version: u32) -> Result<(), StoreError> {
        self.write(Raise(version)).await
    }

    /// See [`crate::store::Store::rewrap`].
    pub(in crate::store) async fn rewrap(&self, rows: Vec<SubjectRow>) -> Result<(), StoreError> {
        self.write(Rewrap(rows)).await
    }

    /// See [`crate::store::Store::scrub`]. Gives the space of deleted rows back. Bytes of theirs may stay in pages, in
    /// the log of the server and in its copies: there, only the loss of the wrapping key makes them unreadable.
    pub(in crate::store) async fn scrub(&self) -> Result<(), StoreError> {
        self.cleaner.run(&format!("VACUUM {CLEANED}")).await
    }
}

/// The oldest wrapping key that may still be used.
pub(super) async fn wrapping(on: &ClientWrapper) -> Result<u32, StoreError> {
    number(&one(on, "SELECT version FROM wrapping WHERE id = 0", &[]).await?, "version")
}

struct Raise(u32);

impl Work for Raise {
    type Answer = ();

    async fn run(&self, on: &ClientWrapper) -> Result<(), StoreError> {
        let version = i64::from(self.0);
        execute(on, "UPDATE wrapping SET version = $1 WHERE version < $1", &[&version]).await?;
        Ok(())
    }
}

struct Rewrap(Vec<SubjectRow>);

impl Work for Rewrap {
    type Answer = ();

    async fn run(&self, on: &ClientWrapper) -> Result<(), StoreError> {
        let tenants: Vec<&str> = self.0.iter().map(|row| row.tenant.as_str()).collect();
        let aliases: Vec<&[u8]> = self.0.iter().map(|row| row.alias.as_bytes().as_slice()).collect();
        let keys: Vec<&[u8]> = self.0.iter().map(|row| row.wrapped_data_key.as_slice()).collect();
        let versions: Vec<i64> = self.0.iter().map(|row| row.wrapped_by.into()).collect();
        let sql = "UPDATE subjects SET wrapped_data_key = anew.key, wrapped_by = anew.version \
                   FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bigint[]) \
                   AS anew (tenant, alias, key, version) \
                   WHERE subjects.tenant = anew.tenant AND subjects.alias = anew.alias \
                   AND subjects.wrapped_by < anew.version";
        execute(on, sql, &[&tenants, &aliases, &keys, &versions]).await?;
        Ok(())
    }
}

impl Work for Erasure {
    type Answer = Gone;

    async fn run(&self, on: &ClientWrapper) -> Result<Gone, StoreError> {
        let Self { subjects: named, named_by, marks, entry } = self;
        let version = naming::naming(on).await?;
        if named_by.is_some_and(|named_by| named_by < version) {
            return Err(StoreError::OldName);
        }
        let mut gone = Gone::default();
        for subject in named {
            erase_subject(on, &entry.tenant, subject, &mut gone).await?;
        }
        for mark in marks {
            let (tenant, mark) = (entry.tenant.clone(), *mark);
            Suppression { tenant, mark, erased_at: entry.at }.run(on).await?;
        }
        (_, gone.wrapped_by) = record(on, entry).await?;
        Ok(gone)
    }
}

async fn erase_subject(
    on: &ClientWrapper,
    tenant: &TenantId,
    subject: &SubjectKey,
    gone: &mut Gone,
) -> Result<(), StoreError> {
    for row in subjects::of_subject(on, tenant, subject).await? {
        let (tenant, alias) = (tenant.as_str(), row.alias.as_bytes().as_slice());
        subjects::delete(on, tenant, alias).await?;
        let sql = "SELECT count(*) AS decisions FROM decisions WHERE tenant = $1 AND alias = $2";
        gone.decisions += place(&one(on, sql, &[&tenant, &alias]).await?, "decisions")?;
    }
    let delete = |table: &str| format!("DELETE FROM {table} WHERE tenant = $1 AND subject_key = $2");
    let (tenant, subject) = (tenant.as_str(), subject.as_bytes().as_slice());
    gone.events += execute(on, &delete("events"), &[&tenant, &subject]).await?;
    gone.choices += execute(on, &delete("choices"), &[&tenant, &subject]).await?;
    execute(on, &delete("event_ids"), &[&tenant, &subject]).await?;
    // Other processes drop the person by the marks of both names.
    execute(on, &delete("renamings"), &[&tenant, &subject]).await?;
    Ok(())
}

impl Work for Suppression {
    type Answer = bool;

    async fn run(&self, on: &ClientWrapper) -> Result<bool, StoreError> {
        let sql = "INSERT INTO suppressions VALUES ($1, $2, $3) ON CONFLICT (tenant, mark) \
                   DO UPDATE SET erased_at = excluded.erased_at \
                   WHERE suppressions.erased_at < excluded.erased_at";
        let (mark, at) = (self.mark.as_bytes().as_slice(), self.erased_at.micros());
        Ok(execute(on, sql, &[&self.tenant.as_str(), &mark, &at]).await? > 0)
    }
}

impl Work for RightRow {
    type Answer = u64;

    async fn run(&self, on: &ClientWrapper) -> Result<u64, StoreError> {
        record(on, self).await.map(|(seq, _)| seq)
    }
}

/// Appends to the trail; the place, and the wrapping key of the moment.
async fn record(on: &ClientWrapper, row: &RightRow) -> Result<(u64, u32), StoreError> {
    let wrapped_by = wrapping(on).await?;
    let sql = "INSERT INTO rights (tenant, mark, name, at, by_key, assurance, wrapped_by) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING seq";
    let kept = one(
        on,
        sql,
        &[
            &row.tenant.as_str(),
            &row.mark.as_bytes().as_slice(),
            &row.right.name(),
            &row.at.micros(),
            &row.by_key,
            &row.assurance,
            &i64::from(wrapped_by),
        ],
    )
    .await?;
    Ok((place(&kept, "seq")?, wrapped_by))
}

fn read(row: &Row) -> Result<StoredRight, StoreError> {
    let right = |name: &str| Right::of_name(name).ok_or_else(|| FieldError::new("name", "is unknown"));
    Ok(StoredRight {
        seq: place(row, "seq")?,
        row: RightRow {
            tenant: parsed(row, "tenant", TenantId::parse)?,
            mark: SubjectMark::from_bytes(bytes(row, "mark")?),
            right: parsed(row, "name", right)?,
            at: moment(row, "at")?,
            by_key: get(row, "by_key")?,
            assurance: get(row, "assurance")?,
        },
        wrapped_by: number(row, "wrapped_by")?,
    })
}
