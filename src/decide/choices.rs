//! The choices that people make with this service: durable first, then in force from the next decision on.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{Mutex, MutexGuard};

use super::{DecideError, Engine};
use crate::domain::{
    Ad, AdLabel, AttributeId, ChangeId, ChoiceChange, Choices, FieldError, Objection, RefusalCause,
    Statement, SubjectKey, Teller, TenantId,
};
use crate::ledger::TokenKind;
use crate::store::{AppendedChoice, ChoiceRow, Store, StoreError};

/// Most statements of one change.
pub const STATEMENTS_MAX: usize = 100;
/// Most advertisers, categories and data that one person may object to.
pub const OBJECTIONS_MAX: usize = 1_000;

/// Changes that are read at a time when the service starts.
const CHANGES_PER_PAGE: u32 = 10_000;
/// Changes of one person follow each other; those of as many others go on beside them.
const TURNS: usize = 64;

/// The choices of everyone who made any, so that a decision reads no disk for them.
#[derive(Debug)]
pub(super) struct ChoiceBook {
    /// Of every tenant: a subject key is of one tenant alone. None until the store was read, when nobody knows who
    /// refused what.
    of: RwLock<Option<HashMap<SubjectKey, Arc<Choices>>>>,
    turns: [Mutex<()>; TURNS],
    /// What holds of a person as long as that is so: nothing may be used.
    unread: Arc<Choices>,
}

impl Default for ChoiceBook {
    fn default() -> Self {
        let unread = Choices { personalisation_stopped: true, ..Choices::default() };
        Self {
            of: RwLock::default(),
            turns: [const { Mutex::const_new(()) }; TURNS],
            unread: Arc::new(unread),
        }
    }
}

impl ChoiceBook {
    /// What a person's choices come to; None when nothing was said.
    pub(super) fn of(&self, subject: &SubjectKey) -> Option<Arc<Choices>> {
        match &*self.of.read().unwrap_or_else(PoisonError::into_inner) {
            Some(of) => of.get(subject).cloned(),
            None => Some(Arc::clone(&self.unread)),
        }
    }

    /// Whether anything is known of what a person said.
    pub(super) fn has(&self, subject: &SubjectKey) -> bool {
        let of = self.of.read().unwrap_or_else(PoisonError::into_inner);
        of.as_ref().is_some_and(|of| of.contains_key(subject))
    }

    pub(super) fn set(&self, subject: SubjectKey, choices: Choices) {
        // What is not read yet will be read with the change in it.
        if let Some(of) = &mut *self.of.write().unwrap_or_else(PoisonError::into_inner) {
            of.insert(subject, Arc::new(choices));
        }
    }

    /// Forgets what a person said.
    pub(super) fn remove(&self, subject: &SubjectKey) {
        if let Some(of) = &mut *self.of.write().unwrap_or_else(PoisonError::into_inner) {
            of.remove(subject);
        }
    }

    /// Whoever said something.
    pub(super) fn people(&self) -> Vec<SubjectKey> {
        let of = self.of.read().unwrap_or_else(PoisonError::into_inner);
        let mut people: Vec<SubjectKey> = of.iter().flat_map(HashMap::keys).copied().collect();
        people.sort_unstable();
        people
    }

    /// Adds what is not known of anyone yet.
    pub(super) fn add(&self, all: BTreeMap<SubjectKey, Choices>) {
        if let Some(of) = &mut *self.of.write().unwrap_or_else(PoisonError::into_inner) {
            for (subject, choices) in all {
                of.entry(subject).or_insert_with(|| Arc::new(choices));
            }
        }
    }

    /// Forgets people of whom `keeps` does not say otherwise.
    pub(super) fn retain(&self, keeps: impl Fn(&SubjectKey) -> bool) {
        if let Some(of) = &mut *self.of.write().unwrap_or_else(PoisonError::into_inner) {
            of.retain(|subject, _| keeps(subject));
        }
    }

    /// Waits until no other change of the person is under way.
    pub(super) async fn turn(&self, subject: &SubjectKey) -> MutexGuard<'_, ()> {
        self.turns[Self::turn_of(subject)].lock().await
    }

    /// The same for two names of one person.
    pub(super) async fn turns(
        &self,
        one: &SubjectKey,
        other: &SubjectKey,
    ) -> (MutexGuard<'_, ()>, Option<MutexGuard<'_, ()>>) {
        let (one, other) = (Self::turn_of(one), Self::turn_of(other));
        // In one order, so that no two wait for each other.
        let first = self.turns[one.min(other)].lock().await;
        let second = if one == other { None } else { Some(self.turns[one.max(other)].lock().await) };
        (first, second)
    }

    fn turn_of(subject: &SubjectKey) -> usize {
        usize::from(subject.as_bytes()[0]) % TURNS
    }
}

/// What a person is to be heard with, after it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceIn {
    /// Whose data.
    pub tenant: TenantId,
    /// The person.
    pub subject: SubjectKey,
    /// Its identifier; it counts once.
    pub id: ChangeId,
    /// Who says it.
    pub teller: Teller,
    /// What is said.
    pub statements: Vec<Statement>,
}

/// What came of a change: the answer that confirms it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceReceipt {
    /// The change, as it is kept; it is in force since its moment.
    pub change: ChoiceChange,
    /// Of each statement, whether it changed anything.
    pub changed: Vec<bool>,
    /// What held before.
    pub before: Choices,
    /// What holds with it.
    pub after: Choices,
    /// Whether an earlier, identical call made it.
    pub repeated: bool,
}

/// What of a person's choices bears on which ads may compete.
pub(super) struct Exclusions<'c> {
    choices: Option<&'c Choices>,
    attribute: Option<AttributeId>,
    /// Codes of the hidden categories.
    categories: Vec<u32>,
}

impl Exclusions<'_> {
    /// Why the person's choices keep an ad out, if they do. An ad of several categories is kept out by each.
    pub(super) fn refuse(&self, ad: &Ad) -> Option<RefusalCause> {
        let of = self.attribute.and_then(|id| ad.attributes.get(usize::from(id.0)));
        let hidden = || {
            of.is_some_and(|attribute| self.categories.iter().any(|code| attribute.contains(*code)))
                .then_some(RefusalCause::HiddenCategory)
        };
        self.refuse_label(&ad.label).or_else(hidden)
    }

    /// The same of an ad of which only what is told is known.
    pub(super) fn refuse_label(&self, label: &AdLabel) -> Option<RefusalCause> {
        let choices = self.choices?;
        if choices.hides_advertiser(label) {
            return Some(RefusalCause::HiddenAdvertiser);
        }
        choices.hidden_categories.contains(&label.category).then_some(RefusalCause::HiddenCategory)
    }
}

impl Engine {
    /// Makes what a person says durable; it is in force from the next decision on when this returns.
    ///
    /// # Errors
    /// When a statement breaks a rule, the id belongs to another change, or the change cannot be made durable;
    /// then nothing changes.
    pub async fn choose(&self, incoming: ChoiceIn) -> Result<ChoiceReceipt, DecideError> {
        let ChoiceIn { tenant, subject, id, teller, statements } = incoming;
        let _turn = self.choices.turn(&subject).await;
        if let Some(known) = self.store.choice(&tenant, &id).await? {
            let same = known.row.subject == subject
                && known.row.change.teller == teller
                && known.row.change.statements == statements;
            return if same {
                self.receipt_again(&tenant, &subject, &id).await
            } else {
                Err(DecideError::ChangeReused)
            };
        }
        let change = ChoiceChange { id, at: self.clock.now(), teller, statements };
        // What is on disk, not what is in memory: the one must never forget what the other has.
        let before = self.store.current_choices(&tenant, &subject).await?;
        let receipt = receipt(change.clone(), before);
        if receipt.after.named() > OBJECTIONS_MAX && receipt.after.named() > receipt.before.named() {
            let rule = format!("would come to more than {OBJECTIONS_MAX} with those that hold");
            return Err(FieldError::new("objections", rule).into());
        }
        match self.store.append_choice(ChoiceRow { tenant, subject, change }).await? {
            AppendedChoice::New { .. } => {
                self.choices.set(subject, receipt.after.clone());
                Ok(receipt)
            }
            // The id was free a moment ago, so another person's change took it.
            AppendedChoice::Known(_) | AppendedChoice::Conflict => Err(DecideError::ChangeReused),
        }
    }

    /// The receipt of a change that was made before: of what held then, not of what holds now.
    async fn receipt_again(
        &self,
        tenant: &TenantId,
        subject: &SubjectKey,
        id: &ChangeId,
    ) -> Result<ChoiceReceipt, DecideError> {
        let mut before = Choices::default();
        for stored in self.store.choices_of(tenant, subject).await? {
            let change = stored.row.change;
            if change.id == *id {
                return Ok(ChoiceReceipt { repeated: true, ..receipt(change, before) });
            }
            before.apply(&change);
        }
        Err(DecideError::Internal("a change of choices is not among those of its person".to_owned()))
    }

    /// What a person's choices come to, and the changes that they are made of, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn choices(
        &self,
        tenant: &TenantId,
        subject: &SubjectKey,
    ) -> Result<(Choices, Vec<ChoiceChange>), DecideError> {
        let stored = self.store.choices_of(tenant, subject).await?;
        let changes = stored.into_iter().map(|stored| stored.row.change).collect::<Vec<_>>();
        Ok((Choices::of(&changes), changes))
    }

    /// The person whom a verified token's decision is about. A token that anyone may hold only reads the account
    /// of its ad.
    ///
    /// # Errors
    /// When the token is not ours, has expired or is a bearer's, or its decision is gone or about nobody.
    pub async fn person_of_token(&self, token: &str) -> Result<(TenantId, SubjectKey), DecideError> {
        let claims = self.claims(token)?;
        match claims.kind {
            TokenKind::Verified => {}
            TokenKind::Bearer => return Err(DecideError::BearerToken),
        }
        let gone = || DecideError::NotFound("the decision is not in the log".to_owned());
        let row = self.store.decision(&claims.tenant, claims.decision).await?.ok_or_else(gone)?;
        let person = self.store.subject_of_alias(&claims.tenant, row.alias).await?;
        if person.is_none() {
            return Err(DecideError::Erased);
        }
        let nobody =
            || DecideError::NotFound("the decision is about nobody whose choices could be kept".to_owned());
        let subject = person.and_then(|person| person.subject).ok_or_else(nobody)?;
        Ok((claims.tenant, subject))
    }

    /// Checks what the schema says of an objection: a datum must be one, and about the person.
    ///
    /// # Errors
    /// When it is not.
    pub fn check_objection(&self, objection: &Objection) -> Result<(), FieldError> {
        let Objection::Datum(code) = objection else { return Ok(()) };
        let mut features = self.schema.features.iter().filter(|feature| feature.datum == *code).peekable();
        if features.peek().is_none() {
            return Err(FieldError::new("data", "must be a datum of the schema"));
        }
        if features.all(crate::domain::Feature::is_contextual) {
            return Err(FieldError::new("data", "must be about the person: this datum is not"));
        }
        Ok(())
    }

    /// Reads the choices of the store into memory: what a start has to do. Until then nothing of anyone is used.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) async fn recall_choices(&self) -> Result<(), DecideError> {
        let of = all_choices(&self.store).await?.into_iter();
        let of = of.map(|(subject, choices)| (subject, Arc::new(choices))).collect();
        *self.choices.of.write().unwrap_or_else(PoisonError::into_inner) = Some(of);
        Ok(())
    }

    /// What of a person's choices bears on which ads may compete.
    pub(super) fn exclusions<'c>(&self, choices: Option<&'c Choices>) -> Exclusions<'c> {
        let attribute = self.schema.category;
        let hidden = choices.into_iter().flat_map(|choices| &choices.hidden_categories);
        // A category that no ad had so far may be one that an ad of the request has.
        let code = |name: &String| attribute.map(|id| self.symbols.intern(id, name));
        Exclusions { choices, attribute, categories: hidden.filter_map(code).collect() }
    }
}

/// What the choices of everyone who made any come to, by person; a subject key is of one tenant alone.
///
/// # Errors
/// When the store cannot be read.
pub async fn all_choices(store: &Store) -> Result<BTreeMap<SubjectKey, Choices>, StoreError> {
    let mut of = BTreeMap::<SubjectKey, Choices>::new();
    let mut after = 0;
    loop {
        let page = store.choices(after, CHANGES_PER_PAGE).await?;
        let Some(last) = page.last() else { return Ok(of) };
        after = last.seq;
        for stored in page {
            of.entry(stored.row.subject).or_default().apply(&stored.row.change);
        }
    }
}

/// What a change comes to, after what held before it.
pub(super) fn receipt(change: ChoiceChange, before: Choices) -> ChoiceReceipt {
    let mut after = before.clone();
    let changed = change.statements.iter().map(|statement| after.hear(statement, change.at)).collect();
    ChoiceReceipt { change, changed, before, after, repeated: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Purposes;

    #[test]
    fn until_the_store_was_read_nothing_of_anyone_is_used() {
        let (book, one) = (ChoiceBook::default(), SubjectKey::from_bytes([1; 32]));
        assert_eq!(book.of(&one).unwrap().refused(), Purposes::ALL);
        // A change that comes in meanwhile does not make the choices of others known.
        book.set(one, Choices::default());
        assert_eq!(book.of(&SubjectKey::from_bytes([2; 32])).unwrap().refused(), Purposes::ALL);
        assert_eq!(book.of(&one).unwrap().refused(), Purposes::ALL);

        *book.of.write().unwrap() = Some(HashMap::new());
        assert_eq!(book.of(&one), None);
        book.set(one, Choices { personalisation_stopped: true, ..Choices::default() });
        assert!(book.of(&one).unwrap().personalisation_stopped);
    }
}
