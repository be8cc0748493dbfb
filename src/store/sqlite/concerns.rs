//! Feedback and concerns.

use rusqlite::{Connection, Params, Row, params};
use uuid::Uuid;

use super::Sqlite;
use super::convert::{bytes, get, moment, parsed, place, to_column};
use crate::domain::{
    Alias, ConcernId, ConcernOutcome, ConcernTopic, DecisionId, FeedbackKind, FieldError, TenantId, Timestamp,
};
use crate::store::{
    AnswerRow, Answered, AppendedConcern, CONCERNS_PER_DECISION_MAX, ConcernRow, FeedbackCount, FeedbackRow,
    StoreError, StoredConcern,
};

impl Sqlite {
    /// See [`crate::store::Store::append_concern`].
    pub(in crate::store) async fn append_concern(
        &self,
        row: ConcernRow,
    ) -> Result<AppendedConcern, StoreError> {
        self.write(move |connection| append(connection, &row)).await
    }

    /// See [`crate::store::Store::concern`].
    pub(in crate::store) async fn concern(
        &self,
        tenant: &TenantId,
        id: &ConcernId,
    ) -> Result<Option<StoredConcern>, StoreError> {
        let (tenant, id) = (tenant.clone(), id.clone());
        self.read(move |connection| by_id(connection, &tenant, &id)).await
    }

    /// See [`crate::store::Store::concerns`].
    pub(in crate::store) async fn concerns(
        &self,
        tenant: &TenantId,
        open: bool,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredConcern>, StoreError> {
        let tenant = tenant.clone();
        self.read(move |connection| {
            let page = if open {
                "WHERE tenant = ?1 AND seq > ?2 AND answered_at IS NULL ORDER BY seq LIMIT ?3"
            } else {
                "WHERE tenant = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"
            };
            select(connection, page, params![tenant.as_str(), to_column(after), limit])
        })
        .await
    }

    /// See [`crate::store::Store::concerns_of`].
    pub(in crate::store) async fn concerns_of(
        &self,
        tenant: &TenantId,
        alias: Alias,
    ) -> Result<Vec<StoredConcern>, StoreError> {
        let tenant = tenant.clone();
        self.read(move |connection| {
            let of_person = "WHERE tenant = ?1 AND alias = ?2 ORDER BY seq";
            select(connection, of_person, params![tenant.as_str(), alias.as_bytes()])
        })
        .await
    }

    /// See [`crate::store::Store::answer_concern`].
    pub(in crate::store) async fn answer_concern(
        &self,
        tenant: &TenantId,
        id: &ConcernId,
        answer: AnswerRow,
    ) -> Result<Answered, StoreError> {
        let (tenant, id) = (tenant.clone(), id.clone());
        self.write(move |connection| {
            let Some(known) = by_id(connection, &tenant, &id)? else {
                return Ok(Answered::Unknown);
            };
            if known.row.answer.is_some() {
                return Ok(Answered::Before(Box::new(known)));
            }
            let AnswerRow { at, outcome, text } = &answer;
            connection
                .prepare_cached(
                    "UPDATE concerns SET answered_at = ?1, outcome = ?2, answer = ?3 WHERE seq = ?4",
                )?
                .execute(params![at.micros(), outcome.name(), text, to_column(known.seq)])?;
            Ok(Answered::Now)
        })
        .await
    }

    /// See [`crate::store::Store::append_feedback`].
    pub(in crate::store) async fn append_feedback(&self, row: FeedbackRow) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let kept = connection
                .prepare_cached(
                    "INSERT INTO feedback (tenant, decision_id, ad, kind, alias, at) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    row.tenant.as_str(),
                    row.decision.as_bytes(),
                    row.ad,
                    row.kind.name(),
                    row.alias.as_bytes(),
                    row.at.micros(),
                ])?;
            Ok(kept > 0)
        })
        .await
    }

    /// See [`crate::store::Store::feedback_of`].
    pub(in crate::store) async fn feedback_of(
        &self,
        tenant: &TenantId,
        alias: Alias,
    ) -> Result<Vec<FeedbackRow>, StoreError> {
        let tenant = tenant.clone();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT tenant, decision_id, ad, kind, alias, at FROM feedback \
                 WHERE tenant = ?1 AND alias = ?2 ORDER BY decision_id, ad, kind",
            )?;
            let mut rows = statement.query(params![tenant.as_str(), alias.as_bytes()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(FeedbackRow {
                    tenant: parsed(row, "tenant", TenantId::parse)?,
                    decision: DecisionId::new(Uuid::from_bytes(bytes(row, "decision_id")?)),
                    ad: get(row, "ad")?,
                    kind: parsed(row, "kind", |name| known("kind", FeedbackKind::of_name(name)))?,
                    alias: Alias::from_bytes(bytes(row, "alias")?),
                    at: moment(row, "at")?,
                });
            }
            Ok(found)
        })
        .await
    }

    /// See [`crate::store::Store::feedback_counts`].
    pub(in crate::store) async fn feedback_counts(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<FeedbackCount>, StoreError> {
        let tenant = tenant.clone();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT kind, count(DISTINCT alias) AS people, count(*) AS ads FROM feedback \
                 WHERE tenant = ?1 GROUP BY kind ORDER BY kind",
            )?;
            let mut rows = statement.query(params![tenant.as_str()])?;
            let mut counts = Vec::new();
            while let Some(row) = rows.next()? {
                counts.push(FeedbackCount {
                    kind: parsed(row, "kind", |name| known("kind", FeedbackKind::of_name(name)))?,
                    people: place(row, "people")?,
                    ads: place(row, "ads")?,
                });
            }
            Ok(counts)
        })
        .await
    }
}

fn append(connection: &Connection, row: &ConcernRow) -> Result<AppendedConcern, StoreError> {
    if let Some(known) = by_id(connection, &row.tenant, &row.id)? {
        return Ok(AppendedConcern::Known(Box::new(known)));
    }
    let about: u32 = connection
        .prepare_cached(
            "SELECT count(*) FROM concerns WHERE tenant = ?1 AND alias = ?2 AND decision_id = ?3",
        )?
        .query_row(params![row.tenant.as_str(), row.alias.as_bytes(), row.decision.as_bytes()], |row| {
            row.get(0)
        })?;
    if about >= CONCERNS_PER_DECISION_MAX {
        return Ok(AppendedConcern::TooMany);
    }
    let seq: i64 = connection
        .prepare_cached(
            "INSERT INTO concerns (tenant, concern_id, decision_id, ad, alias, topic, at, text) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING seq",
        )?
        .query_row(
            params![
                row.tenant.as_str(),
                row.id.as_str(),
                row.decision.as_bytes(),
                row.ad,
                row.alias.as_bytes(),
                row.topic.name(),
                row.at.micros(),
                row.text,
            ],
            |row| row.get(0),
        )?;
    Ok(AppendedConcern::New { seq: u64::try_from(seq).unwrap_or_default() })
}

fn by_id(
    connection: &Connection,
    tenant: &TenantId,
    id: &ConcernId,
) -> Result<Option<StoredConcern>, StoreError> {
    let key = params![tenant.as_str(), id.as_str()];
    Ok(select(connection, "WHERE tenant = ?1 AND concern_id = ?2", key)?.pop())
}

fn select(connection: &Connection, clause: &str, key: impl Params) -> Result<Vec<StoredConcern>, StoreError> {
    let sql = format!(
        "SELECT seq, tenant, concern_id, decision_id, ad, alias, topic, at, text, answered_at, outcome, answer \
         FROM concerns {clause}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(key)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<StoredConcern, StoreError> {
    let answer = get::<Option<i64>>(row, "answered_at")?.map(Timestamp::from_micros);
    let answer = answer.map(|at| {
        let outcome = parsed(row, "outcome", |name| known("outcome", ConcernOutcome::of_name(name)))?;
        Ok::<_, StoreError>(AnswerRow { at, outcome, text: get(row, "answer")? })
    });
    Ok(StoredConcern {
        seq: place(row, "seq")?,
        row: ConcernRow {
            tenant: parsed(row, "tenant", TenantId::parse)?,
            id: parsed(row, "concern_id", ConcernId::parse)?,
            decision: DecisionId::new(Uuid::from_bytes(bytes(row, "decision_id")?)),
            ad: get(row, "ad")?,
            alias: Alias::from_bytes(bytes(row, "alias")?),
            topic: parsed(row, "topic", |name| known("topic", ConcernTopic::of_name(name)))?,
            at: moment(row, "at")?,
            text: get(row, "text")?,
            answer: answer.transpose()?,
        },
    })
}

fn known<T>(column: &str, value: Option<T>) -> Result<T, FieldError> {
    value.ok_or_else(|| FieldError::new(column, "is unknown"))
}
