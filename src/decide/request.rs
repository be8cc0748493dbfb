//! What a caller asks for, after it was checked.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::consent::Signals;
use crate::data::AdDraft;
use crate::domain::{
    AdId, Bid, Currency, FeatureId, FieldError, FieldErrors, ImpressionId, Micros, Pricing, Purposes,
    SubjectKey, TenantId,
};

/// Most candidates in one request.
pub const CANDIDATES_MAX: usize = 10_000;
/// Most ads in one answer.
pub const ADS_MAX: usize = 100;
/// Highest price, in micros: a billion currency units.
pub const BID_MICROS_MAX: Micros = 1_000_000_000_000_000;

/// One impression with the ads that compete for it. What is presented, and in which language, is
/// no part of it: equal requests get the same decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Request {
    /// Whose data.
    pub tenant: TenantId,
    /// The impression.
    pub impression: ImpressionId,
    /// Context features that the caller states.
    pub context: Stated,
    /// The person, if one is named.
    pub subject: Option<Subject>,
    /// The ads considered, in the caller's order.
    pub candidates: Vec<Offer>,
    /// The least expected value of a thousand impressions.
    pub floor: Option<Floor>,
    /// How many ads to return.
    pub ads_max: usize,
    /// What the person told others; None when the request carries no signal.
    #[serde(skip_serializing_if = "Option::is_none")]
    // Digests of requests without signals stay as they were.
    pub signals: Option<Signals>,
}

/// Features that a caller states, by feature.
pub type Stated = BTreeMap<FeatureId, StatedValue>;

/// The value of a stated feature, of the kind that the schema declares.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum StatedValue {
    /// A finite number; a flag is 0 or 1.
    Number(f64),
    /// A category by name.
    Category(String),
}

/// The person who will see the ad.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Subject {
    /// The pseudonym.
    pub key: SubjectKey,
    /// The one by the key before, while that is kept: the request may have been decided on under it.
    #[serde(skip)]
    pub earlier: Option<SubjectKey>,
    /// The purposes in force.
    pub accepted: Purposes,
    /// Subject features that the caller states.
    pub features: Stated,
}

/// An ad with its bid.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Offer {
    /// The ad.
    pub ad: AdId,
    /// Its bid.
    pub bid: Bid,
    /// The ad itself, when the catalogue does not hold it.
    pub inline: Option<AdDraft>,
}

/// A least acceptable price for a thousand impressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Floor {
    /// The price, in millionths of `currency`; not negative.
    pub micros: Micros,
    /// Its currency.
    pub currency: Currency,
}

impl Request {
    /// Checks the rules that span fields: number of candidates, repeats, prices and their mix.
    ///
    /// # Errors
    /// Every broken rule, with the path of its field.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = Vec::new();
        match self.candidates.len() {
            0 => errors.push(FieldError::new("candidates", "must not be empty")),
            n if n > CANDIDATES_MAX => {
                errors.push(FieldError::new(
                    "candidates",
                    format!("must be at most {CANDIDATES_MAX}, are {n}"),
                ));
            }
            _ => self.check_candidates(&mut errors),
        }
        if self.ads_max == 0 || self.ads_max > ADS_MAX {
            errors.push(FieldError::new("max_ads", format!("must be 1 to {ADS_MAX}, is {}", self.ads_max)));
        }
        if let Some(floor) = self.floor
            && !(0..=BID_MICROS_MAX).contains(&floor.micros)
        {
            let rule = format!("must be 0 to {BID_MICROS_MAX}, is {}", floor.micros);
            errors.push(FieldError::new("floor.cpm_micros", rule));
        }
        if errors.is_empty() { Ok(()) } else { Err(FieldErrors(errors)) }
    }

    fn check_candidates(&self, errors: &mut Vec<FieldError>) {
        let mut first_of = HashMap::with_capacity(self.candidates.len());
        for (i, offer) in self.candidates.iter().enumerate() {
            if let Some(first) = first_of.insert(&offer.ad, i) {
                let rule = format!("repeats candidates[{first}]");
                errors.push(FieldError::new(format!("candidates[{i}].ad_id"), rule));
            }
            let priced = offer.bid.pricing != Pricing::None;
            if priced && !(1..=BID_MICROS_MAX).contains(&offer.bid.micros) {
                let rule = format!("must be 1 to {BID_MICROS_MAX}, is {}", offer.bid.micros);
                errors.push(FieldError::new(format!("candidates[{i}].bid.micros"), rule));
            }
        }
        let unpriced = self.candidates.iter().filter(|offer| offer.bid.pricing == Pricing::None).count();
        if unpriced != 0 && unpriced != self.candidates.len() {
            let rule =
                "must be given for every candidate or for none: a price cannot be compared with no price";
            errors.push(FieldError::new("candidates.bid", rule));
        }
    }

    /// The digest by which a repeated call is known (BLAKE3).
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let bytes = postcard::to_stdvec(self).unwrap_or_default();
        *blake3::hash(&bytes).as_bytes()
    }

    /// The digest that it had when the person was named by the key before.
    #[must_use]
    pub fn earlier_digest(&self) -> Option<[u8; 32]> {
        let subject = self.subject.as_ref()?;
        let subject = Subject { key: subject.earlier?, ..subject.clone() };
        Some(Self { subject: Some(subject), ..self.clone() }.digest())
    }
}
