//! Everything that a decision needs, in one place.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, RwLock};

use tokio::sync::OnceCell;

use super::asks::Asks;
use super::choices::ChoiceBook;
use super::erasure::Suppressed;
use super::intake::{IntakeSettings, ToldToday};
use super::naming::Unseen;
use super::rights::{RightsSettings, nothing_followed};
use super::{SelfTest, Tally};
use crate::consent::{ConsentSettings, Gate, Verdicts};
use crate::data::{AdDraft, Catalogue, History, Products, Schema, Shown, Symbols};
use crate::domain::{
    Ad, Affinity, Clock, Currency, Decision, FeatureId, FieldError, FieldErrors, IdSource, Rates, SubjectKey,
    SubjectMark, TenantId, Timestamp,
};
use crate::explain::Phrases;
use crate::ledger::{Keyring, Ledger, Listing, TokenKind};
use crate::rights::Retention;
use crate::store::{Pulse, Store};
use crate::train::Registry;

/// How long an explanation can be opened: 30 days.
const TOKEN_SECONDS: u32 = 30 * 86_400;

/// The parts of an engine.
pub struct EngineParts {
    /// What the features are.
    pub schema: Arc<Schema>,
    /// How consent signals are read.
    pub consent: ConsentSettings,
    /// The ads that can be named by their id.
    pub catalogue: Catalogue,
    /// Attribute values by code.
    pub symbols: Symbols,
    /// Attributes of products.
    pub products: Products,
    /// What people did.
    pub history: History,
    /// What else the data tell of people.
    pub shown: Shown,
    /// The people of the data, by their raw ids: they are renamed without being waited for.
    pub roster: Vec<(TenantId, String)>,
    /// The models, and which of them serve.
    pub registry: Registry,
    /// The decision log.
    pub ledger: Ledger,
    /// Where events are kept.
    pub store: Store,
    /// The secret keys.
    pub keyring: Arc<Keyring>,
    /// Currency conversion.
    pub rates: Rates,
    /// The words.
    pub phrases: Phrases,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Fresh identifiers.
    pub ids: Arc<dyn IdSource>,
    /// How rights are granted.
    pub rights: RightsSettings,
    /// Which events are believed.
    pub intake: IntakeSettings,
    /// Whether names, prices and consents are made up, so that pages have to say so.
    pub sample: bool,
}

/// The service, without its wire.
pub struct Engine {
    pub(super) schema: Arc<Schema>,
    pub(super) gate: Gate,
    pub(super) consent: ConsentSettings,
    /// Verdicts by which nothing personal is permitted.
    pub(super) context_only: Verdicts,
    pub(super) catalogue: Catalogue,
    pub(super) symbols: Symbols,
    pub(super) products: Products,
    pub(super) history: RwLock<History>,
    pub(super) shown: RwLock<Shown>,
    pub(super) roster: Vec<(TenantId, String)>,
    /// Who is known by the key of pseudonyms before alone.
    pub(super) unseen: Unseen,
    /// Whether the files of the store may hold names of before, though no row does.
    pub(super) renamed: AtomicBool,
    /// What people told the service itself.
    pub(super) choices: ChoiceBook,
    /// The affinities of the schema, and the feature that each is.
    pub(super) affinities: Vec<Affinity>,
    pub(super) affinity_features: Vec<FeatureId>,
    /// The place of each feature among the affinities.
    pub(super) place_of_affinity: Vec<Option<usize>>,
    /// The names of the schema's features, as every decision has them.
    pub(super) feature_names: Arc<[String]>,
    pub(super) registry: Registry,
    pub(super) ledger: Ledger,
    /// The catalogue as records refer to it, and whether it is durable.
    pub(super) listing: Arc<Listing>,
    pub(super) listed: OnceCell<()>,
    /// How often tokens asked for what costs more.
    pub(super) asks: Asks,
    pub(super) store: Store,
    pub(super) keyring: Arc<Keyring>,
    pub(super) rates: Rates,
    pub(super) phrases: Phrases,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
    pub(super) rights: RightsSettings,
    pub(super) intake: IntakeSettings,
    /// How many events each caller told today.
    pub(super) told_today: ToldToday,
    /// For how long events are kept.
    pub(super) retention: Retention,
    /// When events whose time is over were deleted last.
    pub(super) swept_at: Mutex<Option<Timestamp>>,
    /// Whether an erasure was noted that the store was not there to hear of.
    pub(super) owes_erasures: AtomicBool,
    /// Who was erased.
    pub(super) suppressed: Suppressed,
    /// What of the doings of other processes was taken in.
    pub(super) followed: tokio::sync::Mutex<Pulse>,
    /// Held while a person's rows are read anew, or folded: neither may happen in the middle of the other.
    pub(super) reading_anew: tokio::sync::Mutex<()>,
    /// What came of trying the models that serve.
    pub(super) self_tests: RwLock<Vec<Arc<SelfTest>>>,
    pub(super) tally: Tally,
    sample: bool,
}

impl Engine {
    /// Puts an engine together.
    #[must_use]
    pub fn new(parts: EngineParts) -> Self {
        let gate = Gate::new(Arc::from(parts.schema.features.clone()));
        let (affinity_features, affinities): (Vec<_>, Vec<_>) = parts.schema.affinities().unzip();
        let place = |id: FeatureId| affinity_features.iter().position(|feature| *feature == id);
        let place_of_affinity = parts.schema.features().map(|(id, _)| place(id)).collect();
        let phrases = parts.phrases.within(&parts.schema.languages);
        let retention = Retention::of(&parts.schema);
        Self {
            context_only: gate.judge_sensitive_ad(),
            gate,
            consent: parts.consent,
            feature_names: parts.schema.features.iter().map(|feature| feature.name.clone()).collect(),
            schema: parts.schema,
            listing: Arc::new(Listing::of(parts.catalogue.iter())),
            listed: OnceCell::new(),
            asks: Asks::default(),
            catalogue: parts.catalogue,
            symbols: parts.symbols,
            products: parts.products,
            history: RwLock::new(parts.history),
            shown: RwLock::new(parts.shown),
            roster: parts.roster,
            unseen: Unseen::default(),
            renamed: AtomicBool::new(false),
            choices: ChoiceBook::default(),
            place_of_affinity,
            affinities,
            affinity_features,
            registry: parts.registry,
            ledger: parts.ledger,
            store: parts.store,
            keyring: parts.keyring,
            rates: parts.rates,
            phrases,
            clock: parts.clock,
            ids: parts.ids,
            rights: parts.rights,
            intake: parts.intake,
            told_today: ToldToday::default(),
            retention,
            swept_at: Mutex::default(),
            owes_erasures: AtomicBool::new(false),
            suppressed: Suppressed::default(),
            followed: nothing_followed(),
            reading_anew: tokio::sync::Mutex::default(),
            self_tests: RwLock::default(),
            tally: Tally::default(),
            sample: parts.sample,
        }
    }

    /// The schema.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The words.
    #[must_use]
    pub fn phrases(&self) -> &Phrases {
        &self.phrases
    }

    /// Whether names, prices and consents are made up.
    #[must_use]
    pub fn is_sample(&self) -> bool {
        self.sample
    }

    /// What was done since the start, counted.
    #[must_use]
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The present moment, by the engine's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The currency that values are compared in.
    #[must_use]
    pub fn base_currency(&self) -> Currency {
        self.rates.base
    }

    /// The currency, if the rate table knows it.
    ///
    /// # Errors
    /// When it does not.
    pub fn check_currency(&self, currency: Currency) -> Result<Currency, FieldError> {
        self.rates.rate(currency).map(|_| currency)
    }

    /// The mark of the person of a raw id, as the trail has it.
    #[must_use]
    pub fn person_mark(&self, tenant: &TenantId, raw_id: &str) -> SubjectMark {
        self.keyring.person_mark(tenant, raw_id)
    }

    /// The mark of a person of whom a pseudonym alone is known.
    #[must_use]
    pub fn mark(&self, tenant: &TenantId, subject: &SubjectKey) -> SubjectMark {
        self.keyring.mark(tenant, subject)
    }

    /// A token that opens the explanation of one ad of a decision.
    #[must_use]
    pub fn token(&self, decision: &Decision, index: usize, kind: TokenKind) -> String {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let ad = (decision.id, index);
        self.keyring.tokens().issue(kind, &decision.tenant, ad, self.now(), TOKEN_SECONDS)
    }

    /// The ad that candidate `i` of a request describes.
    pub(super) fn check_ad(&self, i: usize, draft: &AdDraft) -> Result<Ad, FieldErrors> {
        draft.check(&self.schema, &self.symbols).map_err(|errors| {
            FieldErrors(errors.0.into_iter().map(|e| e.under(format!("candidates[{i}].ad"))).collect())
        })
    }
}
