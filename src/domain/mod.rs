//! The words of the product: values without I/O, without async, known to every other layer.

mod account;
mod ad;
mod choices;
mod clock;
mod concern;
mod decision;
mod event;
mod feature;
mod fields;
mod floor;
mod ids;
mod inputs;
mod locale;
mod money;
mod nats;
mod purpose;
mod quarantine;
mod reason;
pub(crate) mod shared;
mod signal;
mod text;
mod value;
mod verdict;

pub use account::{Account, AccountWriter, Line, LineSource, Response};
pub use ad::{Ad, AdLabel, AdValue, Attribute, AttributeId, Bid, Candidate, Pricing};
pub use choices::{ChoiceChange, Choices, Objection, Statement, TOPIC_BYTES_MAX, Teller};
pub use clock::{Clock, Day, IdSource, ManualClock, RandomIds, SteppingClock, SystemClock, Timestamp};
pub use concern::{
    ANSWER_CHARACTERS_MAX, ANSWER_DAYS, CONCERN_CHARACTERS_MAX, ConcernAnswer, ConcernOutcome, ConcernTopic,
    FeedbackKind,
};
pub use decision::{Decision, NotShown, Profile, RankedAd, Refusal, RefusalCause, Versions};
pub use event::{Event, EventKind};
pub use feature::{
    Affinity, Declared, Derivation, Direction, Feature, FeatureId, FeatureKind, Origin, Provenance,
    Sensitivity, Statistic,
};
pub use fields::{FieldError, FieldErrors, untold};
pub use floor::PEOPLE_FLOOR;
pub use ids::{
    AdId, Alias, ChangeId, ConcernId, DecisionId, EventId, ImpressionId, ModelVersion, SubjectKey,
    SubjectMark, TenantId,
};
pub use inputs::{Inputs, Policy, Workings};
pub use locale::{Locale, Localised};
pub use money::{Currency, Micros, Rates};
pub use nats::Nats;
pub use purpose::{Purpose, Purposes};
pub use quarantine::{QuarantineCause, Quarantined};
pub use reason::{Evidence, Push, PushGroup, Reason, Standing};
pub use signal::{Decider, Ground, Signal};
pub use text::{escaped, inert_cell, is_unseen, shown};
pub use value::Cell;
pub use verdict::{Cause, Outcome, Verdict};
