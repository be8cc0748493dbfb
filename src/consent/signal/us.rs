//! The United States' sections of the Global Privacy Platform: one national, one for each state.
//!
//! All are of one make: a version, then answers of two bits each, then an optional sub-section. Which answers
//! a section holds, and in which order, is a table. Format: IAB Tech Lab, "Global Privacy Platform", sections
//! US National and US States.

use super::bits::Bits;
use super::error::{SignalError, SignalRule};

/// Most answers that one field holds.
const ANSWERS_MAX: usize = 16;

/// A law's section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsSection {
    /// Its prefix in the platform, such as `usca`.
    pub name: &'static str,
    /// Version of its format.
    pub version: u8,
    /// Global Privacy Control, where the section says something of it.
    pub gpc: Option<bool>,
    fields: Vec<(UsField, Answers)>,
}

/// What a section can say something of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UsField {
    /// Notice of sharing with third parties.
    SharingNotice,
    /// Notice of processing.
    ProcessingNotice,
    /// Notice of the right to opt out of sale.
    SaleOptOutNotice,
    /// Notice of the right to opt out of sharing.
    SharingOptOutNotice,
    /// Notice of the right to opt out of targeted advertising.
    TargetedAdvertisingOptOutNotice,
    /// Notice of the right to opt out of the processing of sensitive data.
    SensitiveDataProcessingOptOutNotice,
    /// The same in Iowa's words.
    SensitiveDataOptOutNotice,
    /// Notice of the right to limit the use of sensitive data.
    SensitiveDataLimitUseNotice,
    /// Opt-out of sale.
    SaleOptOut,
    /// Opt-out of sharing.
    SharingOptOut,
    /// Opt-out of targeted advertising.
    TargetedAdvertisingOptOut,
    /// For each kind of sensitive data: refused or accepted.
    SensitiveDataProcessing,
    /// For each age group of a known child: refused or accepted.
    KnownChildSensitiveDataConsents,
    /// Consent to uses that were not foreseen.
    PersonalDataConsents,
    /// The same in the words of some states.
    AdditionalDataProcessingConsent,
    /// Whether the industry's agreement covers the transaction.
    MspaCoveredTransaction,
    /// Whether the opt-out mode of that agreement is on.
    MspaOptOutOptionMode,
    /// Whether its service provider mode is on.
    MspaServiceProviderMode,
    /// Which of its modes is on.
    MspaMode,
}

/// The answers of one field: 0 not applicable, 1 and 2 as the field says, 3 without meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers {
    values: [u8; ANSWERS_MAX],
    count: usize,
}

impl Answers {
    /// The answers, in the order of the specification.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.values[..self.count]
    }
}

impl UsSection {
    /// The answers of a field; empty when the section has no such field.
    #[must_use]
    pub fn answers(&self, field: UsField) -> &[u8] {
        let found = self.fields.iter().find(|(held, _)| *held == field);
        found.map_or(&[], |(_, answers)| answers.as_slice())
    }

    /// All fields with their answers, in the order of the specification.
    pub fn fields(&self) -> impl Iterator<Item = (UsField, &[u8])> {
        self.fields.iter().map(|(field, answers)| (*field, answers.as_slice()))
    }

    /// Reads a section: its core, then its sub-section if there is one.
    ///
    /// # Errors
    /// The first rule that it breaks, with its place.
    pub(super) fn read(layout: &'static UsLayout, text: &str) -> Result<Self, SignalError> {
        let mut parts = text.split('.');
        let mut core = Bits::open(layout.name, "core", parts.next().unwrap_or_default())?;
        let mut section = Self { name: layout.name, version: 0, gpc: None, fields: Vec::new() };
        // National strings of before the section grew are known by their length alone.
        let shorter = layout.name == "usnat" && [60, 66].contains(&core.len());
        section.version = core.small("Version", 6)?;
        let held = held(&section, shorter);
        for &(field, count) in layout.core {
            let (written, held) = held(field, count);
            let mut answers = read_answers(&mut core, field, written)?;
            answers.count = held;
            section.fields.push((field, answers));
        }
        if let Some(text) = parts.next() {
            section.read_sub(layout.sub, Bits::open(layout.name, layout.sub.name(), text)?)?;
        }
        match parts.next() {
            None => Ok(section),
            Some(_) => Err(core.broken("SubsectionType", SignalRule::UnknownSegment)),
        }
    }

    fn read_sub(&mut self, sub: UsSub, mut bits: Bits<'_>) -> Result<(), SignalError> {
        match sub {
            UsSub::None => return Err(bits.broken("SubsectionType", SignalRule::UnknownSegment)),
            UsSub::Gpc => {
                let start = bits.clone();
                let found = bits.short("SubsectionType", 2)?;
                if found != 1 {
                    return Err(start.broken("SubsectionType", SignalRule::MustBe { expected: 1, found }));
                }
                self.gpc = Some(bits.flag("Gpc")?);
            }
            UsSub::Sensitive(count) => {
                let field = UsField::SensitiveDataProcessing;
                self.fields.push((field, read_answers(&mut bits, field, count)?));
            }
        }
        Ok(())
    }
}

/// How many answers of a field are written, and how many of them are held to be said. The national section
/// grew with version 2; a string of version 1 in the longer form says nothing with the answers that came anew.
fn held(section: &UsSection, shorter: bool) -> impl Fn(UsField, usize) -> (usize, usize) + use<> {
    let is_national = section.name == "usnat";
    let is_old = section.version == 1;
    move |field, count| {
        let first = match field {
            UsField::SensitiveDataProcessing => 12,
            UsField::KnownChildSensitiveDataConsents => 2,
            _ => count,
        };
        match (is_national, shorter, is_old) {
            (false, _, _) | (true, false, false) => (count, count),
            (true, false, true) => (count, first),
            // The rest of the longer form is not applicable.
            (true, true, false) => (first, count),
            (true, true, true) => (first, first),
        }
    }
}

fn read_answers(bits: &mut Bits<'_>, field: UsField, count: usize) -> Result<Answers, SignalError> {
    let mut answers = Answers { values: [0; ANSWERS_MAX], count };
    for value in &mut answers.values[..count] {
        *value = bits.small(field.name(), 2)?;
    }
    Ok(answers)
}

/// What a section holds.
#[derive(Debug)]
pub(super) struct UsLayout {
    /// Its number in the platform.
    pub(super) id: u16,
    /// Its prefix in the platform.
    pub(super) name: &'static str,
    core: &'static [(UsField, usize)],
    sub: UsSub,
}

/// The sub-section that a section may have.
#[derive(Clone, Copy, Debug)]
enum UsSub {
    None,
    Gpc,
    /// So many answers on sensitive data.
    Sensitive(usize),
}

impl UsSub {
    const fn name(self) -> &'static str {
        match self {
            Self::None => "subsection",
            Self::Gpc => "gpc",
            Self::Sensitive(_) => "sensitive_data_consent",
        }
    }
}

impl UsField {
    /// Its name in the specification.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SharingNotice => "SharingNotice",
            Self::ProcessingNotice => "ProcessingNotice",
            Self::SaleOptOutNotice => "SaleOptOutNotice",
            Self::SharingOptOutNotice => "SharingOptOutNotice",
            Self::TargetedAdvertisingOptOutNotice => "TargetedAdvertisingOptOutNotice",
            Self::SensitiveDataProcessingOptOutNotice => "SensitiveDataProcessingOptOutNotice",
            Self::SensitiveDataOptOutNotice => "SensitiveDataOptOutNotice",
            Self::SensitiveDataLimitUseNotice => "SensitiveDataLimitUseNotice",
            Self::SaleOptOut => "SaleOptOut",
            Self::SharingOptOut => "SharingOptOut",
            Self::TargetedAdvertisingOptOut => "TargetedAdvertisingOptOut",
            Self::SensitiveDataProcessing => "SensitiveDataProcessing",
            Self::KnownChildSensitiveDataConsents => "KnownChildSensitiveDataConsents",
            Self::PersonalDataConsents => "PersonalDataConsents",
            Self::AdditionalDataProcessingConsent => "AdditionalDataProcessingConsent",
            Self::MspaCoveredTransaction => "MspaCoveredTransaction",
            Self::MspaOptOutOptionMode => "MspaOptOutOptionMode",
            Self::MspaServiceProviderMode => "MspaServiceProviderMode",
            Self::MspaMode => "MspaMode",
        }
    }
}

/// The section of a number, if it is one of the United States.
pub(super) fn layout(id: u16) -> Option<&'static UsLayout> {
    LAYOUTS.iter().find(|layout| layout.id == id)
}

/// Declares a section: number, prefix, fields with the number of their answers, sub-section.
macro_rules! section {
    ($id:literal $name:literal [$($field:ident $count:literal),+] $sub:expr) => {
        UsLayout { id: $id, name: $name, core: &[$((UsField::$field, $count)),+], sub: $sub }
    };
}

/// Declares a section of most states: notices, opt-outs, sensitive data, children, agreement.
macro_rules! state {
    ($id:literal $name:literal $notice:ident sensitive $sensitive:literal children $children:literal $sub:expr) => {
        section!($id $name [
            $notice 1, SaleOptOutNotice 1, TargetedAdvertisingOptOutNotice 1, SaleOptOut 1,
            TargetedAdvertisingOptOut 1, SensitiveDataProcessing $sensitive,
            KnownChildSensitiveDataConsents $children, MspaCoveredTransaction 1, MspaOptOutOptionMode 1,
            MspaServiceProviderMode 1
        ] $sub)
    };
    ($id:literal $name:literal $notice:ident sensitive $sensitive:literal children $children:literal additional $sub:expr) => {
        section!($id $name [
            $notice 1, SaleOptOutNotice 1, TargetedAdvertisingOptOutNotice 1, SaleOptOut 1,
            TargetedAdvertisingOptOut 1, SensitiveDataProcessing $sensitive,
            KnownChildSensitiveDataConsents $children, AdditionalDataProcessingConsent 1,
            MspaCoveredTransaction 1, MspaOptOutOptionMode 1, MspaServiceProviderMode 1
        ] $sub)
    };
}

/// Declares a section of the states that came last: agreement first, sensitive data apart.
macro_rules! recent_state {
    ($id:literal $name:literal) => {
        section!($id $name [
            MspaCoveredTransaction 1, MspaMode 1, ProcessingNotice 1, SaleOptOutNotice 1,
            TargetedAdvertisingOptOutNotice 1, SaleOptOut 1, TargetedAdvertisingOptOut 1,
            KnownChildSensitiveDataConsents 1, AdditionalDataProcessingConsent 1
        ] UsSub::Sensitive(8))
    };
}

const LAYOUTS: [UsLayout; 21] = [
    section!(7 "usnat" [
        SharingNotice 1, SaleOptOutNotice 1, SharingOptOutNotice 1, TargetedAdvertisingOptOutNotice 1,
        SensitiveDataProcessingOptOutNotice 1, SensitiveDataLimitUseNotice 1, SaleOptOut 1, SharingOptOut 1,
        TargetedAdvertisingOptOut 1, SensitiveDataProcessing 16, KnownChildSensitiveDataConsents 3,
        PersonalDataConsents 1, MspaCoveredTransaction 1, MspaOptOutOptionMode 1, MspaServiceProviderMode 1
    ] UsSub::Gpc),
    section!(8 "usca" [
        SaleOptOutNotice 1, SharingOptOutNotice 1, SensitiveDataLimitUseNotice 1, SaleOptOut 1, SharingOptOut 1,
        SensitiveDataProcessing 9, KnownChildSensitiveDataConsents 2, PersonalDataConsents 1,
        MspaCoveredTransaction 1, MspaOptOutOptionMode 1, MspaServiceProviderMode 1
    ] UsSub::Gpc),
    state!(9 "usva" SharingNotice sensitive 8 children 1 UsSub::None),
    state!(10 "usco" SharingNotice sensitive 7 children 1 UsSub::Gpc),
    section!(11 "usut" [
        SharingNotice 1, SaleOptOutNotice 1, TargetedAdvertisingOptOutNotice 1,
        SensitiveDataProcessingOptOutNotice 1, SaleOptOut 1, TargetedAdvertisingOptOut 1,
        SensitiveDataProcessing 8, KnownChildSensitiveDataConsents 1, MspaCoveredTransaction 1,
        MspaOptOutOptionMode 1, MspaServiceProviderMode 1
    ] UsSub::None),
    state!(12 "usct" SharingNotice sensitive 8 children 3 UsSub::Gpc),
    state!(13 "usfl" ProcessingNotice sensitive 8 children 3 additional UsSub::None),
    state!(14 "usmt" SharingNotice sensitive 8 children 3 additional UsSub::Gpc),
    state!(15 "usor" ProcessingNotice sensitive 11 children 3 additional UsSub::Gpc),
    state!(16 "ustx" ProcessingNotice sensitive 8 children 1 additional UsSub::Gpc),
    state!(17 "usde" ProcessingNotice sensitive 9 children 5 additional UsSub::Gpc),
    section!(18 "usia" [
        ProcessingNotice 1, SaleOptOutNotice 1, TargetedAdvertisingOptOutNotice 1, SensitiveDataOptOutNotice 1,
        SaleOptOut 1, TargetedAdvertisingOptOut 1, SensitiveDataProcessing 8, KnownChildSensitiveDataConsents 1,
        MspaCoveredTransaction 1, MspaOptOutOptionMode 1, MspaServiceProviderMode 1
    ] UsSub::Gpc),
    state!(19 "usne" ProcessingNotice sensitive 8 children 1 additional UsSub::Gpc),
    state!(20 "usnh" ProcessingNotice sensitive 8 children 3 additional UsSub::Gpc),
    state!(21 "usnj" ProcessingNotice sensitive 10 children 5 additional UsSub::Gpc),
    state!(22 "ustn" ProcessingNotice sensitive 8 children 1 additional UsSub::Gpc),
    state!(23 "usmn" ProcessingNotice sensitive 8 children 1 additional UsSub::Gpc),
    section!(24 "usmd" [
        MspaCoveredTransaction 1, MspaMode 1, ProcessingNotice 1, SaleOptOutNotice 1,
        TargetedAdvertisingOptOutNotice 1, SaleOptOut 1, TargetedAdvertisingOptOut 1,
        AdditionalDataProcessingConsent 1
    ] UsSub::Gpc),
    recent_state!(25 "usin"),
    recent_state!(26 "usky"),
    recent_state!(27 "usri"),
];
