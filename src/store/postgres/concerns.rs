//! Feedback and concerns.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Row;
use uuid::Uuid;

use super::Postgres;
use super::connection::{execute, one, query};
use super::convert::{bytes, get, moment, number, parsed, place, to_column};
use super::writer::Work;
use crate::domain::{
    Alias, ConcernId, ConcernOutcome, ConcernTopic, DecisionId, FeedbackKind, FieldError, TenantId, Timestamp,
};
use crate::store::{
    AnswerRow, Answered, AppendedConcern, CONCERNS_PER_DECISION_MAX, ConcernRow, FeedbackCount, FeedbackRow,
    StoreError, StoredConcern,
};

const SELECT: &str = "SELECT seq, tenant, concern_id, decision_id, ad, alias, topic, at, text, answered_at, \
                      outcome, answer FROM concerns";
const BY_ID: &str = "WHERE tenant = $1 AND concern_id = $2";

impl Postgres {
    /// See [`crate::store::Store::append_concern`].
    pub(in crate::store) async fn append_concern(
        &self,
        row: ConcernRow,
    ) -> Result<AppendedConcern, StoreError> {
        self.write(row).await
    }

    /// See [`crate::store::Store::concern`].
    pub(in crate::store) async fn concern(
        &self,
        tenant: &TenantId,
        id: &ConcernId,
    ) -> Result<Option<StoredConcern>, StoreError> {
        let rows = self.read(&format!("{SELECT} {BY_ID}"), &[&tenant.as_str(), &id.as_str()]).await?;
        rows.first().map(read).transpose()
    }

    /// See [`crate::store::Store::concerns`].
    pub(in crate::store) async fn concerns(
        &self,
        tenant: &TenantId,
        open: bool,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredConcern>, StoreError> {
        let open = if open { "AND answered_at IS NULL" } else { "" };
        let sql = format!("{SELECT} WHERE tenant = $1 AND seq > $2 {open} ORDER BY seq LIMIT $3");
        let rows = self.read(&sql, &[&tenant.as_str(), &to_column(after), &i64::from(limit)]).await?;
        rows.iter().map(read).collect()
    }

    /// See [`crate::store::Store::concerns_of`].
    pub(in crate::store) async fn concerns_of(
        &self,
        tenant: &TenantId,
        alias: Alias,
    ) -> Result<Vec<StoredConcern>, StoreError> {
        let sql = format!("{SELECT} WHERE tenant = $1 AND alias = $2 ORDER BY seq");
        let rows = self.read(&sql, &[&tenant.as_str(), &alias.as_bytes().as_slice()]).await?;
        rows.iter().map(read).collect()
    }

    /// See [`crate::store::Store::answer_concern`].
    pub(in crate::store) async fn answer_concern(
        &self,
        tenant: &TenantId,
        id: &ConcernId,
        answer: AnswerRow,
    ) -> Result<Answered, StoreError> {
        self.write(Answering { tenant: tenant.clone(), id: id.clone(), by: answer }).await
    }

    /// See [`crate::store::Store::append_feedback`].
    pub(in crate::store) async fn append_feedback(&self, row: FeedbackRow) -> Result<bool, StoreError> {
        self.write(row).await
    }

    /// See [`crate::store::Store::feedback_of`].
    pub(in crate::store) async fn feedback_of(
        &self,
        tenant: &TenantId,
        alias: Alias,
    ) -> Result<Vec<FeedbackRow>, StoreError> {
        let sql = "SELECT tenant, decision_id, ad, kind, alias, at FROM feedback \
                   WHERE tenant = $1 AND alias = $2 ORDER BY decision_id, ad, kind";
        let read = |row: &Row| {
            Ok(FeedbackRow {
                tenant: parsed(row, "tenant", TenantId::parse)?,
                decision: decision(row)?,
                ad: number(row, "ad")?,
                kind: parsed(row, "kind", |name| known("kind", FeedbackKind::of_name(name)))?,
                alias: Alias::from_bytes(bytes(row, "alias")?),
                at: moment(row, "at")?,
            })
        };
        self.read(sql, &[&tenant.as_str(), &alias.as_bytes().as_slice()]).await?.iter().map(read).collect()
    }

    /// See [`crate::store::Store::feedback_counts`].
    pub(in crate::store) async fn feedback_counts(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<FeedbackCount>, StoreError> {
        let sql = "SELECT kind, count(DISTINCT alias) AS people, count(*) AS ads FROM feedback \
                   WHERE tenant = $1 GROUP BY kind ORDER BY kind";
        let read = |row: &Row| {
            Ok(FeedbackCount {
                kind: parsed(row, "kind", |name| known("kind", FeedbackKind::of_name(name)))?,
                people: place(row, "people")?,
                ads: place(row, "ads")?,
            })
        };
        self.read(sql, &[&tenant.as_str()]).await?.iter().map(read).collect()
    }
}

impl Work for ConcernRow {
    type Answer = AppendedConcern;

    async fn run(&self, on: &ClientWrapper) -> Result<AppendedConcern, StoreError> {
        let (tenant, alias) = (self.tenant.as_str(), self.alias.as_bytes().as_slice());
        let decision = self.decision.as_bytes().as_slice();
        let known = query(on, &format!("{SELECT} {BY_ID}"), &[&tenant, &self.id.as_str()]).await?;
        if let Some(known) = known.first() {
            return Ok(AppendedConcern::Known(Box::new(read(known)?)));
        }
        let sql = "SELECT count(*) AS about FROM concerns \
                   WHERE tenant = $1 AND alias = $2 AND decision_id = $3";
        let about = place(&one(on, sql, &[&tenant, &alias, &decision]).await?, "about")?;
        if about >= CONCERNS_PER_DECISION_MAX.into() {
            return Ok(AppendedConcern::TooMany);
        }
        let sql = "INSERT INTO concerns (tenant, concern_id, decision_id, ad, alias, topic, at, text) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING seq";
        let row = one(
            on,
            sql,
            &[
                &tenant,
                &self.id.as_str(),
                &decision,
                &i64::from(self.ad),
                &alias,
                &self.topic.name(),
                &self.at.micros(),
                &self.text,
            ],
        )
        .await?;
        Ok(AppendedConcern::New { seq: place(&row, "seq")? })
    }
}

struct Answering {
    tenant: TenantId,
    id: ConcernId,
    by: AnswerRow,
}

impl Work for Answering {
    type Answer = Answered;

    async fn run(&self, on: &ClientWrapper) -> Result<Answered, StoreError> {
        let key = (self.tenant.as_str(), self.id.as_str());
        let known = query(on, &format!("{SELECT} {BY_ID}"), &[&key.0, &key.1]).await?;
        let Some(known) = known.first() else { return Ok(Answered::Unknown) };
        let known = read(known)?;
        if known.row.answer.is_some() {
            return Ok(Answered::Before(Box::new(known)));
        }
        let AnswerRow { at, outcome, text } = &self.by;
        let sql = "UPDATE concerns SET answered_at = $1, outcome = $2, answer = $3 WHERE seq = $4";
        execute(on, sql, &[&at.micros(), &outcome.name(), text, &to_column(known.seq)]).await?;
        Ok(Answered::Now)
    }
}

impl Work for FeedbackRow {
    type Answer = bool;

    async fn run(&self, on: &ClientWrapper) -> Result<bool, StoreError> {
        let sql = "INSERT INTO feedback (tenant, decision_id, ad, kind, alias, at) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
        let kept = execute(
            on,
            sql,
            &[
                &self.tenant.as_str(),
                &self.decision.as_bytes().as_slice(),
                &i64::from(self.ad),
                &self.kind.name(),
                &self.alias.as_bytes().as_slice(),
                &self.at.micros(),
            ],
        )
        .await?;
        Ok(kept > 0)
    }
}

fn read(row: &Row) -> Result<StoredConcern, StoreError> {
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
            decision: decision(row)?,
            ad: number(row, "ad")?,
            alias: Alias::from_bytes(bytes(row, "alias")?),
            topic: parsed(row, "topic", |name| known("topic", ConcernTopic::of_name(name)))?,
            at: moment(row, "at")?,
            text: get(row, "text")?,
            answer: answer.transpose()?,
        },
    })
}

fn decision(row: &Row) -> Result<DecisionId, StoreError> {
    Ok(DecisionId::new(Uuid::from_bytes(bytes(row, "decision_id")?)))
}

fn known<T>(column: &str, value: Option<T>) -> Result<T, FieldError> {
    value.ok_or_else(|| FieldError::new(column, "is unknown"))
}
