//! People and impressions that do not exist, drawn from what a model's own tables tell apart.

use std::collections::BTreeMap;

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use crate::data::{AdDraft, History};
use crate::decide::{DecideError, Engine, Offer, Request, Stated, StatedValue, Subject};
use crate::domain::{
    Ad, AdId, AdValue, Bid, DecisionId, Event, FeatureId, FeatureKind, FieldError, ImpressionId, Origin,
    Pricing, Profile, Purposes, Response, SubjectKey, TenantId, Timestamp,
};
use crate::model::ValueRange;
use crate::train::ActiveModel;

/// How many ads compete.
const ADS: usize = 8;
/// Most events of one kind that a made-up person has behind each affinity.
const EVENTS_MAX: u32 = 6;
/// The moment of every made-up impression.
const AT: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);
/// Key of pseudonyms of people who do not exist.
const KEY: [u8; 32] = [0; 32];

/// An impression that never was, of a person who does not exist.
pub(super) struct MadeUp {
    pub(super) request: Request,
    pub(super) history: History,
    pub(super) at: Timestamp,
    pub(super) id: DecisionId,
}

impl Engine {
    /// Makes up an impression for the model. Of four, three are of somebody who accepted everything.
    pub(super) fn make_up(
        &self,
        model: &ActiveModel,
        number: u64,
        draws: &mut ChaCha8Rng,
    ) -> Result<MadeUp, DecideError> {
        let ranges = model.artefact.profiled.model(Profile::Full).ranges();
        let tenant = TenantId::parse("made-up")?;
        let key = SubjectKey::derive(&KEY, &tenant, &format!("made-up-{number}"))?;
        let (candidates, ads) = self.make_up_ads(model, &ranges, draws)?;
        let mut history = History::new(&self.schema, &self.symbols);
        let subject = if number % 4 == 3 {
            None
        } else {
            self.make_up_events(&mut history, &key, &ads, draws);
            let features = self.make_up_stated(Origin::Subject, &ranges, draws);
            Some(Subject { key, earlier: None, accepted: Purposes::ALL, features })
        };
        let request = Request {
            impression: ImpressionId::parse(&format!("made-up-{number}"))?,
            context: self.make_up_stated(Origin::Context, &ranges, draws),
            subject,
            candidates,
            floor: None,
            ads_max: 1,
            signals: None,
            tenant,
        };
        Ok(MadeUp { request, history, at: AT, id: DecisionId::new(Uuid::from_u128(u128::from(number) + 1)) })
    }

    /// Ads of the catalogue, or such as a request may bring where there is none; all offer the same.
    fn make_up_ads(
        &self,
        model: &ActiveModel,
        ranges: &BTreeMap<FeatureId, ValueRange<'_>>,
        draws: &mut ChaCha8Rng,
    ) -> Result<(Vec<Offer>, Vec<Ad>), FieldError> {
        let pricing = match model.artefact.response {
            Response::Click => Pricing::Cpc,
            Response::Conversion => Pricing::Cpa,
        };
        let bid = Bid { pricing, micros: 1_000_000, currency: self.base_currency() };
        if self.catalogue.is_empty() {
            let offers = (0..ADS).map(|place| {
                let ad = AdId::parse(&format!("made-up-{place}"))?;
                let features = self.make_up_stated(Origin::Ad, ranges, draws).into_iter();
                let features = features.map(|(id, value)| {
                    let value = match value {
                        StatedValue::Number(number) => AdValue::Number(number),
                        StatedValue::Category(name) => AdValue::Category(name),
                    };
                    (self.schema.features[id.index()].name.clone(), value)
                });
                let inline =
                    AdDraft { id: ad.to_string(), features: features.collect(), ..AdDraft::default() };
                Ok(Offer { ad, bid, inline: Some(inline) })
            });
            return Ok((offers.collect::<Result<_, FieldError>>()?, Vec::new()));
        }
        let all: Vec<_> = self.catalogue.iter().collect();
        let ads: Vec<Ad> = all.choose_multiple(draws, ADS).map(|ad| Ad::clone(ad)).collect();
        let offers = ads.iter().map(|ad| Offer { ad: ad.label.id.clone(), bid, inline: None });
        Ok((offers.collect(), ads))
    }

    /// What somebody might have done: for each affinity some events that match one of the ads.
    fn make_up_events(&self, history: &mut History, key: &SubjectKey, ads: &[Ad], draws: &mut ChaCha8Rng) {
        for affinity in &self.affinities {
            for _ in 0..draws.gen_range(0..=EVENTS_MAX) {
                let like = ads.choose(draws);
                let code = |place: usize| like?.attributes.get(place)?.codes.first().copied();
                let days_ago = i64::from(draws.gen_range(1..=affinity.window_days.max(1)));
                let event = Event {
                    kind: affinity.event,
                    at: AT.plus_days(-days_ago),
                    attributes: (0..self.schema.attributes.len()).map(code).collect(),
                    spend_micros: draws.gen_range(1..=20) * 500_000,
                };
                // What nobody's history may hold is in no made-up one either.
                let _ = history.insert(*key, &event);
            }
        }
    }

    /// Values of the features of an origin; of eight one is not known.
    fn make_up_stated(
        &self,
        origin: Origin,
        ranges: &BTreeMap<FeatureId, ValueRange<'_>>,
        draws: &mut ChaCha8Rng,
    ) -> Stated {
        let mut stated = Stated::new();
        for (id, range) in ranges {
            let Some(feature) = self.schema.features.get(id.index()) else { continue };
            if feature.origin != origin || draws.gen_range(0..8) == 0 {
                continue;
            }
            let value = match (range, &feature.kind) {
                (ValueRange::Names(names), _) => {
                    names.choose(draws).map(|name| StatedValue::Category(name.clone()))
                }
                (ValueRange::Numbers { .. }, FeatureKind::Flag) => {
                    Some(StatedValue::Number(f64::from(u8::from(draws.r#gen::<bool>()))))
                }
                (ValueRange::Numbers { low, high }, _) => {
                    // A little beyond the outermost boundaries, too.
                    let place = draws.gen_range(-0.1..1.1);
                    Some(StatedValue::Number(low + place * (high - low)))
                }
            };
            stated.extend(value.map(|value| (*id, value)));
        }
        stated
    }
}
