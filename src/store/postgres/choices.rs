//! Choices of people, each change once.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Row;

use super::connection::{one, query};
use super::convert::{bytes, damaged, get, moment, parsed, place, to_column};
use super::writer::Work;
use super::{Postgres, naming};
use crate::domain::{ChangeId, ChoiceChange, FieldError, SubjectKey, Teller, TenantId};
use crate::store::{AppendedChoice, ChoiceRow, StoreError, StoredChoice};

const SELECT: &str = "SELECT seq, tenant, subject_key, change_id, at, teller, statements FROM choices";

/// One change of a tenant.
const BY_ID: &str = "WHERE tenant = $1 AND change_id = $2";

impl Postgres {
    /// See [`crate::store::Store::append_choice`].
    pub(in crate::store) async fn append_choice(&self, row: ChoiceRow) -> Result<AppendedChoice, StoreError> {
        self.write(row).await
    }

    /// See [`crate::store::Store::choice`].
    pub(in crate::store) async fn choice(
        &self,
        tenant: &TenantId,
        id: &ChangeId,
    ) -> Result<Option<StoredChoice>, StoreError> {
        let rows = self.read(&format!("{SELECT} {BY_ID}"), &[&tenant.as_str(), &id.as_str()]).await?;
        rows.first().map(read).transpose()
    }

    /// See [`crate::store::Store::choices_of`].
    pub(in crate::store) async fn choices_of(
        &self,
        tenant: &TenantId,
        subject: &SubjectKey,
    ) -> Result<Vec<StoredChoice>, StoreError> {
        let sql = format!("{SELECT} WHERE tenant = $1 AND subject_key = $2 ORDER BY seq");
        let rows = self.read(&sql, &[&tenant.as_str(), &subject.as_bytes().as_slice()]).await?;
        rows.iter().map(read).collect()
    }

    /// See [`crate::store::Store::choices`].
    pub(in crate::store) async fn choices(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredChoice>, StoreError> {
        let sql = format!("{SELECT} WHERE seq > $1 ORDER BY seq LIMIT $2");
        let rows = self.read(&sql, &[&to_column(after), &i64::from(limit)]).await?;
        rows.iter().map(read).collect()
    }
}

impl Work for ChoiceRow {
    type Answer = AppendedChoice;

    async fn run(&self, on: &ClientWrapper) -> Result<AppendedChoice, StoreError> {
        let Self { tenant, subject, change } = self;
        let known = query(on, &format!("{SELECT} {BY_ID}"), &[&tenant.as_str(), &change.id.as_str()]).await?;
        if let Some(known) = known.first() {
            let known = read(known)?;
            let same = known.row.tells_the_same_as(self);
            return Ok(if same { AppendedChoice::Known(Box::new(known)) } else { AppendedChoice::Conflict });
        }
        naming::check(on, tenant, &[subject]).await?;
        let statements = serde_json::to_string(&change.statements)
            .map_err(|error| StoreError::Conflict { rule: format!("statements: {error}") })?;
        let sql = "INSERT INTO choices (tenant, subject_key, change_id, at, teller, statements) \
                   VALUES ($1, $2, $3, $4, $5, $6) RETURNING seq";
        let row = one(
            on,
            sql,
            &[
                &tenant.as_str(),
                &subject.as_bytes().as_slice(),
                &change.id.as_str(),
                &change.at.micros(),
                &change.teller.name(),
                &statements,
            ],
        )
        .await?;
        Ok(AppendedChoice::New { seq: place(&row, "seq")? })
    }
}

fn read(row: &Row) -> Result<StoredChoice, StoreError> {
    let teller = |name: &str| {
        let known = Teller::ALL.into_iter().find(|teller| teller.name() == name);
        known.ok_or_else(|| FieldError::new("teller", "is unknown"))
    };
    Ok(StoredChoice {
        seq: place(row, "seq")?,
        row: ChoiceRow {
            tenant: parsed(row, "tenant", TenantId::parse)?,
            subject: SubjectKey::from_bytes(bytes(row, "subject_key")?),
            change: ChoiceChange {
                id: parsed(row, "change_id", ChangeId::parse)?,
                at: moment(row, "at")?,
                teller: parsed(row, "teller", teller)?,
                statements: serde_json::from_str(get(row, "statements")?)
                    .map_err(|_| damaged("statements"))?,
            },
        },
    })
}
