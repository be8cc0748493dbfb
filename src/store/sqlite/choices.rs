//! Choices of people, each change once.

use rusqlite::{Connection, Params, Row, params};

use super::Sqlite;
use super::convert::{bytes, damaged, get, moment, parsed, place, to_column};
use super::naming;
use crate::domain::{ChangeId, ChoiceChange, FieldError, SubjectKey, Teller, TenantId};
use crate::store::{AppendedChoice, ChoiceRow, StoreError, StoredChoice};

/// One change of a tenant.
const BY_ID: &str = "WHERE tenant = ?1 AND change_id = ?2";

impl Sqlite {
    /// See [`crate::store::Store::append_choice`].
    pub(in crate::store) async fn append_choice(&self, row: ChoiceRow) -> Result<AppendedChoice, StoreError> {
        self.write(move |connection| append(connection, &row)).await
    }

    /// See [`crate::store::Store::choice`].
    pub(in crate::store) async fn choice(
        &self,
        tenant: &TenantId,
        id: &ChangeId,
    ) -> Result<Option<StoredChoice>, StoreError> {
        let (tenant, id) = (tenant.clone(), id.clone());
        self.read(move |connection| {
            Ok(select(connection, BY_ID, params![tenant.as_str(), id.as_str()])?.pop())
        })
        .await
    }

    /// See [`crate::store::Store::choices_of`].
    pub(in crate::store) async fn choices_of(
        &self,
        tenant: &TenantId,
        subject: &SubjectKey,
    ) -> Result<Vec<StoredChoice>, StoreError> {
        let (tenant, subject) = (tenant.clone(), *subject);
        self.read(move |connection| {
            let of_person = "WHERE tenant = ?1 AND subject_key = ?2 ORDER BY seq";
            select(connection, of_person, params![tenant.as_str(), subject.as_bytes()])
        })
        .await
    }

    /// See [`crate::store::Store::choices`].
    pub(in crate::store) async fn choices(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredChoice>, StoreError> {
        self.read(move |connection| {
            let page = "WHERE seq > ?1 ORDER BY seq LIMIT ?2";
            select(connection, page, params![to_column(after), limit])
        })
        .await
    }
}

fn append(connection: &Connection, row: &ChoiceRow) -> Result<AppendedChoice, StoreError> {
    let ChoiceRow { tenant, subject, change } = row;
    let known = select(connection, BY_ID, params![tenant.as_str(), change.id.as_str()])?.pop();
    if let Some(known) = known {
        let same = known.row.tells_the_same_as(row);
        return Ok(if same { AppendedChoice::Known(Box::new(known)) } else { AppendedChoice::Conflict });
    }
    naming::check(connection, tenant, [subject])?;
    let statements = serde_json::to_string(&change.statements)
        .map_err(|error| StoreError::Conflict { rule: format!("statements: {error}") })?;
    let seq: i64 = connection
        .prepare_cached(
            "INSERT INTO choices (tenant, subject_key, change_id, at, teller, statements) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING seq",
        )?
        .query_row(
            params![
                tenant.as_str(),
                subject.as_bytes(),
                change.id.as_str(),
                change.at.micros(),
                change.teller.name(),
                statements,
            ],
            |row| row.get(0),
        )?;
    Ok(AppendedChoice::New { seq: u64::try_from(seq).unwrap_or_default() })
}

fn select(connection: &Connection, clause: &str, key: impl Params) -> Result<Vec<StoredChoice>, StoreError> {
    let sql =
        format!("SELECT seq, tenant, subject_key, change_id, at, teller, statements FROM choices {clause}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(key)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<StoredChoice, StoreError> {
    let statements: String = get(row, "statements")?;
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
                statements: serde_json::from_str(&statements).map_err(|_| damaged("statements"))?,
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use crate::domain::{Objection, Purpose, Statement};

    /// Rows of this form are on disks: they must stay readable.
    #[test]
    fn statements_are_written_as_they_always_were() {
        let statements = [
            Statement::Grant(Purpose::CreateAdProfile),
            Statement::Withdraw(Purpose::SelectPersonalisedAds),
            Statement::Object(Objection::Purpose(Purpose::MeasureAds)),
            Statement::Object(Objection::Advertiser("A \"B\"".to_owned())),
            Statement::Object(Objection::Category("TEA".to_owned())),
            Statement::TakeBack(Objection::Datum("purchases".to_owned())),
            Statement::TakeBack(Objection::Personalisation),
            Statement::Restrict,
            Statement::Lift,
        ];
        let written = r#"[{"grant":3},{"withdraw":4},{"object":{"purpose":7}},"#.to_owned()
            + r#"{"object":{"advertiser":"A \"B\""}},{"object":{"category":"TEA"}},"#
            + r#"{"take_back":{"datum":"purchases"}},{"take_back":"personalisation"},"restrict","lift"]"#;
        assert_eq!(serde_json::to_string(&statements).unwrap(), written);
        assert_eq!(serde_json::from_str::<Vec<Statement>>(&written).unwrap(), statements);
    }
}
