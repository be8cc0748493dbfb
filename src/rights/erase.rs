//! Erasure: final.
//!
//! First the person's marks are noted outside the store; from then on the erasure is finished whatever happens. Then
//! the store deletes, in one step, alias and wrapped data key, events and choices, and the files are scrubbed. What
//! stays is the fact: the marks, and an entry of the trail. One mark is of the raw id and knows the person under all keys of
//! pseudonyms to come; those of the pseudonyms of the moment know rows that an older copy of the store has under them. No objection has to stay, because without a newer consent
//! nothing is used of someone who was erased. Rows of the log stay where they are in its chain, and open no more. The
//! data key that a backup still holds is wrapped by a key that the next rotation destroys: then the erasure is final.

use std::collections::BTreeMap;

use super::exercise::{Asker, RightError};
use crate::domain::{SubjectKey, SubjectMark, TenantId, Timestamp};
use crate::ledger::{Ledger, NotedErasure};
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
    let keyring = ledger.keyring();
    let (tenant, marks) = (asker.tenant.clone(), asker.marks(keyring));
    keyring.note_erasure(&NotedErasure { tenant, marks: marks.clone(), erased_at: at })?;
    let (subjects, named_by) = (asker.subjects(), Some(keyring.naming_version()));
    let erasure = Erasure { subjects, named_by, marks, entry: asker.entry(Right::Erase, at) };
    let gone = ledger.store().erase(erasure).await?;
    for subject in asker.subjects() {
        ledger.forget(&asker.tenant, &subject);
    }
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
    let unknown = |noted: &NotedErasure| {
        let until = |mark: &SubjectMark| known.get(&(noted.tenant.clone(), *mark)).copied();
        noted.marks.iter().any(|mark| until(mark).is_none_or(|until| until < noted.erased_at))
    };
    let open: Vec<NotedErasure> = ledger.keyring().noted_erasures()?.into_iter().filter(unknown).collect();
    if open.is_empty() {
        return Ok(0);
    }
    let mut by_mark = BTreeMap::<_, &NotedErasure>::new();
    for noted in &open {
        for mark in &noted.marks {
            let last = by_mark.entry((&noted.tenant, mark)).or_insert(noted);
            if last.erased_at < noted.erased_at {
                *last = noted;
            }
        }
    }
    let (mut finished, mut after) = (0, None);
    loop {
        let page = ledger.store().people(after, PER_PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        for (tenant, subject) in page {
            let mark = ledger.keyring().mark(&tenant, &subject);
            if let Some(noted) = by_mark.get(&(&tenant, &mark)) {
                finish(ledger, vec![subject], noted).await?;
                finished += 1;
            }
        }
    }
    // Those of whom the store has nothing, too: older events may come again.
    for NotedErasure { tenant, marks, erased_at } in &open {
        for mark in marks {
            let (tenant, erased_at) = (tenant.clone(), *erased_at);
            ledger.store().suppress(Suppression { tenant, mark: *mark, erased_at }).await?;
        }
    }
    ledger.scrub().await?;
    Ok(finished)
}

/// Erases what there is under pseudonyms of a person whose erasure was noted.
///
/// # Errors
/// When the store cannot be written.
pub async fn finish(
    ledger: &Ledger,
    subjects: Vec<SubjectKey>,
    noted: &NotedErasure,
) -> Result<(), RightError> {
    let Some(mark) = noted.marks.first() else { return Ok(()) };
    let entry = entry(&noted.tenant, *mark, noted.erased_at);
    let erasure = Erasure { subjects: subjects.clone(), named_by: None, marks: noted.marks.clone(), entry };
    ledger.store().erase(erasure).await?;
    for subject in subjects {
        ledger.forget(&noted.tenant, &subject);
    }
    Ok(())
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
