//! Erasure: final.
//!
//! First the person's mark is noted outside the store; from then on the erasure is finished whatever happens. Then
//! the store deletes, in one step, alias and wrapped data key, events and choices, and the files are scrubbed. What
//! stays is the fact: the mark, and an entry of the trail. No objection has to stay, because without a newer consent
//! nothing is used of someone who was erased. Rows of the log stay where they are in its chain, and open no more. The
//! data key that a backup still holds is wrapped by a key that the next rotation destroys: then the erasure is final.

use std::collections::BTreeMap;

use super::exercise::{Asker, RightError};
use crate::domain::{SubjectMark, TenantId, Timestamp};
use crate::ledger::Ledger;
use crate::store::{Erasure, Gone, Right, RightRow, Suppression};

/// People and marks that are read at a time.
const PER_PAGE: u32 = 1024;

/// By whom an erasure is finished that was noted and cut off.
const FINISHED_BY: &str = "noted before";

/// A person who was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// When.
    pub at: Timestamp,
    /// What was deleted.
    pub gone: Gone,
}

/// Erases a person from the store and from what the log has at hand.
///
/// # Errors
/// When the mark or the store cannot be written. An erasure whose mark was noted is finished by the next call, or at
/// the next start.
pub async fn erase(ledger: &Ledger, asker: &Asker, at: Timestamp) -> Result<Erased, RightError> {
    let suppression = Suppression { tenant: asker.tenant.clone(), mark: asker.mark, erased_at: at };
    ledger.keyring().note_erasure(&suppression)?;
    let entry = asker.entry(Right::Erase, at);
    let gone = ledger.store().erase(Erasure { subject: asker.subject, entry }).await?;
    ledger.forget(&asker.tenant, &asker.subject);
    ledger.scrub().await?;
    Ok(Erased { at, gone })
}

/// Finishes erasures that the store has not heard of: cut off between note and store, or undone by a store that was
/// restored from before. Returns how many people were erased by it.
///
/// # Errors
/// When notes or store cannot be read or written.
pub async fn finish_noted_erasures(ledger: &Ledger) -> Result<u64, RightError> {
    let known = all_suppressions(ledger).await?.into_iter();
    let known: BTreeMap<_, _> = known.map(|known| ((known.tenant, known.mark), known.erased_at)).collect();
    let mut open = BTreeMap::new();
    for Suppression { tenant, mark, erased_at } in ledger.keyring().noted_erasures()? {
        let person = (tenant, mark);
        if known.get(&person).is_none_or(|known| *known < erased_at) {
            let latest = open.entry(person).or_insert(erased_at);
            *latest = erased_at.max(*latest);
        }
    }
    if open.is_empty() {
        return Ok(0);
    }
    let (mut finished, mut after) = (0, None);
    loop {
        let page = ledger.store().people(after, PER_PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        for (tenant, subject) in page {
            let mark = ledger.keyring().mark(&tenant, &subject);
            if let Some(erased_at) = open.get(&(tenant.clone(), mark)) {
                let entry = entry(&tenant, mark, *erased_at);
                ledger.store().erase(Erasure { subject, entry }).await?;
                finished += 1;
            }
        }
    }
    // Those of whom the store has nothing, too: older events may come again.
    for ((tenant, mark), erased_at) in open {
        ledger.store().suppress(Suppression { tenant, mark, erased_at }).await?;
    }
    ledger.scrub().await?;
    Ok(finished)
}

/// Every mark that the store keeps.
///
/// # Errors
/// When it cannot be read.
pub async fn all_suppressions(ledger: &Ledger) -> Result<Vec<Suppression>, RightError> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = ledger.store().suppressions(after, PER_PAGE).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = Some((last.tenant.clone(), last.mark));
        all.extend(page);
    }
}

fn entry(tenant: &TenantId, mark: SubjectMark, at: Timestamp) -> RightRow {
    let (by_key, assurance) = (FINISHED_BY.to_owned(), String::new());
    RightRow { tenant: tenant.clone(), mark, right: Right::Erase, at, by_key, assurance }
}
