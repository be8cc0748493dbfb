//! Which purposes are permitted when several signals speak: the strictest decides.
//!
//! Every signal is asked about every purpose. One that refuses decides; without one, a signal that grants
//! decides; where all are silent, nothing was accepted. What is missing, stale or unreadable refuses.
//!
//! The person's own choices with this service are one more signal (`own`): what was withdrawn there is refused in
//! any case, and what was accepted there permits only where no other signal refuses it.

mod own;
mod settings;
mod tcf;
#[cfg(test)]
mod tests;
mod us;

use std::fmt;

use serde::Serialize;

pub use own::in_force;
pub use settings::{ConsentConfig, ConsentSettings, UnknownAge};

use super::signal::{GppSection, GppString, read_gpp_string, read_tc_string};
use crate::domain::{Choices, Decider, Ground, Purpose, Purposes, Signal, Timestamp};

/// What profiles of a person are made and used for.
const PROFILES: Purposes = Purposes::NONE
    .with(Purpose::CreateAdProfile)
    .with(Purpose::SelectPersonalisedAds)
    .with(Purpose::CreateContentProfile)
    .with(Purpose::SelectPersonalisedContent);
/// What lets others than the one whom the person deals with gain from the data.
const GAINS_OF_OTHERS: Purposes = PROFILES.with(Purpose::UnderstandAudiences).with(Purpose::ImproveServices);

/// The signals that a request carries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Signals {
    /// The transparency and consent string of the European framework.
    pub tc_string: Option<SignalText>,
    /// Whether the European framework applies, so that its string must be there.
    pub gdpr_applies: bool,
    /// The string of the Global Privacy Platform.
    pub gpp_string: Option<SignalText>,
    /// Which sections apply; None when that is not said, so that each may.
    pub gpp_sections: Option<Vec<u16>>,
    /// Whether the browser asks neither to sell nor to share.
    pub gpc: bool,
    /// What is known of the person's age; where a law on children's privacy applies, a minor's.
    pub age: Age,
    /// Whether the place is made for children.
    pub child_directed: bool,
    /// The choices that the caller keeps, where it says that these are all there are.
    pub stored: Option<Purposes>,
}

impl Signals {
    /// Whether a section of the platform applies.
    fn applies(&self, id: u16) -> bool {
        self.gpp_sections.as_ref().is_none_or(|sections| sections.contains(&id))
    }
}

/// A consent string: never shown, because it is personal data.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct SignalText(pub String);

impl fmt::Debug for SignalText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "consent string of {} bytes", self.0.len())
    }
}

/// What is known of a person's age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Age {
    /// Nothing.
    #[default]
    Unknown,
    /// Of age.
    Adult,
    /// Not of age.
    Minor,
}

/// What signals come to: purpose by purpose, whether it is permitted and what decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighing {
    accepted: Purposes,
    deciders: [Decider; PURPOSES],
    /// Data that the person objects to, by reason code, ascending.
    forgotten: Vec<String>,
}

/// The section of the European framework.
const EUROPE: u16 = 2;
const PURPOSES: usize = Purpose::ALL.len();

impl Weighing {
    /// Weighs the signals of a request at the moment `now`. `accepted` are the choices that the caller keeps:
    /// when it names none, they are silent beside a string that can grant, unless [`Signals::stored`] says that
    /// there are none.
    #[must_use]
    pub fn of(settings: &ConsentSettings, signals: &Signals, accepted: Purposes, now: Timestamp) -> Self {
        Self::with_choices(settings, signals, accepted, None, now)
    }

    /// The same with what the person told this service itself, if anything. Where the person accepted something
    /// here, a caller who names no choices is silent, as beside a string.
    #[must_use]
    pub fn with_choices(
        settings: &ConsentSettings,
        signals: &Signals,
        accepted: Purposes,
        own: Option<&Choices>,
        now: Timestamp,
    ) -> Self {
        let opinions = opinions(settings, signals, accepted, own, now);
        let decide = |purpose: Purpose| {
            let says = opinions.iter().filter_map(|opinion| {
                let say = opinion.says[place(purpose)]?;
                Some((say.grants, Decider { purpose, signal: opinion.signal, ground: say.ground }))
            });
            // A refusal is decisive wherever it stands, a grant where no refusal stands.
            says.min_by_key(|(grants, _)| *grants).unwrap_or((
                false,
                Decider { purpose, signal: Signal::StoredChoices, ground: Ground::Missing },
            ))
        };
        let decided = Purpose::ALL.map(decide);
        let granted = decided.iter().filter(|(grants, _)| *grants).map(|(_, decider)| decider.purpose);
        let forgotten = own.map(|own| own.forgotten.iter().cloned().collect()).unwrap_or_default();
        Self { accepted: granted.collect(), deciders: decided.map(|(_, decider)| decider), forgotten }
    }

    /// The purposes that are permitted.
    #[must_use]
    pub const fn accepted(&self) -> Purposes {
        self.accepted
    }

    /// What decided on a purpose.
    #[must_use]
    pub const fn decider(&self, purpose: Purpose) -> Decider {
        self.deciders[place(purpose)]
    }

    /// Whether the person objects to the use of a datum.
    #[must_use]
    pub fn forgets(&self, datum: &str) -> bool {
        self.forgotten.binary_search_by(|forgotten| forgotten.as_str().cmp(datum)).is_ok()
    }
}

/// What one signal says, purpose by purpose; None where it is silent.
#[derive(Clone, Copy, Debug)]
struct Opinion {
    signal: Signal,
    says: [Option<Say>; PURPOSES],
}

#[derive(Clone, Copy, Debug)]
struct Say {
    grants: bool,
    ground: Ground,
}

impl Opinion {
    const fn silent(signal: Signal) -> Self {
        Self { signal, says: [None; PURPOSES] }
    }

    fn refuses_all(signal: Signal, ground: Ground) -> Self {
        Self::silent(signal).refusing(Purposes::ALL, ground)
    }

    /// The same, refusing these purposes where nothing was said of them yet.
    fn refusing(self, purposes: Purposes, ground: Ground) -> Self {
        self.saying(purposes, Say { grants: false, ground })
    }

    /// The same, granting these purposes where nothing was said of them yet.
    fn granting(self, purposes: Purposes, ground: Ground) -> Self {
        self.saying(purposes, Say { grants: true, ground })
    }

    fn saying(mut self, purposes: Purposes, say: Say) -> Self {
        for purpose in purposes.iter() {
            self.says[place(purpose)].get_or_insert(say);
        }
        self
    }
}

const fn place(purpose: Purpose) -> usize {
    purpose.number() as usize - 1
}

/// What each signal says; of several refusals, the first one is told.
fn opinions(
    settings: &ConsentSettings,
    signals: &Signals,
    accepted: Purposes,
    own: Option<&Choices>,
    now: Timestamp,
) -> Vec<Opinion> {
    let mut opinions = Vec::with_capacity(4);
    opinions.extend(own.map(|own| own::opinion(settings, own, now)));
    opinions.push(of_age(settings, signals));
    if signals.gpc {
        let gpc = Opinion::silent(Signal::GlobalPrivacyControl);
        opinions.push(gpc.refusing(GAINS_OF_OTHERS, Ground::PrivacyControl));
    }
    let gpp = signals.gpp_string.as_ref().map(|text| read_gpp_string(&text.0));
    match &gpp {
        None if signals.gpp_sections.as_ref().is_some_and(|sections| !sections.is_empty()) => {
            opinions.push(Opinion::refuses_all(Signal::GppString, Ground::Missing));
        }
        None => {}
        Some(Err(_)) => opinions.push(Opinion::refuses_all(Signal::GppString, Ground::Unreadable)),
        Some(Ok(gpp)) => of_sections(settings, signals, gpp, now, &mut opinions),
    }
    match &signals.tc_string {
        Some(text) => opinions.push(match read_tc_string(&text.0) {
            Ok(read) => tcf::europe(Signal::TcString, settings, &read, now),
            Err(_) => Opinion::refuses_all(Signal::TcString, Ground::Unreadable),
        }),
        None if signals.gdpr_applies && !has_europe(signals, gpp.as_ref()) => {
            opinions.push(Opinion::refuses_all(Signal::TcString, Ground::Missing));
        }
        None => {}
    }
    let has_string = signals.tc_string.is_some() || signals.gpp_string.is_some();
    let accepted_here = own.is_some_and(|own| !own.granted.is_empty());
    let is_silent = (has_string || accepted_here) && accepted.is_empty() && signals.stored.is_none();
    if !is_silent {
        let stored = signals.stored.unwrap_or(accepted);
        let opinion = Opinion::silent(Signal::StoredChoices).granting(stored, Ground::Consented);
        opinions.push(opinion.refusing(Purposes::ALL, Ground::PurposeRefused));
    }
    opinions
}

/// Whether the platform's string brings the European framework's, and it applies.
fn has_europe<E>(signals: &Signals, gpp: Option<&Result<GppString, E>>) -> bool {
    matches!(gpp, Some(Ok(gpp)) if signals.applies(EUROPE) && gpp.section(EUROPE).is_some())
}

fn of_age(settings: &ConsentSettings, signals: &Signals) -> Opinion {
    let ground = match (signals.age, signals.child_directed, settings.unknown_age()) {
        (Age::Minor, _, _) => Ground::Minor,
        (Age::Unknown | Age::Adult, true, _) => Ground::ChildDirected,
        (Age::Unknown, false, UnknownAge::ContextOnly) => Ground::AgeUnknown,
        (Age::Unknown, false, UnknownAge::AsAdult) | (Age::Adult, false, _) => {
            return Opinion::silent(Signal::Age);
        }
    };
    Opinion::refuses_all(Signal::Age, ground)
}

/// The sections that apply; of the others, the browser's switch alone counts.
fn of_sections(
    settings: &ConsentSettings,
    signals: &Signals,
    gpp: &GppString,
    now: Timestamp,
    opinions: &mut Vec<Opinion>,
) {
    for (id, section) in &gpp.sections {
        let signal = Signal::GppSection(*id);
        if let GppSection::Us(section) = section
            && section.gpc == Some(true)
        {
            opinions.push(Opinion::silent(signal).refusing(GAINS_OF_OTHERS, Ground::PrivacyControl));
        }
        if signals.applies(*id) {
            opinions.push(match section {
                GppSection::TcfEurope(read) => tcf::europe(signal, settings, read, now),
                GppSection::TcfCanada(read) => tcf::canada(signal, settings, read, now),
                GppSection::UsPrivacy(read) => us::privacy(signal, *read),
                GppSection::Us(read) => us::section(signal, read),
            });
        }
    }
    let unread = gpp.unread.iter().filter(|id| signals.applies(**id));
    opinions.extend(unread.map(|id| Opinion::refuses_all(Signal::GppSection(*id), Ground::Unreadable)));
    let is_there = |id: &u16| gpp.section(*id).is_some() || gpp.unread.contains(id);
    let missing = signals.gpp_sections.iter().flatten().filter(|id| !is_there(id));
    opinions.extend(missing.map(|id| Opinion::refuses_all(Signal::GppSection(*id), Ground::Missing)));
}
