//! Transparency and consent strings of the European framework (IAB TCF v2.2 and v2.3), and of Canada's.
//!
//! Format: IAB Tech Lab, "Consent string and vendor list formats v2"; "TCF Canada technical specification".

use super::bits::Bits;
use super::error::{SignalError, SignalRule};
use super::ids::{Ids, Members};
use crate::domain::Timestamp;

const EUROPE: &str = "tcfeuv2";
const CANADA: &str = "tcfcav1";
const CORE: &str = "core";
/// Purposes of a string; 11 are in use.
const PURPOSES: usize = 24;
const SPECIAL_FEATURES: usize = 12;

/// What a person consented to, vendor by vendor and purpose by purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcString {
    /// What every string of the framework begins with.
    pub head: Head,
    /// Whether it holds for one service (or group) alone; a string that does not is void since 2021.
    pub is_service_specific: bool,
    /// Whether the consent screen departs from the framework's stacks of purposes.
    pub use_non_standard_stacks: bool,
    /// Special features that the person switched on.
    pub special_feature_optins: Members,
    /// Purposes that the person consented to.
    pub purpose_consents: Members,
    /// Purposes for which legitimate interest was told and not objected to.
    pub purpose_legitimate_interests: Members,
    /// Whether purpose 1 was not asked for.
    pub purpose_one_treatment: bool,
    /// The country whose law the publisher is under.
    pub publisher_country: [char; 2],
    /// Vendors that the person consented to.
    pub vendor_consents: Ids,
    /// Vendors whose legitimate interest was told and not objected to.
    pub vendor_legitimate_interests: Ids,
    /// What the publisher forbids or requires.
    pub publisher_restrictions: Vec<Restriction>,
    /// Vendors that the person was told of; must be there from v2.3 on.
    pub disclosed_vendors: Option<Ids>,
    /// Vendors that the publisher allows to rely on other legal bases.
    pub allowed_vendors: Option<Ids>,
    /// What the person told the publisher.
    pub publisher: Option<PublisherPurposes>,
}

/// What strings of both frameworks begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Version of the format.
    pub version: u8,
    /// When the string was first made.
    pub created: Timestamp,
    /// When it was last changed.
    pub last_updated: Timestamp,
    /// The consent management platform.
    pub cmp_id: u16,
    /// Its version.
    pub cmp_version: u16,
    /// The screen on which consent was given.
    pub consent_screen: u8,
    /// The language in which it was asked.
    pub consent_language: [char; 2],
    /// Version of the vendor list.
    pub vendor_list_version: u16,
    /// Version of the framework's policy: 4 is TCF v2.2, 5 is v2.3.
    pub policy_version: u8,
}

/// What the publisher forbids or requires of some vendors for one purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// The purpose.
    pub purpose: u8,
    /// What is forbidden or required.
    pub kind: RestrictionKind,
    /// Of whom.
    pub vendors: Ids,
}

/// The kinds of publisher restrictions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestrictionKind {
    /// The purpose is not allowed at all.
    NotAllowed = 0,
    /// It needs consent (Canada: express consent).
    RequireConsent = 1,
    /// It needs legitimate interest (Canada: implied consent).
    RequireLegitimateInterest = 2,
    /// The framework gives this value no meaning.
    Undefined = 3,
}

/// What the person told the publisher, as distinct from vendors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublisherPurposes {
    /// Purposes consented to (Canada: expressly).
    pub consents: Members,
    /// Purposes on legitimate interest (Canada: implied consent).
    pub legitimate_interests: Members,
    /// How many purposes of the publisher's own there are.
    pub custom_count: u8,
    /// Own purposes consented to (Canada: expressly).
    pub custom_consents: Members,
    /// Own purposes on legitimate interest (Canada: implied consent).
    pub custom_legitimate_interests: Members,
}

impl TcString {
    /// Reads a string: its core segment, then the others in any order, each once.
    ///
    /// # Errors
    /// The first rule that it breaks, with its place.
    pub(super) fn read(text: &str) -> Result<Self, SignalError> {
        let (core, others) = text.split_once('.').map_or((text, None), |(core, rest)| (core, Some(rest)));
        let mut string = Self::read_core(&mut Bits::open(EUROPE, CORE, core)?)?;
        for text in others.into_iter().flat_map(|others| others.split('.')) {
            string.read_segment(Bits::open(EUROPE, "segment", text)?)?;
        }
        Ok(string)
    }

    fn read_core(bits: &mut Bits<'_>) -> Result<Self, SignalError> {
        let head = Head::read(bits, 2)?;
        Ok(Self {
            head,
            is_service_specific: bits.flag("IsServiceSpecific")?,
            use_non_standard_stacks: bits.flag("UseNonStandardStacks")?,
            special_feature_optins: bits.members("SpecialFeatureOptIns", SPECIAL_FEATURES)?,
            purpose_consents: bits.members("PurposesConsent", PURPOSES)?,
            purpose_legitimate_interests: bits.members("PurposesLITransparency", PURPOSES)?,
            purpose_one_treatment: bits.flag("PurposeOneTreatment")?,
            publisher_country: bits.letters("PublisherCC")?,
            vendor_consents: bits.optimised("VendorConsent")?,
            vendor_legitimate_interests: bits.optimised("VendorLegitimateInterest")?,
            publisher_restrictions: read_restrictions(bits, |bits, field| {
                bits.ranges(field).map(Ids::Ranges)
            })?,
            disclosed_vendors: None,
            allowed_vendors: None,
            publisher: None,
        })
    }

    fn read_segment(&mut self, mut bits: Bits<'_>) -> Result<(), SignalError> {
        let unknown = bits.broken("SegmentType", SignalRule::UnknownSegment);
        match bits.small("SegmentType", 3)? {
            1 => {
                let mut bits = bits.named("disclosed_vendors");
                let place = once(&bits, &mut self.disclosed_vendors)?;
                *place = Some(bits.optimised("DisclosedVendors")?);
            }
            2 => {
                let mut bits = bits.named("allowed_vendors");
                let place = once(&bits, &mut self.allowed_vendors)?;
                *place = Some(bits.optimised("AllowedVendors")?);
            }
            3 => {
                let mut bits = bits.named("publisher_tc");
                let place = once(&bits, &mut self.publisher)?;
                *place = Some(PublisherPurposes::read(&mut bits)?);
            }
            _ => return Err(unknown),
        }
        Ok(())
    }
}

/// Consent under Canada's framework, express or implied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcfCanada {
    /// What every string of the framework begins with.
    pub head: Head,
    /// Whether the consent screen departs from the framework's stacks of purposes.
    pub use_non_standard_stacks: bool,
    /// Special features that the person switched on.
    pub special_features: Members,
    /// Purposes with express consent.
    pub purposes_express: Members,
    /// Purposes with implied consent.
    pub purposes_implied: Members,
    /// Vendors with express consent.
    pub vendors_express: Ids,
    /// Vendors with implied consent.
    pub vendors_implied: Ids,
    /// What the publisher forbids or requires.
    pub publisher_restrictions: Vec<Restriction>,
    /// Vendors that the person was told of.
    pub disclosed_vendors: Option<Ids>,
    /// What the person told the publisher.
    pub publisher: Option<PublisherPurposes>,
}

impl TcfCanada {
    /// Reads a section: its core segment, then the others in any order, each once.
    ///
    /// Identifiers are in Fibonacci coding; older encoders wrote them as Europe does, so what does not read
    /// as the one is read as the other.
    ///
    /// # Errors
    /// The first rule that it breaks, with its place.
    pub(super) fn read(text: &str) -> Result<Self, SignalError> {
        let (core, others) = text.split_once('.').map_or((text, None), |(core, rest)| (core, Some(rest)));
        let core = Bits::open(CANADA, CORE, core)?;
        let mut section = Self::read_core(core.clone(), Bits::optimised_fibonacci, Bits::optimised_fibonacci)
            .or_else(|_| {
                let ranges = |bits: &mut Bits<'_>, field| bits.ranges(field).map(Ids::Ranges);
                Self::read_core(core, Bits::optimised, ranges)
            })?;
        for text in others.into_iter().flat_map(|others| others.split('.')) {
            section.read_segment(Bits::open(CANADA, "segment", text)?)?;
        }
        Ok(section)
    }

    fn read_core<'a>(
        mut bits: Bits<'a>,
        vendors: fn(&mut Bits<'a>, &'static str) -> Result<Ids, SignalError>,
        restricted: fn(&mut Bits<'a>, &'static str) -> Result<Ids, SignalError>,
    ) -> Result<Self, SignalError> {
        let bits = &mut bits;
        let head = Head::read(bits, 1)?;
        Ok(Self {
            head,
            use_non_standard_stacks: bits.flag("UseNonStandardStacks")?,
            special_features: bits.members("SpecialFeatureExpressConsent", SPECIAL_FEATURES)?,
            purposes_express: bits.members("PurposesExpressConsent", PURPOSES)?,
            purposes_implied: bits.members("PurposesImpliedConsent", PURPOSES)?,
            vendors_express: bits.as_announced("VendorExpressConsent", vendors)?,
            vendors_implied: bits.as_announced("VendorImpliedConsent", vendors)?,
            publisher_restrictions: read_restrictions(bits, restricted)?,
            disclosed_vendors: None,
            publisher: None,
        })
    }

    fn read_segment(&mut self, mut bits: Bits<'_>) -> Result<(), SignalError> {
        let unknown = bits.broken("SegmentType", SignalRule::UnknownSegment);
        match bits.small("SegmentType", 3)? {
            1 => {
                let mut bits = bits.named("disclosed_vendors");
                let mut older = bits.clone();
                let place = once(&bits, &mut self.disclosed_vendors)?;
                let ids = bits.as_announced("DisclosedVendors", Bits::optimised_fibonacci);
                let ids = ids.or_else(|_| older.as_announced("DisclosedVendors", Bits::optimised))?;
                *place = Some(ids);
            }
            3 => {
                let mut bits = bits.named("publisher_purposes");
                let place = once(&bits, &mut self.publisher)?;
                *place = Some(PublisherPurposes::read(&mut bits)?);
            }
            _ => return Err(unknown),
        }
        Ok(())
    }
}

impl Head {
    fn read(bits: &mut Bits<'_>, expected: u8) -> Result<Self, SignalError> {
        let other = bits.clone();
        let version = bits.small("Version", 6)?;
        if version != expected {
            let rule = SignalRule::MustBe { expected: expected.into(), found: version.into() };
            return Err(other.broken("Version", rule));
        }
        Ok(Self {
            version,
            created: bits.moment("Created")?,
            last_updated: bits.moment("LastUpdated")?,
            cmp_id: bits.short("CmpId", 12)?,
            cmp_version: bits.short("CmpVersion", 12)?,
            consent_screen: bits.small("ConsentScreen", 6)?,
            consent_language: bits.letters("ConsentLanguage")?,
            vendor_list_version: bits.short("VendorListVersion", 12)?,
            policy_version: bits.small("TcfPolicyVersion", 6)?,
        })
    }
}

impl PublisherPurposes {
    fn read(bits: &mut Bits<'_>) -> Result<Self, SignalError> {
        let consents = bits.members("PubPurposesConsent", PURPOSES)?;
        let legitimate_interests = bits.members("PubPurposesLITransparency", PURPOSES)?;
        let custom_count = bits.small("NumCustomPurposes", 6)?;
        Ok(Self {
            consents,
            legitimate_interests,
            custom_count,
            custom_consents: bits.members("CustomPurposesConsent", custom_count.into())?,
            custom_legitimate_interests: bits.members("CustomPurposesLITransparency", custom_count.into())?,
        })
    }
}

/// The publisher's restrictions. Some encoders leave the field out; a count without its entries is an error,
/// because a restriction that is lost would permit what it forbids.
fn read_restrictions<'a>(
    bits: &mut Bits<'a>,
    vendors: fn(&mut Bits<'a>, &'static str) -> Result<Ids, SignalError>,
) -> Result<Vec<Restriction>, SignalError> {
    const FIELD: &str = "PubRestrictions";
    let mut rest = bits.clone();
    let left = rest.left();
    if left < 12 && rest.number(FIELD, left)? == 0 {
        return Ok(Vec::new());
    }
    let mut restrictions = Vec::new();
    for _ in 0..bits.short(FIELD, 12)? {
        let purpose = bits.small(FIELD, 6)?;
        let kind = match bits.small(FIELD, 2)? {
            0 => RestrictionKind::NotAllowed,
            1 => RestrictionKind::RequireConsent,
            2 => RestrictionKind::RequireLegitimateInterest,
            _ => RestrictionKind::Undefined,
        };
        restrictions.push(Restriction { purpose, kind, vendors: vendors(bits, FIELD)? });
    }
    Ok(restrictions)
}

/// The place of a segment that must not have been there before.
fn once<'s, T>(bits: &Bits<'_>, place: &'s mut Option<T>) -> Result<&'s mut Option<T>, SignalError> {
    match place {
        Some(_) => Err(bits.broken("SegmentType", SignalRule::RepeatedSegment)),
        None => Ok(place),
    }
}
